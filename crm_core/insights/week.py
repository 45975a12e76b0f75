"""A week of a team: figures, funnel, who has what overdue, what stands still, why deals were lost."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from sqlalchemy import and_, func, or_, select

from crm_core.appointments.tables import Appointment
from crm_core.customers.tables import Customer
from crm_core.deals.dwell import limit_for, overstaying
from crm_core.deals.lookup import customer_name, pipeline_for, stage_name
from crm_core.deals.rules import PipelinePolicy
from crm_core.deals.tables import Deal
from crm_core.followups.tables import Followup
from crm_core.insights.messages import Counted, OwnerLine, ReasonLine, SlowLine, StageLine
from crm_core.kernel.calendar import local_instant
from crm_core.kernel.uow import Reader
from crm_core.leads.tables import Lead
from crm_core.org.people import person_name
from crm_core.org.tables import Person
from crm_core.quotes.tables import Quote
from crm_core.tasks.tables import Task

WEEK = timedelta(days=7)
SLOWEST = 5
REASONS = 3
MANY = 1000
# Cadences that are told of in their own lines, or are never late.
ELSEWHERE = ("first_call", "birthday", "dwell")
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Week:
    """A local week as instants; of the present one only what has passed."""

    monday: date
    start: datetime
    end: datetime

    @property
    def earlier(self) -> Week:
        """The same stretch of the week before, to compare with."""
        return Week(self.monday - WEEK, self.start - WEEK, self.end - WEEK)


def week_at(reader: Reader, monday: date) -> Week:
    """The week that begins on a Monday, in the actor's zone, up to and including now."""
    start, end = (local_instant(day, time(0), reader.actor.zone) for day in (monday, monday + WEEK))
    return Week(monday, start, min(end, max(reader.now + _TICK, start)))


def figures(reader: Reader, week: Week) -> tuple[Counted, ...]:
    """What came in, was driven, quoted, won and lost; beside the week before."""
    now, before = _counts(reader, week), _counts(reader, week.earlier)
    return tuple(Counted(kind=kind, count=now[kind], before=before[kind]) for kind in now)


def _counts(reader: Reader, week: Week) -> dict[str, int]:
    lead, visit, quote, deal = (cast(Any, table) for table in (Lead, Appointment, Quote, Deal))
    counted: dict[str, tuple[Any, ...]] = {
        "leads": (lead, "lead", lead.state != "dropped", *_inside(lead.created_at, week)),
        "test_drives": (visit, "appointment", visit.kind == "test_drive", visit.state == "done",
                        *_inside(visit.start_at, week)),
        "quotes": (quote, "quote", *_inside(quote.created_at, week)),
        "won": (deal, "deal", deal.state == "won", *_inside(deal.closed_at, week)),
        "lost": (deal, "deal", deal.state == "lost", *_inside(deal.closed_at, week)),
    }  # fmt: skip
    parts = [
        select(func.count())
        .select_from(table)
        .where(reader.clause(table, resource), *where)
        .scalar_subquery()
        .label(kind)
        for kind, (table, resource, *where) in counted.items()
    ]
    row = reader.session.execute(select(*parts)).one()
    return {kind: int(count) for kind, count in row._mapping.items()}


def _inside(column: Any, week: Week) -> tuple[Any, Any]:
    return column >= week.start, column < week.end


def funnel(reader: Reader, week: Week) -> tuple[tuple[StageLine, ...], int]:
    """Open deals by stage of the dealer's pipeline (won ones of the week), and how many are on other pipelines."""
    deal = cast(Any, Deal)
    query = select(
        deal.pipeline, deal.stage, func.count(), func.coalesce(func.sum(deal.amount_fen), 0)
    ).where(
        reader.clause(Deal, "deal"),
        or_(deal.state == "open", and_(deal.state == "won", *_inside(deal.closed_at, week))),
    )
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for name, stage, count, amount in reader.session.execute(query.group_by(deal.pipeline, deal.stage)):
        found[name][stage] = (int(count), int(amount))
    usual, pipeline = pipeline_for(reader, reader.actor.unit)
    if found and usual not in found:
        usual = max(found, key=lambda name: sum(count for count, _ in found[name].values()))
        pipeline = reader.policies.model("pipelines", PipelinePolicy, unit=reader.actor.unit).named(usual)
    here = found.pop(usual, {})
    language = reader.actor.language
    lines = tuple(
        StageLine(key=stage.key, name=stage.words.of(language), count=here.get(stage.key, (0, 0))[0],
                  amount_fen=here.get(stage.key, (0, 0))[1], won=stage.won)
        for stage in pipeline.stages
    )  # fmt: skip
    return lines, sum(count for stages in found.values() for count, _ in stages.values())


def overdue(reader: Reader) -> tuple[OwnerLine, ...]:
    """What each colleague should have done by now, the most first."""
    lead, followup, task = (cast(Any, table) for table in (Lead, Followup, Task))
    late: dict[str, tuple[Any, ...]] = {
        "first_calls": (lead, "lead", lead.state == "new", lead.first_call_due < reader.now),
        "followups": (followup, "followup", followup.state == "open",
                      func.coalesce(followup.snoozed_until, followup.due_at) < reader.now,
                      followup.muted_at.is_(None), followup.sop.not_in(ELSEWHERE)),
        "tasks": (task, "task", task.state == "open", task.due_at < reader.now, task.muted_at.is_(None)),
    }  # fmt: skip
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, (table, resource, *where) in late.items():
        query = select(table.owner_id, func.count()).where(
            reader.clause(table, resource), table.owner_id.is_not(None), *where
        )
        for owner_id, count in reader.session.execute(query.group_by(table.owner_id)):
            found[owner_id][kind] = int(count)
    reader.preload(Person, found)
    lines = [
        OwnerLine(person_id=who, name=person_name(reader, who), **counts) for who, counts in found.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.total, line.name)))


def slow(reader: Reader) -> tuple[tuple[SlowLine, ...], int]:
    """Open deals that stay in their stage too long: the longest ones, and how many there are."""
    rows = overstaying(reader, reader.clause(Deal, "deal"))
    slowest = rows[:SLOWEST]
    reader.preload(Customer, (row.customer_id for row in slowest))
    return tuple(_slow_line(reader, row) for row in slowest), len(rows)


def _slow_line(reader: Reader, row: Deal) -> SlowLine:
    allowed = limit_for(reader, row)
    return SlowLine(
        deal_id=row.id, name=customer_name(reader, row.customer_id), interest=row.interest,
        stage_name=stage_name(reader, row), owner_name=person_name(reader, row.owner_id),
        days=(reader.now - row.stage_since).days, expected_days=allowed.span.days if allowed is not None else 0,
    )  # fmt: skip


def lost_reasons(reader: Reader, week: Week) -> tuple[ReasonLine, ...]:
    """Why deals were lost, the most frequent first; an empty reason: nobody said."""
    deal = cast(Any, Deal)
    query = (
        reader.select(Deal, "deal").where(deal.state == "lost", *_inside(deal.closed_at, week)).limit(MANY)
    )
    counts = Counter(reader.reveal(row, "lost_reason").strip() for row in reader.rows(query))
    return tuple(ReasonLine(reason=reason, count=count) for reason, count in counts.most_common(REASONS))
