"""Cadences as data: what starts and ends them, and what is done when. Pure decisions over plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as LocalTime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from crm_core.followups.values import Clock, Data, Duration, Place, Text, due, written
from crm_core.kernel.calendar import after_quiet, local_instant
from crm_core.kernel.uow import Priority

# What an event may be about; the first is what a cadence that does not say it is about.
SUBJECTS: dict[str, tuple[str, ...]] = {
    "LeadAssigned": ("lead",),
    "DealOpened": ("deal", "customer"),
    "DealReopened": ("deal", "customer"),
    "DealWon": ("deal", "customer"),
    "LevelChanged": ("deal",),
    "StageChanged": ("deal", "customer"),
    "QuoteMade": ("deal",),
    "AppointmentBooked": ("appointment", "customer"),
    "AppointmentEnded": ("appointment", "customer"),
    "ContactLogged": ("deal", "customer"),
    "DecisionMakerMarked": ("customer",),
    "OrderDelivered": ("customer",),
}
# These are no events: a planner starts the cadence when the day has come.
PLANNED: dict[str, tuple[str, ...]] = {"birthday": ("customer",), "dwell": ("deal",)}
STARTERS = (*SUBJECTS, *PLANNED)
STOPPERS = (
    "LeadContacted", "LeadLost", "DealLost", "DealWon", "ContactLogged", "AppointmentBooked", "AppointmentEnded",
    "DiscountApplied", "StageChanged", "LevelChanged",
)  # fmt: skip
# What a cadence may ask of the record it is about; followups/traits.py knows how to find them.
Trait = Literal["level", "stage", "state", "pipeline", "decision_maker", "open_deal", "contacted"]
Level = Literal["H", "A", "B", "C"]
Wanted = bool | str | list[str]
DAY = timedelta(days=1)


class _Match(Data):
    """An event, and values its fields must have; a list means any of them."""

    where: dict[str, str | list[str]] = Field(default={})

    def fits(self, fields: Mapping[str, Any]) -> bool:
        return all(matches(fields.get(name), wanted) for name, wanted in self.where.items())


def matches(value: Any, wanted: Wanted) -> bool:
    """Whether a value is the one wanted, or one of them."""
    return value in wanted if isinstance(wanted, list) else value == wanted


class Trigger(_Match):
    event: Literal[STARTERS]  # type: ignore[valid-type]


class Stop(_Match):
    """Ends the cadence; `after` lets what happens sooner than that pass."""

    event: Literal[STOPPERS]  # type: ignore[valid-type]
    after: Duration = timedelta()


class Escalation(Data):
    """Somebody else hears of it when a reminder was not acted on for so long."""

    after: Duration
    to: Literal["manager", "team"] = "manager"
    priority: Literal["must_know", "reminder"] = "reminder"
    text: Text


class Step(Data):
    """One step. do: remind the person, escalate to him, offer to the team, pool, miss (it is over), greet.

    `at` counts from the start; `every` repeats it, `until` so long after the start at most; a table gives each
    intent level its own rhythm. With `time` it is done on that local day at that time.
    """

    at: Duration | None = None
    every: Duration | dict[Level, Duration] | None = None
    until: Duration | None = None
    time: LocalTime | None = None
    do: Literal["remind", "nudge", "escalate", "offer", "pool", "miss", "greet"]
    to: Literal["owner", "manager", "team"] = "owner"
    priority: Literal["must_know", "reminder"] = "reminder"
    text: Text

    @property
    def rank(self) -> int:
        return Priority.MUST_KNOW if self.priority == "must_know" else Priority.REMINDER

    @property
    def reminds(self) -> bool:
        """Whether it only reminds; such steps may be put off or muted, the others keep their time."""
        return self.do in ("remind", "nudge")

    @property
    def gap(self) -> timedelta | None:
        """How long between two turns; None when there is one turn only."""
        return self.every if isinstance(self.every, timedelta) else None

    @property
    def first(self) -> timedelta:
        """From the start to the first turn."""
        return self.at if self.at is not None else self.gap or timedelta()

    @model_validator(mode="after")
    def _consistent(self) -> Step:
        if self.at is None and self.every is None:
            raise ValueError("a step needs `at`, `every` or both")
        if self.until is not None and self.every is None:
            raise ValueError("`until` is for a step with `every`")
        if self.every is not None and self.do not in ("remind", "nudge", "escalate"):
            raise ValueError(f"a step that does {self.do!r} cannot repeat")
        gaps = self.every.values() if isinstance(self.every, dict) else [self.every or DAY]
        if min(gaps, default=DAY) < timedelta(hours=1):
            raise ValueError("a step may repeat once an hour at most")
        if self.time is not None and any(span % DAY for span in (*gaps, self.first)):
            raise ValueError("with `time`, `at` and `every` must be whole days")
        return self


def _listed(value: Any) -> Any:
    """One trigger may stand for a list of one."""
    return value if isinstance(value, list | tuple) else [value]


class Sop(Data):
    """`sop/*.yaml`. `again`: what a trigger does to one that runs already: it starts anew, moves on from now,
    or stays; `rest`: and no other one starts so soon after the last began. `while`: it ends as soon as this no
    longer holds of its record. `ask`: what is asked of the customer."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    title: Text
    trigger: Annotated[list[Trigger], BeforeValidator(_listed)] = Field(min_length=1)
    about: Literal["lead", "deal", "appointment", "customer"] | None = None
    holds: dict[Trait, Wanted] = Field(default={}, alias="while")
    clock: Clock = "calendar"
    quiet: Literal["move", "ignore"] = "move"
    again: Literal["anew", "move", "keep"] = "anew"
    rest: Duration = timedelta()
    ask: Literal["", "satisfaction"] = ""
    stop: list[Stop] = Field(default=[])
    steps: list[Step] = Field(min_length=1)
    escalation: Escalation | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Sop:
        times = [step.first for step in self.steps]
        if times != sorted(times):
            raise ValueError("steps must be in the order of their times")
        for trigger in self.trigger:
            known = {**SUBJECTS, **PLANNED}[trigger.event]
            if self.about is not None and self.about not in known:
                raise ValueError(f"{trigger.event} is about {' or '.join(known)}, not about a {self.about}")
        return self

    def subject_of(self, event: str) -> str:
        """What it is about when this event starts it: `deal`."""
        return self.about or {**SUBJECTS, **PLANNED}[event][0]

    def begins(self, event: str, fields: Mapping[str, Any]) -> bool:
        """Whether an event starts it."""
        return any(trigger.event == event and trigger.fits(fields) for trigger in self.trigger)

    @property
    def repeats(self) -> bool:
        """Whether it goes on until something ends it."""
        return any(step.every is not None for step in self.steps)

    @property
    def by_level(self) -> bool:
        """Whether its rhythm depends on the intent level."""
        return any(isinstance(step.every, dict) for step in self.steps)

    def at_level(self, level: str) -> Sop | None:
        """The cadence with the rhythm of a level; None when the level has none."""
        if not self.by_level:
            return self
        steps = [_at_level(step, level) for step in self.steps]
        kept = [step for step in steps if step is not None]
        return self.model_copy(update={"steps": kept}) if kept else None

    @property
    def ladder(self) -> tuple[Step, ...]:
        """Every step, and after them what the escalation adds to each reminder."""
        return (*self.steps, *self._escalations()) if self.escalation is not None else tuple(self.steps)

    def _escalations(self) -> Iterator[Step]:
        rule = self.escalation
        assert rule is not None
        for step in self.steps:
            if step.reminds:
                yield Step(
                    at=step.first + rule.after, every=step.every, do="escalate", to=rule.to, text=rule.text,
                    until=None if step.until is None else step.until + rule.after, priority=rule.priority,
                    time=None if rule.after % DAY else step.time,
                )  # fmt: skip


