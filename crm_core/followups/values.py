"""Durations, texts and the place a cadence runs in: what its rules are made of. Plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from crm_core.kernel.calendar import Hours, add_working

_DURATION = re.compile(r"^(\d{1,5})\s*([mhd])$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
Clock = Literal["working", "calendar"]


def duration(value: Any) -> timedelta:
    """`45m`, `4h`, `2d` as a timedelta. Raises ValueError for anything else."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.match(str(value).strip())
    if not found:
        raise ValueError(f"{value!r} is no duration such as 45m, 4h or 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def written(value: timedelta) -> str:
    """The shortest of `2d`, `4h`, `45m` that says the same."""
    minutes = int(value.total_seconds() // 60)
    for unit, size in (("d", 24 * 60), ("h", 60)):
        if minutes and minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


Duration = Annotated[timedelta, BeforeValidator(duration), PlainSerializer(written, return_type=str)]


class Data(BaseModel):
    """A frozen part of a policy; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Text(Data):
    zh: str
    en: str

    def of(self, language: str) -> str:
        return self.en if language == "en" else self.zh


@dataclass(frozen=True)
class Place:
    """Where a cadence runs: the dealer's hours and zone."""

    hours: Hours
    zone: str


def due(start: datetime, after: timedelta, clock: Clock, place: Place) -> datetime:
    """`after` later: elapsed time, or minutes of the dealer's working hours."""
    return add_working(start, after, place.hours, place.zone) if clock == "working" else start + after
