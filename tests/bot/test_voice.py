"""Money, times and errors as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.texts import Texts, Voice
from crm_core.kernel.errors import AlreadyDecided, Conflict, Invalid, NotFound, Refused

# Saturday, 14:20 in Shanghai.
NOW = datetime(2026, 11, 21, 6, 20, tzinfo=UTC)


def voice(lang: str, zone: str = "Asia/Shanghai") -> Voice:
    return Voice(Texts.load(), lang, zone, NOW)


def at(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("when", "zh", "en"),
    [
        (at(21, 14, 30), "今天 14:30", "today, 2:30 pm"),
        (at(20, 9), "昨天 09:00", "yesterday, 9 am"),
        (at(22, 0, 5), "明天 00:05", "tomorrow, 12:05 am"),
        (at(26, 14), "11月26日(周四) 14:00", "Thu 26 Nov, 2 pm"),
        (at(28, 14), "11月28日(周六) 14:00", "Sat 28 Nov, 2 pm"),
        (at(14, 12), "11月14日(周六) 12:00", "Sat 14 Nov, 12 pm"),
        (at(3, 10, month=1, year=2027), "2027年1月3日(周日) 10:00", "Sun 3 Jan 2027, 10 am"),
        (date(2026, 11, 22), "明天", "tomorrow"),
        ("2026-11-21T06:30:00+00:00", "今天 14:30", "today, 2:30 pm"),
        (None, "", ""),
    ],
)
def test_when(when: datetime | date | str | None, zh: str, en: str) -> None:
    assert voice("zh").when(when) == zh
    assert voice("en").when(when) == en


def test_zone_is_the_persons() -> None:
    assert voice("zh", "Europe/Berlin").when(at(21, 14, 30)) == "今天 07:30"


@pytest.mark.parametrize(
    ("start", "end", "zh", "en"),
    [
        (at(28, 12), at(28, 16), "11月28日(周六)下午", "Sat 28 Nov, afternoon"),
        (at(22, 8), at(22, 12), "明天上午", "tomorrow, morning"),
        (at(22, 0), at(23, 0), "明天", "tomorrow"),
        (at(22, 20), at(23, 0), "明天晚上", "tomorrow, night"),
        (at(22, 13), at(22, 15), "明天 13:00–15:00", "tomorrow, 1 pm–3 pm"),
    ],
)
def test_vague_spans_are_said_as_said(start: datetime, end: datetime, zh: str, en: str) -> None:
    assert voice("zh").span(start, end, True) == zh
    assert voice("en").span(start, end, True) == en
    assert voice("zh").span(start, end, False) == voice("zh").when(start)


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [(800_000, "8,000元", "¥8,000"), (123_450, "1,234.50元", "¥1,234.50"), (-500, "-5元", "-¥5"), (None, "—", "—")],
)
def test_money(fen: int | None, zh: str, en: str) -> None:
    assert voice("zh").money(fen) == zh
    assert voice("en").money(fen) == en


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        (timedelta(minutes=20), "20分钟", "20 minutes"),
        (timedelta(minutes=1), "1分钟", "1 minute"),
        (timedelta(hours=3), "3小时", "3 hours"),
        (timedelta(days=2), "2天", "2 days"),
    ],
)
def test_duration(amount: timedelta, zh: str, en: str) -> None:
    assert voice("zh").duration(amount) == zh
    assert voice("en").duration(amount) == en


def test_errors_speak() -> None:
    zh = voice("zh")
    assert "8,000元" in zh.error(Refused("error.over_your_limit", limit_fen=800_000))
    decided = zh.error(AlreadyDecided(by="赵国强", state="countered"))
    assert "赵国强" in decided
    assert "已还价" in decided
    assert "电话" in zh.error(Invalid("phone"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_error_nobody_foresaw_falls_back_to_its_kind(language: str) -> None:
    said = voice(language).error(Conflict("error.made_up_just_now", thing=1))
    assert said == Texts.load().say("error.conflict", language)
    assert voice(language).error(NotFound(resource="lead"))


@pytest.mark.parametrize(
    ("kind", "value", "zh"),
    [("money", 800_000, "8,000元"), ("instant", "2026-11-21T06:30:00+00:00", "今天 14:30"), ("text", None, "无"),
     ("stage", "negotiation", "谈判"), ("percent", 9.5, "9.5%"), ("level", "A", "A")],
)  # fmt: skip
def test_values_of_a_change(kind: str, value: object, zh: str) -> None:
    assert voice("zh").value(kind, value) == zh
