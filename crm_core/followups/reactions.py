"""Which events start and end cadences, by the YAML of each; and the timers of their steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import select

from crm_core.appointments.messages import AppointmentBooked, AppointmentEnded, AppointmentReopened
from crm_core.appointments.tables import Appointment
from crm_core.customers.messages import ContactLogged
from crm_core.deals.messages import DealHandedOver, DealLost, DealWon, OwnerChanged, StageChanged
from crm_core.followups.cadence import AGAIN, NUDGE, STEP, end, sop_of, sops, start, turns
from crm_core.followups.lookup import facts_of
from crm_core.followups.rules import stops
from crm_core.followups.steps import carry_out
from crm_core.followups.tables import Followup
from crm_core.kernel.registry import Event, on_timer, reacts
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import LeadAssigned, LeadContacted, LeadLost
from crm_core.leads.tables import Lead
from crm_core.org.tables import Person
from crm_core.quotes.messages import DiscountApplied, QuoteMade
from crm_core.quotes.tables import Quote


def _open_where(uow: Uow, *conditions: Any) -> list[Followup]:
    row = cast(Any, Followup)
    return uow.rows(select(Followup).where(row.tenant == uow.tenant, row.state == "open", *conditions))


# What ends a cadence


def _touched_by(event: Any, uow: Uow) -> list[Followup]:
    """Open cadences about what an event is about: the customer, the lead or the deal."""
    row = cast(Any, Followup)
    if isinstance(event, ContactLogged):
        return _open_where(uow, row.customer_id == event.customer_id)
    if isinstance(event, (LeadContacted, LeadLost)):
        return _open_where(uow, row.lead_id == event.lead_id)
    if isinstance(event, (DealLost, DealWon, DiscountApplied)):
        return _open_where(uow, row.deal_id == event.deal_id)
    appointment = uow.find(Appointment, event.appointment_id)
    return _open_where(uow, row.customer_id == appointment.customer_id) if appointment is not None else []


def stop(event: Event, uow: Uow) -> None:
    """End what says that this event ends it."""
    at = event.at if isinstance(event, ContactLogged) else uow.now
    name, fields = type(event).__name__, event.model_dump()
    for row in _touched_by(event, uow):
        if stops(sop_of(row), name, fields, row.started_at, at):
            end(uow, row, "cancelled" if name in ("LeadLost", "DealLost") else "done", name)


for _event in (
    LeadContacted, LeadLost, DealLost, DealWon, ContactLogged, AppointmentBooked, AppointmentEnded, DiscountApplied,
):  # fmt: skip
    reacts(_event)(stop)


@reacts(AppointmentReopened)
def stop_with_reopened(event: AppointmentReopened, uow: Uow) -> None:
    """It did not take place after all, so nothing follows from it."""
    for row in _open_where(uow, cast(Any, Followup).subject == f"appointment:{event.appointment_id}"):
        end(uow, row, "cancelled", "reopened")


# What starts one


def _subjects(event: Any, uow: Uow) -> Iterator[str]:
    """The record a starting event is about, when a cadence makes sense for it."""
    if isinstance(event, LeadAssigned):
        lead = uow.find(Lead, event.lead_id)
        if lead is not None and lead.state == "new" and lead.contacted_at is None and event.owner_id:
            yield f"lead:{lead.id}"
    elif isinstance(event, QuoteMade):
        quote = uow.find(Quote, event.quote_id)
        if quote is not None:
            yield f"deal:{quote.deal_id}"
    elif isinstance(event, StageChanged):
        yield f"deal:{event.deal_id}"
    else:
        yield f"appointment:{event.appointment_id}"


def begin(event: Event, uow: Uow) -> None:
    """Start every cadence whose trigger fits; one that runs about the same record starts anew."""
    name, fields = type(event).__name__, event.model_dump()
    if isinstance(event, LeadAssigned) and not uow.is_new(Lead, event.lead_id):
        _end_former_turn(event, uow)
    for subject in _subjects(event, uow):
        facts = facts_of(uow, subject)
        if facts is None:
            continue
        for sop in sops(uow, facts.unit):
            if sop.trigger.event == name and sop.trigger.fits(fields):
                former = turns(uow, sop.name, subject)
                for row in former:
                    if row.state == "open":
                        end(uow, row, "cancelled", "restarted")
                start(uow, sop, subject, facts, str(len(former) + 1))


def _end_former_turn(event: LeadAssigned, uow: Uow) -> None:
    """The former owner's first call is no longer his."""
    row = cast(Any, Followup)
    for former in _open_where(uow, row.lead_id == event.lead_id, row.subject == f"lead:{event.lead_id}"):
        end(uow, former, "cancelled", "reassigned")


for _starter in (LeadAssigned, AppointmentBooked, AppointmentEnded, QuoteMade, StageChanged):
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


def _fire(timer: Timer, uow: Uow) -> None:
    row = uow.seize(Followup, timer.subject.removeprefix("followup:"))
    if row is not None and row.state == "open":
        carry_out(uow, row, int(timer.payload["step"]), timer.dedupe_key)


on_timer(STEP)(_fire)
on_timer(NUDGE)(_fire)


@on_timer(AGAIN)
def again(timer: Timer, uow: Uow) -> None:
    """The owner wanted to be reminded now: with the words of the first reminder."""
    row = uow.seize(Followup, timer.subject.removeprefix("followup:"))
    if row is None or row.state != "open":
        return
    steps = sop_of(row).steps
    index = next((i for i, step in enumerate(steps) if step.do in ("remind", "nudge", "greet")), 0)
    uow.push(
        row.owner_id, "followup_remind", subject=f"followup:{row.id}", key=timer.dedupe_key, priority=steps[index].rank,
        record=row.subject, sop=row.sop, step=index, text=steps[index].text.model_dump(),
    )  # fmt: skip
