"""What several concepts ask about deals: names, pipelines, and what the data shows as done."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import exists, select

from crm_core.appointments.tables import Appointment
from crm_core.approvals.tables import Approval
from crm_core.customers.tables import Customer, Record
from crm_core.deals.rules import Pipeline, PipelinePolicy
from crm_core.deals.tables import Deal
from crm_core.kernel.uow import Reader, Uow
from crm_core.leads.tables import Lead
from crm_core.org.people import unit_of
from crm_core.quotes.tables import Quote


def customer_name(reader: Reader, customer_id: str | None) -> str:
    """The name of a customer of this tenant; empty for nobody. The caller was allowed a row about him."""
    row = reader.find(Customer, customer_id)
    return row.name if row is not None and row.tenant == reader.tenant else ""


def pipeline_for(reader: Reader, unit: str) -> tuple[str, Pipeline]:
    """The pipeline of a unit, by name and as it holds there."""
    policy = reader.policies.model("pipelines", PipelinePolicy, unit=unit)
    row = unit_of(reader, unit)
    name = row.pipeline if row is not None and row.pipeline in policy.pipelines else policy.default
    return name, policy.pipelines[name]


def pipeline_of(reader: Reader, deal: Deal) -> Pipeline:
    """The pipeline a deal runs on."""
    return reader.policies.model("pipelines", PipelinePolicy, unit=deal.unit).named(deal.pipeline)


def stage_name(reader: Reader, deal: Deal, key: str | None = None) -> str:
    """The name of a stage in the actor's language; its key when the policy no longer knows it."""
    wanted = key or deal.stage
    stage = pipeline_of(reader, deal).stage(wanted)
    return stage.words.of(reader.actor.language) if stage else wanted


def done_so_far(reader: Reader, deal: Deal) -> dict[str, bool]:
    """The checks of `pipelines.yaml`, as the data answers them."""
    record, appointment, quote, approval = (cast(Any, t) for t in (Record, Appointment, Quote, Approval))
    asked = {
        "contact": exists().where(record.customer_id == deal.customer_id, record.removed_at.is_(None),
                                  record.kind.in_(("call", "visit", "chat", "message"))),
        "test_drive": exists().where(appointment.customer_id == deal.customer_id, appointment.kind == "test_drive",
                                     appointment.state.in_(("booked", "done"))),
        "quote": exists().where(quote.tenant == deal.tenant, quote.deal_id == deal.id, quote.state == "valid"),
        "pending": exists().where(approval.tenant == deal.tenant, approval.deal_id == deal.id,
                                  approval.state == "pending"),
    }  # fmt: skip
    row = reader.session.execute(select(*(clause.label(name) for name, clause in asked.items()))).one()
    seen = {name: bool(getattr(row, name)) for name in asked}
    return {**seen, "no_pending_approval": not seen.pop("pending")}


def deal_of_lead(uow: Uow, lead_id: str | None) -> Deal | None:
    """The deal of a lead; None when there is none yet."""
    made = next((row for row in uow.made(Deal) if row.lead_id == lead_id), None)
    if made is not None or lead_id is None or uow.is_new(Lead, lead_id):
        return made
    uow.flush()
    deal = cast(Any, Deal)
    return uow.first(select(Deal).where(deal.lead_id == lead_id, deal.tenant == uow.tenant))


def open_deals_of(reader: Reader, customer_id: str) -> list[Deal]:
    """Every open deal of a customer, newest first, for reactions: no question of who asks."""
    deal = cast(Any, Deal)
    query = select(Deal).where(
        deal.tenant == reader.tenant, deal.customer_id == customer_id, deal.state == "open"
    )  # fmt: skip
    return reader.rows(query.order_by(deal.created_at.desc(), deal.id.desc()))


def newest_quote(reader: Reader, deal_id: str) -> Quote | None:
    """The quote that holds for a deal."""
    if reader.is_new(Deal, deal_id):
        made = [row for row in reader.made(Quote) if row.deal_id == deal_id and row.state == "valid"]
        return made[-1] if made else None
    quote = cast(Any, Quote)
    query = select(Quote).where(
        quote.tenant == reader.tenant, quote.deal_id == deal_id, quote.state == "valid"
    )
    return reader.first(query.order_by(quote.created_at.desc(), quote.id.desc()))
