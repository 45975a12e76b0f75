"""What follows from a car or from orders: maintenance, inspection, anniversary, and customers not seen for long.

Each car and customer has at most one open row of a kind; new facts move it. What was declined stays so until the
car was here again.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import select

from crm_core.customers.tables import Customer
from crm_core.kernel.uow import Uow
from crm_core.renewals.ending import end, make, move
from crm_core.renewals.lookup import facts_of, local_day, order_days, policy_of
from crm_core.renewals.rules import (
    CAR_KINDS,
    NEXT_INSPECTION,
    RenewalPolicy,
    anniversary_due,
    dormant_from,
    inspection_due,
    maintenance_due,
)  # fmt: skip
from crm_core.renewals.tables import Renewal
from crm_core.vehicles.tables import Car

YESTERDAY = timedelta(days=1)
REFUSED = ("declined", "cancelled")


def derive_car(uow: Uow, car: Car) -> int:
    """Bring what follows from a car up to date; how many rows were made."""
    customer = uow.find(Customer, car.customer_id)
    if customer is None:
        return 0
    policy, today = policy_of(uow, car.unit), local_day(uow, car.unit)
    newest = _newest_of(uow, car)
    return sum(_derive(uow, customer, car, kind, newest.get(kind), policy, today) for kind in CAR_KINDS)


def _newest_of(uow: Uow, car: Car) -> dict[str, Renewal]:
    """The newest row of each kind of a car; an open one before any other."""
    if uow.is_new(Car, car.id):
        return {}
    row = cast(Any, Renewal)
    query = select(Renewal).where(row.tenant == uow.tenant, row.car_id == car.id, row.kind.in_(CAR_KINDS))
    found = sorted(uow.rows(query), key=lambda one: (one.state == "open", one.id))
    return {one.kind: one for one in found}


def _derive(
    uow: Uow,
    customer: Customer,
    car: Car,
    kind: str,
    known: Renewal | None,
    policy: RenewalPolicy,
    today: date,
) -> bool:
    """One kind of one car; True when a row was made."""
    if kind not in policy.kinds:
        return False
    if known is not None and known.state == "open":
        due = _due(car, kind, policy, today, None)
        if known.estimated and due is not None and due != known.due_on and kind == "maintenance":
            move(uow, known, due, estimated=True)
        return False
    if known is not None and known.state in REFUSED and not _here_since(uow, car, known):
        return False
    ended = known.due_on if known is not None and known.state in ("renewed", "lapsed") else None
    if ended is not None and kind == "maintenance" and known is not None and known.state == "renewed":
        ended = None  # the service that was done is what counts, not when it had been due
    due = _due(car, kind, policy, today, ended)
    if due is None:
        return False
    make(uow, customer, kind, due, car_id=car.id, estimated=True)
    return True


def _due(car: Car, kind: str, policy: RenewalPolicy, today: date, after: date | None) -> date | None:
    if kind == "maintenance":
        back = timedelta(days=policy.kinds[kind].lapse_after_days)
        return maintenance_due(facts_of(car), policy.maintenance, today, after, back)
    if car.bought_on is None:
        return None
    if kind == "inspection":
        return inspection_due(
            policy.inspection, car.bought_on, after + NEXT_INSPECTION if after else today - YESTERDAY
        )
    return anniversary_due(car.bought_on, max(after or today - YESTERDAY, today - YESTERDAY), policy.feb_29)


def _here_since(uow: Uow, car: Car, refused: Renewal) -> bool:
    """Whether the car was serviced here after its owner had refused."""
    if refused.kind != "maintenance" or car.serviced_on is None or refused.closed_at is None:
        return False
    return car.serviced_on >= local_day(uow, refused.unit, refused.closed_at)


def serviced(uow: Uow, car: Car) -> None:
    """The car was serviced: its open maintenance is done."""
    for row in _open_rows(uow, car_id=car.id, kind="maintenance"):
        end(uow, row, "renewed", "serviced")


def derive_customer(uow: Uow, customer_id: str) -> bool:
    """When this customer counts as not seen for long, by his orders; True when a row was made."""
    customer = uow.find(Customer, customer_id)
    if customer is None or "dormant" not in (policy := policy_of(uow, customer.unit)).kinds:
        return False
    days = order_days(uow, customer_id, policy.dormant.order_kinds)
    due = dormant_from(days, policy.dormant)
    if due is None:
        return False
    newest = _newest_dormant(uow, customer_id)
    if newest is not None and newest.state == "open":
        if newest.due_on != due:
            move(uow, newest, due, estimated=True)
        return False
    if (
        newest is not None
        and newest.closed_at is not None
        and local_day(uow, newest.unit, newest.closed_at) > days[-1]
    ):
        return False  # somebody dealt with it after the last order: once is enough
    make(uow, customer, "dormant", due, estimated=True)
    return True


def _newest_dormant(uow: Uow, customer_id: str) -> Renewal | None:
    """The newest row; there is no open one before it."""
    row = cast(Any, Renewal)
    query = select(Renewal).where(
        row.tenant == uow.tenant, row.customer_id == customer_id, row.kind == "dormant"
    ).order_by(row.id.desc())  # fmt: skip
    return uow.first(query)


def _open_rows(uow: Uow, **where: str) -> list[Renewal]:
    row = cast(Any, Renewal)
    query = select(Renewal).where(row.tenant == uow.tenant, row.state == "open")
    for name, value in where.items():
        query = query.where(getattr(row, name) == value)
    return uow.rows(query)
