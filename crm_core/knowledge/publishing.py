"""Documents, their pieces, examples and kept embeddings: what changes them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlmodel import col

from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Meta
from crm_core.kernel.uow import Uow
from crm_core.knowledge.messages import (
    AddExample,
    ChunkIn,
    DropExample,
    KeepVectors,
    KnowledgeChanged,
    ProposeDocument,
    PublishDocument,
    RemoveDocument,
    SaveVectors,
)
from crm_core.knowledge.queries import last_edition, meta_key
from crm_core.knowledge.rules import AUDIENCES, digest_of, edition_key
from crm_core.knowledge.tables import Chunk, ChunkVector, Document

FLOAT = 4
AT_ONCE = 500
MOST_EXAMPLES = 50


@handles(PublishDocument)
def publish_document(cmd: PublishDocument, uow: Uow) -> Result:
    """Store a document and its chunks; `view` is added, changed or unchanged."""
    uow.must("document", "write")
    check(cmd)
    digest = digest_of(cmd.model_dump(mode="json").items())
    uow.lock(f"knowledge:{uow.tenant}")
    document = document_of(cmd.source, uow)
    if document is not None and document.digest == digest:
        return Result(id=document.id, view="unchanged")
    outcome = "added" if document is None else "changed"
    values = {name: getattr(cmd, name) for name in _KEPT} | {"tags": list(cmd.tags), "questions": list(cmd.questions)}
    if document is None:
        edition = last_edition(uow, cmd.source) + 1
        document = uow.new(
            Document, source=cmd.source, digest=digest, author_id=_author(cmd, uow), edition=edition, **values
        )
    else:
        uow.touch(document, digest=digest, author_id=_author(cmd, uow), edition=document.edition + 1, **values)
    counts = replace_chunks(document, cmd.chunks, uow)
    uow.audit("publish", "document", document.id, source=cmd.source, version=document.edition, pieces=counts)
    changed(uow)
    return Result(id=document.id, view=outcome)


_KEPT = ("title", "audience", "lang", "unit", "valid_from", "valid_until", "pages")


def _author(cmd: PublishDocument, uow: Uow) -> str:
    said = cmd.author_id if isinstance(cmd, ProposeDocument) else ""
    return said or ("" if uow.actor.kind == "job" else uow.actor.id)


def replace_chunks(document: Document, chunks: Iterable[ChunkIn], uow: Uow) -> dict[str, int]:
    """The document's pieces become these; those whose words stay keep their rows. How many came, went and stayed."""
    uow.flush()
    query = select(Chunk).where(col(Chunk.document_id) == document.id).order_by(col(Chunk.position))
    free: dict[str, list[Chunk]] = {}
    for row in uow.rows(query):
        free.setdefault(row.hash, []).append(row)
    stay = [(free[one.hash].pop(0), one) for one in chunks if free.get(one.hash)]
    gone = [row.id for rows in free.values() for row in rows]
    for at in range(0, len(gone), AT_ONCE):
        uow.session.execute(delete(Chunk).where(col(Chunk.id).in_(gone[at : at + AT_ONCE])))
    moved = [(row, one) for row, one in stay if (row.position, row.page) != (one.position, one.page)]
    # Places are unique, and two pieces may change theirs with each other.
    for row, one in moved:
        row.position = -1 - one.position
    uow.flush()
    for row, one in moved:
        uow.touch(row, position=one.position, page=one.page)
    kept = {one.position for _, one in stay}
    new = [one for one in chunks if one.position not in kept]
    for one in new:
        uow.new(Chunk, document_id=document.id, **one.model_dump())
    return {"added": len(new), "removed": len(gone), "same": len(stay)}


def check(cmd: PublishDocument) -> None:
    """Raises Invalid for what could never be published."""
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


def document_of(source: str, uow: Uow) -> Document | None:
    """The document of this source as it is now."""
    return uow.first(
        select(Document).where(col(Document.tenant) == uow.tenant, col(Document.source) == source)
    )


@handles(RemoveDocument)
def remove_document(cmd: RemoveDocument, uow: Uow) -> Result:
    """The document and its chunks; the index drops its vectors when it next looks. Raises NotFound."""
    uow.must("document", "write")
    uow.lock(f"knowledge:{uow.tenant}")
    document = document_of(cmd.source, uow)
    if document is None:
        raise NotFound(resource="document")
    uow.flush()
    uow.session.execute(delete(Chunk).where(col(Chunk.document_id) == document.id))
    uow.session.delete(document)
    uow.session.merge(
        Meta(id=edition_key(uow.tenant, cmd.source), value=str(document.edition), updated_at=uow.now)
    )
    uow.flush()
    uow.audit("remove", "document", document.id, source=cmd.source, version=document.edition)
    changed(uow)
    return Result(id=document.id)


def changed(uow: Uow) -> None:
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


@handles(KeepVectors)
def keep_vectors(cmd: KeepVectors, uow: Uow) -> Result:
    """Embeddings of texts that are no more are forgotten."""
    uow.must("document", "write")
    uow.lock(f"knowledge:{uow.tenant}")
    known = uow.session.execute(select(col(ChunkVector.hash)).where(col(ChunkVector.tenant) == uow.tenant)).scalars()
    gone = sorted(set(known) - set(cmd.hashes))
    for at in range(0, len(gone), AT_ONCE):
        uow.session.execute(
            delete(ChunkVector).where(
                col(ChunkVector.tenant) == uow.tenant, col(ChunkVector.hash).in_(gone[at : at + AT_ONCE])
            )
        )
    return Result(id="vectors", view=len(gone))


@handles(AddExample)
def add_example(cmd: AddExample, uow: Uow) -> Result:
    """The question finds its document from now on. Raises NotFound, Invalid when there are too many."""
    document = _examples_of(cmd.document_id, uow)
    said = " ".join(cmd.question.split())
    if said in document.questions:
        return Result(id=document.id, view="unchanged")
    if len(document.questions) >= MOST_EXAMPLES:
        raise Invalid("question", "error.too_many_examples", limit=MOST_EXAMPLES)
    uow.touch(document, questions=[*document.questions, said], digest="")
    uow.audit("example", "document", document.id, question=said)
    changed(uow)
    undo = uow.undoable(DropExample(document_id=document.id, question=said), "example")
    return Result(id=document.id, view="added", undo_id=undo)


@handles(DropExample)
def drop_example(cmd: DropExample, uow: Uow) -> Result:
    """The question is no example any more; absent ones are not missed."""
    document = _examples_of(cmd.document_id, uow)
    uow.touch(document, questions=[one for one in document.questions if one != cmd.question], digest="")
    uow.audit("example_dropped", "document", document.id, question=cmd.question)
    changed(uow)
    return Result(id=document.id)


def _examples_of(document_id: str, uow: Uow) -> Document:
    uow.must("document", "write")
    uow.lock(f"knowledge:{uow.tenant}")
    document = uow.find(Document, document_id)
    if document is None or document.tenant != uow.tenant:
        raise NotFound(resource="document")
    return document
