"""Time expressions of a dealership, as a table: what each of them means on one afternoon."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import yaml

from intents import parse_time

NOW = datetime(2026, 11, 21, 14, 20)
TABLE = Path(__file__).parents[1] / "data" / "times.yaml"


def _cases() -> list[tuple[str, str | None]]:
    groups = yaml.load(TABLE.read_text(encoding="utf-8"), yaml.BaseLoader)
    return [(words, None if meant == "null" else meant) for table in groups.values() for words, meant in table.items()]


def _told(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M")
    return value.strftime("%H:%M") if isinstance(value, time) else value.isoformat()


def _line(found: dict[str, Any]) -> str:
    if found["kind"] == "duration":
        return f"duration {found['seconds']:.0f}"
    ends = [found["start"], found["end"]] if found["kind"].endswith("range") else [found["start"]]
    return " ".join([found["kind"], *(_told(end) for end in ends)])


@pytest.mark.parametrize(("words", "meant"), _cases())
def test_is_read_as_meant(words: str, meant: str | None) -> None:
    found = parse_time(words, NOW)
    likeliest = found[0] if isinstance(found, list) else found
    assert (_line(likeliest) if likeliest else None) == meant


def test_the_table_is_large_and_no_phrase_stands_twice() -> None:
    words = [words for words, _ in _cases()]
    assert len(words) == len(set(words)) >= 150


def test_an_ambiguous_date_has_both_readings() -> None:
    found = parse_time("3/4/2026", NOW)
    assert isinstance(found, list)
    assert [reading["start"] for reading in found] == [date(2026, 3, 4), date(2026, 4, 3)]


@pytest.mark.parametrize(
    ("words", "start", "rule"),
    [
        ("每周一早上9点", datetime(2026, 11, 23, 9), "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0"),
        ("每月15号", date(2026, 12, 15), "FREQ=MONTHLY;BYMONTHDAY=15"),
        ("every other Friday", date(2026, 11, 27), "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
        ("the first of every month", date(2026, 12, 1), "FREQ=MONTHLY;BYMONTHDAY=1"),
    ],
)
def test_what_happens_again_is_its_next_time_with_the_rule(words: str, start: date, rule: str) -> None:
    found = parse_time(words, NOW)
    assert isinstance(found, dict)
    assert (found["start"], found["recurrence"]) == (start, rule)


@pytest.mark.parametrize("words", ["每台车优惠3000", "each car", "每次保养", "三个工作日内"])
def test_not_every_each_is_a_repetition(words: str) -> None:
    found = parse_time(words, NOW)
    readings = found if isinstance(found, list) else [found] if found else []
    assert not any("recurrence" in reading for reading in readings)


def test_a_deadline_may_or_may_not_include_its_day() -> None:
    found = parse_time("周五之前", NOW)
    assert isinstance(found, list)
    assert [(r["start"], r["end"]) for r in found] == [(None, date(2026, 11, 27)), (None, date(2026, 11, 28))]


def test_the_words_read_are_those_of_the_text() -> None:
    found = parse_time("帮周先生约周日上午10点试驾X5", NOW)
    assert isinstance(found, list)
    assert found[0]["words"] == "周日上午10点"


@pytest.mark.parametrize("unit", ["3 days ", "two hours and ", "一小时", "1 ", "the first ", "每周一", "12/", "twenty one "])
def test_what_is_said_over_and_over_is_read_all_the_same(unit: str) -> None:
    parse_time((unit * 2000)[:2000], NOW)  # an ambiguous pattern would never come back
