"""Changes of appointments."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from crm_core.appointments.messages import (
    AppointmentBooked,
    AppointmentEnded,
    AppointmentMoved,
    AppointmentReopened,
    Book,
    CancelAppointment,
    CompleteAppointment,
    MarkNoShow,
    ReopenAppointment,
    Reschedule,
)  # fmt: skip
from crm_core.appointments.queries import appointment_view
from crm_core.appointments.rules import asked_at, brief_at, reminder_at, span_problem, vehicle_key
from crm_core.appointments.tables import Appointment
from crm_core.customers.messages import LogContact, RemoveRecord
from crm_core.customers.tables import Customer
from crm_core.deals.lookup import open_deals_of
from crm_core.deals.tables import Deal
from crm_core.followups.lookup import place_of, times
from crm_core.kernel.errors import Conflict, Invalid, NotFound
from crm_core.kernel.ids import short_ref
from crm_core.kernel.pii import clean_text, mask_vehicle
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Undo
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import manager_of

MAX_TEXT = 2000
# Whose work an appointment is: a sales rep's, or the workshop's.
SALES_KINDS = ("test_drive", "visit", "meeting", "viewing", "video", "delivery")


@handles(Book)
def book(cmd: Book, uow: Uow) -> Result:
    """A past time is refused; two things at one time are allowed and said."""
    customer = _customer(uow, cmd.customer_id)
    uow.must("appointment", "create")
    end = _span(uow, customer.unit, cmd.start, cmd.end, cmd.vague)
    deal = _deal(uow, cmd, customer)
    unit, owner = (deal.unit, deal.owner_id) if deal is not None else (customer.unit, customer.owner_id)
    vehicle = mask_vehicle(clean_text(cmd.vehicle))[:200] or (deal.interest if deal and cmd.kind == "test_drive" else "")
    if owner is None and uow.actor.is_staff:
        owner = uow.actor.id
    row = uow.new(
        Appointment, ref=short_ref("P"), kind=cmd.kind, unit=unit, owner_id=owner, customer_id=customer.id,
        deal_id=deal.id if deal else None, vehicle=vehicle, vehicle_key=vehicle_key(vehicle), start_at=cmd.start,
        end_at=end, vague=cmd.vague, booked_by=uow.actor.id, text_enc=clean_text(cmd.text)[:MAX_TEXT] or None,
    )  # fmt: skip
    uow.flush()
    uow.change("start", None, cmd.start, "instant")
    uow.audit("create", "appointment", row.id, kind=cmd.kind, start=cmd.start)
    schedule(uow, row)
    _tell_booked(uow, row)
    uow.emit(AppointmentBooked(appointment_id=row.id, kind=row.kind))
    undo = uow.undoable(CancelAppointment(appointment_id=row.id), "appointment")
    return Result(id=row.id, view=appointment_view(row, uow), undo_id=undo)


def _customer(uow: Uow, customer_id: str) -> Customer:
    """A customer books for himself; staff for those they may write to."""
    if uow.actor.customer_id is not None:
        if uow.actor.customer_id != customer_id:
            raise NotFound(resource="customer")
        return uow.get(Customer, customer_id, "customer", "read")
    return uow.get(Customer, customer_id, "customer", "write")


def _span(uow: Uow, unit: str, start: datetime, end: datetime | None, vague: bool) -> datetime:
    end = end or start + times(uow, unit).appointments.default_length
    problem = span_problem(start, end, uow.now, vague=vague)
    if problem:
        raise Invalid("start" if problem == "error.past_time" else "end", problem)
    return end


def _deal(uow: Uow, cmd: Book, customer: Customer) -> Deal | None:
    """The deal that was named; for sales appointments else the customer's newest open one."""
    if cmd.deal_id is not None:
        deal = uow.get(Deal, cmd.deal_id, "deal", "write")
        if deal.customer_id != customer.id:
            raise NotFound(resource="deal")
        return deal
    if cmd.kind not in SALES_KINDS:
        return None
    found = open_deals_of(uow, customer.id)
    wanted = vehicle_key(cmd.vehicle)
    named = [deal for deal in found if wanted and wanted in vehicle_key(deal.interest)]
    return next(iter(named or found), None)


