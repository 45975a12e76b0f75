"""Questions about appointments."""

from __future__ import annotations

from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from crm_core.appointments.messages import AppointmentCard, Appointments, AppointmentView
from crm_core.appointments.tables import Appointment
from crm_core.customers.history import tells_history
from crm_core.customers.messages import RecordView
from crm_core.customers.tables import Customer
from crm_core.deals.lookup import customer_name
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import dealer_of, person_name


@answers(AppointmentCard)
def appointment_card(question: AppointmentCard, reader: Reader) -> AppointmentView:
    """One appointment."""
    return appointment_view(reader.get(Appointment, question.appointment_id, "appointment"), reader)


@answers(Appointments)
def appointments(question: Appointments, reader: Reader) -> list[AppointmentView]:
    """Of a customer, or the actor's own; by time."""
    row = cast(Any, Appointment)
    query = reader.select(Appointment, "appointment")
    if question.customer_id is not None:
        query = query.where(row.customer_id == question.customer_id)
    elif reader.actor.is_staff:
        query = query.where(row.owner_id == reader.actor.id)
    if question.start is not None:
        query = query.where(row.end_at > question.start)
    if question.end is not None:
        query = query.where(row.start_at < question.end)
    if question.kind:
        query = query.where(row.kind == question.kind)
    if question.open_only:
        query = query.where(row.state == "booked")
    found = reader.rows(query.order_by(row.start_at, row.id).limit(100))
    reader.preload(Customer, (one.customer_id for one in found))
    return [appointment_view(one, reader) for one in found]


def appointment_view(row: Appointment, reader: Reader) -> AppointmentView:
    """An appointment the actor was allowed to load."""
    return AppointmentView(
        id=row.id, ref=row.ref, kind=row.kind, customer_id=row.customer_id or "",
        customer_name=customer_name(reader, row.customer_id), vehicle=row.vehicle, start=row.start_at, end=row.end_at,
        vague=row.vague, state=row.state, owner_id=row.owner_id, owner_name=person_name(reader, row.owner_id),
        text=_text(row, reader), clash=clash_text(row, reader), version=row.version, deal_id=row.deal_id,
        for_name=person_name(reader, row.for_id) if reader.actor.is_staff else "",
    )  # fmt: skip


def _text(row: Appointment, reader: Reader) -> str:
    """What was noted with it. A customer sees what he wrote himself, not what colleagues noted about him."""
    own = reader.actor.customer_id is None or row.booked_by == reader.actor.id
    return reader.reveal(row, "text") if own else ""


def _outcome(row: Appointment, reader: Reader) -> str:
    return reader.reveal(row, "outcome") if reader.actor.customer_id is None else ""


def clash_text(row: Appointment, reader: Reader) -> str:
    """What else the owner has, or who else has the same vehicle, at that time; empty when nothing.

    Names only what the actor may see; the rest is a vehicle or a person being taken. Customers are told nothing.
    """
    if row.state != "booked" or row.vague or not reader.actor.is_staff:
        return ""
    other = cast(Any, Appointment)
    same = [other.owner_id == row.owner_id]
    if row.vehicle_key and row.kind == "test_drive":
        same.append((other.vehicle_key == row.vehicle_key) & (other.kind == "test_drive"))
    query = select(Appointment).where(
        other.tenant == row.tenant, other.unit >= dealer_of(row.unit), other.unit < dealer_of(row.unit)[:-1] + "/",
        other.id != row.id, other.state == "booked", ~other.vague, other.start_at < row.end_at,
        other.end_at > row.start_at, or_(*same),
    ).order_by(other.start_at).limit(1)  # fmt: skip
    found = reader.first(query)
    return _told(found, reader) if found is not None else ""


def _told(other: Appointment, reader: Reader) -> str:
    zone = ZoneInfo(reader.actor.zone)
    span = f"{other.start_at.astimezone(zone):%H:%M}–{other.end_at.astimezone(zone):%H:%M}"
    if not reader.access.allows(reader.actor, "appointment", "read", other):
        return f"{span} {other.vehicle}".strip()
    return f"{span} {customer_name(reader, other.customer_id)} {other.vehicle}".strip()


@tells_history("test_drive", "service", "delivery")
def told_appointments(reader: Reader, customer_id: str) -> list[RecordView]:
    """A customer's visible appointments, under their own kinds."""
    row = cast(Any, Appointment)
    query = reader.select(Appointment, "appointment").where(row.customer_id == customer_id)
    return [
        RecordView(id=a.id, ref=a.ref, customer_id=customer_id, kind=a.kind,
                   at=a.start_at, by_name=person_name(reader, a.owner_id), outcome=a.state,
                   text=" ".join(filter(None, (a.vehicle, _text(a, reader), _outcome(a, reader)))))
        for a in reader.rows(query.order_by(row.start_at.desc()).limit(50))
    ]  # fmt: skip
