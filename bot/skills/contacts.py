"""Contacts and notes: what was said with a customer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.conversation.gate import Act, Need, Step, Tier, after, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.slots import read_when, vehicle_words
from bot.conversation.talk import Talk
from bot.skills.appointments import log_drive
from bot.skills.leads import log_outcome, settle_outcome
from bot.skills.part_answers import answering
from bot.skills.visits import DROVE
from crm_core.customers.messages import AddNote, LogContact, MarkDecisionMaker, RecordView
from crm_core.followups.messages import CompleteFollowup, FollowupView, MyFollowups
from crm_core.kernel.registry import Result
from crm_core.leads.messages import LatestLead, LeadView, MarkContacted
from crm_core.solved.messages import RewordAnswer
from crm_core.tasks.messages import AnswerQuestion

KINDS = {"visit": "visit", "walk_in": "visit", "wecom": "chat", "wechat": "chat", "chat": "chat", "sms": "message",
         "message": "message", "email": "message", "call": "call", "phone": "call"}  # fmt: skip


# How satisfied a customer is, the worst first: 不满意 has 满意 in it.
FEELINGS = (
    (1, re.compile(r"(?:不|没有?)(?:太|怎么|很|是很)?(?:满意|喜欢|高兴)|失望|不好|不行|很差|(?:体验|感觉)差"
                   r"|(?:\bnot|\bnever|n't) (?:(?:very|really|quite|that) )?(?:happy|like|enjoy|pleased|satisfied)"
                   r"|\b(?:unhappy|hated|disliked|disappointed|unsatisfied)\b", re.I)),
    (3, re.compile(r"一般|还行|凑合|还可以|马马虎虎|\b(?:so-so|okay|ok|average|all right)\b", re.I)),
    (5, re.compile(r"满意|喜欢|不错|很好|挺好|\b(?:happy|liked|loved|enjoyed|pleased|satisfied|delighted)\b", re.I)),
)  # fmt: skip
ASKED_AHEAD = timedelta(days=2)


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
    asked = _asked(talk, who) if _score(text) else None
    if asked is not None:
        return Act(CompleteFollowup(followup_id=asked, satisfaction=_score(text), answer=text))
    kind = "visit" if DROVE.search(text) else KINDS.get(draft.text("channel"), "call")
    if lead is not None and lead.state == "new" and kind == "call":
        return Act(MarkContacted(lead_id=lead.id, outcome=_outcome(talk, draft), text=text))
    return Act(LogContact(customer_id=who, text=text, kind=kind, outcome=_outcome(talk, draft), at=at))


def _score(text: str) -> int:
    """What a sentence says of the customer's satisfaction: 5, 3 or 1; 0 for nothing."""
    return next((score for score, words in FEELINGS if words.search(text)), 0)


def _asked(talk: Talk, customer_id: str) -> str | None:
    """The follow-up that asks this customer how satisfied he is."""
    mine: list[FollowupView] = talk.ask(MyFollowups(until=talk.now + ASKED_AHEAD))
    return next((f.id for f in mine if f.customer_id == customer_id and f.ask == "satisfaction"), None)


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


_ASKED = {"task": "answer_text", "draft": "reword_text"}


@skill("add_note", tier=Tier.OWN)
def add_note(talk: Talk, draft: Draft) -> Step:
    """A note about a customer when one is named, else the actor's own; or the answer to a colleague's question."""
    text = draft.text("text").strip()
    if not text:
        return Need("text", next((ask for key, ask in _ASKED.items() if key in draft.chosen), "note_text"))
    if "task" in draft.chosen:
        return Act(answering(talk, draft, text))
    if "draft" in draft.chosen:
        return Act(RewordAnswer(draft_id=draft.chosen["draft"], text=text))
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
