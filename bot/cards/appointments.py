"""Cards about appointments: booked, about to begin, and did he come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards.base import PRIMARY, Easel, button, heading, instead_of, joined, lines, out, pushed
from bot.ports import Button, Card, Outbound
from bot.texts import Voice
from crm_core.appointments.messages import AppointmentCard, AppointmentView

OPEN = ("booked", "open", "moved", "confirmed")
REMOTE = ("video",)  # nobody comes for these
# Did the customer come? The second asks the manager, when nobody answered the first.
CHECKS = ("appointment_check", "appointment_unanswered")


@pushed("appointment", "appointment_due", "appointment_booked", "appointment_changed", subject="appointment")
def appointment(easel: Easel, appointment_id: str, params: dict[str, Any]) -> Outbound:
    """The appointment, with what can still be done about it."""
    view: AppointmentView = easel.ask(AppointmentCard(appointment_id=appointment_id))
    return out(appointment_card(easel.voice, view, staff=easel.actor.is_staff, kind=params.get("kind", "appointment")))


@pushed(*CHECKS)
def check(easel: Easel, appointment_id: str, params: dict[str, Any]) -> Outbound:
    """After its time: did the customer come?"""
    view: AppointmentView = easel.ask(AppointmentCard(appointment_id=appointment_id))
    return out(appointment_card(easel.voice, view, staff=True, kind=params.get("kind", CHECKS[0])))


def appointment_card(
    voice: Voice, view: AppointmentView, *, staff: bool, kind: str = "appointment", extra: tuple[Button, ...] = ()
) -> Card:
    """One appointment."""
    open_now = view.state in OPEN
    return Card(
        kind=kind,
        title=_title(voice, kind, view, staff),
        fields=lines(
            voice,
            ("customer", joined(view.customer_name, view.ref)) if staff else ("ref", view.ref),
            ("vehicle", view.vehicle),
            ("when", voice.span(view.start, view.end, view.vague)),
            ("owner", view.owner_name),
            ("for", instead_of(voice, view.for_name)),
            ("text", view.text),
        ),
        buttons=(_buttons(voice, view, kind, staff) if open_now else ()) + extra,
        status=None if open_now else voice.label("state", view.state),
        tone={"done": "good", "no_show": "bad", "cancelled": "done"}.get(view.state),
        note=voice.say("appointment.clash", with_what=view.clash) if view.clash and open_now else None,
        subject=f"appointment:{view.id}",
    )  # fmt: skip


def _title(voice: Voice, kind: str, view: AppointmentView, staff: bool) -> str:
    """His own card does not tell a customer his name."""
    said = {"kind": voice.label("appointment", view.kind), "name": view.customer_name,
            "when": voice.span(view.start, view.end, view.vague)}  # fmt: skip
    if not staff and kind == "appointment":
        return voice.say("card.own_appointment", **said)
    held = voice.maybe(f"push.{kind}.held", **said) if view.kind in REMOTE else ""
    return held or heading(voice, kind, "card.appointment", **said)


def _buttons(voice: Voice, view: AppointmentView, kind: str, staff: bool) -> tuple[Button, ...]:
    move = button(voice, "reschedule", "appointment.reschedule", appointment=view.id)
    cancel = button(voice, "cancel_appointment", "appointment.cancel", appointment=view.id)
    if not staff:
        return (move, cancel)
    brief = button(voice, "brief", "customer.brief", customer=view.customer_id)
    begun = kind in CHECKS or view.start <= voice.now
    if not begun:
        return (brief, move, cancel)
    return (
        button(voice, "held" if view.kind in REMOTE else "came", "appointment.done", PRIMARY, appointment=view.id),
        move,
        button(voice, "no_show", "appointment.no_show", appointment=view.id),
    )


def appointment_lines(voice: Voice, views: Sequence[AppointmentView]) -> list[tuple[str, str]]:
    """For a list: when, what with whom."""
    return [
        (voice.span(view.start, view.end, view.vague),
         joined(voice.label("appointment", view.kind), view.customer_name, view.vehicle))
        for view in views
    ]  # fmt: skip
