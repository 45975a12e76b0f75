"""Which events start and end cadences, by the YAML of each; and the timers of their steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from crm_core.appointments.messages import AppointmentBooked, AppointmentEnded, AppointmentReopened
from crm_core.appointments.tables import Appointment
from crm_core.customers.messages import ContactLogged, DecisionMakerMarked, RecordRemoved
from crm_core.customers.tables import Record
from crm_core.deals.lookup import open_deals_of
from crm_core.deals.messages import (
    DealHandedOver,
    DealLost,
    DealOpened,
    DealReopened,
    DealWon,
    LevelChanged,
    OwnerChanged,
    StageChanged,
)  # fmt: skip
from crm_core.deals.tables import Deal
from crm_core.followups import merged as merged
from crm_core.followups.cadence import AGAIN, NUDGE, STEP, end, move, rearm, sop_of, sops, start, turns
from crm_core.followups.lookup import Facts, facts_of
from crm_core.followups.rules import Sop, stops
from crm_core.followups.sop import SUBJECTS
from crm_core.followups.steps import carry_out, remind_again
from crm_core.followups.tables import Followup
from crm_core.followups.traits import holds
from crm_core.kernel.registry import Event, on_timer, reacts
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import LeadAssigned, LeadContacted, LeadLost
from crm_core.leads.tables import Lead
from crm_core.orders.messages import OrderDelivered
from crm_core.org.tables import Person
from crm_core.quotes.messages import DiscountApplied, QuoteMade
from crm_core.quotes.tables import Quote


def _open_where(uow: Uow, *conditions: Any) -> list[Followup]:
    return _in_state(uow, ("open",), *conditions)


def _in_state(uow: Uow, states: tuple[str, ...], *conditions: Any) -> list[Followup]:
    row = cast(Any, Followup)
    return uow.rows(select(Followup).where(row.tenant == uow.tenant, row.state.in_(states), *conditions))


# What ends a cadence


def _touched_by(event: Any, uow: Uow) -> list[Followup]:
    """Open cadences about what an event is about: the customer, the lead or the deal."""
    row = cast(Any, Followup)
    if isinstance(event, (LeadContacted, LeadLost)):
        return _open_where(uow, row.lead_id == event.lead_id)
    if hasattr(event, "deal_id"):
        deal = uow.find(Deal, event.deal_id)
        customer_id = deal.customer_id if deal is not None else None
        about_him = _open_where(uow, row.customer_id == customer_id) if customer_id else []
        return [
            one
            for one in about_him
            if one.deal_id == event.deal_id or one.subject == f"customer:{customer_id}"
        ]
    if isinstance(event, (ContactLogged, DecisionMakerMarked)):
        return _open_where(uow, row.customer_id == event.customer_id)
    appointment = uow.find(Appointment, event.appointment_id)
    return _open_where(uow, row.customer_id == appointment.customer_id) if appointment is not None else []


def stop(event: Event, uow: Uow) -> None:
    """End what says that this event ends it, and what no longer applies."""
    at = event.at if isinstance(event, ContactLogged) else uow.now
    name, fields = type(event).__name__, event.model_dump()
    for row in _touched_by(event, uow):
        sop = sop_of(row)
        if stops(sop, name, fields, row.started_at, at):
            end(uow, row, "cancelled" if name in ("LeadLost", "DealLost") else "done", name)
        elif sop.holds and not _still_holds(uow, sop, row):
            end(uow, row, "cancelled", name)


def _still_holds(uow: Uow, sop: Sop, row: Followup) -> bool:
    return holds(uow, sop, Facts(row.customer_id, row.owner_id, row.unit, row.lead_id, row.deal_id))


for _event in (
    LeadContacted, LeadLost, DealLost, DealWon, ContactLogged, AppointmentBooked, AppointmentEnded, DiscountApplied,
    StageChanged, LevelChanged, DecisionMakerMarked,
):  # fmt: skip
    reacts(_event)(stop)


@reacts(ContactLogged)
def make_up(event: ContactLogged, uow: Uow) -> None:
    """What was missed is done after all, late, once somebody speaks with the customer."""
    row = cast(Any, Followup)
    late = _in_state(uow, ("missed",), row.customer_id == event.customer_id, row.reason == "overdue")
    for missed in late:
        if stops(sop_of(missed), "ContactLogged", event.model_dump(), missed.started_at, event.at):
            end(uow, missed, "done", "late")


@reacts(AppointmentReopened)
def stop_with_reopened(event: AppointmentReopened, uow: Uow) -> None:
    """It did not take place after all, so nothing follows from it."""
    for row in _open_where(uow, cast(Any, Followup).subject == f"appointment:{event.appointment_id}"):
        end(uow, row, "cancelled", "reopened")


@reacts(RecordRemoved)
def go_on(event: RecordRemoved, uow: Uow) -> None:
    """The contact that ended a cadence was none: it goes on, unless another one has begun."""
    record, row = uow.find(Record, event.record_id), cast(Any, Followup)
    if record is None:
        return
    ended_by_it = _in_state(
        uow, ("done",), row.customer_id == event.customer_id, row.ended_at == record.created_at,
        row.reason.in_(("ContactLogged", "LeadContacted", "late")),
    )  # fmt: skip
    for ended in ended_by_it:
        if ended.reason == "late":
            uow.touch(ended, state="missed", reason="overdue")
        elif all(other.state != "open" for other in turns(uow, ended.sop, ended.subject)):
            uow.touch(ended, state="open", reason="", ended_at=None)
            rearm(uow, ended)
        uow.refresh(f"followup:{ended.id}")


# What starts one


def _subjects(event: Any, kind: str, uow: Uow) -> Iterator[str]:
    """The records of a kind a starting event is about, when a cadence makes sense for them."""
    if isinstance(event, LeadAssigned):
        lead = uow.find(Lead, event.lead_id)
        if lead is not None and lead.state == "new" and lead.contacted_at is None and event.owner_id:
            yield f"lead:{lead.id}"
    elif kind == "customer":
        customer_id = _customer_of(event, uow)
        yield from [f"customer:{customer_id}"] if customer_id else []
    elif isinstance(event, ContactLogged):
        yield from (f"deal:{deal.id}" for deal in open_deals_of(uow, event.customer_id))
    elif kind == "deal":
        quote = uow.find(Quote, event.quote_id) if isinstance(event, QuoteMade) else None
        yield f"deal:{quote.deal_id if quote is not None else event.deal_id}"
    else:
        yield f"appointment:{event.appointment_id}"


def _customer_of(event: Any, uow: Uow) -> str | None:
    if hasattr(event, "customer_id"):
        return cast(str, event.customer_id)
    table: Any = Deal if hasattr(event, "deal_id") else Appointment
    row = uow.find(table, event.deal_id if table is Deal else event.appointment_id)
    return cast(Any, row).customer_id if row is not None else None


def begin(event: Event, uow: Uow) -> None:
    """Start every cadence whose trigger fits."""
    name, fields = type(event).__name__, event.model_dump()
    if isinstance(event, LeadAssigned) and not uow.is_new(Lead, event.lead_id):
        _end_former_turn(event, uow)
    at = event.at if isinstance(event, (ContactLogged, AppointmentEnded)) else uow.now
    for kind in SUBJECTS[name]:
        for subject in _subjects(event, kind, uow):
            facts = facts_of(uow, subject)
            for sop in sops(uow, facts.unit) if facts is not None else ():
                if sop.subject_of(name) == kind and sop.begins(name, fields):
                    _begin_one(
                        uow, sop, subject, cast(Facts, facts), at, anew=isinstance(event, LevelChanged)
                    )


def _begin_one(uow: Uow, sop: Sop, subject: str, facts: Facts, at: datetime, *, anew: bool) -> None:
    """Start a cadence; what of its name runs about the record already goes by its `again`."""
    if not holds(uow, sop, facts):
        return
    former = turns(uow, sop.name, subject)
    open_one = next((row for row in former if row.state == "open"), None)
    if sop.rest and former and max(row.started_at for row in former) + sop.rest > uow.now:
        return
    if open_one is not None and sop.again == "keep":
        return
    if open_one is not None and sop.again == "move" and not anew:
        if at > open_one.started_at:
            move(uow, open_one, at)
        return
    if open_one is not None:
        end(uow, open_one, "cancelled", "restarted")
    start(uow, sop, subject, facts, str(len(former) + 1), at)


def _end_former_turn(event: LeadAssigned, uow: Uow) -> None:
    """The former owner's first call is no longer his."""
    row = cast(Any, Followup)
    for former in _open_where(uow, row.lead_id == event.lead_id, row.subject == f"lead:{event.lead_id}"):
        end(uow, former, "cancelled", "reassigned")