def schedule(uow: Uow, row: Appointment) -> None:
    """Timers for the reminder of the day, for what is known of the customer, and for asking how it went."""
    policy, place = times(uow, row.unit).appointments, place_of(uow, row.unit)
    subject, key = f"appointment:{row.id}", f"{row.id}:{row.version}"
    remind_at = reminder_at(row.start_at, place.zone, policy, vague=row.vague)
    if remind_at > uow.now:
        uow.timer("appointment_due", remind_at, subject=subject, key=f"appointment_due:{key}")
    briefed_at = brief_at(row.start_at, place, policy, vague=row.vague)
    if briefed_at is not None and briefed_at > uow.now:
        uow.timer("visit_brief", briefed_at, subject=subject, key=f"visit_brief:{key}")
    asked, unanswered = asked_at(row.start_at, row.end_at, uow.now, place, policy, vague=row.vague)
    uow.timer("appointment_check", asked, subject=subject, key=f"appointment_check:{key}")
    uow.timer("appointment_unanswered", unanswered, subject=subject, key=f"appointment_unanswered:{key}",
              priority=Priority.MUST_KNOW)  # fmt: skip


def _tell_booked(uow: Uow, row: Appointment) -> None:
    owner = row.owner_id or manager_id(uow, row.unit)
    if owner != uow.actor.id:
        by = "customer" if uow.actor.customer_id is not None else "colleague"
        uow.push(owner, "appointment_booked", subject=f"appointment:{row.id}", priority=Priority.MUST_KNOW,
                 key=f"appointment:{row.id}:booked", by=by)  # fmt: skip


def manager_id(uow: Uow, unit: str) -> str | None:
    """Nobody follows the customer yet: the manager hears of it."""
    manager = manager_of(uow, unit)
    return manager.id if manager is not None else None


def _tell_changed(uow: Uow, row: Appointment, what: str) -> None:
    if row.owner_id != uow.actor.id:
        uow.push(row.owner_id, "appointment_changed", subject=f"appointment:{row.id}", priority=Priority.MUST_KNOW,
                 key=f"appointment:{row.id}:{what}:{row.version}", what=what, by=uow.actor.name)  # fmt: skip
    uow.refresh(f"appointment:{row.id}")


def _booked(uow: Uow, appointment_id: str) -> Appointment:
    """The appointment, when it has not ended. Raises Conflict otherwise."""
    uow.lock(f"appointment:{appointment_id}")
    row = uow.get(Appointment, appointment_id, "appointment", "write")
    if row.state != "booked":
        raise Conflict("error.appointment_over", state=row.state)
    return row


@handles(Reschedule)
def reschedule(cmd: Reschedule, uow: Uow) -> Result:
    """Another time; the old reminders never fire."""
    row = _booked(uow, cmd.appointment_id)
    uow.expect(row, cmd.version)
    length = row.end_at - row.start_at
    end = _span(uow, row.unit, cmd.start, cmd.end or cmd.start + length, cmd.vague)
    before = (row.start_at, row.end_at, row.vague)
    uow.change("start", row.start_at, cmd.start, "instant")
    uow.cancel_timers(f"appointment:{row.id}")
    uow.touch(row, start_at=cmd.start, end_at=end, vague=cmd.vague)
    schedule(uow, row)
    uow.audit("move", "appointment", row.id, before=before[0], after=cmd.start)
    _tell_changed(uow, row, "moved")
    uow.emit(AppointmentMoved(appointment_id=row.id))
    back = Reschedule(appointment_id=row.id, start=before[0], end=before[1], vague=before[2],
                      version=row.version)  # fmt: skip
    return Result(id=row.id, view=appointment_view(row, uow), undo_id=uow.undoable(back, "appointment"))


def end(uow: Uow, row: Appointment, state: str, text: str = "", at: datetime | None = None) -> None:
    """An appointment ends, and with it its timers. `at`: when it took place, else at its time if that has passed."""
    uow.change("state", row.state, state)
    uow.cancel_timers(f"appointment:{row.id}")
    uow.touch(row, state=state, ended_at=uow.now, outcome_enc=clean_text(text)[:MAX_TEXT] or None)
    uow.flush()
    uow.audit(state, "appointment", row.id)
    _tell_changed(uow, row, state)
    over = min(uow.now, at or row.end_at)
    uow.emit(AppointmentEnded(appointment_id=row.id, kind=row.kind, state=state, at=over))


