"""Slot values as the core wants them: instants, spans, fen, words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm_core.kernel.money import fen

# What people mostly correct, so that the bare value is understood.
MAIN_SLOT = {"create_lead": "phone", "remind_me": "when", "book_test_drive": "when", "book_service": "when",
             "request_discount": "money", "create_quote": "money", "set_stage": "stage", "set_level": "level",
             "set_expected_close": "when", "book_visit": "when", "move_appointment": "when", "set_absence": "when",
             "add_note": "text", "log_contact": "text", "send_message": "text", "mark_lost": "reason", "add_renewal": "when",
             "record_mileage": "km", "set_birthday": "birthday", "tag_customer": "text"}  # fmt: skip
_NAMES_TODAY = re.compile(r"今|当天|today|tonight", re.I)


@dataclass(frozen=True)
class When:
    """A point or a span in UTC. `vague`: only the day or half-day was said. A deadline has no start."""

    start: datetime | None
    end: datetime | None
    vague: bool

    def day(self, zone: str) -> date:
        """The local day meant; of a deadline its last one."""
        at = self.start or (self.end - timedelta(microseconds=1) if self.end else None)
        if at is None:
            raise ValueError("an empty span")
        return at.astimezone(ZoneInfo(zone)).date()

    def reminder(self, zone: str, at: time = time(9)) -> datetime:
        """When to remind: the instant, the beginning of the span, or nine o'clock of the day."""
        if self.start is None or (self.vague and self.start.astimezone(ZoneInfo(zone)).time() == time(0)):
            return datetime.combine(self.day(zone), at, ZoneInfo(zone)).astimezone(UTC)
        return self.start


def read_when(value: Any, zone: str) -> When | None:
    """From the slot's JSON: an ISO instant, a bare date, or `{"start", "end"}`; None when it is none of these."""
    if isinstance(value, dict):
        start, end = (_instant(value.get(name), zone) for name in ("start", "end"))
        return When(start, end, True) if start or end else None
    if isinstance(value, str) and len(value) == 10:
        start = _instant(value, zone)
        return When(start, start + timedelta(days=1), True) if start else None
    at = _instant(value, zone)
    return When(at, None, False) if at else None


def keep_day(old: Any, new: Any, words: str, zone: str, today: date) -> Any:
    """A correction that says a clock time alone keeps the day: 周日10点 corrected by 下午三点 is Sunday still."""
    before, after = read_when(old, zone), read_when(new, zone)
    if before is None or after is None or after.start is None or _NAMES_TODAY.search(words):
        return new
    shift = before.day(zone) - today
    if after.day(zone) != today or not shift:
        return new
    end = (after.end + shift).isoformat() if after.end else None
    start = (after.start + shift).isoformat()
    return {"start": start, "end": end} if isinstance(new, dict) else start


def keep_clock(old: Any, new: Any, zone: str) -> Any:
    """A correction that says a day alone keeps the clock: 周六下午 corrected by 周日 is Sunday afternoon."""
    before, after = read_when(old, zone), read_when(new, zone)
    if before is None or before.start is None or after is None or after.start is None or not _is_day(new):
        return new
    if _is_day(old) or before.start.astimezone(ZoneInfo(zone)).date() != before.day(zone):
        return new
    shift = after.day(zone) - before.day(zone)
    start = (before.start.astimezone(ZoneInfo(zone)) + shift).isoformat()
    if not isinstance(old, dict):
        return start
    end = (before.end.astimezone(ZoneInfo(zone)) + shift).isoformat() if before.end else None
    return {"start": start, "end": end}


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10


def _instant(value: Any, zone: str) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def read_money(value: Any) -> int | None:
    """Yuan, or `{"amount"}` in yuan, to fen."""
    if isinstance(value, dict):
        value = value.get("amount", value.get("value"))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return fen(value)
    except ValueError:
        return None


def vehicle_words(value: Any, words: str) -> str:
    """How a vehicle was spoken of."""
    if isinstance(value, dict):
        named = [str(value[k]) for k in ("brand", "series", "year", "displacement", "trim") if value.get(k)]
        return words or str(value.get("words") or "") or " ".join(named)
    return words or str(value or "")
