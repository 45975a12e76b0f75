"""Orders follow their customer to his new owner."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import col

from crm_core.deals.messages import OwnerChanged
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow
from crm_core.orders.tables import Order


@reacts(OwnerChanged)
def orders_follow(event: OwnerChanged, uow: Uow) -> None:
    """The new owner sees the customer's orders, the former one no longer."""
    uow.flush()
    mine = update(Order).where(col(Order.tenant) == uow.tenant, col(Order.customer_id) == event.customer_id)
    uow.session.execute(mine.values(owner_id=event.after_id, updated_at=uow.now))
