"""Questions about a day, a week, and what one gets told of them."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from crm_core.insights.day import done_in, span_of, to_do
from crm_core.insights.habits import Reading, reading_of
from crm_core.insights.messages import (
    DayPlan,
    DaySummary,
    DigestView,
    MyDigest,
    PlanView,
    SummaryView,
    WeekReport,
    WeekView,
)  # fmt: skip
from crm_core.insights.rules import DigestsPolicy, occurrences, week_of, week_told
from crm_core.insights.week import figures, funnel, lost_reasons, overdue, slow, week_at
from crm_core.kernel.calendar import Hours
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import unit_of

AHEAD = timedelta(days=8)


@answers(DayPlan)
def day_plan(question: DayPlan, reader: Reader) -> PlanView:
    """The actor's own, whoever else's records he may see."""
    span = span_of(reader, question.on)
    rules = policy(reader)
    return PlanView(on=span.on, lines=to_do(reader, span, rules.renewals_within), limit=rules.lines)


def policy(reader: Reader) -> DigestsPolicy:
    """`digests.yaml` as it holds for the actor."""
    return reader.policies.model("digests", DigestsPolicy, unit=reader.actor.unit)


@answers(DaySummary)
def day_summary(question: DaySummary, reader: Reader) -> SummaryView:
    """Done, still open, and what the next working day begins with."""
    span = span_of(reader, question.on)
    ahead = _next(reader, span.on)
    return SummaryView(
        on=span.on, done=done_in(reader, span), still_open=to_do(reader, span, 0), next_on=ahead.on,
        first=ahead.lines[0] if ahead.lines else None, next_count=len(ahead.lines),
        limit=policy(reader).lines,
    )  # fmt: skip


def _next(reader: Reader, day: date) -> PlanView:
    """The plan of the next day that is worked on or has something in it."""
    hours = reader.policies.model("hours", Hours, unit=reader.actor.unit)
    for n in range(1, AHEAD.days):
        span = span_of(reader, day + timedelta(days=n))
        lines = to_do(reader, span, 0)
        if lines or hours.shifts_on(span.on):
            return PlanView(on=span.on, lines=lines)
    return PlanView(on=day + timedelta(days=1), lines=())


@answers(WeekReport)
def week_report(question: WeekReport, reader: Reader) -> WeekView:
    """A week of what the actor may see."""
    reader.must("report", "read")
    today = reader.now.astimezone(ZoneInfo(reader.actor.zone)).date()
    week = week_at(reader, week_of(question.on) if question.on else week_told(today))
    lines, elsewhere = funnel(reader, week)
    slowest, slow_count = slow(reader)
    return WeekView(
        start=week.monday, end=min(week.monday + timedelta(days=6), max(today, week.monday)),
        unit_name=_named(reader),
        figures=figures(reader, week), funnel=lines, elsewhere=elsewhere, overdue=overdue(reader), slow=slowest,
        slow_count=slow_count, lost=lost_reasons(reader, week),
    )  # fmt: skip


def _named(reader: Reader) -> str:
    """The name of the actor's unit in his language."""
    unit = unit_of(reader, reader.actor.unit)
    if unit is None:
        return ""
    return unit.name_en if reader.actor.language == "en" and unit.name_en else unit.name


@answers(MyDigest)
def my_digest(question: MyDigest, reader: Reader) -> DigestView:
    """How the actor gets it, and when next."""
    return digest_view(reader, reading_of(reader, question.digest))


def digest_view(reader: Reader, one: Reading) -> DigestView:
    """One person's one digest."""
    ahead = occurrences(one.habit, one.hours, one.zone, reader.now, reader.now + AHEAD)
    return DigestView(
        digest=one.habit.digest, enabled=one.habit.enabled, send_at=f"{one.habit.at:%H:%M}",
        weekday=one.habit.weekday, language=one.language, next_at=next((at for _, at in ahead), None),
    )  # fmt: skip
