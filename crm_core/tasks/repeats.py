"""What comes again and again: RFC 5545 rules on the dealer's calendar. Pure decisions over plain values.

A rule holds its clock (`FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0`), and its occurrences are told apart by their
local date, so that a change of daylight saving moves none of them on the wall clock and doubles none.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from crm_core.kernel.calendar import local_instant

MAX_RULE = 120
_PARTS = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYHOUR", "BYMINUTE"}
_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_MIDNIGHT = time(0)


def rule_problem(rule: str) -> str | None:
    """The text key of what is wrong with a rule: only such as come at most once a day, without an end."""
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    good = len(rule) <= MAX_RULE and set(parts) <= _PARTS and parts.get("FREQ") in _FREQUENCIES
    clock = all(re.fullmatch(r"\d{1,2}", parts.get(name, "")) for name in ("BYHOUR", "BYMINUTE"))
    if not (good and clock):
        return "error.bad_repeat"
    try:
        found = _next(rule, date(2024, 1, 1), date(2024, 1, 1))
    except (ValueError, TypeError):
        return "error.bad_repeat"
    return None if found is not None else "error.bad_repeat"


def clock_of(rule: str) -> time:
    """The wall clock of a rule."""
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    return time(int(parts["BYHOUR"]), int(parts["BYMINUTE"]))


def instant_of(rule: str, on: date, zone: str) -> datetime:
    """When the occurrence of a local date is due."""
    return local_instant(on, clock_of(rule), zone)


def following(rule: str, on: date, zone: str, now: datetime) -> date | None:
    """The local date after `on` that comes next; of several that were slept through the last. None: no more."""
    upcoming = _next(rule, on, on)
    if upcoming is None or instant_of(rule, upcoming, zone) > now:
        return upcoming
    today = now.astimezone(ZoneInfo(zone)).date()
    latest = _last(rule, on, today)
    if latest is not None and instant_of(rule, latest, zone) > now:
        latest = _last(rule, on, date.fromordinal(latest.toordinal() - 1))
    return latest if latest is not None and latest > on else upcoming


def first_after(rule: str, now: datetime, zone: str) -> datetime | None:
    """The first time of a new series that lies ahead."""
    today = now.astimezone(ZoneInfo(zone)).date()
    on = _next(rule, today, date.fromordinal(today.toordinal() - 1))
    if on is not None and instant_of(rule, on, zone) <= now:
        on = _next(rule, today, on)
    return instant_of(rule, on, zone) if on is not None else None


def _rule(rule: str, begin: date) -> Any:
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

    days = ";".join(part for part in rule.split(";") if not part.startswith(("BYHOUR", "BYMINUTE")))
    return rrulestr(f"RRULE:{days}", dtstart=datetime.combine(begin, _MIDNIGHT))


def _next(rule: str, begin: date, after: date) -> date | None:
    found = _rule(rule, begin).after(datetime.combine(after, _MIDNIGHT))
    return found.date() if found is not None else None


def _last(rule: str, begin: date, until: date) -> date | None:
    found = _rule(rule, begin).before(datetime.combine(until, _MIDNIGHT), inc=True)
    return found.date() if found is not None else None


def local_date(at: datetime, zone: str) -> date:
    """The day an instant falls on, on the dealer's calendar."""
    return at.astimezone(ZoneInfo(zone)).date()
