"""Time expressions: what dealership people say, and what only looks like a time."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents import parse_time

NOW = datetime(2026, 11, 21, 14, 20)  # a Saturday

POINTS: list[tuple[str, str, Any]] = [
    ("明天", "date", date(2026, 11, 22)),
    ("明儿", "date", date(2026, 11, 22)),
    ("大后天", "date", date(2026, 11, 24)),
    ("半个月后", "date", date(2026, 12, 6)),
    ("三天前", "date", date(2026, 11, 18)),
    ("元旦", "date", date(2027, 1, 1)),
    ("下下周二", "date", date(2026, 12, 1)),
    ("下周三", "date", date(2026, 11, 25)),
    ("下个月15号", "date", date(2026, 12, 15)),
    ("农历八月十五", "date", date(2027, 9, 15)),
    ("除夕", "date", date(2027, 2, 5)),
    ("一小时后", "datetime", datetime(2026, 11, 21, 15, 20)),
    ("半小时后", "datetime", datetime(2026, 11, 21, 14, 50)),
    ("一个半小时后", "datetime", datetime(2026, 11, 21, 15, 50)),
    ("明天下午三点", "datetime", datetime(2026, 11, 22, 15)),
    ("明早9点", "datetime", datetime(2026, 11, 22, 9)),
    ("今晚8点", "datetime", datetime(2026, 11, 21, 20)),
    ("周日上午10点", "datetime", datetime(2026, 11, 22, 10)),
    ("12.5晚上7点", "datetime", datetime(2026, 12, 5, 19)),
    ("25号下午4点半", "datetime", datetime(2026, 11, 25, 16, 30)),
    ("2026年12月3日下午2:30", "datetime", datetime(2026, 12, 3, 14, 30)),
    ("tomorrow at 3pm", "datetime", datetime(2026, 11, 22, 15)),
    ("Sunday 10am", "datetime", datetime(2026, 11, 22, 10)),
    ("in half an hour", "datetime", datetime(2026, 11, 21, 14, 50)),
    ("next Wednesday", "date", date(2026, 11, 25)),
    ("Dec 5 at 7pm", "datetime", datetime(2026, 12, 5, 19)),
    ("下午4点半", "time", time(16, 30)),
    ("3点", "time", time(15)),
]

RANGES: list[tuple[str, str, Any, Any]] = [
    ("周六下午", "datetimerange", datetime(2026, 11, 28, 12), datetime(2026, 11, 28, 16)),
    ("明天上午9点到11点", "datetimerange", datetime(2026, 11, 22, 9), datetime(2026, 11, 22, 11)),
    ("月底前", "daterange", None, date(2026, 12, 1)),
    ("周五前", "daterange", None, date(2026, 11, 27)),
    ("本周", "daterange", date(2026, 11, 16), date(2026, 11, 23)),
    ("下周", "daterange", date(2026, 11, 23), date(2026, 11, 30)),
    ("上个月", "daterange", date(2026, 10, 1), date(2026, 11, 1)),
    ("6月1日-30日", "daterange", date(2027, 6, 1), date(2027, 7, 1)),
    ("周一到周五", "daterange", date(2026, 11, 23), date(2026, 11, 28)),
    ("第三季度", "daterange", date(2026, 7, 1), date(2026, 10, 1)),
    ("this week", "daterange", date(2026, 11, 16), date(2026, 11, 23)),
    ("last month", "daterange", date(2026, 10, 1), date(2026, 11, 1)),
    ("by Friday", "daterange", None, date(2026, 11, 28)),
    ("by the end of the month", "daterange", None, date(2026, 12, 1)),
    ("from 3 to 5 pm tomorrow", "datetimerange", datetime(2026, 11, 22, 15), datetime(2026, 11, 22, 17)),
    ("tomorrow morning", "datetimerange", datetime(2026, 11, 22, 8), datetime(2026, 11, 22, 12)),
]


def first(text: str, now: datetime = NOW) -> dict[str, Any]:
    found = parse_time(text, now)
    assert found is not None, text
    return found[0] if isinstance(found, list) else found


@pytest.mark.parametrize(("text", "kind", "start"), POINTS)
def test_points(text: str, kind: str, start: Any) -> None:
    assert (first(text)["kind"], first(text)["start"]) == (kind, start)


@pytest.mark.parametrize(("text", "kind", "start", "end"), RANGES)
def test_ranges_end_exclusively(text: str, kind: str, start: Any, end: Any) -> None:
    found = first(text)
    assert (found["kind"], found["start"], found["end"]) == (kind, start, end)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("两小时", 7200), ("8天20小时", 763200), ("一个半小时", 5400), ("30 minutes", 1800), ("两年", 63072000)],
)
def test_lengths(text: str, seconds: float) -> None:
    assert first(text)["seconds"] == seconds


@pytest.mark.parametrize(
    "text",
    [
        "2018款",
        "1.8T",
        "ES6",
        "优惠8000",
        "13800138000",
        "06L115562B",
        "打九折",
        "上次",
        "X5",
        "粤B12345",
        "三千五",
        "",
    ],
)
def test_what_only_looks_like_a_time(text: str) -> None:
    assert parse_time(text, NOW) is None


def test_a_bare_hour_has_both_readings_and_working_hours_come_first() -> None:
    found = parse_time("3点", NOW)
    assert isinstance(found, list)
    assert [r["start"] for r in found] == [time(15), time(3)]


def test_the_zone_of_now_is_kept() -> None:
    now = NOW.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert first("明天下午三点", now)["start"] == datetime(2026, 11, 22, 15, tzinfo=ZoneInfo("Asia/Shanghai"))


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1)))
def test_a_written_date_and_time_reads_back(moment: datetime) -> None:
    said = f"{moment.year}年{moment.month}月{moment.day}日{moment:%H:%M}"
    values = parse_time(said, NOW)
    readings = values if isinstance(values, list) else [values]
    assert moment.replace(second=0, microsecond=0) in [r["start"] for r in readings if r]


@given(st.text(alphabet="今明后上下个周月年日号点半到至前0123456789一二三十五:-/. 早晚", max_size=24))
def test_no_text_breaks_it(text: str) -> None:
    found = parse_time(text, NOW)
    assert found is None or isinstance(found, dict | list)
