"""How long deals stay in a stage, and who is told when one stays too long (停留时长)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, func, select

from crm_core.deals.messages import ScanDwell
from crm_core.deals.rules import Limit, PipelinePolicy, limit_of, median
from crm_core.deals.tables import Deal, DealStage
from crm_core.kernel.access import Scope, in_range, reach
from crm_core.kernel.errors import Refused
from crm_core.kernel.registry import Result, handles, routine
from crm_core.kernel.uow import Reader, Uow

SOP = "dwell"
SCAN_SECONDS = 300
# So many stays tell how long a team usually takes, and so many deals are told of in one scan.
STAYS, AT_ONCE = 200, 200
DAY = timedelta(days=1)

routine(SCAN_SECONDS, ScanDwell)


def limit(reader: Reader, unit: str, pipeline: str, stage: str) -> Limit | None:
    """How long a deal may stay in a stage: as the pipeline expects, or by what its team usually takes.

    None when the pipeline no longer has the stage, or deals are not expected to leave it.
    """
    team = reach(unit, Scope.TEAM)
    known: dict[tuple[str, str, str], Limit | None] = reader.session.info.setdefault("dwell", {})
    key = (team, pipeline, stage)
    if key not in known:
        policy = reader.policies.model("pipelines", PipelinePolicy, unit=unit)
        step = policy.named(pipeline).stage(stage)
        usual = median(_stays(reader, team, pipeline, stage, policy), policy.dwell.samples)
        known[key] = limit_of(step, usual, policy.dwell) if step is not None else None
    return known[key]


def limit_for(reader: Reader, deal: Deal) -> Limit | None:
    """The limit of an open deal; not asked for while it is too fresh to be slow."""
    if deal.state != "open" or reader.now - deal.stage_since < DAY:
        return None
    return limit(reader, deal.unit, deal.pipeline, deal.stage)


def _stays(reader: Reader, team: str, pipeline: str, stage: str, policy: PipelinePolicy) -> list[timedelta]:
    """The team's latest stays in a stage that are over; what was only passed through does not count."""
    deal, stay = cast(Any, Deal), cast(Any, DealStage)
    query = (
        select(stay.entered_at, stay.left_at).join(Deal, deal.id == stay.deal_id)
        .where(deal.tenant == reader.tenant, in_range(deal.unit, team), deal.pipeline == pipeline,
               stay.tenant == reader.tenant, stay.stage == stage,
               stay.left_at > reader.now - timedelta(days=policy.dwell.window_days))
        .order_by(stay.left_at.desc()).limit(STAYS)
    )  # fmt: skip
    found = [left - entered for entered, left in reader.session.execute(query)]
    return [span for span in found if span >= timedelta(minutes=policy.dwell.shortest_minutes)]


@handles(ScanDwell)
def scan_dwell(cmd: ScanDwell, uow: Uow) -> Result:
    """For the scheduler. Each stay is told of once, a few a day to each person: what is slow since today before
    what was slow all along."""
    if uow.actor.kind != "job":
        raise Refused("error.not_allowed")
    uow.lock("dwell")
    told = _told_today(uow)
    made = 0
    for deal in overstaying(uow, warned=False):
        policy = uow.policies.model("pipelines", PipelinePolicy, unit=deal.unit)
        owner = deal.owner_id or ""
        if told.get(owner, 0) < policy.dwell.per_day and _warn(uow, deal):
            told[owner] = told.get(owner, 0) + 1
            made += 1
    return Result(id=SOP, view={"made": made})


def _warn(uow: Uow, deal: Deal) -> bool:
    """Start the cadence of one stay; its steps say who is told, and when."""
    from crm_core.followups.cadence import sop_named, start
    from crm_core.followups.lookup import Facts
    from crm_core.followups.traits import holds

    sop = sop_named(uow, SOP, deal.unit)
    facts = Facts(deal.customer_id, deal.owner_id, deal.unit, deal.lead_id, deal.id)
    if sop is None or not holds(uow, sop, facts):
        return False
    return start(uow, sop, f"deal:{deal.id}", facts, _stay_key(deal)) is not None


def _stay_key(deal: Deal) -> str:
    return f"{deal.stage[:24]}@{deal.stage_since:%Y%m%d%H%M%S%f}"


def _told_today(uow: Uow) -> dict[str, int]:
    from crm_core.followups.tables import Followup

    row = cast(Any, Followup)
    query = select(row.owner_id, func.count()).where(
        row.tenant == uow.tenant, row.sop == SOP, row.started_at > uow.now - DAY
    )  # fmt: skip
    return {owner or "": int(count) for owner, count in uow.session.execute(query.group_by(row.owner_id))}


def overstaying(reader: Reader, *conditions: Any, warned: bool = True) -> list[Deal]:
    """Open deals beyond their limit, the longest first; without `warned` only those nobody was told of yet, those
    that are beyond it since lately first.

    Who may see them is for `conditions` to say. A deal somebody is changing just now waits for the next scan.
    """
    deal = cast(Any, Deal)
    found: list[tuple[timedelta, Deal]] = []
    for unit, pipeline, stage, since in _groups(reader, conditions):
        allowed = limit(reader, unit, pipeline, stage)
        if allowed is None or since >= reader.now - allowed.span:
            continue
        query = select(Deal).where(
            deal.tenant == reader.tenant, deal.unit == unit, deal.state == "open", deal.pipeline == pipeline,
            deal.stage == stage, deal.stage_since < reader.now - allowed.span, *conditions,
        )  # fmt: skip
        ordered = query.order_by(deal.stage_since) if warned else _unwarned(query.order_by(deal.stage_since.desc()))
        found += [(reader.now - row.stage_since - allowed.span, row) for row in reader.rows(ordered.limit(AT_ONCE))]
    if warned:
        return sorted((row for _, row in found), key=lambda row: row.stage_since)[:AT_ONCE]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])][:AT_ONCE]


def _groups(reader: Reader, conditions: tuple[Any, ...]) -> Iterator[tuple[str, str, str, datetime]]:
    """Where open deals stand, and since when the one that stands there longest."""
    deal = cast(Any, Deal)
    query = select(deal.unit, deal.pipeline, deal.stage, func.min(deal.stage_since)).where(
        deal.tenant == reader.tenant, deal.state == "open", *conditions
    )  # fmt: skip
    grouped = query.group_by(deal.unit, deal.pipeline, deal.stage)
    for row in reader.session.execute(grouped):
        yield row[0], row[1], row[2], row[3]


def _unwarned(query: Select[Deal]) -> Select[Deal]:
    from crm_core.followups.tables import Followup

    deal, row = cast(Any, Deal), cast(Any, Followup)
    told = select(row.id).where(row.deal_id == deal.id, row.sop == SOP, row.started_at > deal.stage_since)
    return query.where(~told.exists()).with_for_update(skip_locked=True, of=Deal)
