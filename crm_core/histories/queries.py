"""Questions about what the records say of a customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select

from crm_core.appointments.messages import Appointments, AppointmentView
from crm_core.approvals.tables import Approval
from crm_core.customers.messages import CustomerHistory, RecordView
from crm_core.customers.tables import Customer
from crm_core.histories import brief  # noqa: F401  (registers its answer)
from crm_core.histories.messages import CustomerFacts, Fact, FactsView, Kind
from crm_core.histories.rules import km_said, newest_first
from crm_core.kernel.access import in_range
from crm_core.kernel.registry import answers
from crm_core.kernel.tables import Row
from crm_core.kernel.uow import Reader
from crm_core.orders.messages import OrderView
from crm_core.orders.queries import order_views
from crm_core.orders.tables import Order
from crm_core.org.people import dealer_of, person_name, unit_of, zone_of
from crm_core.quotes.tables import Quote
from crm_core.tasks.tables import Task
from crm_core.vehicles.messages import CarView, CustomerCars

R = TypeVar("R", bound=Row)
MANY = 100
# Tasks about a customer that whoever looks after him knows of, though a colleague does them.
SHARED = ("question", "handoff")


@dataclass(frozen=True)
class _Look:
    """One customer, seen by somebody who may read him."""

    reader: Reader
    customer: Customer
    zone: ZoneInfo

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def records(self, *kinds: str) -> list[RecordView]:
        told: list[RecordView] = self.reader.ask(CustomerHistory(customer_id=self.customer.id, kinds=kinds, limit=MANY))
        return [record for record in told if record.at <= self.reader.now]

    def appointments(self) -> list[AppointmentView]:
        found: list[AppointmentView] = self.reader.ask(Appointments(customer_id=self.customer.id, open_only=False))
        return found

    def orders(self) -> list[OrderView]:
        row = cast(Any, Order)
        newest = self.his(Order, "order").order_by(row.ordered_on.desc(), row.id.desc())
        return order_views(self.reader.rows(newest.limit(MANY)), self.reader)

    def his(self, table: type[R], resource: str) -> Select[R]:
        """His rows at his dealer: they follow him, so that who looks after him next knows what was before.

        Only for roles that read such records at all; a customer is given what the access table gives him.
        """
        row, reader = cast(Any, table), self.reader
        if not reader.actor.is_staff or not reader.access.may(reader.actor, resource, "read"):
            return reader.select(table, resource).where(row.customer_id == self.customer.id)
        return select(table).where(row.tenant == reader.tenant, row.customer_id == self.customer.id,
                                   in_range(row.unit, dealer_of(self.customer.unit)))  # fmt: skip


@answers(CustomerFacts)
def customer_facts(question: CustomerFacts, reader: Reader) -> FactsView:
    """Each kind is read by its own rule, and only from what the actor may see of it."""
    row = reader.get(Customer, question.customer_id, "customer")
    look = _Look(reader, row, ZoneInfo(zone_of(reader, row.unit)))
    wanted = question.kinds or tuple(TELLERS)
    cars: list[CarView] = reader.ask(CustomerCars(customer_id=row.id))
    dealer = unit_of(reader, dealer_of(row.unit))
    place = (dealer.name_en or dealer.name if reader.actor.language == "en" else dealer.name) if dealer else ""
    return FactsView(
        customer_id=row.id, name=row.name, owner_name=person_name(reader, row.owner_id), place=place,
        cars=tuple(car.name for car in cars),
        facts=newest_first(fact for kind in wanted for fact in TELLERS[kind](look)),
    )  # fmt: skip


def _services(look: _Look) -> Iterator[Fact]:
    """Workshop orders, service visits that took place, what was written down of one, and the cars' own dates."""
    for order in look.orders():
        if order.kind == "service" and order.state != "cancelled":
            yield _ordered(look, order, "service")
    for one in look.appointments():
        if one.kind == "service" and one.state == "done":
            yield _came(look, one, "service")
    for record in look.records("service"):
        if record.outcome not in ("booked", "cancelled", "no_show", "done"):
            yield _told(look, record, "service")
    cars: list[CarView] = look.reader.ask(CustomerCars(customer_id=look.customer.id))
    for car in cars:
        if car.serviced_on is not None:
            yield Fact(kind="service", source="car", id=car.id, on=car.serviced_on, what=car.name, km=car.serviced_km)


def _orders(look: _Look) -> Iterator[Fact]:
    for order in look.orders():
        yield _ordered(look, order, "order")


