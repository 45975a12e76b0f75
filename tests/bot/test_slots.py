"""Slot values as the core wants them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.conversation.slots import keep_day, read_money, read_when, vehicle_words

ZONE = "Asia/Shanghai"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "start", "end", "vague", "day", "remind"),
    [
        ("2026-11-28T15:00:00+08:00", "2026-11-28T07:00", None, False, "2026-11-28", "2026-11-28T07:00"),
        ("2026-11-28T15:00:00", "2026-11-28T07:00", None, False, "2026-11-28", "2026-11-28T07:00"),
        ("2026-11-28", "2026-11-27T16:00", "2026-11-28T16:00", True, "2026-11-28", "2026-11-28T01:00"),
        ({"start": "2026-11-28T12:00:00+08:00", "end": "2026-11-28T16:00:00+08:00"}, "2026-11-28T04:00",
         "2026-11-28T08:00", True, "2026-11-28", "2026-11-28T04:00"),
        ({"end": "2026-12-01T00:00:00+08:00"}, None, "2026-11-30T16:00", True, "2026-11-30", "2026-11-30T01:00"),
    ],
)  # fmt: skip
def test_when(value: Any, start: str | None, end: str | None, vague: bool, day: str, remind: str) -> None:
    when = read_when(value, ZONE)
    assert when is not None
    assert (when.start, when.end, when.vague) == (start and utc(start), end and utc(end), vague)
    assert when.day(ZONE) == date.fromisoformat(day)
    assert when.reminder(ZONE) == utc(remind)


@pytest.mark.parametrize("value", [None, "", "soon", {}, {"start": "soon"}, 5, [], "2026-13-45"])
def test_no_when(value: Any) -> None:
    assert read_when(value, ZONE) is None


@pytest.mark.parametrize(
    ("value", "fen"),
    [(8000, 800_000), (238000.5, 23_800_050), ("5000", 500_000), ({"amount": 1}, 100), (None, None), (True, None),
     ("much", None), (float("inf"), None)],
)  # fmt: skip
def test_money(value: Any, fen: int | None) -> None:
    assert read_money(value) == fen


def test_vehicle_words_prefer_what_was_said() -> None:
    assert vehicle_words({"brand": "蔚来", "series": "ES6"}, "蔚来的es6") == "蔚来的es6"
    assert vehicle_words({"brand": "大众", "series": "迈腾", "year": 2018}, "") == "大众 迈腾 2018"
    assert vehicle_words(None, "") == ""


@pytest.mark.parametrize(
    ("old", "new", "words", "expected"),
    [
        ("2026-11-22T10:00:00+08:00", "2026-11-21T15:00:00+08:00", "下午三点", "2026-11-22T15:00:00+08:00"),
        ("2026-11-22T10:00:00+08:00", "2026-11-21T15:00:00+08:00", "今天下午三点", "2026-11-21T15:00:00+08:00"),
        ("2026-11-22T10:00:00+08:00", "2026-11-23T15:00:00+08:00", "周一下午三点", "2026-11-23T15:00:00+08:00"),
        ({"start": "2026-11-28T12:00:00+08:00", "end": "2026-11-28T16:00:00+08:00"}, "2026-11-21T15:00:00+08:00",
         "3 pm", "2026-11-28T15:00:00+08:00"),
        (None, "2026-11-21T15:00:00+08:00", "下午三点", "2026-11-21T15:00:00+08:00"),
    ],
)  # fmt: skip
def test_a_clock_time_alone_keeps_the_day(old: Any, new: str, words: str, expected: str) -> None:
    kept = read_when(keep_day(old, new, words, ZONE, date(2026, 11, 21)), ZONE)
    assert kept == read_when(expected, ZONE)
