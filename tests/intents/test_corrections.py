"""What takes back something said before, and what it says instead."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intents.corrections import read_correction
from intents.replies import corrected

NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
LEAD = {"person": "方小圆", "phone": "13900001111", "vehicle": "ES6"}
REMINDER = {"when": "明天下午三点", "text": "给方小圆打电话"}

CASES = [
    ("电话写错了 是13900002222", "create_lead", LEAD, "phone", "13900002222"),
    ("啊打错了，13900002222", "create_lead", LEAD, "phone", "13900002222"),
    ("手机号应该是139 0000 2222", "create_lead", LEAD, "phone", "13900002222"),
    ("电话13900002222", "create_lead", {"person": "方小圆"}, "phone", "13900002222"),
    ("名字错了,叫方小园", "create_lead", LEAD, "person", "方小园"),
    ("我说错了 是李伟", "create_lead", LEAD, "person", "李伟"),
    ("wrong number, it's 13900002222", "create_lead", LEAD, "phone", "13900002222"),
    ("日期不对 应该是下周二", "remind_me", REMINDER, "when", "2026-12-01"),
    ("不是白色是黑色", "add_note", {"text": "方小圆喜欢白色"}, "text", "方小圆喜欢黑色"),
    ("不是8000是5000", "request_discount", {"money": "8000"}, "money", 5000),
    ("not 8000 but 5000", "request_discount", {"money": "8000"}, "money", 5000),
    ("5000 instead of 8000", "request_discount", {"money": "8000"}, "money", 5000),
    ("sorry, make it 5000 please", "request_discount", {"money": "8000"}, "money", 5000),
    ("不对，打九五折", "request_discount", {"money": "8000"}, "percent", 0.95),
    ("不是小李是小张", "transfer_customer", {"person": "何女士", "person_to": "小李"}, "person_to", "小张"),
    ("改回A级", "set_level", {"level": "B"}, "level", "A"),
    ("no, B", "set_level", {"level": "A"}, "level", "B"),
    ("不对,是报价才对", "set_stage", {"stage": "需求"}, "stage", "quote"),
]


@pytest.mark.parametrize(("text", "intent", "known", "slot", "value"), CASES)
def test_the_slot_meant_gets_the_new_value(text: str, intent: str, known: dict[str, str], slot: str, value: object) -> None:
    command = corrected(text, intent, known, NOW)
    assert command is not None
    assert {name: found.value for name, found in command.slots.items()} == {slot: value}


def test_what_is_wanted_is_another_car() -> None:
    command = corrected("不是ES6是ES8", "create_lead", LEAD, NOW)
    assert command is not None
    assert command.slots["vehicle"].value["series"] == "ES8"


@pytest.mark.parametrize("text", [
    "客户说下周来", "五点", "今天要干嘛", "不对", "不是", "no", "not yet", "it's raining", "I'm not sure",
    "张伟13800138000想看ES6", "改天再说", "不是他", "no problem", "电话打过了",
])  # fmt: skip
def test_what_is_no_correction_of_a_lead(text: str) -> None:
    assert corrected(text, "create_lead", LEAD, NOW) is None


@example("\x1f", "不对,是")
@given(st.text(max_size=60), st.sampled_from(["不对,是", "电话错了 ", "not ", "make it ", "不是8000是", ""]))
def test_what_was_found_stands_in_the_text(text: str, before: str) -> None:
    said = read_correction(before + text)
    if said is not None:
        assert 0 <= said.start < said.end <= len(before + text)
        assert (before + text)[said.start : said.end].strip()
