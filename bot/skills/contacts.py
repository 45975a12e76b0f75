"""Contacts and notes: what was said with a customer."""

from __future__ import annotations

from datetime import datetime

from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.slots import read_when
from bot.conversation.talk import Talk
from bot.skills.leads import log_outcome
from crm_core.customers.messages import AddNote, LogContact, RecordView
from crm_core.kernel.registry import Result
from crm_core.leads.messages import LatestLead, LeadView, MarkContacted
from crm_core.tasks.messages import AnswerQuestion

KINDS = {"visit": "visit", "walk_in": "visit", "wecom": "chat", "wechat": "chat", "chat": "chat", "sms": "message",
         "message": "message", "email": "message", "call": "call", "phone": "call"}  # fmt: skip


@skill("log_contact", tier=Tier.OWN)
def log_contact(talk: Talk, draft: Draft) -> Step:
    """A contact log; the first one with a new lead ends its reminders."""
    text = draft.text("text") or draft.text("outcome")
    if "lead" in draft.chosen:
        if not text:
            return Need("outcome", "outcome")
        command = MarkContacted(lead_id=draft.chosen["lead"], text=text)
        log_outcome(talk, command, draft.chosen.get("first", ""), draft)
        return None
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    lead: LeadView | None = talk.ask(LatestLead(customer_id=who))
    kind = KINDS.get(draft.text("channel"), "call")
    if lead is not None and lead.state == "new" and kind == "call":
        return Act(MarkContacted(lead_id=lead.id, outcome=_outcome(draft), text=text or talk.text))
    return Act(LogContact(customer_id=who, text=text or talk.text, kind=kind, outcome=_outcome(draft),
                          at=_when(talk, draft)))  # fmt: skip


def _outcome(draft: Draft) -> str:
    """The outcome when it is a short word and not the whole sentence."""
    said, text = draft.text("outcome"), draft.text("text")
    return said if text and said != text and len(said) <= 20 else ""


def _when(talk: Talk, draft: Draft) -> datetime | None:
    """When it took place; a time ahead is what was agreed, not when it was."""
    when = read_when(draft.value("when"), talk.actor.zone)
    at = when.start if when and not when.vague else None
    return at if at and at <= talk.now else None


@after(LogContact)
def logged(talk: Talk, command: LogContact, result: Result, draft: Draft | None) -> None:
    view: RecordView = result.view
    name = talk.memory.focus_name(talk.now) or ""
    talk.say("contact.logged", *talk.take_back(result.undo_id, draft), name=name, text=view.text or
             talk.voice.label("outcome", view.outcome), kind=talk.voice.label("record", view.kind))  # fmt: skip


@skill("add_note", tier=Tier.OWN)
def add_note(talk: Talk, draft: Draft) -> Step:
    """A note about a customer when one is named, else the actor's own; or the answer to a colleague's question."""
    text = draft.text("text").strip()
    if not text:
        return Need("text", "answer_text" if "task" in draft.chosen else "note_text")
    if "task" in draft.chosen:
        return Act(AnswerQuestion(task_id=draft.chosen["task"], text=text))
    name = talk.memory.focus_name(talk.now)
    if name and name in text and not draft.text("person"):
        draft.chosen.setdefault("person", talk.focused("customer") or "")
    who = customer(talk, draft, required=False)
    if isinstance(who, Need):
        return who
    return Act(AddNote(text=text, customer_id=who))


@after(AddNote)
def noted(talk: Talk, command: AddNote, result: Result, draft: Draft | None) -> None:
    name = (talk.memory.focus_name(talk.now) or "") if command.customer_id else ""
    key = "note.about" if name else "note.own"
    talk.say(key, *talk.take_back(result.undo_id, draft), name=name, text=command.text)


@after(AnswerQuestion)
def answered(talk: Talk, command: AnswerQuestion, result: Result, draft: Draft | None) -> None:
    talk.say("task.answered")
