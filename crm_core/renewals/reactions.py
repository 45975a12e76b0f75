"""What renewals do about events and about time."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.deals.messages import OwnerChanged
from crm_core.kernel.registry import on_timer, reacts
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import LeadAssigned
from crm_core.leads.tables import Lead
from crm_core.orders.messages import OrderChanged
from crm_core.org.people import manager_of, on_duty_for
from crm_core.renewals.derive import derive_car, derive_customer, serviced
from crm_core.renewals.ending import REMIND
from crm_core.renewals.lookup import local_day
from crm_core.renewals.messages import AddRenewal
from crm_core.renewals.tables import Renewal
from crm_core.vehicles.messages import CarChanged
from crm_core.vehicles.tables import Car


@on_timer(REMIND)
def remind(timer: Timer, uow: Uow) -> None:
    """The owner is reminded of what is still open; without one it is the manager's."""
    row = uow.seize(Renewal, timer.subject.removeprefix("renewal:"))
    if row is None or row.state != "open":
        return
    row.remind_at = None
    manager = manager_of(uow, row.unit) if row.owner_id is None else None
    to = manager.id if manager is not None else on_duty_for(uow, row.owner_id, row.unit)
    uow.push(to, "renewal", subject=f"renewal:{row.id}", key=timer.dedupe_key)


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


@reacts(OwnerChanged)
def follow_handover(event: OwnerChanged, uow: Uow) -> None:
    """The customer was handed over."""
    _follow(event.customer_id, uow)


@reacts(LeadAssigned)
def follow_lead(event: LeadAssigned, uow: Uow) -> None:
    """The customer may have gone along with his lead."""
    lead = uow.find(Lead, event.lead_id)
    if lead is not None and lead.customer_id is not None:
        _follow(lead.customer_id, uow)


def _follow(customer_id: str, uow: Uow) -> None:
    """Whoever follows the customer is reminded of what comes due with him."""
    customer = uow.find(Customer, customer_id)
    if customer is None or uow.is_new(Customer, customer_id):
        return
    uow.flush()
    his = update(Renewal).where(col(Renewal.tenant) == uow.tenant, col(Renewal.customer_id) == customer_id)
    uow.session.execute(his.values(owner_id=customer.owner_id, unit=customer.unit, updated_at=uow.now))
