"""Changes of the knowledge base."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlmodel import col

from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Meta
from crm_core.kernel.uow import Uow
from crm_core.knowledge.messages import (
    KnowledgeChanged,
    PublishDocument,
    RemoveDocument,
    SaveVectors,
)
from crm_core.knowledge.queries import meta_key
from crm_core.knowledge.rules import AUDIENCES, digest_of
from crm_core.knowledge.tables import Chunk, ChunkVector, Document

FLOAT = 4


@handles(PublishDocument)
def publish_document(cmd: PublishDocument, uow: Uow) -> Result:
    """Store a document and its chunks; `view` is added, changed or unchanged."""
    uow.must("document", "write")
    _check(cmd)
    digest = digest_of(cmd.model_dump(mode="json").items())
    uow.lock(f"knowledge:{uow.tenant}")
    document = _document(cmd.source, uow)
    if document is not None and document.digest == digest:
        return Result(id=document.id, view="unchanged")
    values: dict[str, Any] = cmd.model_dump(exclude={"source", "chunks"}) | {
        "tags": list(cmd.tags), "questions": list(cmd.questions), "digest": digest,
    }  # fmt: skip
    outcome = "added" if document is None else "changed"
    if document is None:
        document = uow.new(Document, source=cmd.source, **values)
    else:
        uow.touch(document, **values)
        _forget_chunks(document, uow)
    for chunk in cmd.chunks:
        uow.new(Chunk, document_id=document.id, **chunk.model_dump())
    uow.audit("publish", "document", document.id, source=cmd.source, chunks=len(cmd.chunks))
    _changed(uow)
    return Result(id=document.id, view=outcome)


def _check(cmd: PublishDocument) -> None:
    if cmd.audience not in AUDIENCES:
        raise Invalid("audience", "error.unknown_audience", value=cmd.audience, known=", ".join(AUDIENCES))
    for field in ("source", "title"):
        if not getattr(cmd, field).strip():
            raise Invalid(field, "error.empty")
    if not cmd.chunks:
        raise Invalid("chunks", "error.document_empty", value=cmd.title)
    if len({chunk.position for chunk in cmd.chunks}) != len(cmd.chunks):
        raise Invalid("chunks", "error.invalid")
    if cmd.unit and not cmd.unit.endswith("."):
        raise Invalid("unit", "error.unit_path")
    if cmd.valid_from and cmd.valid_until and cmd.valid_from > cmd.valid_until:
        raise Invalid("valid_from", "error.range_reversed")


def _document(source: str, uow: Uow) -> Document | None:
    return uow.first(
        select(Document).where(col(Document.tenant) == uow.tenant, col(Document.source) == source)
    )


def _forget_chunks(document: Document, uow: Uow) -> None:
    uow.flush()
    uow.session.execute(delete(Chunk).where(col(Chunk.document_id) == document.id))


@handles(RemoveDocument)
def remove_document(cmd: RemoveDocument, uow: Uow) -> Result:
    """The document, its chunks, and the embeddings no other document needs. Raises NotFound."""
    uow.must("document", "write")
    uow.lock(f"knowledge:{uow.tenant}")
    document = _document(cmd.source, uow)
    if document is None:
        raise NotFound(resource="document")
    _forget_chunks(document, uow)
    uow.session.delete(document)
    uow.flush()
    used = select(col(Chunk.hash)).where(col(Chunk.tenant) == uow.tenant)
    uow.session.execute(
        delete(ChunkVector).where(col(ChunkVector.tenant) == uow.tenant, col(ChunkVector.hash).not_in(used))
    )
    uow.audit("remove", "document", document.id, source=cmd.source)
    _changed(uow)
    return Result(id=document.id)


def _changed(uow: Uow) -> None:
    """Count the change; indexes compare this number with their own."""
    key = meta_key(uow.tenant)
    row = uow.session.get(Meta, key)
    if row is None:
        row = Meta(id=key, value="0", updated_at=uow.now)
        uow.session.add(row)
    row.value, row.updated_at = str(int(row.value) + 1), uow.now
    uow.emit(KnowledgeChanged(version=int(row.value)))


@handles(SaveVectors)
def save_vectors(cmd: SaveVectors, uow: Uow) -> Result:
    """Keep embeddings; those already kept stay. `view` is how many were new."""
    uow.must("document", "write")
    if any(len(content) != cmd.dim * FLOAT for _, content in cmd.vectors):
        raise Invalid("vectors", "error.vector_size", dim=cmd.dim)
    uow.lock(f"knowledge:{uow.tenant}")
    hashes = [hash_ for hash_, _ in cmd.vectors]
    known = set(uow.session.execute(
        select(col(ChunkVector.hash)).where(
            col(ChunkVector.tenant) == uow.tenant, col(ChunkVector.model) == cmd.model,
            col(ChunkVector.hash).in_(hashes),
        )
    ).scalars())  # fmt: skip
    new = {hash_: content for hash_, content in cmd.vectors if hash_ not in known}
    for hash_, content in new.items():
        uow.new(ChunkVector, model=cmd.model, dim=cmd.dim, hash=hash_, content=content)
    return Result(id=cmd.model, view=len(new))