def _at_level(step: Step, level: str) -> Step | None:
    if not isinstance(step.every, dict):
        return step
    gap = next((gap for known, gap in step.every.items() if known == level), None)
    return step.model_copy(update={"every": gap}) if gap is not None else None


@dataclass(frozen=True)
class Planned:
    """When a turn of a step is due. `unmoved`: when it would be if nobody had to be left in peace."""

    at: datetime
    step: Step
    index: int = 0
    turn: int = 0
    unmoved: datetime | None = None


def plan(sop: Sop, start: datetime, place: Place, now: datetime | None = None) -> list[Planned]:
    """Every step with its instant; of what repeats the first turn, or with `now` the next one after it."""
    found = []
    for index in range(len(sop.ladder)):
        turn = 0 if now is None else _turn_after(sop, index, start, place, now)
        planned = turn_of(sop, index, turn, start, place)
        if planned is not None:
            found.append(planned)
    return found


def turn_of(sop: Sop, index: int, turn: int, start: datetime, place: Place) -> Planned | None:
    """One turn of a step; None when it does not come any more. Quiet hours move a reminder; what must be known
    and what counts as missed is not moved."""
    step = sop.ladder[index]
    span = step.first + (step.gap or timedelta()) * turn
    if (turn and step.gap is None) or (step.until is not None and span > step.until):
        return None
    unmoved = _instant(step, sop.clock, start, span, place)
    at = unmoved
    if sop.quiet == "move" and step.rank > Priority.MUST_KNOW and step.do != "miss":
        at = after_quiet(unmoved, place.hours, place.zone)
    return Planned(at, step, index, turn, unmoved)


