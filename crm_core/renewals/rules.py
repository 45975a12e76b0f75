"""When something comes due and when it is reminded of. Pure decisions over plain values."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise
from statistics import median
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from crm_core.followups.rules import Duration, Text

# Worked out from a car or from orders, never told as a date.
DERIVED_KINDS = ("maintenance", "anniversary", "dormant")
CAR_KINDS = ("maintenance", "inspection", "anniversary")
Feb29 = Literal["feb_28", "mar_1"]
YEAR = timedelta(days=365)
# A car that hardly moves: farther ahead nothing is worked out.
FAR_DAYS = 3650.0
# Two readings closer than this say nothing about a car's use.
MIN_SPAN = timedelta(days=30)
# An inspection done early or late is still the one of that time, not the next.
NEXT_INSPECTION = timedelta(days=150)
SLACK_MONTHS = 3


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _descending(days: list[int]) -> list[int]:
    """Raises ValueError when the earliest reminder does not stand first."""
    if days != sorted(set(days), reverse=True) or (days and days[-1] < 0):
        raise ValueError("lead days go down, and none is negative")
    return days


class KindRule(_Data):
    """One kind of `renewals.yaml`."""

    title: Text
    lead_days: Annotated[list[int], AfterValidator(_descending)]
    again_months: int | None = Field(default=12, ge=1)
    lapse_after_days: int = Field(default=30, ge=0)


class InspectionRule(_Data):
    """Months after registration."""

    due_months: list[int] = Field(min_length=1)
    then_every_months: int = Field(ge=1)
    test_line_months: list[int] = []


class MaintenanceRule(_Data):
    every_km: int = Field(default=10_000, ge=500)
    every_months: int = Field(default=12, ge=1)
    km_per_year: int = Field(default=15_000, ge=100)


class DormantRule(_Data):
    order_kinds: list[str] = ["parts", "service"]
    min_orders: int = Field(default=3, ge=2)
    factor: float = Field(default=1.5, gt=0)
    at_least_days: int = Field(default=30, ge=1)
    otherwise_days: int = Field(default=180, ge=1)


class RenewalPolicy(_Data):
    """`renewals.yaml`."""

    at: time = time(9)
    look_ahead: Duration = timedelta(hours=48)
    kinds: dict[str, KindRule]
    feb_29: Feb29 = "feb_28"
    inspection: InspectionRule
    maintenance: MaintenanceRule = MaintenanceRule()
    dormant: DormantRule = DormantRule()


POLICIES = [("renewals", RenewalPolicy)]


def plus_months(day: date, months: int, feb_29: Feb29 = "feb_28") -> date:
    """The same day so many months later; the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    if feb_29 == "mar_1" and (day.month, day.day, month + 1) == (2, 29, 2) and last == 28:
        return date(year, 3, 1)
    return date(year, month + 1, min(day.day, last))


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


# Reminders


def reminder_days(
    due_on: date, lead_days: Iterable[int], told_on: date, open_on: Callable[[date], bool]
) -> list[date]:
    """The local days on which the owner is reminded, in order; only days after the one on which it was told.

    A day on which nobody works gives way to the working day before. What was told too late for every lead day is
    reminded of on the day itself.
    """
    days = {_working(due_on - timedelta(days=lead), told_on, open_on) for lead in lead_days}
    return sorted(day for day in days if day > told_on) or ([due_on] if due_on > told_on else [])


def _working(day: date, told_on: date, open_on: Callable[[date], bool]) -> date:
    """The day, or the last working day before it that is still ahead."""
    for back in range(14):
        earlier = day - timedelta(days=back)
        if earlier <= told_on:
            break
        if open_on(earlier):
            return earlier
    return day


def first_after(days: Iterable[date], day: date) -> date | None:
    """The next of the days, in order, after a day."""
    return next((one for one in days if one > day), None)


def newest_passed(days: Sequence[date], remind_on: date, today: date) -> date:
    """The day to remind of: of several that passed while nobody worked only the newest."""
    return next((day for day in reversed(days) if remind_on <= day <= today), remind_on)


# Inspection


def inspection_due(rule: InspectionRule, bought_on: date, after: date) -> date:
    """The first inspection that ends after a day: the last day of the month, counted from registration."""
    months = 0
    for months in rule.due_months:
        due = month_end(plus_months(bought_on.replace(day=1), months))
        if due > after:
            return due
    while (due := month_end(plus_months(bought_on.replace(day=1), months))) <= after:
        months += rule.then_every_months
    return due


