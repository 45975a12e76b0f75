"""One person's way of being spoken to: language, zone and present moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.texts.texts import Texts
from crm_core.kernel.errors import ChexinError
from crm_core.kernel.money import yuan

_DAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LUNAR_MONTHS = "正二三四五六七八九十冬腊"
_LUNAR_DAYS = tuple(f"{tens}{ones}" for tens in ("初", "十", "廿") for ones in "一二三四五六七八九十")
_LUNAR_DAYS = (*_LUNAR_DAYS[:19], "二十", *_LUNAR_DAYS[20:29], "三十")
_PARTS = {(8, 12): "morning", (12, 16): "afternoon", (12, 18): "afternoon", (16, 20): "evening", (20, 24): "night"}


@dataclass(frozen=True)
class Voice:
    """Says texts and formats values for one person. `now` is an aware instant."""

    texts: Texts
    lang: str
    zone: str
    now: datetime

    @property
    def here(self) -> datetime:
        """The present moment on the person's wall clock."""
        return self.now.astimezone(ZoneInfo(self.zone))

    def say(self, key: str, /, **params: Any) -> str:
        return self.texts.say(key, self.lang, **params)

    def maybe(self, key: str, /, **params: Any) -> str:
        """The text, or nothing when there is none of this key."""
        return self.texts.try_say(key, self.lang, params) or ""

    def label(self, kind: str, value: str | None) -> str:
        """A known value in words (`label.source.website`), else the value as it is."""
        if not value:
            return ""
        return self.texts.try_say(f"label.{kind}.{value}", self.lang, {}) or value

    def rule(self, rule: str) -> str:
        """`超过5000元需经理审批（over_5000）`: what a policy's rule says, and its name; else the name alone."""
        name = rule.rpartition(": ")[2]
        said = self.label("rule", name)
        return name if said == name else self.say("common.rule", said=said, name=name)

    def money(self, fen: int | None) -> str:
        """`8,000元` or `¥8,000`; a dash when unknown."""
        if fen is None:
            return "—"
        return f"{yuan(fen)}元" if self.lang == "zh" else f"¥{yuan(fen)}".replace("¥-", "-¥")

    def day(self, on: date) -> str:
        """`今天`, `11月28日(周六)`; `today`, `Sat 28 Nov`."""
        away = (on - self.here.date()).days
        near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(away)
        return self.say(f"time.{near}") if near else self.full_day(on)

    def full_day(self, on: date) -> str:
        """The same for what may be read on another day: `11月28日(周六)`, `Sat 28 Nov`, never 今天."""
        week = _DAYS["zh" if self.lang == "zh" else "en"][on.weekday()]
        year = on.year if on.year != self.here.year else None
        if self.lang != "zh":
            return f"{week} {on.day} {_MONTHS[on.month - 1]}" + (f" {year}" if year else "")
        return (f"{year}年" if year else "") + f"{on.month}月{on.day}日(周{week})"

    def birthday(self, text: str) -> str:
        """`05-20` is `5月20日`, `20 May`; of the lunar calendar (`农历12-30`) `农历腊月三十`. Empty stays empty."""
        found = re.fullmatch(r"(农历)?(闰)?(\d\d)-(\d\d)", text)
        if found is None:
            return text
        month, day, leap = int(found[3]), int(found[4]), found[2]
        if not found[1]:
            return f"{month}月{day}日" if self.lang == "zh" else f"{day} {_MONTHS[month - 1]}"
        if self.lang == "zh":
            return f"农历{leap or ''}{_LUNAR_MONTHS[month - 1]}月{_LUNAR_DAYS[day - 1]}"
        return self.say("time.lunar_leap" if leap else "time.lunar", month=month, day=day)

    def weekday(self, index: int) -> str:
        """`周一`; `Monday`. 0 is Monday."""
        return f"周{_DAYS['zh'][index]}" if self.lang == "zh" else _WEEKDAYS[index]

    def clock(self, at: time) -> str:
        """`14:30`; `2:30 pm`."""
        if self.lang == "zh":
            return f"{at.hour:02d}:{at.minute:02d}"
        minutes = f":{at.minute:02d}" if at.minute else ""
        return f"{at.hour % 12 or 12}{minutes} {'am' if at.hour < 12 else 'pm'}"

    def when(self, at: datetime | date | str | None) -> str:
        """An instant on the person's clock, a date as a day; empty for None."""
        if isinstance(at, str):
            at = parse_instant(at)
        if at is None:
            return ""
        if not isinstance(at, datetime):
            return self.day(at)
        local = at.astimezone(ZoneInfo(self.zone))
        joint = " " if self.lang == "zh" else ", "
        return f"{self.day(local.date())}{joint}{self.clock(local.time())}"

    def span(self, start: datetime, end: datetime | None = None, vague: bool = False) -> str:
        """A span as people say it: `周六下午` when only the half-day was said, else its beginning."""
        if not vague or end is None:
            return self.when(start)
        local, until = (x.astimezone(ZoneInfo(self.zone)) for x in (start, end))
        hours = (local.hour, until.hour or 24)
        day = self.day(local.date())
        if hours == (0, 24) or (end - start) >= timedelta(hours=20):
            return day
        part = _PARTS.get(hours)
        if part is None:
            return f"{self.when(start)}–{self.clock(until.time())}"
        return self.say("time.part", day=day, part=self.say(f"time.{part}"))

    def duration(self, amount: timedelta) -> str:
        """`20分钟`, `3小时`, `2天`."""
        minutes = max(0, round(amount.total_seconds() / 60))
        if minutes < 60:
            return self.say("time.minutes", n=minutes)
        if minutes < 60 * 36:
            return self.say("time.hours", n=round(minutes / 60))
        return self.say("time.days", n=round(minutes / 1440))

    def value(self, kind: str, value: Any) -> str:
        """A value of a before → after line, by the kinds of `uow.change`."""
        if value is None or value == "":
            return self.say("common.none")
        if kind == "money":
            return self.money(int(value))
        if kind in ("instant", "date"):
            return self.when(value)
        if kind == "percent":
            return f"{float(value):g}%"
        if kind == "until":
            return self.until(value)
        if kind == "roles":
            return self._roles(value)
        return self.label(kind, str(value))

    def until(self, at: datetime | date | str | None) -> str:
        """An end: of a whole day its date, `11月27日(周五)`; else the instant."""
        end = parse_instant(at) if isinstance(at, str) else at
        if isinstance(end, datetime):
            local = end.astimezone(ZoneInfo(self.zone))
            if (local.hour, local.minute) == (0, 0):
                return self.full_day(local.date() - timedelta(days=1))
        return self.when(end)

    def _roles(self, held: list[dict[str, str]]) -> str:
        """Roles with where and until when: 经理（星驰上海浦东店，到11月28日）."""
        found = []
        for one in held:
            terms = [one["unit"], one["since"] and self.say("grants.since", when=self.when(one["since"])),
                     one["until"] and self.say("grants.until", when=self.until(one["until"]))]  # fmt: skip
            said = self.label("role", one["role"])
            found.append(f"{said} ({', '.join(filter(None, terms))})" if any(terms) else said)
        return self.say("done.joint").join(found) or self.say("common.none")

    def plain(self, params: dict[str, Any]) -> dict[str, Any]:
        """Parameters of an error or a push made readable: `*_fen` as money, `*_at` and `due` as times."""
        found: dict[str, Any] = {}
        for name, value in params.items():
            if name.endswith("_fen") and isinstance(value, int):
                found[name] = found[name.removesuffix("_fen")] = self.money(value)
            elif isinstance(value, datetime):
                found[name] = self.when(value)
            elif isinstance(value, str) and name.endswith(("_at", "due", "until", "start", "on")):
                found[name] = self.when(value) or value
            else:
                found[name] = value
        return found

    def error(self, error: ChexinError) -> str:
        """What to tell the person: the error's own text, else that of its kind."""
        params = self.plain(error.params)
        if "state" in params:
            params["state"] = self.label("state", str(params["state"]))
        if "field" in params:
            params["field"] = self.label("field", str(params["field"]))
        for key in (error.key, *(kind.key for kind in type(error).__mro__ if issubclass(kind, ChexinError))):
            said = self.texts.try_say(key, self.lang, params)
            if said:
                return said
        return self.say("error.unknown")


def parse_instant(text: str) -> datetime | date | None:
    """An ISO date or instant (without a zone: UTC); None when it is neither."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
