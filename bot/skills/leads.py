"""Leads: written down from one line, called, handed on, lost, listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.cards.leads import lead_card, lead_list, outcome_card
from bot.conversation.gate import Act, Need, Step, Tier, after, pass_through, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import colleague, customer, shown
from bot.conversation.presses import verb
from bot.conversation.references import listed
from bot.conversation.slots import vehicle_words
from bot.conversation.talk import Talk
from bot.ports import Button
from bot.skills.renumber import correct_number, corrects_number
from bot.skills.visits import came_in
from crm_core.kernel.errors import ChexinError, Conflict, Unavailable
from crm_core.kernel.registry import Result
from crm_core.leads.messages import (
    AssignLead,
    CreateLead,
    LatestLead,
    LeadCard,
    LeadView,
    LoseLead,
    MarkContacted,
    MyLeads,
    ReviseLead,
    TakeLead,
)
from crm_core.undo.messages import UndoLast

# Another dealer's customer, where the group shares them: no more than this is said.
LOOKED_AFTER = "looked_after"
REASONS = ("price", "competitor", "not_now", "unreachable", "other")


@skill("create_lead", tier=Tier.OWN)
def create_lead(talk: Talk, draft: Draft) -> Step:
    """Complete with a name or a phone; whoever typed it follows it himself."""
    if not draft.value("person") and not draft.value("phone"):
        return Need("person", "lead_person")
    if corrects_number(talk, draft):
        return correct_number(talk, draft)
    command = CreateLead(
        name=draft.text("person")[:120],
        phone=str(draft.value("phone") or "")[:60],
        vehicle=vehicle_words(draft.value("vehicle"), draft.words("vehicle"))[:200],
        source=draft.text("channel")[:60],
        message=(draft.text("text") or _as_said(talk, draft))[:4000],
        level=draft.text("level"),
        channel="chat",
        keep=True,
    )
    return Act(command, talk.voice.say("card.confirm_lead"), slots=_understood(talk, draft))


def _as_said(talk: Talk, draft: Draft) -> str:
    """The sentence it was first said in, whatever was corrected since."""
    return str(draft.slots.setdefault("said", {"value": talk.text, "words": ""})["value"])


def _understood(talk: Talk, draft: Draft) -> list[tuple[str, str, str]]:
    """What was read, with the words, for a reading that must be confirmed."""
    shown = (("customer", draft.text("person"), "person"), ("phone", draft.text("phone"), "phone"),
             ("interest", draft.words("vehicle"), "vehicle"), ("level", draft.text("level"), "level"))  # fmt: skip
    return [(talk.voice.label("field", label), value, draft.words(slot)) for label, value, slot in shown if value]


@after(CreateLead)
def lead_created(talk: Talk, command: CreateLead, result: Result, draft: Draft | None) -> None:
    """The card of the new lead, or of the one that was there already."""
    view: LeadView = result.view
    if draft is not None and view.customer_id:
        draft.chosen["person"] = view.customer_id
    if not talk.is_staff:
        talk.about("lead", result.id, view.ref)
        talk.say("lead.visitor_thanks")
        return
    if view.state == LOOKED_AFTER:
        talk.say("lead.looked_after")
        if draft is not None:
            draft.rest = []
        return
    _look_at(talk, view)
    said = len(talk.replies)
    key = "card.lead_again" if view.duplicate else "card.lead_written"
    if view.customer_id and came_in(talk, view.customer_id, draft or Draft("create_lead")):
        view = talk.ask(LeadCard(lead_id=view.id))
    talk.show(lead_card(talk.voice, view, talk.actor, title=talk.voice.say(key, name=view.name or view.phone),
                        extra=talk.take_back(result.undo_id, draft)))  # fmt: skip
    # First who it is, then what came of the visit.
    talk.replies.insert(said, talk.replies.pop())


@skill("revise_lead", tier=Tier.OWN)
def revise_lead(talk: Talk, draft: Draft) -> Step:
    """What was written down wrongly about a new lead; of a customer known before, another lead takes its place."""
    if "lead" not in draft.chosen:
        return create_lead(talk, draft)
    vehicle = vehicle_words(draft.value("vehicle"), draft.words("vehicle"))
    command = ReviseLead(
        lead_id=draft.chosen["lead"],
        name=draft.text("person") if "person" in draft.changed else None,
        phone=draft.text("phone") if "phone" in draft.changed else None,
        vehicle=vehicle if "vehicle" in draft.changed else None,
    )
    try:
        talk.core.preview(command, talk.actor)
    except Conflict:
        pass_through(talk, replace(draft, intent="create_lead", chosen={}))
        return None
    draft.undo_id = ""
    return Act(command)


@after(ReviseLead)
def lead_revised(talk: Talk, command: ReviseLead, result: Result, draft: Draft | None) -> None:
    """The same lead as it is now."""
    view: LeadView = result.view
    _look_at(talk, view)
    title = talk.voice.say("card.lead_revised", name=view.name or view.phone)
    talk.show(lead_card(talk.voice, view, talk.actor, title=title, extra=talk.take_back(result.undo_id, draft)))


@skill("my_leads")
def my_leads(talk: Talk, draft: Draft) -> Step:
    """The actor's leads, narrowed by stage or level."""
    stage, level = draft.text("stage") or None, (draft.text("level") or "").upper() or None
    found: list[LeadView] = talk.ask(MyLeads(stage=stage, level=level))
    if not found:
        talk.say("lead.none")
        return None
    what = (level and talk.voice.say("lead.level", level=level)) or talk.voice.label("stage", stage)
    listed(talk, [(view.customer_id, view.name) for view in found])
    talk.show(lead_list(talk.voice, found, talk.voice.say("card.leads", n=len(found), what=what).strip()))
    return None


