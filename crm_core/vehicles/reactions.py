"""Cars follow their customer to his new owner."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.deals.messages import OwnerChanged
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import LeadAssigned
from crm_core.leads.tables import Lead
from crm_core.vehicles.tables import Car


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
    """Whoever follows the customer sees his cars, the former owner no longer."""
    customer = uow.find(Customer, customer_id)
    if customer is None or uow.is_new(Customer, customer_id):
        # A customer made in this very transaction has none yet.
        return
    uow.flush()
    mine = update(Car).where(col(Car.tenant) == uow.tenant, col(Car.customer_id) == customer_id)
    uow.session.execute(mine.values(owner_id=customer.owner_id, unit=customer.unit, updated_at=uow.now))