def _ended(uow: Uow, row: Appointment, record_id: str | None = None) -> Result:
    back = ReopenAppointment(appointment_id=row.id, version=row.version, record_id=record_id)
    return Result(id=row.id, view=appointment_view(row, uow), undo_id=uow.undoable(back, "appointment"))


@handles(CancelAppointment)
def cancel_appointment(cmd: CancelAppointment, uow: Uow) -> Result:
    """It will not take place; the customer may cancel his own."""
    row = _booked(uow, cmd.appointment_id)
    end(uow, row, "cancelled", cmd.reason)
    return _ended(uow, row)


@handles(MarkNoShow)
def mark_no_show(cmd: MarkNoShow, uow: Uow) -> Result:
    """The customer did not come."""
    _staff_only(uow)
    row = _booked(uow, cmd.appointment_id)
    end(uow, row, "no_show")
    return _ended(uow, row)


@handles(CompleteAppointment)
def complete_appointment(cmd: CompleteAppointment, uow: Uow) -> Result:
    """It took place. What was said is kept as the record of the visit, before the follow-up begins."""
    _staff_only(uow)
    row = _booked(uow, cmd.appointment_id)
    kind = "chat" if row.kind == "video" else "visit"
    logged = uow.call(
        LogContact(customer_id=cast(str, row.customer_id), kind=kind, text=cmd.text, outcome=row.kind)
    )
    _forget_undo(uow, logged.undo_id)
    end(uow, row, "done", cmd.text)
    row.record_id = logged.id
    return _ended(uow, row, logged.id)


def _staff_only(uow: Uow) -> None:
    if not uow.actor.is_staff and uow.actor.kind != "job":
        raise NotFound(resource="appointment")


def _forget_undo(uow: Uow, undo_id: str | None) -> None:
    """One press takes the whole back: the part's own undo is not offered beside it."""
    uow.flush()
    undo = uow.session.get(Undo, undo_id) if undo_id else None
    if undo is not None:
        uow.session.delete(undo)


@handles(ReopenAppointment)
def reopen_appointment(cmd: ReopenAppointment, uow: Uow) -> Result:
    """Booked again, as if it had not ended; a time that passed meanwhile is asked about, not reminded of."""
    row = uow.get(Appointment, cmd.appointment_id, "appointment", "write")
    uow.expect(row, cmd.version)
    if row.state == "booked":
        raise Conflict("error.changed_since")
    if row.state != "cancelled":
        _staff_only(uow)
    told_after = row.state == "done" and row.start_at <= row.created_at
    reopen(uow, row)
    if told_after:
        # It was never ahead but written down when it was over: taking that back leaves nothing.
        end(uow, row, "cancelled")
    if cmd.record_id is not None:
        uow.call(RemoveRecord(record_id=cmd.record_id))
    return Result(id=row.id, view=appointment_view(row, uow))


def reopen(uow: Uow, row: Appointment) -> None:
    """It is still to come, or to be asked about."""
    uow.change("state", row.state, "booked")
    ended_at = row.ended_at
    uow.touch(row, state="booked", ended_at=None, outcome_enc=None, record_id=None)
    schedule(uow, row)
    uow.audit("reopen", "appointment", row.id)
    uow.emit(AppointmentReopened(appointment_id=row.id, kind=row.kind, ended_at=ended_at))
    uow.refresh(f"appointment:{row.id}")


def booked_of(uow: Uow, *, customer_id: str | None = None, deal_id: str | None = None) -> list[Appointment]:
    """Open appointments of a customer or a deal, latest first, for reactions."""
    uow.flush()
    row = cast(Any, Appointment)
    query = select(Appointment).where(row.tenant == uow.tenant, row.state == "booked")
    query = query.where(row.deal_id == deal_id if deal_id is not None else row.customer_id == customer_id)
    return uow.rows(query.order_by(row.start_at.desc(), row.id))
