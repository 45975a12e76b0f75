"""What is a customer's goes along with him to his new owner."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from crm_core.customers.tables import Customer
from crm_core.deals.messages import OwnerChanged
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import LeadAssigned
from crm_core.leads.tables import Lead


def goes_along(table: Any) -> None:
    """Rows of this table (customer_id, owner_id, unit) follow their customer; the former owner sees them no longer."""

    @reacts(OwnerChanged)
    def follow_handover(event: OwnerChanged, uow: Uow) -> None:
        """The customer was handed over."""
        _follow(table, event.customer_id, uow)

    @reacts(LeadAssigned)
    def follow_lead(event: LeadAssigned, uow: Uow) -> None:
        """The customer may have gone along with his lead."""
        lead = uow.find(Lead, event.lead_id)
        if lead is not None and lead.customer_id is not None:
            _follow(table, lead.customer_id, uow)


def _follow(table: Any, customer_id: str, uow: Uow) -> None:
    customer = uow.find(Customer, customer_id)
    if customer is None or uow.is_new(Customer, customer_id):
        # A customer made in this very transaction has none yet.
        return
    uow.flush()
    his = update(table).where(table.tenant == uow.tenant, table.customer_id == customer_id)
    uow.session.execute(his.values(owner_id=customer.owner_id, unit=customer.unit, updated_at=uow.now))
