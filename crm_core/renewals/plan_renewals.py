"""Reminders of the next two days are made, what lapsed ends, what is missing is derived; twice changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import or_, select

from crm_core.kernel.errors import Refused
from crm_core.kernel.registry import Result, handles, routine
from crm_core.kernel.routines import HOURLY, OFTEN
from crm_core.kernel.uow import Uow
from crm_core.orders.tables import Order
from crm_core.renewals.derive import derive_car, derive_customer
from crm_core.renewals.ending import arm, end, follow
from crm_core.renewals.lookup import days_of, instant_of, local_day, policy_of, rule_of
from crm_core.renewals.messages import DeriveRenewals, PlanRenewals
from crm_core.renewals.rules import first_after, newest_passed
from crm_core.renewals.tables import Renewal
from crm_core.vehicles.tables import Car

routine(HOURLY, PlanRenewals)
routine(OFTEN, DeriveRenewals)
# So many of each in one transaction, so that nobody waits long for it.
BATCH = 300
# The farthest zones are this far from UTC.
ZONES = timedelta(hours=14)


@handles(PlanRenewals)
def plan(cmd: PlanRenewals, uow: Uow) -> Result:
    """For the scheduler. The view counts what was made; `more`: there is work left for another round."""
    if uow.actor.kind != "job":
        raise Refused("error.not_allowed")
    uow.lock("renewals")
    lapsed = _lapse(uow)
    derived, left = _derive_missing(uow)
    made = sum(_remind(uow, row) for row in _in_reach(uow))
    return Result(id="renewals", view={"made": made, "lapsed": lapsed, "derived": derived, "more": left})


@handles(DeriveRenewals)
def derive_missing(cmd: DeriveRenewals, uow: Uow) -> Result:
    """After a bulk import or an upgrade a round of these catches up."""
    if uow.actor.kind != "job":
        raise Refused("error.not_allowed")
    uow.lock("renewals")
    derived, left = _derive_missing(uow)
    return Result(id="renewals", view={"derived": derived, "more": left})


def _in_reach(uow: Uow) -> list[Renewal]:
    """Open ones whose next reminder may be near."""
    row, policy = cast(Any, Renewal), policy_of(uow, uow.actor.unit)
    last = (uow.now + policy.look_ahead + ZONES).date()
    return uow.rows(select(Renewal).where(
        row.tenant == uow.tenant, row.state == "open", row.remind_on <= last
    ).order_by(row.remind_on, row.id))  # fmt: skip


def _remind(uow: Uow, row: Renewal) -> bool:
    """The next reminder of one renewal, when its morning is near; True when it was made."""
    assert row.remind_on is not None
    days = days_of(uow, row)
    day = newest_passed(days, row.remind_on, local_day(uow, row.unit))
    at = instant_of(uow, row, day)
    if at > uow.now + policy_of(uow, row.unit).look_ahead:
        return False
    row.remind_on = first_after(days, day)
    arm(uow, row, at)
    return True


def _lapse(uow: Uow) -> int:
    """Nobody did anything about it: it is over, and the next one comes."""
    return sum(
        _lapse_kind(uow, kind, rule.lapse_after_days)
        for kind, rule in policy_of(uow, uow.actor.unit).kinds.items()
    )


def _lapse_kind(uow: Uow, kind: str, days: int) -> int:
    row = cast(Any, Renewal)
    last = (uow.now - ZONES).date() - timedelta(days=days)
    query = select(Renewal).where(
        row.tenant == uow.tenant, row.state == "open", row.kind == kind, row.due_on < last
    ).limit(BATCH)  # fmt: skip
    count = 0
    for old in uow.rows(query):
        if old.due_on + timedelta(days=rule_of(uow, old).lapse_after_days) < local_day(uow, old.unit):
            end(uow, old, "lapsed")
            car = uow.find(Car, old.car_id)
            if follow(uow, old) is None and car is not None:
                derive_car(uow, car)
            count += 1
    return count


def _derive_missing(uow: Uow) -> tuple[int, bool]:
    """Cars and customers nobody has looked at yet, such as those of a bulk import or an older version."""
    car, order, row = cast(Any, Car), cast(Any, Order), cast(Any, Renewal)
    seen = select(row.id).where(row.car_id == car.id, row.kind == "maintenance")
    cars = uow.rows(select(Car).where(
        car.tenant == uow.tenant, car.customer_id.is_not(None), ~seen.exists(),
        or_(car.bought_on.is_not(None), car.mileage_km.is_not(None), car.serviced_on.is_not(None)),
    ).limit(BATCH))  # fmt: skip
    known = select(row.id).where(
        row.tenant == uow.tenant, row.customer_id == order.customer_id, row.kind == "dormant"
    )
    buyers = uow.session.execute(select(order.customer_id).distinct().where(
        order.tenant == uow.tenant, order.customer_id.is_not(None), order.ordered_on.is_not(None),
        order.state != "cancelled", ~known.exists(),
    ).limit(BATCH)).scalars().all()  # fmt: skip
    made = sum(derive_car(uow, one) for one in cars) + sum(derive_customer(uow, one) for one in buyers)
    return made, len(cars) == BATCH or len(buyers) == BATCH
