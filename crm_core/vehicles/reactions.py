"""Cars follow their customer to his new owner."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import col

from crm_core.deals.messages import OwnerChanged
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow
from crm_core.vehicles.tables import Car


@reacts(OwnerChanged)
def cars_follow(event: OwnerChanged, uow: Uow) -> None:
    """The new owner sees the customer's cars, the former one no longer."""
    uow.flush()
    mine = update(Car).where(col(Car.tenant) == uow.tenant, col(Car.customer_id) == event.customer_id)
    uow.session.execute(mine.values(owner_id=event.after_id, updated_at=uow.now))
