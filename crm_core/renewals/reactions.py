"""What renewals do about events and about time."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from sqlalchemy import select

from crm_core.customers.messages import CustomersMerged, CustomersSplit
from crm_core.kernel.registry import on_timer, reacts
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Uow
from crm_core.leads.following import goes_along
from crm_core.orders.messages import OrderChanged
from crm_core.org.people import manager_of, on_duty_for
from crm_core.renewals.derive import derive_car, derive_customer, serviced
from crm_core.renewals.ending import REMIND, aim, end
from crm_core.renewals.lookup import local_day
from crm_core.renewals.messages import AddRenewal
from crm_core.renewals.tables import Renewal
from crm_core.vehicles.messages import CarChanged
from crm_core.vehicles.tables import Car

# More than this is told in several messages.
AT_ONCE = 50
DORMANT = "dormant"

goes_along(Renewal)


@on_timer(REMIND)
def remind(timer: Timer, uow: Uow) -> None:
    """The owner is reminded of what is still open; without one it is the manager's.

    What comes at the same time for the same person is one message.
    """
    row = uow.seize(Renewal, timer.subject.removeprefix("renewal:"))
    if row is None or row.state != "open" or row.remind_at is None:
        return
    found = _at_once(row, uow)
    manager = manager_of(uow, row.unit) if row.owner_id is None else None
    to = manager.id if manager is not None else on_duty_for(uow, row.owner_id, row.unit)
    if len(found) == 1:
        uow.push(to, "renewal", subject=f"renewal:{row.id}", key=timer.dedupe_key)
    else:
        uow.push(to, "renewals", key=timer.dedupe_key, ids=[one.id for one in found])
    for one in found:
        one.remind_at = None


def _at_once(row: Renewal, uow: Uow) -> list[Renewal]:
    """This one and all else its owner is to be reminded of at the same instant; told together, never again.

    What another worker tells just now is left to him.
    """
    other = cast("Any", Renewal)
    same = select(Renewal).where(
        other.tenant == uow.tenant, other.state == "open", other.owner_id == row.owner_id,
        other.remind_at == row.remind_at, other.unit == row.unit,
    )  # fmt: skip
    found = uow.rows(same.order_by(other.due_on, other.id).limit(AT_ONCE).with_for_update(skip_locked=True))
    return found if row in found else [row, *found]


@reacts(CarChanged)
def derive_from_car(event: CarChanged, uow: Uow) -> None:
    """What is known of the car changed, and with it what comes due."""
    car = uow.find(Car, event.car_id)
    if car is not None:
        if event.serviced:
            serviced(uow, car)
        derive_car(uow, car)
        _told(uow, car, "insurance", event.insured_until)
        _told(uow, car, "inspection", event.inspected_until)


def _told(uow: Uow, car: Car, kind: str, due_on: date | None) -> None:
    """A date that came with the car; one that is over says nothing about the next."""
    if due_on is not None and due_on >= local_day(uow, car.unit) and car.customer_id is not None:
        uow.call(AddRenewal(kind=kind, customer_id=car.customer_id, car_id=car.id, due_on=due_on))


@reacts(OrderChanged)
def derive_from_order(event: OrderChanged, uow: Uow) -> None:
    """The customer was seen."""
    derive_customer(uow, event.customer_id)


@reacts(CustomersMerged)
def join(event: CustomersMerged, uow: Uow) -> None:
    """Two rows that say how long he was not seen are one, by the orders of both."""
    row = cast(Any, Renewal)
    query = select(Renewal).where(row.tenant == uow.tenant, row.customer_id == event.kept_id, row.state == "open",
                                  row.kind == DORMANT).order_by(row.id)  # fmt: skip
    for double in uow.rows(query)[1:]:
        end(uow, double, "cancelled", "merged")
    derive_customer(uow, event.kept_id)


@reacts(CustomersSplit)
def part(event: CustomersSplit, uow: Uow) -> None:
    """What ended only because of it is open again."""
    row = cast(Any, Renewal)
    query = select(Renewal).where(
        row.tenant == uow.tenant, row.customer_id.in_((event.kept_id, event.gone_id)), row.kind == DORMANT,
        row.state == "cancelled", row.closed_at == event.merged_at,
    )  # fmt: skip
    for ended in uow.rows(query):
        uow.touch(ended, state="open", closed_at=None)
        aim(uow, ended, None)
    for customer_id in (event.kept_id, event.gone_id):
        derive_customer(uow, customer_id)