for _starter in (
    LeadAssigned, DealOpened, DealReopened, DealWon, LevelChanged, StageChanged, QuoteMade, AppointmentBooked,
    AppointmentEnded, ContactLogged, DecisionMakerMarked, OrderDelivered,
):  # fmt: skip
    reacts(_starter)(begin)


# Whose it is


@reacts(OwnerChanged)
def move_with_customer(event: OwnerChanged, uow: Uow) -> None:
    """Open follow-ups go along with the customer."""
    row = cast(Any, Followup)
    person = uow.session.get(Person, event.after_id)
    for followup in _open_where(uow, row.customer_id == event.customer_id, row.owner_id == event.before_id):
        _hand(uow, followup, event.after_id, person.unit if person is not None else followup.unit)


@reacts(DealHandedOver)
def move_with_deal(event: DealHandedOver, uow: Uow) -> None:
    """And with the deal."""
    for followup in _open_where(uow, cast(Any, Followup).deal_id == event.deal_id):
        _hand(uow, followup, event.after_id, event.unit)


def _hand(uow: Uow, row: Followup, owner_id: str | None, unit: str) -> None:
    if row.owner_id != owner_id:
        uow.touch(row, owner_id=owner_id, unit=unit)
        uow.refresh(f"followup:{row.id}")


# When a step is due


def _open_one(timer: Timer, uow: Uow) -> Followup | None:
    row = uow.seize(Followup, timer.subject.removeprefix("followup:"))
    return row if row is not None and row.state == "open" else None


def _fire(timer: Timer, uow: Uow) -> None:
    row = _open_one(timer, uow)
    if row is not None:
        carry_out(uow, row, int(timer.payload["step"]), int(timer.payload.get("turn", 0)), timer.dedupe_key)


on_timer(STEP)(_fire)
on_timer(NUDGE)(_fire)


@on_timer(AGAIN)
def again(timer: Timer, uow: Uow) -> None:
    """The owner wanted to be reminded now."""
    row = _open_one(timer, uow)
    if row is not None:
        remind_again(uow, row, timer.dedupe_key)
