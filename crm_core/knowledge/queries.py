"""Questions about the knowledge base."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import col

from crm_core.kernel.access import in_range
from crm_core.kernel.registry import answers
from crm_core.kernel.tables import Meta
from crm_core.kernel.uow import Reader
from crm_core.knowledge.messages import Chunks, ChunkView, KnowledgeVersion, Vectors
from crm_core.knowledge.rules import audiences_of, places_of
from crm_core.knowledge.tables import Chunk, ChunkVector, Document

AT_ONCE = 500


def meta_key(tenant: str) -> str:
    """Where the counter of changes is kept."""
    return f"knowledge:{tenant}"


@answers(Chunks)
def chunks(question: Chunks, reader: Reader) -> list[ChunkView]:
    """Chunks of documents that are valid today and meant for the actor; a job gets all of its tenant."""
    reader.must("document", "read")
    query = (
        select(Chunk, Document).join(Document, col(Document.id) == col(Chunk.document_id))
        .where(col(Chunk.tenant) == reader.tenant, col(Document.tenant) == reader.tenant)
        .order_by(col(Document.source), col(Chunk.position))
    )  # fmt: skip
    if reader.actor.kind != "job":
        query = query.where(_readable(reader))
    return [_view(chunk, document) for chunk, document in reader.session.execute(query).all()]


def _readable(reader: Reader) -> ColumnElement[bool]:
    """The documents of the actor's audiences, of his unit or above it (and for colleagues below), valid today."""
    unit, today = reader.actor.unit, reader.now.astimezone(ZoneInfo(reader.actor.zone)).date()
    place: ColumnElement[bool] = col(Document.unit).in_(places_of(unit))
    if reader.actor.is_staff and unit:
        place = or_(place, in_range(col(Document.unit), unit))
    return and_(
        col(Document.audience).in_(audiences_of(reader.actor.kind)), place,
        or_(col(Document.valid_from).is_(None), col(Document.valid_from) <= today),
        or_(col(Document.valid_until).is_(None), col(Document.valid_until) >= today),
    )  # fmt: skip


def _view(chunk: Chunk, document: Document) -> ChunkView:
    return ChunkView(
        id=chunk.id, document_id=document.id, title=document.title, source=document.source,
        section=chunk.section, text=chunk.text, position=chunk.position, hash=chunk.hash, lang=chunk.lang,
        audience=document.audience, unit=document.unit, questions=tuple(document.questions),
        tags=tuple(document.tags), valid_from=document.valid_from, valid_until=document.valid_until,
    )  # fmt: skip


@answers(KnowledgeVersion)
def knowledge_version(question: KnowledgeVersion, reader: Reader) -> int:
    """How often this tenant's documents changed."""
    row = reader.session.get(Meta, meta_key(reader.tenant))
    return int(row.value) if row is not None else 0


@answers(Vectors)
def vectors(question: Vectors, reader: Reader) -> dict[str, bytes]:
    """The kept embeddings of these hashes."""
    reader.must("document", "read")
    found: dict[str, bytes] = {}
    for at in range(0, len(question.hashes), AT_ONCE):
        query = select(ChunkVector).where(
            col(ChunkVector.tenant) == reader.tenant, col(ChunkVector.model) == question.model,
            col(ChunkVector.hash).in_(question.hashes[at : at + AT_ONCE]),
        )  # fmt: skip
        found |= {row.hash: row.content for row in reader.rows(query)}
    return found