def needs_test_line(rule: InspectionRule, bought_on: date, due_on: date) -> bool:
    """Whether the car has to be shown; in the years in between the label is enough."""
    months = (due_on.year - bought_on.year) * 12 + due_on.month - bought_on.month
    return months > max(rule.due_months) + SLACK_MONTHS or any(
        abs(months - due) <= SLACK_MONTHS for due in rule.test_line_months
    )


# Mileage and maintenance


@dataclass(frozen=True)
class CarFacts:
    """What is known of a car's use. `serviced_km` may be unknown."""

    bought_on: date | None = None
    mileage_km: int | None = None
    mileage_on: date | None = None
    serviced_on: date | None = None
    serviced_km: int | None = None


def km_per_day(facts: CarFacts, rule: MaintenanceRule) -> float:
    """By two readings far enough apart, the newest pair first; else the yearly average."""
    readings = sorted(_readings(facts))
    newest = readings[-1:]
    for earlier in reversed(readings[:-1]):
        day, km = newest[0]
        if day - earlier[0] >= MIN_SPAN and km > earlier[1]:
            return (km - earlier[1]) / (day - earlier[0]).days
    return rule.km_per_year / 365


def _readings(facts: CarFacts) -> list[tuple[date, int]]:
    found = [
        (facts.bought_on, 0),
        (facts.mileage_on, facts.mileage_km),
        (facts.serviced_on, facts.serviced_km),
    ]
    return [(day, km) for day, km in found if day is not None and km is not None]


def expected_km(facts: CarFacts, rule: MaintenanceRule, day: date) -> int | None:
    """About what the car shows on a day; None when no reading is known. Never less than the last reading."""
    readings = sorted(_readings(facts))
    if not readings:
        return None
    last_on, last_km = readings[-1]
    return round(last_km + max((day - last_on).days, 0) * km_per_day(facts, rule))


def maintenance_due(
    facts: CarFacts, rule: MaintenanceRule, today: date, after: date | None = None, back: timedelta = YEAR
) -> date | None:
    """When the next service is due, by date or by estimated mileage, whichever is first; None when nothing is known.

    A car that was due longer than `back` ago is due at the next round; `after` asks for one after that day.
    """
    base = facts.serviced_on or facts.bought_on
    found = [day for day in (_by_mileage(facts, rule), base and plus_months(base, rule.every_months)) if day]
    if not found:
        return None
    due = first = min(found)
    rounds = 0
    while due < today - back or (after is not None and due <= after):
        rounds += 1
        due = plus_months(first, rounds * rule.every_months)
    return due


def _by_mileage(facts: CarFacts, rule: MaintenanceRule) -> date | None:
    """The day the car reaches the mileage of its next service."""
    readings = sorted(_readings(facts))
    if not readings:
        return None
    rate, (last_on, last_km) = km_per_day(facts, rule), readings[-1]
    if facts.serviced_on is not None:
        since = facts.serviced_km
        if since is None:
            since = round(last_km - (last_on - facts.serviced_on).days * rate)
        target = since + rule.every_km
    else:
        # Never here for a service: by the marks on the dial, the one just reached included.
        target = -(-max(last_km, 1) // rule.every_km) * rule.every_km
    days = max(target - last_km, 0) / rate
    return last_on + timedelta(days=round(min(days, FAR_DAYS)))


# Anniversaries


def anniversary_due(bought_on: date, after: date, feb_29: Feb29 = "feb_28") -> date:
    """The first yearly return of a day after another day."""
    years = max(after.year - bought_on.year, 1)
    while (due := plus_months(bought_on, 12 * years, feb_29)) <= after:
        years += 1
    return due


# Rhythm


def rhythm(days: Iterable[date], rule: DormantRule) -> int | None:
    """How many days usually lie between a customer's orders; None for too few of them."""
    distinct = sorted(set(days))
    if len(distinct) < rule.min_orders:
        return None
    return round(median((later - earlier).days for earlier, later in pairwise(distinct)))


def dormant_from(days: Sequence[date], rule: DormantRule) -> date | None:
    """From when a customer counts as not seen for long; None for one who never bought."""
    if not days:
        return None
    own = rhythm(days, rule)
    wait = rule.otherwise_days if own is None else max(round(own * rule.factor), rule.at_least_days)
    return max(days) + timedelta(days=wait)