def _quotes(look: _Look) -> Iterator[Fact]:
    row = cast(Any, Quote)
    made = look.his(Quote, "quote").where(row.state != "dropped")
    for quote in look.reader.rows(made.order_by(row.created_at.desc(), row.id.desc()).limit(MANY)):
        lapsed = quote.state == "valid" and quote.valid_until is not None and quote.valid_until <= look.reader.now
        yield Fact(
            kind="quote", source="quote", id=quote.id, on=look.day(quote.created_at), at=quote.created_at,
            ref=quote.ref, what=quote.title, by_name=person_name(look.reader, quote.owner_id),
            state="lapsed" if lapsed else quote.state, amount_fen=quote.list_fen - quote.discount_fen,
            list_fen=quote.list_fen, until=quote.valid_until,
        )  # fmt: skip


def _visits(look: _Look) -> Iterator[Fact]:
    """Each day he was here: visits written down, appointments that took place, and workshop orders."""
    for record in look.records("visit"):
        yield _told(look, record, "visit")
    for one in look.appointments():
        if one.state == "done" and one.kind != "video":
            yield _came(look, one, "visit")
    for fact in _services(look):
        yield fact.model_copy(update={"kind": "visit"})


def _drives(look: _Look) -> Iterator[Fact]:
    for one in look.appointments():
        if one.kind == "test_drive" and one.state != "cancelled":
            yield _came(look, one, "test_drive")


def _promises(look: _Look) -> Iterator[Fact]:
    """What is open; a task counts for the day it is due."""
    for one in look.appointments():
        if one.state == "booked" and one.end > look.reader.now:
            yield _came(look, one, "promise")
    for task in _tasks(look):
        if task.state == "open":
            yield _task(look, task, "promise")
    row = cast(Any, Approval)
    waiting = look.his(Approval, "approval").where(row.state == "pending")
    for approval in look.reader.rows(waiting.order_by(row.created_at)):
        yield Fact(kind="promise", source="approval", id=approval.id, on=look.day(approval.created_at),
                   at=approval.created_at, ref=approval.ref, state=approval.state, amount_fen=approval.amount_fen,
                   by_name=person_name(look.reader, approval.approver_id))  # fmt: skip


def _complaints(look: _Look) -> Iterator[Fact]:
    for task in _tasks(look):
        if task.kind == "handoff" and task.role == "service":
            yield _task(look, task, "complaint")


def _tasks(look: _Look) -> list[Task]:
    """Those the actor may read or asked himself; of his customer also what was asked and complained of.

    A colleague's own reminders about a customer stay his own.
    """
    row, reader = cast(Any, Task), look.reader
    known = [reader.clause(Task, "task"), row.asker_id == reader.actor.id]
    if reader.actor.is_staff:
        known.append(row.kind.in_(SHARED))
    mine = select(Task).where(row.tenant == reader.tenant, row.customer_id == look.customer.id,
                              row.state != "cancelled", or_(*known))  # fmt: skip
    return reader.rows(mine.order_by(row.created_at.desc()).limit(MANY))


def _ordered(look: _Look, order: OrderView, kind: Kind) -> Fact:
    lines = "、".join(f"{what} ×{n}" if n > 1 else what for what, n, _ in order.lines)
    return Fact(
        kind=kind, source="order", id=order.id, on=order.ordered_on or look.day(look.reader.now), ref=order.ref,
        what=lines or order.title, state=order.state, amount_fen=order.amount_fen,
    )  # fmt: skip


def _came(look: _Look, one: AppointmentView, kind: Kind) -> Fact:
    what = " ".join(filter(None, (one.vehicle, one.text)))
    return Fact(kind=kind, source=one.kind, id=one.id, on=look.day(one.start), at=None if one.vague else one.start,
                ref=one.ref, what=what, by_name=one.owner_name, state=one.state, km=km_said(what))  # fmt: skip


def _told(look: _Look, record: RecordView, kind: Kind) -> Fact:
    return Fact(kind=kind, source=record.kind, id=record.id, on=look.day(record.at), at=record.at, ref=record.ref,
                what=record.text, by_name=record.by_name, km=km_said(record.text))  # fmt: skip


def _task(look: _Look, task: Task, kind: Kind) -> Fact:
    at = task.due_at if kind == "promise" and task.due_at is not None else task.created_at
    return Fact(kind=kind, source="question" if task.kind == "question" else "task", id=task.id, on=look.day(at),
                at=at, ref=task.ref, what=look.reader.reveal(task, "title"), state=task.state,
                by_name=person_name(look.reader, task.owner_id), until=task.due_at)  # fmt: skip


TELLERS: dict[Kind, Callable[[_Look], Iterator[Fact]]] = {
    "service": _services, "order": _orders, "quote": _quotes, "visit": _visits, "test_drive": _drives,
    "promise": _promises, "complaint": _complaints,
}  # fmt: skip
