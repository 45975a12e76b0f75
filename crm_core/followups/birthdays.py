"""Which birthdays fall on a date, in the solar and in the lunar calendar. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

# A lunar year with a leap month has 385 days at most, and a birthday may come late in the one and early in the next.
LONGEST = 400


@dataclass(frozen=True, order=True)
class BirthdayKey:
    """People born on this month and day have their birthday; `occurrence` names the year it belongs to."""

    lunar: bool
    month: int
    day: int
    occurrence: str
    leap: bool = False


def keys_on(day: date, feb_29: Literal["feb_28", "mar_1"] = "feb_28") -> list[BirthdayKey]:
    """The birthdays that are celebrated on a date."""
    return sorted({*_solar(day, feb_29), *_lunar(day)})


def next_on(
    key: tuple[int, int], today: date, feb_29: Literal["feb_28", "mar_1"] = "feb_28", *, lunar: bool = False,
    leap: bool = False,
) -> date | None:
    """The next day (today among them) on which somebody born on a month and day has his birthday."""
    for ahead in range(LONGEST):
        day = today + timedelta(days=ahead)
        found = keys_on(day, feb_29)
        if any((k.month, k.day, k.lunar, k.leap) == (*key, lunar, leap) for k in found):
            return day
    return None


def _solar(day: date, feb_29: str) -> Iterator[BirthdayKey]:
    year = str(day.year)
    yield BirthdayKey(False, day.month, day.day, year)
    leap_year = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    stand_in = (2, 28) if feb_29 == "feb_28" else (3, 1)
    if not leap_year and (day.month, day.day) == stand_in:
        yield BirthdayKey(False, 2, 29, year)


def _lunar(day: date) -> Iterator[BirthdayKey]:
    """Each lunar year has each birthday once, and is what it is keyed by: a solar year may hold the same lunar date
    twice or never.

    Who was born in a leap month has his birthday there in years that have it, else in the plain month. A month of
    29 days keeps the birthday of its 30th on the 29th.
    """
    from borax.calendars.lunardate import LCalendars, LunarDate

    try:
        today = LunarDate.from_solar(day)
        next_day = LunarDate.from_solar(day + timedelta(days=1)).day
        leap_month = LCalendars.leap_month(today.year)
    except ValueError:  # beyond the library's last year
        return
    days = [today.day, *([30] if today.day == 29 and next_day == 1 else [])]
    for born_leap in (False, True):
        celebrated = today.leap if leap_month == today.month and born_leap else not today.leap
        if celebrated:
            for one in days:
                yield BirthdayKey(True, today.month, one, f"L{today.year}", born_leap)
