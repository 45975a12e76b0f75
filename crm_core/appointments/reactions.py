"""What appointments do about events and about time."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.absences.work import cover
from crm_core.appointments.handlers import booked_of, end, manager_id, reopen
from crm_core.appointments.rules import is_visit_of
from crm_core.appointments.tables import Appointment
from crm_core.customers.messages import ContactLogged, RecordRemoved
from crm_core.customers.tables import Record
from crm_core.deals.messages import DealHandedOver, DealLost, OwnerChanged
from crm_core.followups.lookup import place_of
from crm_core.kernel.registry import on_timer, reacts
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import manager_of
from crm_core.org.tables import Person

# The record that completing an appointment writes; it completes nothing else.
COMPLETED_AS = ("test_drive", "visit", "meeting", "viewing", "video", "delivery", "service")
# What a visit that is written down may have been booked as.
VISITS = ("test_drive", "visit", "meeting", "viewing")


@reacts(ContactLogged)
def visit_completes(event: ContactLogged, uow: Uow) -> None:
    """Writing the visit down completes the test drive or visit it was."""
    uow.flush()
    record = uow.session.get(Record, event.record_id)
    if event.kind != "visit" or record is None or record.outcome in COMPLETED_AS:
        return
    for row in booked_of(uow, customer_id=event.customer_id):
        zone = place_of(uow, row.unit).zone
        if row.kind in VISITS and is_visit_of(row.start_at, event.at, zone):
            end(uow, row, "done", at=event.at)
            row.record_id = record.id
            return


@reacts(RecordRemoved)
def visit_taken_back(event: RecordRemoved, uow: Uow) -> None:
    """The visit that completed it was written by mistake: it did not take place after all."""
    uow.flush()
    done = select(Appointment).where(
        col(Appointment.tenant) == uow.tenant, col(Appointment.customer_id) == event.customer_id,
        col(Appointment.record_id) == event.record_id, col(Appointment.state) == "done",
    )  # fmt: skip
    for row in uow.rows(done):
        reopen(uow, row)


@reacts(DealLost)
def cancel_with_deal(event: DealLost, uow: Uow) -> None:
    """Nobody drives for a lost deal."""
    for row in booked_of(uow, deal_id=event.deal_id):
        end(uow, row, "cancelled")


@reacts(DealHandedOver)
def move_with_deal(event: DealHandedOver, uow: Uow) -> None:
    """Booked appointments go along with their deal."""
    for row in booked_of(uow, deal_id=event.deal_id):
        _hand(uow, row, event.after_id, event.unit)


@reacts(OwnerChanged)
def move_with_customer(event: OwnerChanged, uow: Uow) -> None:
    """So do the ones without a deal that the former owner had."""
    person = uow.session.get(Person, event.after_id)
    for row in booked_of(uow, customer_id=event.customer_id):
        if (row.owner_id in (event.before_id, None) or row.for_id == event.before_id) and person is not None:
            _hand(uow, row, event.after_id, person.unit)


def _hand(uow: Uow, row: Appointment, owner_id: str | None, unit: str) -> None:
    if row.owner_id != owner_id:
        uow.touch(row, owner_id=owner_id, unit=unit, for_id=None)
        uow.refresh(f"appointment:{row.id}")


def _booked(timer: Timer, uow: Uow) -> Appointment | None:
    row = uow.seize(Appointment, timer.subject.removeprefix("appointment:"))
    return row if row is not None and row.state == "booked" else None


@on_timer("appointment_due")
def due(timer: Timer, uow: Uow) -> None:
    """On the day the owner is reminded."""
    _remind(timer, uow, "appointment_due")


@on_timer("visit_brief")
def brief(timer: Timer, uow: Uow) -> None:
    """Shortly before, he gets what is known of who comes."""
    _remind(timer, uow, "visit_brief")


def _remind(timer: Timer, uow: Uow, kind: str) -> None:
    row = _booked(timer, uow)
    if row is not None:
        cover(uow, "appointment", row)
        to = row.owner_id or manager_id(uow, row.unit)
        uow.push(to, kind, subject=f"appointment:{row.id}", key=timer.dedupe_key)


@on_timer("appointment_check")
def check(timer: Timer, uow: Uow) -> None:
    """After it should have taken place, the owner is asked how it went."""
    row = _booked(timer, uow)
    if row is not None:
        _ask(uow, row, timer.dedupe_key)


def _ask(uow: Uow, row: Appointment, key: str) -> str | None:
    cover(uow, "appointment", row)
    to = row.owner_id or manager_id(uow, row.unit)
    uow.push(to, "appointment_check", subject=f"appointment:{row.id}", key=key)
    return to


@on_timer("appointment_unanswered")
def unanswered(timer: Timer, uow: Uow) -> None:
    """Nobody has said how it went: the owner is asked once more, and his manager hears of it."""
    row = _booked(timer, uow)
    if row is None:
        return
    asked = _ask(uow, row, f"{timer.dedupe_key}:again")
    manager = manager_of(uow, row.unit, exclude=tuple(filter(None, (asked,))))
    if manager is not None:
        uow.push(manager.id, "appointment_unanswered", subject=f"appointment:{row.id}", key=timer.dedupe_key,
                 priority=Priority.MUST_KNOW)  # fmt: skip
