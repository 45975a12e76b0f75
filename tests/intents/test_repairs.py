"""What is taken back within the message does not count; what follows does. Nothing else is touched."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intents import understand
from intents.repairs import repaired

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("text", "intent", "slot", "value"),
    [
        ("给李总申请优惠3000,哦不,5000", "request_discount", "money", 5000),
        ("给李总申请优惠3000 说错了 是5000", "request_discount", "money", 5000),
        ("给李总报价23万8,哦不对,22万8", "create_quote", "money", 228000),
        ("约李总周六,不对,周日上午10点试驾X5", "book_test_drive", "when", "2026-11-29T10:00:00+08:00"),
        ("约李总周六上午10点试驾X5,不对,周日", "book_test_drive", "when", "2026-11-29T10:00:00+08:00"),
        ("提醒我明天三点,不是,四点给李总打电话", "remind_me", "when", "2026-11-24T16:00:00+08:00"),
        ("把王姐推进到报价,不对,是谈判", "set_stage", "stage", "negotiation"),
        ("把王姐改成A级,哦不,B级", "set_level", "level", "B"),
        ("把王姐转给小李,不对,小张", "transfer_customer", "person_to", "小张"),
        ("张伟13800138000,不对,13900139000,想看ES6", "create_lead", "phone", "13900139000"),
        ("request 3000 off for Mr Li, no wait, 5000", "request_discount", "money", 5000),
        ("book Mr Li a test drive Saturday, sorry, Sunday 10am", "book_test_drive", "when",
         "2026-11-29T10:00:00+08:00"),
    ],
)  # fmt: skip
def test_the_last_value_counts(text: str, intent: str, slot: str, value: Any) -> None:
    found = understand(text, role="rep", now=NOW)
    (command,) = found.commands
    assert (command.intent, command.slots[slot].value) == (intent, value)
    assert found.text == text


@pytest.mark.parametrize(
    "text",
    [
        "不对,是周日",
        "不是8000,是5000",
        "给李总打过电话,不是王姐",
        "记一下:李总要黑色,不是白色",
        "李总周六来,周日试驾",
        "给李总申请优惠3000,不对的话明天再说",
        "no, Sunday",
        "Mr Li comes Saturday, no problem, Sunday he drives",
        "给李总申请优惠8000,错了3号再改",
    ],
)
def test_what_takes_nothing_back_is_left_as_it_is(text: str) -> None:
    assert repaired(text, NOW) == text
