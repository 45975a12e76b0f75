"""Cadences as data: what is done when, and what ends it. Pure decisions over plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from crm_core.kernel.calendar import Hours, add_working, after_quiet
from crm_core.kernel.uow import Priority

_DURATION = re.compile(r"^(\d{1,5})\s*([mhd])$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
Clock = Literal["working", "calendar"]
STARTERS = ("LeadAssigned", "AppointmentEnded", "AppointmentBooked", "QuoteMade", "StageChanged", "birthday")
STOPPERS = (
    "LeadContacted", "LeadLost", "DealLost", "DealWon", "ContactLogged", "AppointmentBooked", "AppointmentEnded",
    "DiscountApplied",
)  # fmt: skip


def duration(value: Any) -> timedelta:
    """`45m`, `4h`, `2d` as a timedelta. Raises ValueError for anything else."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.match(str(value).strip())
    if not found:
        raise ValueError(f"{value!r} is no duration such as 45m, 4h or 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _written(value: timedelta) -> str:
    return f"{int(value.total_seconds() // 60)}m"


Duration = Annotated[timedelta, BeforeValidator(duration), PlainSerializer(_written, return_type=str)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Data):
    zh: str
    en: str

    def of(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class _Match(_Data):
    """An event, and values its fields must have; a list means any of them."""

    where: dict[str, str | list[str]] = {}

    def fits(self, fields: Mapping[str, Any]) -> bool:
        return all(
            fields.get(name) in (wanted if isinstance(wanted, list) else [wanted])
            for name, wanted in self.where.items()
        )


class Trigger(_Match):
    event: Literal[STARTERS]  # type: ignore[valid-type]


class Stop(_Match):
    """Ends the cadence; `after` lets what happens sooner than that pass."""

    event: Literal[STOPPERS]  # type: ignore[valid-type]
    after: Duration = timedelta()


class Step(_Data):
    """One step. do: remind the person, escalate to him, offer to the team, pool, miss (it is over), greet."""

    at: Duration
    do: Literal["remind", "nudge", "escalate", "offer", "pool", "miss", "greet"]
    to: Literal["owner", "manager", "team"] = "owner"
    priority: Literal["must_know", "reminder"] = "reminder"
    text: Text

    @property
    def rank(self) -> int:
        return Priority.MUST_KNOW if self.priority == "must_know" else Priority.REMINDER


class Sop(_Data):
    """`sop/*.yaml`."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    title: Text
    trigger: Trigger
    clock: Clock = "calendar"
    stop: list[Stop] = []
    steps: list[Step] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Sop:
        times = [step.at for step in self.steps]
        if times != sorted(times):
            raise ValueError("steps must be in the order of their times")
        return self


class ApprovalTimes(_Data):
    clock: Clock = "working"
    remind_after: Duration = timedelta(minutes=30)
    escalate_after: Duration = timedelta(hours=2)


class AppointmentTimes(_Data):
    day_at: time = time(9)
    remind_before: Duration = timedelta(hours=2)
    check_after: Duration = timedelta(minutes=30)
    default_length: Duration = timedelta(hours=1)


class TaskTimes(_Data):
    clock: Clock = "working"
    answer_within: Duration = timedelta(hours=2)


def _unquoted(value: Any) -> Any:
    """YAML reads a bare `off` as false."""
    return "off" if value is False else value


class BirthdayTimes(_Data):
    at: time = time(9)
    look_ahead: Duration = timedelta(hours=48)
    catch_up: Duration = timedelta(hours=12)
    feb_29: Literal["feb_28", "mar_1"] = "feb_28"
    greeting: Annotated[Literal["auto", "ask", "off"], BeforeValidator(_unquoted)] = "auto"


class FollowupPolicy(_Data):
    """`followups.yaml`."""

    approvals: ApprovalTimes = ApprovalTimes()
    appointments: AppointmentTimes = AppointmentTimes()
    tasks: TaskTimes = TaskTimes()
    birthday: BirthdayTimes = BirthdayTimes()


class Template(Text):
    """A text that may go out to customers once it is approved."""

    approved: bool = False

    def filled(self, language: str, **values: str) -> str:
        """The text with `{name}` and `{dealer}` filled in; other braces stay as they are."""
        text = self.of(language)
        for name in ("name", "dealer"):
            text = text.replace(f"{{{name}}}", values.get(name, ""))
        return text


class TemplatePolicy(_Data):
    """`templates.yaml`."""

    templates: dict[str, Template]


POLICIES = [("followups", FollowupPolicy), ("templates", TemplatePolicy), ("sop", Sop)]


@dataclass(frozen=True)
class Place:
    """Where a cadence runs: the dealer's hours and zone."""

    hours: Hours
    zone: str


@dataclass(frozen=True)
class Planned:
    """When a step is due, and why then."""

    at: datetime
    step: Step
    why: str


def due(start: datetime, after: timedelta, clock: Clock, place: Place) -> datetime:
    """`after` later: elapsed time, or minutes of the dealer's working hours."""
    return add_working(start, after, place.hours, place.zone) if clock == "working" else start + after


def plan(sop: Sop, start: datetime, place: Place) -> list[Planned]:
    """Every step with its instant. Quiet hours move a reminder; what must be known is not moved."""
    found = []
    for step in sop.steps:
        at = due(start, step.at, sop.clock, place)
        why = f"{_written(step.at)} {sop.clock}"
        if step.rank > Priority.MUST_KNOW and step.do != "miss":
            moved = after_quiet(at, place.hours, place.zone)
            why += " + quiet hours" if moved != at else ""
            at = moved
        found.append(Planned(at, step, why))
    return found


def stops(sop: Sop, event: str, fields: Mapping[str, Any], started_at: datetime, at: datetime) -> bool:
    """Whether an event that happened at `at` ends a cadence that started at `started_at`."""
    return any(
        stop.event == event and stop.fits(fields) and at >= started_at + stop.after for stop in sop.stop
    )
