"""Appointments: booked in words, moved, kept or missed."""

from __future__ import annotations

import re
from typing import Any, cast
from zoneinfo import ZoneInfo

from bot.cards.appointments import appointment_card
from bot.cards.base import joined
from bot.conversation.gate import Act, Need, Step, Tier, after, pass_through, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.presses import verb
from bot.conversation.slots import When, read_when, vehicle_words
from bot.conversation.talk import Talk
from bot.ports import Button
from bot.skills import serviced
from bot.skills.recent import shown
from crm_core.appointments.messages import (
    AppointmentCard,
    Appointments,
    AppointmentView,
    Book,
    CancelAppointment,
    CompleteAppointment,
    Kind,
    MarkNoShow,
    Reschedule,
)
from crm_core.deals.messages import DealView, OpenDeals
from crm_core.followups.messages import CadencePlan, ExplainCadence
from crm_core.kernel.errors import ChexinError, Unavailable
from crm_core.kernel.registry import Result
from crm_core.tasks.messages import AskColleague

SUBJECTS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("video", re.compile(r"视频|线上看|直播看|\bvideo\b|\bonline\b", re.I)),
    ("meeting", re.compile(r"面谈|面聊|见面|谈|签合同|签约|\bmeeting\b|\btalk about\b|\bsign\b|\bcontract\b", re.I)),
    ("viewing", re.compile(r"看车|看看车|看现车|\bviewing\b|\b(?:see|view|look at) (?:the |a |our )?(?:car|vehicle)", re.I)),
)  # fmt: skip
MAX_WISH = 400
# Any of them may be spoken of as any other: 取消方小圆的到店.
VISITS = ("visit", "meeting", "viewing", "video")


@skill("book_test_drive", tier=Tier.CONFIRM)
def book_test_drive(talk: Talk, draft: Draft) -> Step:
    """A test drive for a customer, or for the customer who speaks."""
    return _book(talk, draft, "test_drive")


@skill("book_service", tier=Tier.CONFIRM)
def book_service(talk: Talk, draft: Draft) -> Step:
    """A visit to the workshop."""
    return _book(talk, draft, "service")


@skill("book_visit", tier=Tier.CONFIRM)
def book_visit(talk: Talk, draft: Draft) -> Step:
    """The customer comes to the showroom, or to take his car."""
    return _book(talk, draft, "delivery" if draft.text("appointment") == "delivery" else _subject(draft))


def _subject(draft: Draft) -> Kind:
    """What the visit is for, by the words: 视频看车, 面谈合同, 来店看车; else just a visit."""
    said = " ".join((draft.words("appointment"), draft.text("text")))
    return next((kind for kind, words in SUBJECTS if words.search(said)), "visit")


@skill("move_appointment", tier=Tier.CONFIRM)
def move_appointment(talk: Talk, draft: Draft) -> Step:
    """Another time for what was booked."""
    found = _meant(talk, draft)
    return found if isinstance(found, Need) or found is None else _move(talk, draft, found)


@skill("cancel_appointment", tier=Tier.CONFIRM)
def cancel_appointment(talk: Talk, draft: Draft) -> Step:
    """What was booked does not take place."""
    view = _meant(talk, draft)
    if isinstance(view, Need) or view is None:
        return view
    what, name = talk.voice.label("appointment", view.kind), view.customer_name
    key = "card.confirm_cancel" if talk.is_staff else "card.confirm_own_cancel"
    title = talk.voice.say(key, kind=what, when=_when(talk, view), **({"name": name} if talk.is_staff else {}))
    return Act(CancelAppointment(appointment_id=view.id, reason=draft.text("reason")), title)


def _when(talk: Talk, view: AppointmentView) -> str:
    return talk.voice.span(view.start, view.end, view.vague)


def _meant(talk: Talk, draft: Draft) -> AppointmentView | Need | None:
    """The appointment chosen, on the card shown last, or the one that fits the name, the kind and the day."""
    if "appointment" in draft.chosen:
        return cast("AppointmentView", talk.ask(AppointmentCard(appointment_id=draft.chosen["appointment"])))
    kind, name = draft.text("appointment"), draft.text("person")
    unnamed = talk.is_staff and not name and "person" not in draft.chosen
    if unnamed and (pointed := shown(talk, "appointment") or talk.focused("appointment")):
        draft.chosen["appointment"] = pointed
        return _meant(talk, draft)
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or _nobody(talk)
    found: list[AppointmentView] = talk.ask(Appointments(customer_id=who))
    kind = _subject(draft) if kind == "visit" else kind
    fitting = [v for v in found if kind in ("", "any", v.kind)]
    if not fitting and kind in VISITS:
        fitting = [v for v in found if v.kind in VISITS]
    fitting = _on_day(talk, draft, fitting)
    if not fitting:
        said = "appointment.none_of" if talk.is_staff else "appointment.own_none"
        talk.say(said, name=talk.memory.focus_name(talk.now) or name)
        return None
    if len(fitting) > 1:
        return Need("appointment", "which_appointment", {}, tuple(_chip(talk, draft, v) for v in fitting[:3]))
    draft.chosen["appointment"] = fitting[0].id
    return fitting[0]


