"""Appointments: test drives, service visits, deliveries. The public vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from crm_core.kernel.registry import Command, Event, Question, View

Kind = Literal["test_drive", "service", "visit", "meeting", "viewing", "video", "delivery"]


class Book(Command):
    """Book an appointment. `end` is exclusive; with `vague` only the day or half-day was said."""

    kind: Kind
    customer_id: str
    start: datetime
    end: datetime | None = None
    vague: bool = False
    vehicle: str = ""
    text: str = ""
    deal_id: str | None = None


class Reschedule(Command):
    """Move an appointment that has not taken place."""

    appointment_id: str
    start: datetime
    end: datetime | None = None
    vague: bool = False
    version: int | None = None


class CancelAppointment(Command):
    """It will not take place."""

    appointment_id: str
    reason: str = ""


class CompleteAppointment(Command):
    """It took place; what was said is kept as a visit record."""

    appointment_id: str
    text: str = ""


class MarkNoShow(Command):
    """The customer did not come."""

    appointment_id: str


class ReopenAppointment(Command):
    """Put an appointment back to booked; the inverse of cancelling, completing and no-show.

    `record_id` is the visit record that was written with its completion.
    """

    appointment_id: str
    version: int
    record_id: str | None = None


class AppointmentBooked(Event):
    appointment_id: str
    kind: str


class AppointmentMoved(Event):
    appointment_id: str


class AppointmentReopened(Event):
    """It had not ended as was said; `ended_at`: when that was said."""

    appointment_id: str
    kind: str
    ended_at: datetime | None = None


class AppointmentEnded(Event):
    """`state` is done, cancelled or no_show. `at`: when it was over, which may be long before anybody said so."""

    appointment_id: str
    kind: str
    state: str
    at: datetime


class AppointmentView(View):
    """An appointment. `clash` names what else is then (the actor's own view of it), empty when nothing is.

    `for_name` is the colleague on leave in whose stead the owner receives the customer.
    """

    id: str
    ref: str
    kind: str
    customer_id: str
    customer_name: str
    vehicle: str
    start: datetime
    end: datetime
    vague: bool
    state: str
    owner_id: str | None
    owner_name: str
    text: str
    clash: str
    version: int
    deal_id: str | None = None
    for_name: str = ""


class AppointmentCard(Question):
    """One appointment: AppointmentView."""

    appointment_id: str


class Appointments(Question):
    """The actor's appointments in a span (or a customer's), by time: list[AppointmentView]."""

    start: datetime | None = None
    end: datetime | None = None
    customer_id: str | None = None
    kind: str | None = None
    open_only: bool = True