def _turn_after(sop: Sop, index: int, start: datetime, place: Place, now: datetime) -> int:
    """The first turn of a step that is still ahead."""
    step = sop.ladder[index]
    if step.gap is None:
        return 0
    # A day early, because quiet hours, a time of day and closed days move turns.
    turn = max(0, (now - start - step.first - DAY) // step.gap)
    while (found := turn_of(sop, index, turn, start, place)) is not None and found.at <= now:
        turn += 1
    return turn


def _instant(step: Step, clock: Clock, start: datetime, span: timedelta, place: Place) -> datetime:
    if step.time is None:
        return due(start, span, clock, place)
    day = (start.astimezone(ZoneInfo(place.zone)) + span).date()
    if clock == "working":
        day = open_day(day, place)
    return local_instant(day, step.time, place.zone)


def open_day(day: date, place: Place) -> date:
    """The day, or the next one the dealer is open; the day itself when he never is."""
    for ahead in range(60):
        if place.hours.shifts_on(day + ahead * DAY):
            return day + ahead * DAY
    return day


def stops(sop: Sop, event: str, fields: Mapping[str, Any], started_at: datetime, at: datetime) -> bool:
    """Whether an event that happened at `at` ends a cadence that started at `started_at`."""
    return any(
        stop.event == event and stop.fits(fields) and at >= started_at + stop.after for stop in sop.stop
    )


@dataclass(frozen=True)
class Reason:
    """One reason for the time of a step; `key` is a text (`sop.why.<key>`), `values` fill it."""

    key: str
    values: dict[str, str]


def reasons(sop: Sop, planned: Planned, start: datetime, place: Place) -> Iterator[Reason]:
    """Why a step is due when it is, in the order in which it was decided."""
    step, zone = planned.step, ZoneInfo(place.zone)
    unmoved = (planned.unmoved or planned.at).astimezone(zone)
    if step.gap is not None:
        yield Reason("every", {"span": written(step.gap)})
    elif not step.first:
        yield Reason("start", {})
    else:
        yield Reason(sop.clock if step.time is None else "later", {"span": written(step.first)})
    if step.time is not None:
        yield Reason("time", {"time": f"{step.time:%H:%M}"})
    if sop.clock == "working":
        if shut := _closed_days(start.astimezone(zone).date(), unmoved.date(), place):
            yield Reason("closed", {"days": " ".join(day.isoformat() for day in shut)})
        hours = " ".join(f"{s.start:%H:%M}-{s.end:%H:%M}" for s in place.hours.shifts_on(unmoved.date()))
        if hours:
            yield Reason("hours", {"hours": hours})
    quiet = {"from": f"{place.hours.quiet_from:%H:%M}", "until": f"{place.hours.quiet_until:%H:%M}"}
    if planned.at != unmoved:
        yield Reason("quiet", {**quiet, "time": f"{unmoved:%H:%M}"})
    elif after_quiet(planned.at, place.hours, place.zone) != planned.at:
        yield Reason("loud", quiet)


def _closed_days(first: date, last: date, place: Place) -> list[date]:
    """The days between on which the dealer is closed, a dozen at most."""
    days = ((first + ahead * DAY) for ahead in range(min((last - first).days, 400) + 1))
    return [day for day in days if not place.hours.shifts_on(day)][:12]
