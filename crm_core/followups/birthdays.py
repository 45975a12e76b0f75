"""Which birthdays fall on a date, in the solar and in the lunar calendar. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal


@dataclass(frozen=True, order=True)
class BirthdayKey:
    """People born on this month and day have their birthday; `occurrence` names the year it belongs to."""

    lunar: bool
    month: int
    day: int
    occurrence: str


def keys_on(day: date, feb_29: Literal["feb_28", "mar_1"] = "feb_28") -> list[BirthdayKey]:
    """The birthdays that are celebrated on a date."""
    return sorted({*_solar(day, feb_29), *_lunar(day)})


def _solar(day: date, feb_29: str) -> Iterator[BirthdayKey]:
    year = str(day.year)
    yield BirthdayKey(False, day.month, day.day, year)
    leap_year = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    stand_in = (2, 28) if feb_29 == "feb_28" else (3, 1)
    if not leap_year and (day.month, day.day) == stand_in:
        yield BirthdayKey(False, 2, 29, year)


def _lunar(day: date) -> Iterator[BirthdayKey]:
    """The plain month counts, a leap month does not: each lunar year has each birthday once.

    A month of 29 days keeps the birthday of its 30th on the 29th. Keyed by lunar year, since a solar year
    may hold the same lunar date twice or never.
    """
    from borax.calendars.lunardate import LunarDate

    try:
        today = LunarDate.from_solar(day)
        tomorrow = day + timedelta(days=1)
        next_day = LunarDate.from_solar(tomorrow).day
    except ValueError:  # beyond the library's last year
        return
    if today.leap:
        return
    year = f"L{today.year}"
    yield BirthdayKey(True, today.month, today.day, year)
    if today.day == 29 and next_day == 1:
        yield BirthdayKey(True, today.month, 30, year)