def _nobody(talk: Talk) -> Need | None:
    """Of a colleague it is asked whom he means. A visitor's wish goes on once we know how to call him."""
    if talk.is_staff:
        return Need("person", "person")
    if not talk.focused("lead"):
        talk.about("wish", talk.text[:MAX_WISH])
        talk.say("ask.leave_phone")
        return None
    wish = joined(talk.text, talk.memory.focus_name(talk.now, "lead") or "")
    talk.do(AskColleague(question=wish[:MAX_WISH], role="rep"))
    talk.say("appointment.visitor_asked")
    return None


def _on_day(talk: Talk, draft: Draft, found: list[AppointmentView]) -> list[AppointmentView]:
    """Those of the day it was to be on, when that was said and one is there; of what is cancelled only those."""
    cancels = draft.intent == "cancel_appointment"
    when = read_when(draft.value("when" if cancels else "was"), talk.actor.zone)
    if when is None or when.start is None:
        return found
    zone = ZoneInfo(talk.actor.zone)
    then = [v for v in found if v.start.astimezone(zone).date() == when.day(talk.actor.zone)]
    return then if then or cancels else found


def _chip(talk: Talk, draft: Draft, view: AppointmentView) -> Button:
    label = joined(talk.voice.label("appointment", view.kind), _when(talk, view))
    return Button(label[:40], "draft.pick", {"t": draft.token, "slot": "appointment", "id": view.id})


def _book(talk: Talk, draft: Draft, kind: Kind) -> Step:
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or _nobody(talk)
    when = read_when(draft.value("when"), talk.actor.zone)
    if when is None or when.start is None:
        return Need("when", f"when_{kind}")
    deal = _deal(talk, who) if kind == "test_drive" else None
    said = vehicle_words(draft.value("vehicle"), draft.words("vehicle")) or draft.text("plate")
    command = Book(kind=kind, customer_id=who, start=when.start, end=when.end, vague=when.vague,
                   vehicle=said or (deal.interest if deal else ""), text=draft.text("text"),
                   deal_id=deal.id if deal else None)  # fmt: skip
    return Act(command, _title(talk, kind, when), slots=_understood(talk, draft, command, when),
               told=frozenset({"start", "end"}))


def _title(talk: Talk, kind: str, when: When) -> str:
    name = talk.memory.focus_name(talk.now) or ""
    key = "card.confirm_booking" if talk.is_staff and name else "card.confirm_own_booking"
    return talk.voice.say(key, name=name, kind=talk.voice.label("appointment", kind), when=_span(talk, when))


def _span(talk: Talk, when: When) -> str:
    return talk.voice.span(when.start, when.end, when.vague) if when.start else ""


def _understood(talk: Talk, draft: Draft, command: Book, when: When) -> list[tuple[str, str, str]]:
    label = talk.voice.label
    name = talk.memory.focus_name(talk.now) if talk.is_staff else ""
    shown = [(label("field", "customer"), name or "", draft.words("person")),
             (label("field", "when"), _span(talk, when), draft.words("when")),
             (label("field", "vehicle"), command.vehicle, draft.words("vehicle"))]  # fmt: skip
    return [line for line in shown if line[1]]


def _deal(talk: Talk, customer_id: str) -> DealView | None:
    """The deal the test drive belongs to; customers do not see deals."""
    if not talk.is_staff:
        return None
    found: list[DealView] = talk.ask(OpenDeals(customer_id=customer_id))
    return found[0] if found else None


def _move(talk: Talk, draft: Draft, view: AppointmentView) -> Step:
    """Another time for an appointment that is there already."""
    when = read_when(draft.value("when"), talk.actor.zone)
    if when is None or when.start is None:
        return Need("when", "new_time", {"what": talk.voice.label("appointment", view.kind), "name": view.customer_name})
    command = Reschedule(appointment_id=view.id, start=when.start, end=when.end, vague=when.vague, version=view.version)
    key = "card.confirm_move" if talk.is_staff else "card.confirm_own_move"
    title = talk.voice.say(key, kind=talk.voice.label("appointment", view.kind), name=view.customer_name)
    shown = talk.voice.say("appointment.from_to", was=_when(talk, view), now=_span(talk, when))
    slots = [(talk.voice.label("field", "when"), shown, draft.words("when"))]
    return Act(command, title, slots=slots, told=frozenset({"start", "end"}))


@after(Book)
def booked(talk: Talk, command: Book, result: Result, draft: Draft | None) -> None:
    _show(talk, result, "card.booked")


