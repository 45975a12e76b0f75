"""How a date-time specification becomes cases, and how readings are judged against them."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import dates

NOW = "2026-11-21T14:20:00"


def case(tmp_path: Path, words: str, kind: str, *values: dict[str, Any], text: str | None = None) -> dates.Case:
    """One case in the form of a model's specification."""
    result = {"Text": words, "TypeName": f"datetimeV2.{kind}", "Resolution": {"values": list(values)}}
    raw = {"Input": text or words, "Context": {"ReferenceDateTime": NOW}, "Results": [result] if values else []}
    (tmp_path / "DateTimeModel.json").write_text(json.dumps([raw], ensure_ascii=False), encoding="utf-8-sig")
    [found] = dates.load(tmp_path)
    return found


def test_a_value_is_kind_start_end_and_seconds(tmp_path: Path) -> None:
    both = [{"timex": "XXXX-12-05", "value": "2025-12-05"}, {"timex": "XXXX-12-05", "value": "2026-12-05"}]
    assert case(tmp_path, "12月5号", "date", *both).wanted[1] == ("date", date(2026, 12, 5), None, None)
    assert case(tmp_path, "3点", "time", {"value": "15:00:00"}).wanted == (("time", time(15), None, None),)
    assert case(tmp_path, "两小时", "duration", {"value": "7200"}).wanted == (("duration", None, None, 7200.0),)
    span = {"start": "2026-11-22 20:00:00", "end": "2026-11-22 23:59:59"}
    [tomorrow_night] = case(tmp_path, "明天夜里", "datetimerange", span).wanted
    assert tomorrow_night[1:3] == (datetime(2026, 11, 22, 20), datetime(2026, 11, 23))


@pytest.mark.parametrize(
    ("words", "timex", "end", "exclusive"),
    [
        ("6月1日-30日", "(2027-06-01,2027-06-30,P29D)", "2027-06-30", date(2027, 7, 1)),
        ("3月到5月", "(2027-03-01,2027-05-01,P2M)", "2027-05-01", date(2027, 6, 1)),
        ("2026年至2028年", "(2026-01-01,2028-01-01,P2Y)", "2028-01-01", date(2029, 1, 1)),
        ("第三季度", "(2026-07-01,2026-10-01,P3M)", "2026-10-01", date(2026, 10, 1)),
        ("未来三天", "(2026-11-22,2026-11-25,P3D)", "2026-11-25", date(2026, 11, 25)),
    ],
)
def test_the_last_day_that_is_named_is_within(
    tmp_path: Path, words: str, timex: str, end: str, exclusive: date
) -> None:
    found = case(tmp_path, words, "daterange", {"timex": timex, "start": "2026-01-01", "end": end})
    assert found.wanted[0][2] == exclusive


def test_a_lunar_date_is_the_day_it_falls_on(tmp_path: Path) -> None:
    lunar = {"timex": "XXXX-08-15", "value": "2027-08-15", "isLunar": "True"}
    assert case(tmp_path, "农历八月十五", "date", lunar).wanted[0][1] == date(2027, 9, 15)


def test_no_result_is_right_when_nothing_is_read(tmp_path: Path) -> None:
    scores, cpu_ms = dates.judge([case(tmp_path, "2018款", "none"), case(tmp_path, "明天", "none")])
    assert (scores["all"].cases, scores["all"].any, scores["all"].first) == (2, 1, 1)
    assert cpu_ms >= 0


def test_the_likeliest_reading_and_all_of_them_are_counted_apart(tmp_path: Path) -> None:
    gone = {"timex": "XXXX-12-05", "value": "2025-12-05"}
    scores, _ = dates.judge([case(tmp_path, "12月5号", "date", gone)])
    assert (scores["all"].first, scores["all"].any) == (0, 1)


def test_repetitions_and_seasons_left_open_are_no_cases(tmp_path: Path) -> None:
    raw = {"Text": "每天", "TypeName": "datetimeV2.set", "Resolution": {"values": [{"value": "not resolved"}]}}
    line = {"Input": "每天", "Context": {"ReferenceDateTime": NOW}, "Results": [raw]}
    (tmp_path / "DateTimeModel.json").write_text(json.dumps([line], ensure_ascii=False), encoding="utf-8")
    assert list(dates.load(tmp_path)) == []
