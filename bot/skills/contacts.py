"""Contacts and notes: what was said with a customer."""

from __future__ import annotations

import re
from datetime import datetime

from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.slots import read_when, vehicle_words
from bot.conversation.talk import Talk
from bot.skills.appointments import log_drive
from bot.skills.leads import log_outcome, settle_outcome
from crm_core.customers.messages import AddNote, LogContact, MarkDecisionMaker, RecordView
from crm_core.kernel.registry import Result
from crm_core.leads.messages import LatestLead, LeadView, MarkContacted
from crm_core.tasks.messages import AnswerQuestion

KINDS = {"visit": "visit", "walk_in": "visit", "wecom": "chat", "wechat": "chat", "chat": "chat", "sms": "message",
         "message": "message", "email": "message", "call": "call", "phone": "call"}  # fmt: skip


# Words that say the drive took place; 想试驾 and 约了试驾 do not.
DROVE = re.compile(r"(?:到店|来店|过来|(?<![想要约再去来]))试驾(?:了|过|完|后|结束)|(?:到店|来店)试驾(?!预约)|试完车|试了车"
                   r"|\btest[- ]drove\b|\b(?:took|had|did|finished) (?:a|the|his|her|their) test drive\b", re.I)  # fmt: skip


@skill("log_contact", tier=Tier.OWN)
def log_contact(talk: Talk, draft: Draft) -> Step:
    """A contact log; the first one with a new lead ends its reminders."""
    text = _own_words(talk, draft)
    if "lead" in draft.chosen:
        if not draft.value("outcome") and not draft.value("text"):
            return Need("outcome", "outcome")
        command = MarkContacted(lead_id=draft.chosen["lead"], text=draft.text("text") or draft.text("outcome"))
        log_outcome(talk, command, draft.chosen.get("first", ""), draft)
        return None
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    lead: LeadView | None = talk.ask(LatestLead(customer_id=who))
    at = _when(talk, draft)
    if DROVE.search(text) and (at is None or at.date() == talk.now.date()):
        log_drive(talk, who, text, vehicle_words(draft.value("vehicle"), draft.words("vehicle")), draft)
        return None
    kind = "visit" if DROVE.search(text) else KINDS.get(draft.text("channel"), "call")
    if lead is not None and lead.state == "new" and kind == "call":
        return Act(MarkContacted(lead_id=lead.id, outcome=_outcome(talk, draft), text=text))
    return Act(LogContact(customer_id=who, text=text, kind=kind, outcome=_outcome(talk, draft), at=at))


def _own_words(talk: Talk, draft: Draft) -> str:
    """The sentence as it was said, not what was cut out of it; a later correction of the text wins."""
    text = draft.text("text") or draft.text("outcome")
    kept = draft.slots.setdefault("said", {"value": talk.text or text, "words": text})
    return str(kept["value"] if kept["words"] == text else text)


def _outcome(talk: Talk, draft: Draft) -> str:
    """The outcome when what was said is one of the known ones."""
    said = draft.text("outcome")
    known = (key.rpartition(".")[2] for key in talk.voice.texts.keys("label.outcome."))
    return next((key for key in known if said and said in (key, talk.voice.label("outcome", key))), "")


def _when(talk: Talk, draft: Draft) -> datetime | None:
    """When it took place; a time ahead is what was agreed, not when it was."""
    when = read_when(draft.value("when"), talk.actor.zone)
    if when is None or when.start is None:
        return None
    at = when.start if not when.vague or when.end is None else when.start + (when.end - when.start) / 2
    return at if at <= talk.now else None


@after(LogContact)
def logged(talk: Talk, command: LogContact, result: Result, draft: Draft | None) -> None:
    view: RecordView = result.view
    settle_outcome(talk, command.customer_id)
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


@skill("mark_decision_maker", tier=Tier.OWN)
def mark_decision_maker(talk: Talk, draft: Draft) -> Step:
    """Who decides is spoken with more often."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    return Act(MarkDecisionMaker(customer_id=who, decides=draft.text("choice") != "no"))


@after(MarkDecisionMaker)
def decision_maker_marked(talk: Talk, command: MarkDecisionMaker, result: Result, draft: Draft | None) -> None:
    key = "customer.decides" if command.decides else "customer.decides_not"
    talk.say(key, *talk.take_back(result.undo_id, draft), name=talk.memory.focus_name(talk.now) or "")
