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
