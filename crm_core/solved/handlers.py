"""Changes of answered questions."""

from __future__ import annotations

from crm_core.kernel.errors import Conflict, Invalid, NotFound
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.knowledge.messages import ProposeDocument, PublishDocument
from crm_core.knowledge.tables import DocumentDraft
from crm_core.solved.messages import ForgetCase, RewordAnswer
from crm_core.solved.rules import SOURCE, lang_of, piece_hash
from crm_core.solved.tables import SolvedCase

MAX_TEXT = 4000


@handles(ForgetCase)
def forget_case(cmd: ForgetCase, uow: Uow) -> Result:
    """Its words go at once."""
    row = uow.get(SolvedCase, cmd.case_id, "case", "forget")
    uow.audit("forget", "case", row.id)
    uow.session.delete(row)
    return Result(id=cmd.case_id)


@handles(RewordAnswer)
def reword_answer(cmd: RewordAnswer, uow: Uow) -> Result:
    """The draft gives way to one with the new words; its author stays the one who answered."""
    uow.must("document", "write")
    draft = uow.find(DocumentDraft, cmd.draft_id)
    if draft is None or draft.tenant != uow.tenant or not draft.source.startswith(SOURCE):
        raise NotFound(resource="draft")
    if draft.state != "waiting":
        raise Conflict("error.draft_decided", title=draft.title)
    text = clean_text(cmd.text)[:MAX_TEXT]
    if not text:
        raise Invalid("text", "error.empty")
    content = PublishDocument.model_validate_json(uow.reveal(draft, "content"))
    first = content.chunks[0]
    new = {"text": text, "hash": piece_hash(first.section, text), "lang": lang_of(text)}
    piece = first.model_copy(update=new)
    return uow.call(ProposeDocument.model_validate(
        content.model_dump() | {"chunks": (piece,), "audience": draft.audience, "author_id": draft.author_id}
    ))  # fmt: skip
