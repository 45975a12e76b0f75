"""Questions about leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import desc, select
from sqlmodel import col

from crm_core.customers.history import tells_history
from crm_core.customers.lookup import phones_by_customer, phones_of
from crm_core.customers.messages import RecordView
from crm_core.customers.tables import Customer
from crm_core.kernel.errors import NotFound
from crm_core.kernel.pii import mask_phone
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.leads.messages import CreateLead, LatestLead, LeadCard, LeadPool, LeadView, MyLeads
from crm_core.leads.tables import Lead
from crm_core.org.people import dealer_of, person_name
from crm_core.org.tables import Person

OPEN = ("new", "contacted", "pool")


def lead_views(leads: Sequence[Lead], reader: Reader) -> list[LeadView]:
    """`lead_view` for a list, with one query for all customers, one for all phones, one for all deals."""
    from crm_core.deals.tables import Deal

    reader.preload(Customer, (lead.customer_id for lead in leads))
    reader.preload(Deal, (lead.deal_id for lead in leads))
    reader.preload(Person, (lead.owner_id for lead in leads))
    phones = phones_by_customer(reader, [cast(str, lead.customer_id) for lead in leads])
    return [lead_view(lead, reader, phones=phones[cast(str, lead.customer_id)]) for lead in leads]


def lead_view(
    lead: Lead, reader: Reader, *, duplicate: bool = False, phones: list[tuple[str, bool]] | None = None
) -> LeadView:
    """A lead as the actor may see it. Somebody it is not assigned to sees the phone masked."""
    customer = reader.find(Customer, lead.customer_id)
    if phones is None:
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
        for_name=person_name(reader, lead.for_id) if reader.actor.is_staff else "",
    )  # fmt: skip


def may_know(lead: Lead, reader: Reader) -> bool:
    """Whether the actor may be told of a lead he brought: his own house's, or through an intake key."""
    if not reader.actor.is_staff:
        return True
    return reader.access.may(reader.actor, "lead", "read") and dealer_of(lead.unit).startswith(
        dealer_of(reader.actor.unit)
    )


def looked_after(cmd: CreateLead, reader: Reader) -> LeadView:
    """All that another dealer's rep hears: somebody looks after this person already."""
    return LeadView(
        id="", ref="", state="looked_after", customer_id="", deal_id=None, name=cmd.name, phone=cmd.phone,
        phone_ok=True, vehicle=cmd.vehicle, source=cmd.source, city=cmd.city, message=cmd.message, level="",
        stage="", owner_id=None, owner_name="", rule="", reason="", touches=0, outcome="",
        created_at=reader.now, first_call_due=None, offered=False, version=0, duplicate=True,
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


def on_offer(lead: Lead) -> bool:
    """Whether others may take it: it lies in the pool, or was offered and nobody has called yet."""
    return lead.state == "pool" or (lead.state == "new" and lead.offered_at is not None)


def _may_see(lead: Lead, reader: Reader) -> bool:
    if reader.access.allows(reader.actor, "lead", "read", lead):
        return True
    return on_offer(lead) and reader.access.allows(reader.actor, "lead", "take", lead)


@answers(MyLeads)
def my_leads(question: MyLeads, reader: Reader) -> list[LeadView]:
    """Newest first; a manager sees his team's."""
    from crm_core.deals.tables import Deal

    query = reader.select(Lead, "lead").where(col(Lead.state) != "dropped")
    if question.open_only:
        query = query.where(col(Lead.state).in_(OPEN))
    if question.stage or question.level:
        query = query.join(Deal, col(Deal.id) == col(Lead.deal_id))
        query = query.where(col(Deal.stage) == question.stage) if question.stage else query
        query = query.where(col(Deal.level) == question.level) if question.level else query
    rows = reader.rows(query.order_by(desc(col(Lead.created_at))).limit(question.limit))
    return lead_views(rows, reader)


@answers(LatestLead)
def latest_lead(question: LatestLead, reader: Reader) -> LeadView | None:
    """The newest open lead of a customer."""
    query = reader.select(Lead, "lead").where(col(Lead.customer_id) == question.customer_id, col(Lead.state).in_(OPEN))
    row = reader.first(query.order_by(desc(col(Lead.created_at))))
    return lead_view(row, reader) if row is not None else None


@answers(LeadPool)
def lead_pool(question: LeadPool, reader: Reader) -> list[LeadView]:
    """What anybody on the team may take, oldest first."""
    query = reader.select(Lead, "lead", "take").where((col(Lead.state) == "pool") | col(Lead.offered_at).is_not(None))
    query = query.where(col(Lead.state).in_(("new", "pool")), col(Lead.owner_id).is_distinct_from(reader.actor.id))
    return lead_views(reader.rows(query.order_by(col(Lead.created_at)).limit(question.limit)), reader)


@tells_history("lead")
def told_leads(reader: Reader, customer_id: str) -> list[RecordView]:
    """How and with what interest the customer came."""
    if not reader.access.may(reader.actor, "lead", "read"):
        return []
    query = select(Lead).where(col(Lead.customer_id) == customer_id, col(Lead.state) != "dropped")
    query = query.order_by(desc(col(Lead.created_at)))
    return [
        RecordView(id=row.id, ref=row.ref, customer_id=customer_id, kind="lead", at=row.created_at,
                   by_name=person_name(reader, row.owner_id), outcome=row.outcome,
                   text=" · ".join(filter(None, (row.vehicle, row.source, reader.reveal(row, "message")))))
        for row in reader.rows(query.limit(20))
    ]  # fmt: skip
