"""What leads do about events of other concepts."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.messages import ContactLogged
from crm_core.deals.messages import DealLost, DealWon, OwnerChanged
from crm_core.followups.lookup import place_of
from crm_core.followups.rules import due
from crm_core.kernel.registry import on_timer, reacts
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Priority, Uow
from crm_core.leads import groups as groups
from crm_core.leads import pool as pool
from crm_core.leads import revise as revise
from crm_core.leads import several as several
from crm_core.leads.assign import team_unit
from crm_core.leads.handlers import OPEN
from crm_core.leads.messages import LeadAssigned, LeadContacted, LeadLost, OfferLead
from crm_core.leads.rules import AssignmentPolicy
from crm_core.leads.tables import Lead
from crm_core.org.people import absent, dealer_of

# The timer of a lead whose owner is on the road.
OUT = "lead_out"


@reacts(LeadAssigned)
def watch_who_is_out(event: LeadAssigned, uow: Uow) -> None:
    """Somebody on the road still reads his phone; when he does not call soon, others may."""
    uow.cancel_timers(f"lead:{event.lead_id}", OUT)
    if event.owner_id is None or not absent(uow, [event.owner_id], kinds=("out",)):
        return
    lead = uow.find(Lead, event.lead_id)
    if lead is not None and lead.state == "new":
        policy = uow.policies.model("assignment", AssignmentPolicy, unit=lead.unit).out
        at = due(uow.now, policy.offer_after, policy.clock, place_of(uow, lead.unit))
        uow.timer(OUT, at, subject=f"lead:{lead.id}", key=f"{OUT}:{lead.id}:{lead.version}",
                  priority=Priority.MUST_KNOW, owner=event.owner_id)  # fmt: skip


@on_timer(OUT)
def offer_of_who_is_out(timer: Timer, uow: Uow) -> None:
    """He was out and has not called: whoever is free may."""
    lead = uow.seize(Lead, timer.subject.removeprefix("lead:"))
    if lead is not None and lead.state == "new" and lead.owner_id == timer.payload["owner"]:
        uow.call(OfferLead(lead_id=lead.id))


@reacts(LeadContacted)
def called(event: LeadContacted, uow: Uow) -> None:
    """Nobody else needs to."""
    uow.cancel_timers(f"lead:{event.lead_id}", OUT)


@reacts(LeadLost)
def nothing_to_call(event: LeadLost, uow: Uow) -> None:
    """Nor about what is over."""
    uow.cancel_timers(f"lead:{event.lead_id}", OUT)


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
        uow.touch(row, owner_id=event.after_id, for_id=None, unit=unit, assigned_at=uow.now)
        uow.emit(LeadAssigned(lead_id=row.id, owner_id=event.after_id, previous_id=previous))
        uow.refresh(f"lead:{row.id}")
