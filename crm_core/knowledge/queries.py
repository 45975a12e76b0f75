"""Questions about the knowledge base."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import col

from crm_core.kernel.access import in_range
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.tables import Meta
from crm_core.kernel.uow import Reader
from crm_core.knowledge.messages import (
    Chunks,
    ChunkView,
    Documents,
    DocumentView,
    DraftCard,
    Drafts,
    DraftView,
    FindingIn,
    KnowledgeOwners,
    KnowledgeVersion,
    MayLearn,
    PublishDocument,
    Vectors,
)
from crm_core.knowledge.owners import owners
from crm_core.knowledge.rules import audiences_of, compared, edition_key, places_of
from crm_core.knowledge.tables import Chunk, ChunkVector, Document, DocumentDraft
from crm_core.org.people import person_name

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
        section=chunk.section, text=chunk.text, position=chunk.position, page=chunk.page,
        version=document.edition, hash=chunk.hash, lang=chunk.lang,
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


@answers(Documents)
def documents(question: Documents, reader: Reader) -> list[DocumentView]:
    """By the same rule as their pieces; those who may publish see all, also what is not valid today."""
    reader.must("document", "read")
    query = select(Document, func.count(col(Chunk.id))).outerjoin(Chunk, col(Chunk.document_id) == col(Document.id))
    query = query.where(col(Document.tenant) == reader.tenant).group_by(col(Document.id))
    if not reader.access.may(reader.actor, "document", "write"):
        query = query.where(_readable(reader))
    words = question.words.strip().lower()
    found = [
        _listed(document, pieces)
        for document, pieces in reader.session.execute(query.order_by(col(Document.updated_at).desc(), col(Document.id)))
        if words in document.title.lower() or words in document.source.lower()
    ]
    return found[: question.limit]


def _listed(document: Document, pieces: int) -> DocumentView:
    return DocumentView(
        id=document.id, source=document.source, title=document.title, audience=document.audience, unit=document.unit,
        version=document.edition, pieces=pieces, pages=document.pages, questions=tuple(document.questions),
        valid_from=document.valid_from, valid_until=document.valid_until, updated_at=document.updated_at,
    )  # fmt: skip


@answers(KnowledgeOwners)
def knowledge_owners(question: KnowledgeOwners, reader: Reader) -> list[str]:
    """Their names; for colleagues only."""
    return [one.name for one in owners(reader, reader.actor.unit)] if reader.actor.is_staff else []


@answers(MayLearn)
def may_learn(question: MayLearn, reader: Reader) -> str:
    """By the access table."""
    allowed = (("publish", "write"), ("propose", "propose"))
    return next((word for word, action in allowed if reader.access.may(reader.actor, "document", action)), "")


@answers(Drafts)
def drafts(question: Drafts, reader: Reader) -> list[DraftView]:
    """What waits, oldest first."""
    reader.must("document", "write")
    query = select(DocumentDraft).where(
        col(DocumentDraft.tenant) == reader.tenant, col(DocumentDraft.state) == "waiting"
    ).order_by(col(DocumentDraft.created_at))  # fmt: skip
    return [_draft(row, reader) for row in reader.rows(query)]


@answers(DraftCard)
def draft_card(question: DraftCard, reader: Reader) -> DraftView:
    """For its author and those who may publish."""
    row = reader.find(DocumentDraft, question.draft_id)
    may = reader.access.may(reader.actor, "document", "write")
    if row is None or row.tenant != reader.tenant or not (may or row.author_id == reader.actor.id):
        raise NotFound(resource="draft")
    return _draft(row, reader)


def last_edition(reader: Reader, source: str) -> int:
    """How often a document that was removed had been learnt; learnt again, it goes on counting."""
    kept = reader.session.get(Meta, edition_key(reader.tenant, source))
    return int(kept.value) if kept is not None else 0


def _draft(row: DocumentDraft, reader: Reader) -> DraftView:
    sealed = reader.reveal(row, "content") if row.content_enc else ""
    content = PublishDocument.model_validate_json(sealed) if sealed else None
    query = select(Document).where(col(Document.tenant) == reader.tenant, col(Document.source) == row.source)
    document = reader.first(query)
    counts, more = {}, {}
    if content is not None:
        held = select(col(Chunk.hash)).where(col(Chunk.document_id) == (document.id if document else ""))
        counts = compared(list(reader.session.execute(held).scalars()), [one.hash for one in content.chunks])
        more = {"pieces": len(content.chunks), "pages": content.pages, "first": content.chunks[0].text[:400],
                "questions": content.questions, "valid_from": content.valid_from,
                "valid_until": content.valid_until}  # fmt: skip
    return DraftView.model_validate({
        "id": row.id, "title": row.title, "source": row.source, "audience": row.audience, "unit": row.unit,
        "state": row.state, "author_name": person_name(reader, row.author_id) if row.author_id else "",
        "decider_name": person_name(reader, row.decided_by) if row.decided_by else "", "created_at": row.created_at,
        "findings": tuple(FindingIn(kind=kind, detail=detail, times=times) for kind, detail, times in row.findings),
        "version": (document.edition if document else last_edition(reader, row.source)) + bool(content),
        "may_decide": row.state == "waiting" and reader.access.may(reader.actor, "document", "write"),
        **counts, **more,
    })  # fmt: skip