@verb("lead.open")
def open_lead(talk: Talk, params: dict[str, Any]) -> None:
    """Show one lead with its buttons."""
    view: LeadView = talk.ask(LeadCard(lead_id=params["lead"]))
    _look_at(talk, view)
    talk.show(lead_card(talk.voice, view, talk.actor))


def _look_at(talk: Talk, view: LeadView) -> None:
    talk.about("customer", view.customer_id, view.name)
    talk.about("lead", view.id, view.name)


@verb("lead.contacted")
def contacted(talk: Talk, params: dict[str, Any]) -> None:
    """The call was made: the reminders stop now, and one more press says how it went."""
    result = talk.do(MarkContacted(lead_id=params["lead"]))
    ask_outcome(talk, result)


def ask_outcome(talk: Talk, result: Result) -> None:
    """Offer the outcomes, or take a sentence."""
    view: LeadView = result.view
    _look_at(talk, view)
    draft = Draft("log_contact", chosen={"person": view.customer_id, "lead": view.id}, asked="outcome")
    draft.chosen["first"] = result.undo_id or ""
    talk.memory.put(draft, talk.now)
    talk.show(outcome_card(talk.voice, view, draft.chosen["first"], draft.token))


@verb("lead.outcome")
def outcome(talk: Talk, params: dict[str, Any]) -> None:
    """How the call went, by a press."""
    draft = _asked_outcome(talk, params["lead"])
    command = MarkContacted(lead_id=params["lead"], outcome=params["outcome"])
    log_outcome(talk, command, params["first"], draft)


def _asked_outcome(talk: Talk, lead_id: str) -> Draft | None:
    return next((d for d in talk.memory.drafts if d.intent == "log_contact" and d.chosen.get("lead") == lead_id), None)


def settle_outcome(talk: Talk, customer_id: str) -> None:
    """How it went was told in another sentence: it is not asked for any more."""
    for draft in list(talk.memory.drafts):
        if draft.intent == "log_contact" and draft.asked == "outcome" and draft.chosen.get("person") == customer_id:
            talk.memory.settle(draft.token, talk.voice.say("status.answered"))


def log_outcome(talk: Talk, command: MarkContacted, first: str, draft: Draft | None) -> None:
    """Keep one contact record: the one made with the press on 已联系 (its undo is `first`) gives way."""
    if first:
        try:
            talk.do(UndoLast(undo_id=first))
        except Unavailable:
            raise
        except ChexinError:
            # Taken back by hand meanwhile; the number keeps the keys of this turn the same on a second try.
            talk.commands.append("")
    perform(talk, command, draft)


@after(MarkContacted)
def marked(talk: Talk, command: MarkContacted, result: Result, draft: Draft | None) -> None:
    """Say what was kept; a call nobody answered offers to try again."""
    view: LeadView = result.view
    _look_at(talk, view)
    said = talk.voice.label("outcome", command.outcome) or command.text
    buttons = list(talk.take_back(result.undo_id))
    if command.outcome in ("no_answer", "later"):
        buttons.insert(0, Button(talk.voice.say("button.remind_later"), "lead.reschedule", {"lead": view.id}))
    talk.say("lead.contact_logged", *buttons, name=view.name, outcome=said)


