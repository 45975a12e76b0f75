"""Questions about deals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import func, select

from crm_core.customers.history import tells_history
from crm_core.customers.messages import RecordView
from crm_core.customers.tables import Customer
from crm_core.deals.dwell import limit_for, overstaying
from crm_core.deals.lookup import (
    customer_name,
    done_so_far,
    newest_quote,
    pipeline_for,
    pipeline_of,
    stage_name,
)  # fmt: skip
from crm_core.deals.messages import DealCard, DealView, Funnel, OpenDeals, SlowDeals, StageNames
from crm_core.deals.rules import PipelinePolicy, standing
from crm_core.deals.tables import Deal, DealStage
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import person_name


def deal_view(deal: Deal, reader: Reader, *, full: bool = False) -> DealView:
    """A deal the actor was allowed to load; `full` adds what is still to do."""
    quote = newest_quote(reader, deal.id)
    stage = pipeline_of(reader, deal).stage(deal.stage)
    seen = done_so_far(reader, deal) if full and deal.state == "open" else {}
    limit = limit_for(reader, deal)
    stands = standing(stage, deal.stage_since, reader.now, seen, limit)
    language = reader.actor.language
    return DealView(
        id=deal.id, ref=deal.ref, customer_id=deal.customer_id or "", lead_id=deal.lead_id,
        customer_name=customer_name(reader, deal.customer_id), interest=deal.interest, pipeline=deal.pipeline,
        stage=deal.stage, stage_name=stage.words.of(language) if stage else deal.stage, level=deal.level,
        state=deal.state, owner_id=deal.owner_id, owner_name=person_name(reader, deal.owner_id),
        expected_close=deal.expected_close, amount_fen=deal.amount_fen,
        list_fen=quote.list_fen if quote else None, discount_fen=quote.discount_fen if quote else 0,
        quote_id=quote.id if quote else None, stage_since=deal.stage_since, version=deal.version,
        todo=tuple(todo.of(language) for todo in stands.todo) if full else (),
        days_in_stage=stands.days, slow=stands.slow, limit_by=limit.by if limit else "",
        limit_days=round(limit.span / timedelta(days=1), 1) if limit else 0,
    )  # fmt: skip


@answers(DealCard)
def deal_card(question: DealCard, reader: Reader) -> DealView:
    """One deal with what is still to do in its stage."""
    return deal_view(reader.get(Deal, question.deal_id, "deal"), reader, full=True)


@answers(OpenDeals)
def open_deals(question: OpenDeals, reader: Reader) -> list[DealView]:
    """A customer's open deals that the actor may see."""
    deal = cast(Any, Deal)
    query = reader.select(Deal, "deal").where(deal.customer_id == question.customer_id, deal.state == "open")
    return [
        deal_view(row, reader) for row in reader.rows(query.order_by(deal.created_at.desc(), deal.id.desc()))
    ]


@answers(SlowDeals)
def slow_deals(question: SlowDeals, reader: Reader) -> list[DealView]:
    """What stays too long, of one person or of everybody the actor may see."""
    deal = cast(Any, Deal)
    mine = [deal.owner_id == question.owner_id] if question.owner_id is not None else []
    found = overstaying(reader, reader.clause(Deal, "deal"), *mine)[: question.limit]
    reader.preload(Customer, (row.customer_id for row in found))
    return [deal_view(row, reader) for row in found]


@answers(StageNames)
def stage_names(question: StageNames, reader: Reader) -> list[tuple[str, str]]:
    """Keys and names of a pipeline's stages; the dealer's pipeline when none is named."""
    if question.pipeline:
        policy = reader.policies.model("pipelines", PipelinePolicy, unit=reader.actor.unit)
        pipeline = policy.named(question.pipeline)
    else:
        _, pipeline = pipeline_for(reader, reader.actor.unit)
    return [(stage.key, stage.words.of(reader.actor.language)) for stage in pipeline.stages]


@answers(Funnel)
def funnel(question: Funnel, reader: Reader) -> list[tuple[str, int, int]]:
    """Open and won deals opened in the span, by stage in the pipeline's order."""
    deal = cast(Any, Deal)
    query = select(
        deal.pipeline, deal.stage, func.count(), func.coalesce(func.sum(deal.amount_fen), 0)
    ).where(reader.clause(Deal, "deal"), deal.state.not_in(("lost", "dropped")))  # fmt: skip
    if question.since is not None:
        query = query.where(deal.created_at >= question.since)
    if question.until is not None:
        query = query.where(deal.created_at < question.until)
    if question.owner_id is not None:
        query = query.where(deal.owner_id == question.owner_id)
    found = {
        (p, s): (n, total)
        for p, s, n, total in reader.session.execute(query.group_by(deal.pipeline, deal.stage))
    }
    policy = reader.policies.model("pipelines", PipelinePolicy, unit=reader.actor.unit)
    lines = []
    for name in policy.pipelines:
        for stage in policy.pipelines[name].stages:
            if (name, stage.key) in found:
                count, total = found[name, stage.key]
                lines.append((stage.words.of(reader.actor.language), int(count), int(total)))
    return lines


@tells_history("stage")
def told_stages(reader: Reader, customer_id: str) -> list[RecordView]:
    """When a customer's visible deals entered which stage."""
    deal, stay = cast(Any, Deal), cast(Any, DealStage)
    query = (
        select(Deal, DealStage).join(DealStage, stay.deal_id == deal.id)
        .where(reader.clause(Deal, "deal"), deal.customer_id == customer_id, stay.tenant == reader.tenant)
        .order_by(stay.entered_at.desc()).limit(50)
    )  # fmt: skip
    return [
        RecordView(id=entry.id, ref=row.ref, customer_id=customer_id, kind="stage", at=entry.entered_at,
                   by_name=person_name(reader, entry.by_id), outcome=entry.stage,
                   text=f"{row.interest} → {stage_name(reader, row, entry.stage)}".removeprefix(" → "))
        for row, entry in reader.session.execute(query)
    ]  # fmt: skip
