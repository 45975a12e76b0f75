"""What the figures say: a morning plan, an evening summary, a week for a manager. The public vocabulary."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from crm_core.kernel.registry import Command, Event, Question, View

Digest = Literal["morning", "evening", "weekly"]
Group = Literal["overdue", "first_call", "timed", "untimed", "birthday", "renewal"]


class PlanDigests(Command):
    """Make the timers of the digests of the next hours; for the scheduler, as often as it likes."""


class SetDigest(Command):
    """The actor wants a digest on or off, at another local time, weekday (0 Monday) or language; None: as it is.

    Raises Refused for the weekly digest of somebody who may not see reports, Invalid for an unknown language.
    """

    digest: Digest
    enabled: bool | None = None
    send_at: str | None = None
    weekday: int | None = None
    language: str | None = None


class RestoreDigest(Command):
    """The actor's choice exactly as it was, None being policy's; the inverse of SetDigest."""

    digest: Digest
    enabled: bool | None
    send_at: str | None
    weekday: int | None
    language: str | None


class DigestChanged(Event):
    person_id: str
    digest: str


class DigestView(View):
    """How the actor gets a digest. `send_at` is his local time; `next_at` the next one, None when there is none."""

    digest: str
    enabled: bool
    send_at: str
    weekday: int | None
    language: str
    next_at: datetime | None


class MyDigest(Question):
    """How the actor gets a digest: DigestView."""

    digest: Digest


class Line(View):
    """One thing to do. `subject` is its record (`lead:ID`), `what` its kind or words, `at` when it is due.

    `kind`: first_call, task, appointment kinds, followup; `late`: it should have been done already.
    """

    group: Group
    kind: str
    subject: str
    name: str
    what: str
    at: datetime | None = None
    on: date | None = None
    late: bool = False


class PlanView(View):
    """A day's plan, the most urgent first; `lines` also holds what is overdue. A message shows `limit` of them."""

    on: date
    lines: tuple[Line, ...]
    limit: int = 12

    @property
    def overdue(self) -> int:
        return sum(line.group == "overdue" for line in self.lines)


class DayPlan(Question):
    """What the actor has to do on a local date (None: today): PlanView."""

    on: date | None = None


class Done(View):
    """How much of one kind was done: first_calls, contacts, test_drives, visits, tasks, quotes, won."""

    kind: str
    count: int


class SummaryView(View):
    """A day looked back on: what was done, what of it is still open, and what comes first on `next_on`."""

    on: date
    done: tuple[Done, ...]
    still_open: tuple[Line, ...]
    next_on: date
    first: Line | None
    next_count: int
    limit: int = 12


class DaySummary(Question):
    """The actor's day (None: today): SummaryView."""

    on: date | None = None


class StageLine(View):
    """Open deals in one stage; money in fen. `won` stages hold what was won in the week."""

    key: str
    name: str
    count: int
    amount_fen: int
    won: bool = False


class OwnerLine(View):
    """What one colleague has overdue."""

    person_id: str
    name: str
    first_calls: int = 0
    followups: int = 0
    tasks: int = 0

    @property
    def total(self) -> int:
        return self.first_calls + self.followups + self.tasks


class SlowLine(View):
    """A deal that stays in its stage longer than expected."""

    deal_id: str
    name: str
    interest: str
    stage_name: str
    owner_name: str
    days: int
    expected_days: int


class Counted(View):
    """A figure of the week, and of the week before."""

    kind: str
    count: int
    before: int


class ReasonLine(View):
    reason: str
    count: int


class WeekView(View):
    """A week of the actor's team: `start` and `end` are its Monday and its last day.

    `figures`: leads, test_drives, quotes, won, lost, beside the same stretch of the week before. `elsewhere` counts
    the deals on other pipelines than the funnel's.
    """

    start: date
    end: date
    unit_name: str
    figures: tuple[Counted, ...]
    funnel: tuple[StageLine, ...]
    elsewhere: int
    overdue: tuple[OwnerLine, ...]
    slow: tuple[SlowLine, ...]
    slow_count: int
    lost: tuple[ReasonLine, ...]

    def count(self, kind: str) -> int:
        return next((figure.count for figure in self.figures if figure.kind == kind), 0)


class WeekReport(Question):
    """The week that `on` falls into (None: this one, so far): WeekView. Raises Refused without access to reports."""

    on: date | None = None
