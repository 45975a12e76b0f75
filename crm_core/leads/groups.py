"""Leads in teams' groups: what is new and what is on offer is shown there, without what is personal."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.chat.tables import GroupChat
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Priority, Uow
from crm_core.leads.messages import LeadAssigned, LeadCreated, LeadOffered
from crm_core.leads.queries import on_offer
from crm_core.leads.tables import Lead


@reacts(LeadCreated)
def new_lead(event: LeadCreated, uow: Uow) -> None:
    """The team sees what came in; what a colleague typed for himself concerns nobody else."""
    lead = uow.find(Lead, event.lead_id)
    if lead is not None and lead.owner_id != uow.actor.id:
        _tell(lead, "new", uow)


@reacts(LeadOffered)
def offered_lead(event: LeadOffered, uow: Uow) -> None:
    lead = uow.find(Lead, event.lead_id)
    if lead is not None:
        _tell(lead, f"offer:{lead.version}", uow)


@reacts(LeadAssigned)
def pooled_lead(event: LeadAssigned, uow: Uow) -> None:
    """One that was given back is for whoever is first."""
    lead = uow.find(Lead, event.lead_id) if event.owner_id is None else None
    if lead is not None and on_offer(lead):
        _tell(lead, f"pool:{lead.version}", uow)


def _tell(lead: Lead, what: str, uow: Uow) -> None:
    """A card for each group of the lead's unit, and of the units in it when any of them may take it."""
    groups = uow.rows(select(GroupChat).where(col(GroupChat.tenant) == uow.tenant, col(GroupChat.dead).is_(False)))
    for group in groups:
        if lead.unit.startswith(group.unit) or (on_offer(lead) and group.unit.startswith(lead.unit)):
            uow.push(group.id, "group_lead", subject=f"lead:{lead.id}", key=f"lead:{lead.id}:group:{what}",
                     priority=Priority.MUST_KNOW, chat=group.chat)  # fmt: skip
