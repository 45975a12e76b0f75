"""Birthdays ahead become follow-ups, a bounded time before; doing it twice changes nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import literal, select

from crm_core.customers.messages import BirthdayChanged
from crm_core.customers.tables import Customer
from crm_core.followups.birthdays import BirthdayKey, keys_on, next_on
from crm_core.followups.cadence import end, sop_named, start
from crm_core.followups.lookup import Facts, times
from crm_core.followups.messages import PlanBirthdays
from crm_core.followups.tables import Followup
from crm_core.kernel.calendar import local_instant
from crm_core.kernel.errors import Refused
from crm_core.kernel.registry import Result, handles, reacts, routine
from crm_core.kernel.routines import HOURLY
from crm_core.kernel.uow import Reader, Uow
from crm_core.org.people import zone_of

routine(HOURLY, PlanBirthdays)
SOP = "birthday"
# A birthday somebody did not act on is over.
LAPSE = timedelta(days=3)
# The farthest zones are this far from UTC.
ZONES = timedelta(hours=14)


@handles(PlanBirthdays)
def plan_birthdays(cmd: PlanBirthdays, uow: Uow) -> Result:
    """For the scheduler. The result's view counts what was made."""
    if uow.actor.kind != "job":
        raise Refused("error.not_allowed")
    uow.lock("birthdays")
    _lapse(uow)
    policy = times(uow, uow.actor.unit).birthday
    first = (uow.now - policy.catch_up - ZONES).date()
    last = (uow.now + policy.look_ahead + ZONES).date()
    zones: dict[str, str] = {}
    made = 0
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        for key in keys_on(day, policy.feb_29):
            made += sum(_plan_one(uow, customer, key, day, zones) for customer in _born(uow, key))
    return Result(id="birthdays", view={"made": made})


def next_birthday(reader: Reader, customer_id: str | None) -> datetime | None:
    """When the next birthday of a customer begins for his rep; None while it is not known."""
    customer = reader.find(Customer, customer_id)
    if customer is None or not customer.birth_month or not customer.birth_day:
        return None
    zone, policy = zone_of(reader, customer.unit), times(reader, customer.unit).birthday
    today = reader.now.astimezone(ZoneInfo(zone)).date()
    day = next_on((customer.birth_month, customer.birth_day), today, policy.feb_29,
                  lunar=customer.lunar, leap=customer.lunar_leap)  # fmt: skip
    return local_instant(day, policy.at, zone) if day is not None else None


def _born(uow: Uow, key: BirthdayKey) -> list[Customer]:
    """Customers with that birthday whose follow-up of that year is not made yet."""
    customer, row = cast(Any, Customer), cast(Any, Followup)
    made = select(row.customer_id).where(
        row.tenant == uow.tenant, row.sop == SOP, row.occurrence == key.occurrence,
        row.subject == literal("customer:").concat(customer.id),
    )  # fmt: skip
    return uow.rows(select(Customer).where(
        customer.tenant == uow.tenant, customer.birth_month == key.month, customer.birth_day == key.day,
        customer.lunar == key.lunar, customer.lunar_leap == key.leap, ~made.exists(),
    ))  # fmt: skip


def _plan_one(uow: Uow, customer: Customer, key: BirthdayKey, day: date, zones: dict[str, str]) -> bool:
    """One birthday, when its morning at the dealer is near; True when it was made."""
    zone = zones.setdefault(customer.unit, "") or zone_of(uow, customer.unit)
    zones[customer.unit] = zone
    policy = times(uow, customer.unit).birthday
    at = local_instant(day, policy.at, zone)
    sop = sop_named(uow, SOP, customer.unit)
    if sop is None or not uow.now - policy.catch_up <= at <= uow.now + policy.look_ahead:
        return False
    facts = Facts(customer.id, customer.owner_id, customer.unit)
    start(uow, sop, f"customer:{customer.id}", facts, key.occurrence, at)
    return True


@reacts(BirthdayChanged)
def forget(event: BirthdayChanged, uow: Uow) -> None:
    """What was planned for the day that was wrong comes no more; the right one is planned in its time."""
    row = cast(Any, Followup)
    planned = uow.rows(select(Followup).where(
        row.tenant == uow.tenant, row.sop == SOP, row.subject == f"customer:{event.customer_id}",
        row.state.in_(("open", "cancelled")),
    ))  # fmt: skip
    for one in planned:
        if one.state == "open":
            end(uow, one, "cancelled", "birthday_changed")
        if one.reason == "birthday_changed" and ":" not in one.occurrence:
            # The year of the right day is not taken by the wrong one.
            uow.touch(one, occurrence=f"{one.occurrence}:{one.ref}")


def _lapse(uow: Uow) -> None:
    row = cast(Any, Followup)
    query = select(Followup).where(
        row.tenant == uow.tenant, row.sop == SOP, row.state == "open", row.due_at < uow.now - LAPSE
    )  # fmt: skip
    for old in uow.rows(query):
        end(uow, old, "cancelled", "lapsed")
