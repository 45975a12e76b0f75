"""The JSON lines of `understand`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from intents.cli import run

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


def lines(*rows: str, jsonl: bool = False, role: str = "rep") -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(rows, jsonl=jsonl, role=role, now=NOW)]


def test_each_line_is_one_object_of_the_documented_form() -> None:
    (found,) = lines("给李总申请优惠8000\n", "\n")
    assert set(found) == {"text", "outcome", "commands", "layer", "score", "alternatives", "why", "ms"}
    assert found["commands"] == [
        {
            "intent": "request_discount",
            "slots": {
                "person": {"value": "李总", "words": "李总"},
                "money": {"value": 8000, "words": "8000"},
            },
        }
    ]


def test_a_line_may_name_its_speaker_time_and_context() -> None:
    row = {
        "text": "一小时后",
        "as": "manager",
        "now": "2027-01-01T08:00:00+08:00",
        "context": {"asked_intent": "snooze", "asked_slot": "when"},
    }
    (found,) = lines(json.dumps(row), jsonl=True)
    assert found["commands"][0]["slots"]["when"]["value"] == "2027-01-01T09:00:00+08:00"


def test_a_malformed_line_is_reported_and_the_rest_goes_on() -> None:
    found = lines("{", '{"text": 1}', '{"text": "好", "as": "pilot"}', '{"text": "好的"}', jsonl=True)
    assert [row.get("line") for row in found] == [1, 2, 3, None]
    assert found[3]["commands"][0]["intent"] == "confirm"
