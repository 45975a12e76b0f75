"""What leads do about events of other concepts."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.messages import ContactLogged
from crm_core.deals.messages import DealLost, DealWon, OwnerChanged
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow
from crm_core.leads.assign import team_unit
from crm_core.leads.handlers import OPEN
from crm_core.leads.messages import LeadAssigned, LeadContacted, LeadLost
from crm_core.leads.tables import Lead
from crm_core.org.people import dealer_of


@reacts(ContactLogged)
def contacted_by_talking(event: ContactLogged, uow: Uow) -> None:
    """Whoever writes down that he spoke with a new customer has made the first contact."""
    uow.flush()
    query = select(Lead).where(
        col(Lead.customer_id) == event.customer_id, col(Lead.state) == "new", col(Lead.created_at) <= event.at
    )
    for lead in uow.rows(query):
        uow.touch(lead, state="contacted", contacted_at=event.at)
        uow.audit("contacted", "lead", lead.id)
        uow.emit(LeadContacted(lead_id=lead.id))
        uow.refresh(f"lead:{lead.id}")


@reacts(DealLost)
def lose_with_deal(event: DealLost, uow: Uow) -> None:
    """A lost deal's lead is lost too."""
    for lead in _leads_of(event.deal_id, uow):
        if lead.state in OPEN:
            uow.touch(lead, state="lost", lost_reason_enc=event.reason[:500] or None)
            uow.emit(LeadLost(lead_id=lead.id, reason=event.reason))
            uow.refresh(f"lead:{lead.id}")


@reacts(DealWon)
def win_with_deal(event: DealWon, uow: Uow) -> None:
    """A won deal's lead is won."""
    for lead in _leads_of(event.deal_id, uow):
        uow.touch(lead, state="won")
        uow.refresh(f"lead:{lead.id}")


def _leads_of(deal_id: str, uow: Uow) -> list[Lead]:
    uow.flush()
    return uow.rows(select(Lead).where(col(Lead.deal_id) == deal_id))


@reacts(OwnerChanged)
def move_with_customer(event: OwnerChanged, uow: Uow) -> None:
    """A customer handed over brings his open leads along."""
    uow.flush()
    query = select(Lead).where(col(Lead.customer_id) == event.customer_id, col(Lead.state).in_(OPEN))
    for row in uow.rows(query):
        if row.owner_id == event.after_id:
            continue
        previous = row.owner_id
        unit = team_unit(uow, event.after_id, dealer_of(row.unit))
        uow.touch(row, owner_id=event.after_id, unit=unit, assigned_at=uow.now)
        uow.emit(LeadAssigned(lead_id=row.id, owner_id=event.after_id, previous_id=previous))
        uow.refresh(f"lead:{row.id}")
