"""Cars follow their customer to his new owner, and come into being when they are delivered."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow
from crm_core.leads.following import goes_along
from crm_core.orders.messages import OrderDelivered
from crm_core.orders.tables import Order
from crm_core.org.people import zone_of
from crm_core.vehicles.messages import CarChanged
from crm_core.vehicles.tables import Car

goes_along(Car)
# How long the name of a car may be.
NAMED = 120


@reacts(OrderDelivered)
def delivered(event: OrderDelivered, uow: Uow) -> None:
    """The day of delivery is the day his car was bought: what comes due, the anniversary too, counts from it."""
    order = uow.find(Order, event.order_id)
    if order is None or order.customer_id is None:
        return
    on = uow.now.astimezone(ZoneInfo(zone_of(uow, order.unit))).date()
    uow.flush()
    mine = select(Car).where(col(Car.tenant) == uow.tenant, col(Car.customer_id) == order.customer_id)
    cars = uow.rows(mine.order_by(col(Car.id)))
    waiting = [car for car in cars if car.bought_on is None]
    named = [car for car in waiting if car.name and car.name.lower() in order.title.lower()]
    car = next(iter(named or (waiting if len(waiting) == 1 else ())), None)
    if car is not None:
        uow.touch(car, bought_on=on)
    elif any(one.bought_on == on for one in cars) or waiting or not order.title:
        return
    else:
        car = uow.new(Car, unit=order.unit, owner_id=order.owner_id, customer_id=order.customer_id,
                      name=order.title[:NAMED], bought_on=on)  # fmt: skip
        uow.flush()
    uow.audit("write", "car", car.id, bought_on=on)
    uow.emit(CarChanged(car_id=car.id))
