"""Making, moving and ending renewals: the one place where their rows and timers change."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import select

from crm_core.customers.tables import Customer
from crm_core.kernel.ids import short_ref
from crm_core.kernel.uow import Uow
from crm_core.renewals.lookup import days_of, local_day, policy_of, rule_of
from crm_core.renewals.rules import NEXT_INSPECTION, anniversary_due, first_after, inspection_due, plus_months
from crm_core.renewals.tables import Renewal
from crm_core.vehicles.tables import Car

REMIND = "renewal_due"


def make(uow: Uow, customer: Customer, kind: str, due_on: date, **values: Any) -> Renewal:
    """A new open renewal of a customer, whoever asks for it."""
    row = uow.new(
        Renewal, ref=short_ref("N"), kind=kind, due_on=due_on, customer_id=customer.id, owner_id=customer.owner_id,
        unit=customer.unit, told_on=local_day(uow, customer.unit), **values,
    )  # fmt: skip
    aim(uow, row, row.told_on)
    uow.audit("create", "renewal", row.id, kind=kind, due_on=due_on)
    return row


def aim(uow: Uow, row: Renewal, after: date | None) -> None:
    """The next reminder is the first one after a day (today)."""
    row.remind_on = first_after(days_of(uow, row), after or local_day(uow, row.unit))


def arm(uow: Uow, row: Renewal, at: datetime) -> None:
    """The owner is reminded at an instant, and by no other reminder that was made before."""
    uow.cancel_timers(f"renewal:{row.id}")
    uow.touch(row, remind_at=at)
    uow.timer(REMIND, at, subject=f"renewal:{row.id}", key=f"{REMIND}:{row.id}:{row.version}")


def move(uow: Uow, row: Renewal, due_on: date, *, estimated: bool) -> None:
    """Another date: the reminders of the old one never come."""
    uow.cancel_timers(f"renewal:{row.id}")
    uow.touch(row, due_on=due_on, estimated=estimated, told_on=local_day(uow, row.unit), remind_at=None)
    aim(uow, row, row.told_on)
    uow.refresh(f"renewal:{row.id}")


def end(uow: Uow, row: Renewal, state: str, reason: str = "") -> None:
    """Renewed, declined, lapsed or cancelled: nothing about it fires any more."""
    uow.cancel_timers(f"renewal:{row.id}")
    uow.touch(row, state=state, closed_at=uow.now, remind_on=None, remind_at=None)
    uow.flush()
    uow.audit(state, "renewal", row.id, reason or None)
    uow.refresh(f"renewal:{row.id}")


def follow(uow: Uow, row: Renewal, next_on: date | None = None) -> Renewal | None:
    """What comes due next after this one was renewed or lapsed; None when policy has nothing follow."""
    due_on, customer = next_on or next_due(uow, row), uow.find(Customer, row.customer_id)
    if due_on is None or customer is None:
        return None
    return make(uow, customer, row.kind, due_on, title=row.title, car_id=row.car_id, previous_id=row.id,
                estimated=next_on is None)  # fmt: skip


def next_due(uow: Uow, row: Renewal) -> date | None:
    """By the kind's own rules, never in the past."""
    policy, rule, today = policy_of(uow, row.unit), rule_of(uow, row), local_day(uow, row.unit)
    car = uow.find(Car, row.car_id)
    if row.kind == "inspection" and car is not None and car.bought_on is not None:
        return inspection_due(policy.inspection, car.bought_on, max(row.due_on + NEXT_INSPECTION, today))
    if rule.again_months is None:
        return None
    if row.kind == "anniversary":
        base = car.bought_on if car is not None and car.bought_on else row.due_on
        return anniversary_due(base, max(row.due_on, today), policy.feb_29)
    due, times = row.due_on, 0
    while due <= max(row.due_on, today):
        times += 1
        due = plus_months(row.due_on, rule.again_months * times, policy.feb_29)
    return due


def following(uow: Uow, row: Renewal) -> list[Renewal]:
    """What came after it and is still open."""
    other = cast(Any, Renewal)
    return uow.rows(select(Renewal).where(
        other.tenant == uow.tenant, other.customer_id == row.customer_id, other.previous_id == row.id,
        other.state == "open",
    ))  # fmt: skip
