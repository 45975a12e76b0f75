"""What a customer has booked: each appointment with what he can do about it."""

from __future__ import annotations

from bot.cards.appointments import OPEN, appointment_card
from bot.conversation.gate import Step, skill
from bot.conversation.pending import Draft
from bot.conversation.talk import Talk
from crm_core.appointments.messages import Appointments, AppointmentView

# A desk counts messages: the nearest are what he asks for.
SHOWN = 3


@skill("ask_appointments")
def ask_appointments(talk: Talk, draft: Draft) -> Step:
    """The coming ones, the nearest first, as cards with [改约] [取消预约]."""
    booked: list[AppointmentView] = talk.ask(Appointments(start=talk.now))
    coming = sorted((view for view in booked if view.state in OPEN), key=lambda view: view.start)
    if not coming:
        talk.say("appointment.own_none")
        return None
    for view in coming[:SHOWN]:
        talk.show(appointment_card(talk.voice, view, staff=False))
    if len(coming) == 1:
        talk.about("appointment", coming[0].id, coming[0].customer_name)
    return None
