"""Who does what to whom: decisions with their amounts, moved appointments, several orders of one kind, tails, tales."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intents import Understanding, load_schema, understand

NOW = datetime(2026, 11, 23, 10, 20, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday


def read(text: str, role: str = "rep") -> Understanding:
    return understand(text, role=role, now=NOW)


def said(found: Understanding, *names: str) -> list[tuple[Any, ...]]:
    return [(c.intent, *(c.slots[n].value if n in c.slots else None for n in names)) for c in found.commands]


@pytest.mark.parametrize(
    ("text", "decision", "money", "share"),
    [
        ("8000太多,给他5000吧", "counter", 5000, None), ("给他5000", "counter", 5000, None),
        ("给王丽5000", "counter", 5000, None), ("给他3000得了", "counter", 3000, None),
        ("同意,给5000", "counter", 5000, None), ("1万2太高了,按6000批", "counter", 6000, None),
        ("太多了,砍一半", "counter", None, 0.5), ("减半吧", "counter", None, 0.5), ("最多给一半", "counter", None, 0.5),
        ("一半可以", "counter", None, 0.5), ("8000太多了", "counter", None, None),
        ("8000 is too much, give him 5000", "counter", 5000, None), ("give her half", "counter", None, 0.5),
        ("毛利还行,就按他说的办吧,我同意", "approve", None, None), ("不批不批,定金都没交", "reject", None, None),
        ("Let's do 2800 instead of what he asked", "counter", 2800, None),
        ("cut it in half", "counter", None, 0.5), ("give them 3000", "counter", 3000, None),
    ],
)  # fmt: skip
def test_a_decision_is_for_the_amount_that_is_granted(
    text: str, decision: str, money: int | None, share: float | None
) -> None:
    found = read(text, "manager")
    assert said(found, "decision", "money", "share") == [("decide_approval", decision, money, share)]


@pytest.mark.parametrize(
    "text",
    ["批8000还是5000好", "8000还是5000合适", "该不该批呢", "批多少合适",
     "approve 8000 or 5000?", "how much should I approve"],
)  # fmt: skip
def test_a_question_about_a_decision_shows_what_waits(text: str) -> None:
    assert said(read(text, "manager")) == [("my_approvals",)]


@pytest.mark.parametrize("role", ["rep", "manager"])
@pytest.mark.parametrize(
    "text",
    [
        "经理批了王丽8000的优惠", "上次经理没批", "老板只批了5000", "总部不同意8000", "店长那边还没批",
        "我以为王丽改成A级了",
        "王丽可能改成A级", "说不定王丽就是A级", "王丽快改成A级了", "王丽马上就要改成A级了", "除了王丽,其他的都改成C级",
        "都改成C级,除了王丽", "13700002222打错了,不是客户", "13700002222推销的", "I thought Sarah was set to A",
        "set everyone to C except Sarah", "Sarah might be level A",
    ],
)  # fmt: skip
def test_a_report_a_guess_and_an_exception_write_nothing(role: str, text: str) -> None:
    assert [c.intent for c in read(text, role).commands if load_schema()[c.intent].writes] == []


@pytest.mark.parametrize(
    ("text", "role", "expected"),
    [
        ("周六试驾改周日行吗", "rep", (None, "test_drive", "2026-11-28", "2026-11-29")),
        ("周六试驾改周日行吗", "customer", (None, "test_drive", "2026-11-28", "2026-11-29")),
        ("王丽周六的试驾改周日", "rep", ("王丽", "test_drive", "2026-11-28", "2026-11-29")),
        ("我周六的保养能不能改到下周二", "customer", (None, "service", "2026-11-28", "2026-12-01")),
        ("周六的改周日可以吗", "customer", (None, "any", "2026-11-28", "2026-11-29")),
        ("试驾改期了", "rep", (None, "test_drive", None, None)),
        ("黄志远的试驾要改期", "rep", ("黄志远", "test_drive", None, None)),
        ("改一下王丽的试驾时间", "rep", ("王丽", "test_drive", None, None)),
        ("试驾能改期吗", "customer", (None, "test_drive", None, None)),
        ("can we move Saturday's test drive to Sunday", "customer", (None, "test_drive", "2026-11-28", "2026-11-29")),
        ("the test drive needs to be rescheduled", "rep", (None, "test_drive", None, None)),
        ("reschedule Grace Lee's service", "rep", ("Grace Lee", "service", None, None)),
    ],
)  # fmt: skip
def test_an_appointment_is_moved_and_not_booked_anew(text: str, role: str, expected: tuple[Any, ...]) -> None:
    assert said(read(text, role), "person", "appointment", "was", "when") == [("move_appointment", *expected)]


@pytest.mark.parametrize(
    ("text", "intent", "pairs"),
    [
        ("把黄志远分给小李,王丽分给小张", "assign_lead", [("黄志远", "小李"), ("王丽", "小张")]),
        ("把黄志远分给小李,王丽给小张", "assign_lead", [("黄志远", "小李"), ("王丽", "小张")]),
        ("黄志远转给小李,王丽转给小张", "transfer_customer", [("黄志远", "小李"), ("王丽", "小张")]),
        ("transfer Sarah Miller to Li Lei and Grace Lee to Wang Wei", "transfer_customer",
         [("Sarah Miller", "Li Lei"), ("Grace Lee", "Wang Wei")]),
    ],
)  # fmt: skip
def test_each_goes_to_the_one_named_with_him(text: str, intent: str, pairs: list[tuple[str, str]]) -> None:
    assert said(read(text, "manager"), "person", "person_to") == [(intent, *pair) for pair in pairs]


@pytest.mark.parametrize(
    ("text", "slot", "expected"),
    [
        ("把王丽改成A级,李娜B级", "level", [("set_level", "王丽", "A"), ("set_level", "李娜", "B")]),
        ("给王丽申请优惠3000,李娜5000", "money", [("request_discount", "王丽", 3000), ("request_discount", "李娜", 5000)]),
        ("王丽升A", "level", [("set_level", "王丽", "A")]),
        ("李东升升A", "level", [("set_level", "李东升", "A")]),
        ("刘大拿改成A级", "level", [("set_level", "刘大拿", "A")]),
        ("李宏伟的报价再降2000", "money", [("request_discount", "李宏伟", 2000)]),
        ("lower Grace Lee's quote by another 2000", "money", [("request_discount", "Grace Lee", 2000)]),
        ("王丽没接电话", "outcome", [("log_contact", "王丽", "没接通")]),
        ("王丽电话打不通", "outcome", [("log_contact", "王丽", "没接通")]),
        ("把周六王丽的试驾挪到周日", "was", [("move_appointment", "王丽", "2026-11-28")]),
    ],
)  # fmt: skip
def test_each_value_belongs_to_its_person(text: str, slot: str, expected: list[tuple[Any, ...]]) -> None:
    assert said(read(text), "person", slot) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("明天提醒我给王丽打电话,后天提醒我给李娜发报价", [("2026-11-24", "给王丽打电话"), ("2026-11-25", "给李娜发报价")]),
        ("明天提醒我给王丽打电话,后天给黄志远发报价", [("2026-11-24", "给王丽打电话"), ("2026-11-25", "给黄志远发报价")]),
        ("下午三点提醒我联系王丽,五点联系黄志远",
         [("2026-11-23T15:00:00+08:00", "联系王丽"), ("2026-11-23T17:00:00+08:00", "联系黄志远")]),
        ("明天下午三点提醒我联系王丽,四点去银行",
         [("2026-11-24T15:00:00+08:00", "联系王丽"), ("2026-11-24T16:00:00+08:00", "去银行")]),
        ("提醒我明天联系王丽,后天她要来提车", [("2026-11-24", "联系王丽,后天她要来提车")]),
        ("不是三点是四点提醒我开会", [("2026-11-23T16:00:00+08:00", "开会")]),
        ("remind me tomorrow to call Sarah, and on Friday to email Grace",
         [("2026-11-24", "call Sarah"), ("2026-11-27", "to email Grace")]),
        ("remind me not at 3pm but at 4pm to call Sarah", [("2026-11-23T16:00:00+08:00", "call Sarah")]),
    ],
)  # fmt: skip
def test_each_time_begins_a_reminder_of_its_own(text: str, expected: list[tuple[str, str]]) -> None:
    assert said(read(text), "when", "text") == [("remind_me", *one) for one in expected]


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("尾号4444的孙立新改成A级", "孙立新 4444"), ("孙立新(尾号4444)改成A级", "孙立新 4444"),
        ("尾号4444那个客户改成A级", "4444"), ("set Sarah ending in 4444 to level A", "Sarah 4444"),
    ],
)  # fmt: skip
def test_the_end_of_his_number_tells_who_is_meant(text: str, person: str) -> None:
    assert said(read(text), "person", "level") == [("set_level", person, "A")]


def test_the_tail_of_a_plate_is_nobody() -> None:
    assert not any("person" in c.slots for c in read("车牌尾号8000的车能开吗").commands)


def test_a_vin_with_a_misread_last_character_is_still_one() -> None:
    assert said(read("LFV3A23COJ313820G 前刹车片"), "vin") == [("ask_fitment", "LFV3A23C0J313820G")]


def test_noon_and_afternoon_in_their_countries_words() -> None:
    noon = read("后儿个晌午提醒我给王丽打电话").commands[0].slots["when"].value
    assert noon == {"start": "2026-11-25T11:00:00+08:00", "end": "2026-11-25T13:00:00+08:00"}
    arvo = read("book Sarah a test drive tomorrow arvo").commands[0].slots["when"].value
    assert arvo == {"start": "2026-11-24T12:00:00+08:00", "end": "2026-11-24T16:00:00+08:00"}