@verb("lead.reschedule")
def reschedule(talk: Talk, params: dict[str, Any]) -> None:
    """Another time: for the appointment when there is one, else for the call."""
    from crm_core.appointments.messages import Appointments

    view: LeadView = talk.ask(LeadCard(lead_id=params["lead"]))
    _look_at(talk, view)
    booked = talk.ask(Appointments(customer_id=view.customer_id))
    if booked:
        draft = Draft("move_appointment", chosen={"person": view.customer_id, "appointment": booked[0].id})
    else:
        draft = Draft("remind_me", chosen={"person": view.customer_id, "lead": view.id})
        draft.slots["text"] = {"value": talk.voice.say("task.call_back", name=view.name), "words": ""}
    pass_through(talk, draft)


@verb("lead.reassign")
def reassign(talk: Talk, params: dict[str, Any]) -> None:
    """To whom?"""
    view: LeadView = talk.ask(LeadCard(lead_id=params["lead"]))
    _look_at(talk, view)
    pass_through(talk, Draft("assign_lead", chosen={"lead": view.id, "person": view.customer_id}))


@skill("assign_lead", tier=Tier.CONFIRM)
def assign_lead(talk: Talk, draft: Draft) -> Step:
    """Which lead, to whom; confirmed, because the owner changes."""
    lead_id = _lead_meant(talk, draft)
    if isinstance(lead_id, Need):
        return lead_id
    to = colleague(talk, draft)
    if isinstance(to, Need):
        return to
    view: LeadView = talk.ask(LeadCard(lead_id=lead_id))
    return Act(AssignLead(lead_id=lead_id, to_id=to.id, version=view.version),
               talk.voice.say("card.confirm_assign", name=view.name, to=to.name),
               words={"owner": draft.words("person_to")}, slots=[shown(talk, draft, view.name)])  # fmt: skip


def _lead_meant(talk: Talk, draft: Draft) -> str | Need:
    known = draft.chosen.get("lead") or (None if draft.text("person") else _pointed_at(talk))
    if known:
        draft.chosen["lead"] = known
        return known
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    latest: LeadView | None = talk.ask(LatestLead(customer_id=who))
    if latest is None:
        draft.slots.pop("person", None)
        return Need("person", "no_lead")
    draft.chosen["lead"] = latest.id
    return latest.id


def _pointed_at(talk: Talk) -> str | None:
    """这条: the lead spoken of, else the one whose card was shown in this chat last."""
    focus = talk.focused("lead")
    if focus:
        return focus
    recent = talk.core.chats.buttons.recent(talk.actor.id, talk.now, 20)
    return next((str(a.params["lead"]) for a in recent if a.chat == talk.chat and "lead" in a.params), None)


@after(AssignLead)
def assigned(talk: Talk, command: AssignLead, result: Result, draft: Draft | None) -> None:
    view: LeadView = result.view
    talk.say("lead.assigned", *talk.take_back(result.undo_id), name=view.name, to=view.owner_name)


@verb("lead.take")
def take(talk: Talk, params: dict[str, Any]) -> None:
    """The first to press gets it."""
    perform(talk, TakeLead(lead_id=params["lead"]))


@after(TakeLead)
def taken(talk: Talk, command: TakeLead, result: Result, draft: Draft | None) -> None:
    """It is his now, with its buttons."""
    view: LeadView = result.view
    _look_at(talk, view)
    talk.show(lead_card(talk.voice, view, talk.actor, title=talk.voice.say("card.lead_taken", name=view.name),
                        extra=talk.take_back(result.undo_id)))  # fmt: skip


@verb("lead.lost")
def lost(talk: Talk, params: dict[str, Any]) -> None:
    """Why?"""
    view: LeadView = talk.ask(LeadCard(lead_id=params["lead"]))
    _look_at(talk, view)
    pass_through(talk, Draft("mark_lost", chosen={"lead": view.id, "person": view.customer_id}))


def lose(talk: Talk, draft: Draft) -> Step:
    """The lead of a draft that names one; a reason first, then the card."""
    view: LeadView = talk.ask(LeadCard(lead_id=draft.chosen["lead"]))
    reason = draft.text("reason")
    if len(reason) < 2:
        chips = tuple(
            Button(talk.voice.label("lost", key), "draft.pick", {"t": draft.token, "slot": "reason", "value": key})
            for key in REASONS
        )
        return Need("reason", "lost_reason", {"name": view.name}, chips)
    said = talk.voice.label("lost", reason)
    shown = [(talk.voice.label("field", "reason"), said, draft.words("reason") if said == reason else "")]
    return Act(LoseLead(lead_id=view.id, reason=said), talk.voice.say("card.confirm_lost", name=view.name), slots=shown)


@after(LoseLead)
def lead_lost(talk: Talk, command: LoseLead, result: Result, draft: Draft | None) -> None:
    talk.say("lead.lost", *talk.take_back(result.undo_id), name=result.view.name)
