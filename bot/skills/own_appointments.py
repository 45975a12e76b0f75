"""What is booked: for a customer each appointment with what he can do about it, for a colleague one list."""

from __future__ import annotations

from bot.cards.appointments import OPEN, appointment_card, appointment_lines
from bot.cards.tasks import agenda_card
from bot.conversation.gate import Step, skill
from bot.conversation.pending import Draft
from bot.conversation.slots import read_when
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.appointments.messages import Appointments, AppointmentView

# A desk counts messages: the nearest are what he asks for.
SHOWN = 3
LISTED = 12
BOOKABLE = ("book_test_drive", "book_service", "book_visit")


@skill("ask_appointments")
def ask_appointments(talk: Talk, draft: Draft) -> Step:
    """The coming ones, the nearest first: his own as cards with [改约] [取消预约], a colleague's as a list."""
    when = read_when(draft.value("when") or draft.value("period"), talk.actor.zone)
    start, end = (when.start or talk.now, when.end) if when is not None else (talk.now, None)
    booked: list[AppointmentView] = talk.ask(Appointments(start=start, end=end))
    coming = sorted((view for view in booked if view.state in OPEN), key=lambda view: view.start)
    if not coming:
        talk.say("appointment.none_coming" if talk.is_staff else "appointment.own_none")
    elif talk.is_staff and len(coming) > 1:
        entries = appointment_lines(talk.voice, coming[:LISTED])
        title = talk.voice.say("card.appointments", n=len(coming))
        talk.show(agenda_card(talk.voice, title, [("appointments", entries)]))
    else:
        _one_by_one(talk, coming)
    return None


def _one_by_one(talk: Talk, coming: list[AppointmentView]) -> None:
    for view in coming[:SHOWN]:
        talk.show(appointment_card(talk.voice, view, staff=talk.is_staff))
    if len(coming) == 1:
        talk.about("appointment", coming[0].id, coming[0].customer_name)


@skill("ask_booking")
def ask_booking(talk: Talk, draft: Draft) -> Step:
    """Yes, and what for: one press begins it, and so does a sentence like the one shown."""
    offer = talk.memory.offer_readings([{"intent": intent, "slots": {}} for intent in BOOKABLE])
    names = (talk.voice.say(f"intent.{intent}") for intent in BOOKABLE)
    chips = (Button(name, "reading", {"n": n, "o": offer}) for n, name in enumerate(names))
    talk.say("appointment.what_for", *chips)
    return None