@after(Reschedule)
def moved(talk: Talk, command: Reschedule, result: Result, draft: Draft | None) -> None:
    _show(talk, result, "card.moved")


def _show(talk: Talk, result: Result, key: str) -> None:
    view = result.view
    if not isinstance(view, AppointmentView):
        view = talk.ask(AppointmentCard(appointment_id=result.id))
    _look_at(talk, view)
    card = appointment_card(talk.voice, view, staff=talk.is_staff, extra=talk.take_back(result.undo_id))
    what = talk.voice.label("appointment", view.kind)
    talk.show(card, talk.voice.say(key, kind=what, when=talk.voice.span(view.start, view.end, view.vague)))


def _look_at(talk: Talk, view: AppointmentView) -> None:
    talk.about("customer", view.customer_id, view.customer_name)
    talk.about("appointment", view.id, view.customer_name)


@verb("appointment.reschedule")
def press_move(talk: Talk, params: dict[str, Any]) -> None:
    """To when?"""
    view: AppointmentView = talk.ask(AppointmentCard(appointment_id=params["appointment"]))
    _look_at(talk, view)
    pass_through(talk, Draft("move_appointment", chosen={"appointment": view.id, "person": view.customer_id}))


@verb("appointment.cancel")
def press_cancel(talk: Talk, params: dict[str, Any]) -> None:
    """It will not take place."""
    perform(talk, CancelAppointment(appointment_id=params["appointment"]))


@after(CancelAppointment)
def cancelled(talk: Talk, command: CancelAppointment, result: Result, draft: Draft | None) -> None:
    talk.say("appointment.cancelled", *talk.take_back(result.undo_id))


@verb("appointment.done")
def press_done(talk: Talk, params: dict[str, Any]) -> None:
    """He came; how it went can be told in a sentence."""
    result = perform(talk, CompleteAppointment(appointment_id=params["appointment"]))
    view = result.view
    if isinstance(view, AppointmentView) and view.kind == "test_drive":
        draft = Draft("add_note", chosen={"person": view.customer_id})
        draft.asked = "text"
        talk.memory.put(draft, talk.now)


def log_drive(talk: Talk, customer_id: str, text: str, vehicle: str, draft: Draft | None) -> None:
    """A drive that took place, told in words: the one that was booked, else one made for it, is done."""
    booked: list[AppointmentView] = talk.ask(Appointments(customer_id=customer_id, kind="test_drive"))
    if booked:
        drive_id = booked[0].id
    else:
        deal = _deal(talk, customer_id)
        drive_id = talk.do(Book(kind="test_drive", customer_id=customer_id, start=talk.now, vehicle=vehicle,
                                deal_id=deal.id if deal else None)).id  # fmt: skip
    perform(talk, CompleteAppointment(appointment_id=drive_id, text=text), draft)


@after(CompleteAppointment)
def completed(talk: Talk, command: CompleteAppointment, result: Result, draft: Draft | None) -> None:
    """Noted; of a drive also when its follow-up comes."""
    view: AppointmentView = result.view
    _look_at(talk, view)
    name, undo = view.customer_name, talk.take_back(result.undo_id)
    if view.kind != "test_drive":
        talk.say("appointment.done", *undo, name=name)
        if view.kind == "service":
            serviced.record(talk, view)
        return
    told = _followup(talk, view.id)
    if command.text:
        kind = talk.voice.label("appointment", view.kind)
        said = talk.voice.say("contact.logged", name=name, kind=kind, text=command.text)
    else:
        said = talk.voice.say("appointment.done_test_drive", name=name)
    talk.tell(joined(said, told, by="\n"), *undo)


def _followup(talk: Talk, appointment_id: str) -> str:
    """When the follow-up of a drive reminds, and when it counts as missed; empty when policy plans none."""
    try:
        plan: CadencePlan = talk.ask(ExplainCadence(sop="test_drive", subject=f"appointment:{appointment_id}"))
    except Unavailable:
        raise
    except ChexinError:
        return ""
    at = {step.do: step.at for step in reversed(plan.steps)}
    if "remind" not in at or "miss" not in at:
        return ""
    if at["miss"] <= talk.now:
        return talk.voice.say("contact.drove_late")
    return talk.voice.say("contact.drove", nudge=talk.voice.when(at["remind"]), close=talk.voice.when(at["miss"]))


@verb("appointment.no_show")
def press_no_show(talk: Talk, params: dict[str, Any]) -> None:
    """He did not come."""
    perform(talk, MarkNoShow(appointment_id=params["appointment"]))


@after(MarkNoShow)
def no_show(talk: Talk, command: MarkNoShow, result: Result, draft: Draft | None) -> None:
    view = result.view
    name = view.customer_name if isinstance(view, AppointmentView) else ""
    if isinstance(view, AppointmentView):
        _look_at(talk, view)
    talk.say("appointment.no_show", *talk.take_back(result.undo_id), name=name)

