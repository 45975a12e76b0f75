"""Questions about leads."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import desc, select

from crm_core.customers.history import tells_history
from crm_core.customers.lookup import phones_of
from crm_core.customers.messages import RecordView
from crm_core.customers.tables import Customer
from crm_core.kernel.errors import NotFound
from crm_core.kernel.pii import mask_phone
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.leads.messages import LatestLead, LeadCard, LeadPool, LeadView, MyLeads
from crm_core.leads.tables import Lead
from crm_core.org.people import person_name

OPEN = ("new", "contacted", "pool")


def lead_view(lead: Lead, reader: Reader, *, duplicate: bool = False) -> LeadView:
    """A lead as the actor may see it. Somebody it is not assigned to sees the phone masked."""
    customer = reader.find(Customer, lead.customer_id)
    phones = phones_of(reader, cast(str, lead.customer_id))
    stage, level = _deal_facts(lead, reader)
    return LeadView(
        id=lead.id, ref=lead.ref, state=lead.state, customer_id=cast(str, lead.customer_id), deal_id=lead.deal_id,
        name=customer.name if customer is not None else "", phone=_phone(lead, phones, reader),
        phone_ok=lead.phone_ok, vehicle=lead.vehicle, source=lead.source, city=lead.city,
        message=reader.reveal(lead, "message"), level=level, stage=stage, owner_id=lead.owner_id,
        owner_name=person_name(reader, lead.owner_id), rule=lead.rule,
        reason=lead.reason_en if reader.actor.language == "en" else lead.reason_zh, touches=lead.touches,
        outcome=lead.outcome, created_at=lead.created_at, first_call_due=lead.first_call_due,
        offered=lead.offered_at is not None, version=lead.version, duplicate=duplicate,
    )  # fmt: skip


def _phone(lead: Lead, phones: list[tuple[str, bool]], reader: Reader) -> str:
    if not phones:
        return ""
    level = reader.access.sees(reader.actor, "contact")
    if level == "read" and reader.access.allows(reader.actor, "lead", "read", lead):
        return phones[0][0]
    return mask_phone(phones[0][0]) if level != "hide" else ""


def _deal_facts(lead: Lead, reader: Reader) -> tuple[str, str]:
    from crm_core.deals.tables import Deal

    deal = reader.find(Deal, lead.deal_id)
    return (deal.stage, deal.level or lead.level) if deal is not None else ("", lead.level)


@answers(LeadCard)
def lead_card(question: LeadCard, reader: Reader) -> LeadView:
    """One lead the actor may read, or may take."""
    lead = reader.session.get(Lead, question.lead_id)
    if lead is None or not _may_see(lead, reader):
        raise NotFound(resource="lead")
    return lead_view(lead, reader)


def _may_see(lead: Lead, reader: Reader) -> bool:
    if reader.access.allows(reader.actor, "lead", "read", lead):
        return True
    on_offer = lead.offered_at is not None or lead.state == "pool"
    return on_offer and reader.access.allows(reader.actor, "lead", "take", lead)


@answers(MyLeads)
def my_leads(question: MyLeads, reader: Reader) -> list[LeadView]:
    """Newest first; a manager sees his team's."""
    from crm_core.deals.tables import Deal

    lead, deal = cast(Any, Lead), cast(Any, Deal)
    query = reader.select(Lead, "lead").where(lead.state != "dropped")
    if question.open_only:
        query = query.where(lead.state.in_(OPEN))
    if question.stage or question.level:
        query = query.join(Deal, deal.id == lead.deal_id)
        query = query.where(deal.stage == question.stage) if question.stage else query
        query = query.where(deal.level == question.level) if question.level else query
    rows = reader.rows(query.order_by(desc(lead.created_at)).limit(question.limit))
    return [lead_view(row, reader) for row in rows]


@answers(LatestLead)
def latest_lead(question: LatestLead, reader: Reader) -> LeadView | None:
    """The newest open lead of a customer."""
    lead = cast(Any, Lead)
    query = reader.select(Lead, "lead").where(lead.customer_id == question.customer_id, lead.state.in_(OPEN))
    row = reader.first(query.order_by(desc(lead.created_at)))
    return lead_view(row, reader) if row is not None else None


@answers(LeadPool)
def lead_pool(question: LeadPool, reader: Reader) -> list[LeadView]:
    """What anybody on the team may take, oldest first."""
    lead = cast(Any, Lead)
    query = reader.select(Lead, "lead", "take").where((lead.state == "pool") | lead.offered_at.is_not(None))
    query = query.where(lead.state.in_(("new", "pool")), lead.owner_id.is_distinct_from(reader.actor.id))
    return [lead_view(row, reader) for row in reader.rows(query.order_by(lead.created_at).limit(question.limit))]


@tells_history("lead")
def told_leads(reader: Reader, customer_id: str) -> list[RecordView]:
    """How and with what interest the customer came."""
    if not reader.access.may(reader.actor, "lead", "read"):
        return []
    lead = cast(Any, Lead)
    query = select(Lead).where(lead.customer_id == customer_id, lead.state != "dropped").order_by(desc(lead.created_at))
    return [
        RecordView(id=row.id, ref=row.ref, customer_id=customer_id, kind="lead", at=row.created_at,
                   by_name=person_name(reader, row.owner_id), outcome=row.outcome,
                   text=" · ".join(filter(None, (row.vehicle, row.source, reader.reveal(row, "message")))))
        for row in reader.rows(query.limit(20))
    ]  # fmt: skip
