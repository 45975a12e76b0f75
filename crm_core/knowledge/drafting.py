"""Drafts: documents that wait until somebody who may publish has looked at them."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.kernel.errors import Conflict, NotFound
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.knowledge.messages import (
    DraftCard,
    ProposeDocument,
    PublishDocument,
    ReviewDraft,
    SetDraftAudience,
)
from crm_core.knowledge.owners import owners
from crm_core.knowledge.publishing import check, publish_document
from crm_core.knowledge.tables import DocumentDraft

KIND = "document_draft"


@handles(ProposeDocument)
def propose_document(cmd: ProposeDocument, uow: Uow) -> Result:
    """Keep the draft, and tell one who may publish unless the actor is one himself."""
    uow.must("document", "propose")
    check(cmd)
    uow.lock(f"knowledge:{uow.tenant}")
    _replace(cmd.source, uow)
    draft = uow.new(
        DocumentDraft, source=cmd.source, title=cmd.title, audience=cmd.audience, unit=cmd.unit,
        findings=[[one.kind, one.detail, one.times] for one in cmd.findings],
        content_enc=content_of(cmd).model_dump_json(), author_id=cmd.author_id or _himself(uow),
    )  # fmt: skip
    uow.audit("propose", "document", draft.id, source=cmd.source, chunks=len(cmd.chunks))
    if cmd.tell and (uow.actor.kind == "job" or not uow.access.may(uow.actor, "document", "write")):
        first = next((one for one in owners(uow, uow.actor.unit)), None)
        uow.push(first.id if first else None, KIND, subject=f"draft:{draft.id}", key=f"draft:{draft.id}")
    return _seen(draft, uow)


def content_of(cmd: PublishDocument) -> PublishDocument:
    """What would be published, without what is only said about it."""
    return PublishDocument.model_validate({name: getattr(cmd, name) for name in PublishDocument.model_fields})


def _himself(uow: Uow) -> str:
    return "" if uow.actor.kind == "job" else uow.actor.id


def let_go(source: str, uow: Uow) -> None:
    """What waited of a source is not wanted any more."""
    _replace(source, uow, "declined")


def _replace(source: str, uow: Uow, state: str = "replaced") -> None:
    """An earlier draft of the source waits no more."""
    query = select(DocumentDraft).where(
        col(DocumentDraft.tenant) == uow.tenant, col(DocumentDraft.source) == source,
        col(DocumentDraft.state) == "waiting",
    )  # fmt: skip
    for row in uow.rows(query):
        _decide(row, state, uow)


@handles(ReviewDraft)
def review_draft(cmd: ReviewDraft, uow: Uow) -> Result:
    """Publish or decline; once. Raises NotFound, Conflict when it was decided before."""
    draft = _waiting(cmd.draft_id, uow)
    if cmd.publish:
        content = PublishDocument.model_validate_json(uow.reveal(draft, "content"))
        changes = {"audience": cmd.audience or draft.audience, "unit": draft.unit}
        whose = {"author_id": draft.author_id} if draft.author_id else {}
        publish_document(ProposeDocument.model_validate(content.model_dump() | changes | whose), uow)
        draft.audience = changes["audience"]
    _decide(draft, "published" if cmd.publish else "declined", uow)
    uow.audit(draft.state, "document", draft.id, source=draft.source)
    return _seen(draft, uow)


@handles(SetDraftAudience)
def set_draft_audience(cmd: SetDraftAudience, uow: Uow) -> Result:
    """Who is to read it; the card shows it at once."""
    draft = _waiting(cmd.draft_id, uow)
    content = PublishDocument.model_validate_json(uow.reveal(draft, "content"))
    check(content.model_copy(update={"audience": cmd.audience}))
    uow.touch(draft, audience=cmd.audience)
    uow.audit("audience", "document", draft.id, audience=cmd.audience)
    uow.refresh(f"draft:{draft.id}")
    return _seen(draft, uow)


def _waiting(draft_id: str, uow: Uow) -> DocumentDraft:
    uow.must("document", "write")
    uow.lock(f"knowledge:{uow.tenant}")
    draft = uow.find(DocumentDraft, draft_id)
    if draft is None or draft.tenant != uow.tenant:
        raise NotFound(resource="draft")
    if draft.state != "waiting":
        raise Conflict("error.draft_decided", title=draft.title)
    return draft


def _decide(draft: DocumentDraft, state: str, uow: Uow) -> None:
    """What was decided needs its words no more: a document has them, or nobody does."""
    uow.touch(draft, state=state, content_enc=None, decided_by=_himself(uow), decided_at=uow.now)
    uow.refresh(f"draft:{draft.id}")


def _seen(draft: DocumentDraft, uow: Uow) -> Result:
    uow.flush()
    return Result(id=draft.id, view=uow.ask(DraftCard(draft_id=draft.id)))
