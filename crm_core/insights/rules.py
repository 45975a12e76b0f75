"""When a digest is due, for whom, and in which order things stand in it. Pure decisions over plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from crm_core.followups.rules import Duration
from crm_core.insights.messages import Digest, Line
from crm_core.kernel.calendar import WEEKDAYS, Hours, Weekday, after_quiet, local_instant

DIGESTS: tuple[Digest, ...] = get_args(Digest)
GROUPS = ("overdue", "first_call", "timed", "untimed", "birthday", "renewal")


class DigestPolicy(BaseModel):
    """One digest as policy has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    send: bool = True
    roles: list[str] = []
    at: time
    weekday: Weekday | None = None
    empty: Literal["silent", "line"] = "silent"
    catch_up: Duration = timedelta(hours=4)


class DigestsPolicy(BaseModel):
    """`digests.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    look_ahead: Duration = Field(default=timedelta(hours=48), le=timedelta(hours=48))
    lines: int = Field(default=12, ge=3, le=30)
    renewals_within: int = Field(default=3, ge=0, le=60)
    morning: DigestPolicy
    evening: DigestPolicy
    weekly: DigestPolicy

    def of(self, digest: Digest) -> DigestPolicy:
        found: DigestPolicy = getattr(self, digest)
        return found


POLICIES = [("digests", DigestsPolicy)]


@dataclass(frozen=True)
class Wish:
    """What a person wants differently; None: as policy has it."""

    enabled: bool | None = None
    at: time | None = None
    weekday: int | None = None


@dataclass(frozen=True)
class Habit:
    """One person's one digest: whether, and when on his clock. `chosen`: he named the time himself."""

    digest: Digest
    enabled: bool
    at: time
    weekday: int | None
    chosen: bool


def habit(digest: Digest, policy: DigestPolicy, roles: Iterable[str], wish: Wish) -> Habit:
    """His own word first, then policy for his roles."""
    usual = policy.send and bool(set(roles) & set(policy.roles))
    weekday = wish.weekday if wish.weekday is not None else _index(policy.weekday)
    return Habit(digest, usual if wish.enabled is None else wish.enabled, wish.at or policy.at,
                 weekday, wish.at is not None)  # fmt: skip


def _index(weekday: Weekday | None) -> int | None:
    return None if weekday is None else WEEKDAYS.index(weekday)


def falls_on(one: Habit, day: date, hours: Hours) -> bool:
    """Whether this local date has one: a working day; for the weekly, the first from its weekday on."""
    if not hours.shifts_on(day):
        return False
    if one.weekday is None:
        return True
    if day.weekday() < one.weekday:
        return False
    before = (day - timedelta(days=n) for n in range(1, day.weekday() - one.weekday + 1))
    return not any(hours.shifts_on(other) for other in before)


def instant(one: Habit, day: date, hours: Hours, zone: str) -> datetime:
    """When it is due on a local date. A time he named himself stands; policy's keeps out of quiet hours."""
    at = local_instant(day, one.at, zone)
    return at if one.chosen else after_quiet(at, hours, zone)


def occurrences(
    one: Habit, hours: Hours, zone: str, since: datetime, until: datetime
) -> Iterator[tuple[date, datetime]]:
    """The local dates and instants of a digest in a span, each once."""
    day = since.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    last = until.astimezone(ZoneInfo(zone)).date()
    while one.enabled and day <= last:
        if falls_on(one, day, hours):
            at = instant(one, day, hours, zone)
            if since <= at <= until:
                yield day, at
        day += timedelta(days=1)


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Overdue first, then first calls, then by the clock, then what has no time."""
    return tuple(
        sorted(lines, key=lambda line: (GROUPS.index(line.group), line.at is None, line.at or _NEVER))
    )


_NEVER = datetime.max.replace(tzinfo=ZoneInfo("UTC"))


def week_of(day: date) -> date:
    """The Monday of a date's week."""
    return day - timedelta(days=day.weekday())


def week_told(day: date) -> date:
    """The Monday of the week a report tells of: early in a week the one that is over, later the present one."""
    return week_of(day) - timedelta(days=7 if day.weekday() < 3 else 0)
