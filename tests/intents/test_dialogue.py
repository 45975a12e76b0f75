"""Roles, pending questions, corrections, several commands, and what is never a command."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents import Context, Lexicon, Understanding, load_schema, understand

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


def read(text: str, role: str = "rep", **context: str) -> Understanding:
    return understand(text, role=role, now=NOW, context=Context(**context) if context else None, rank=False)


def slots(understanding: Understanding) -> dict[str, Any]:
    return {name: slot.value for name, slot in understanding.commands[0].slots.items()}


def test_one_message_may_carry_a_lead_and_its_test_drive() -> None:
    lead, drive = read("张伟13800138000想看ES6,周六下午试驾").commands
    assert (lead.intent, drive.intent) == ("create_lead", "book_test_drive")
    assert drive.slots["person"].value == "张伟"
    assert drive.slots["vehicle"].value == {"brand": "蔚来", "series": "ES6"}


def test_a_stage_and_its_date() -> None:
    stage, close = read("把王姐推进到报价,预计下周三签").commands
    assert (stage.intent, stage.slots["stage"].value) == ("set_stage", "quote")
    assert (close.intent, close.slots["person"].value, close.slots["when"].value) == (
        "set_expected_close",
        "王姐",
        "2026-11-25",
    )


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [("8000", "money", 8000), ("八千", "money", 8000), ("那就5000吧", "money", 5000), ("不是8000是5000", "money", 5000),
     ("李总", "person", "李总"), ("九五折", "percent", 0.95), ("make it 5000", "money", 5000)],
)  # fmt: skip
def test_a_bare_answer_belongs_to_the_asked_intent(text: str, slot: str, value: Any) -> None:
    found = read(text, asked_intent="request_discount", asked_slot=slot)
    assert (found.layer, found.commands[0].intent, slots(found)) == (
        "reply",
        "request_discount",
        {slot: value},
    )


def test_a_full_sentence_interrupts_a_pending_question() -> None:
    found = read("把王姐推进到报价", asked_intent="request_discount", asked_slot="person")
    assert found.commands[0].intent == "set_stage"


def test_a_time_is_taken_for_the_time_asked_for() -> None:
    found = read("明天下午三点", asked_intent="book_test_drive", asked_slot="when")
    assert slots(found) == {"when": "2026-11-22T15:00:00+08:00"}


def test_a_pronoun_is_the_person_spoken_about() -> None:
    found = read("把他推进到报价", focus_person="王姐")
    assert slots(found)["person"] == "王姐"
    assert slots(read("推进到报价", focus_person="王姐"))["person"] == "王姐"


@pytest.mark.parametrize("text", ["同意", "批准", "approve"])
def test_only_who_may_decide_decides(text: str) -> None:
    assert read(text, "manager").commands[0].intent == "decide_approval"
    assert "decide_approval" not in [c.intent for c in read(text, "rep").commands]


@pytest.mark.parametrize(
    "text",
    ["要是再降三千他肯定签", "客户嫌优惠两千太少", "先别转给她", "如果他同意就给他报个价", "他问能不能便宜五千",
     "昨天给李总优惠过8000", "别给李总申请优惠了", "if he agrees give him a quote",
     "don't transfer her yet", "he asked for 5000 off"],
)  # fmt: skip
def test_negation_hypothesis_report_and_past_are_no_commands(text: str) -> None:
    written = [
        c.intent for c in understand(text, role="rep", now=NOW).commands if load_schema()[c.intent].writes
    ]
    assert written == []


@pytest.mark.parametrize(
    "text",
    [
        "今天天气怎么样",
        "讲个笑话",
        "谢谢",
        "股票今天涨了吗",
        "我想吃火锅",
        "👍",
        "?",
        "",
        "tell me a joke",
        "will it rain tomorrow",
    ],
)
@pytest.mark.parametrize("role", ["rep", "manager", "customer"])
def test_small_talk_and_foreign_matter_never_write(text: str, role: str) -> None:
    found = understand(text, role=role, now=NOW)
    assert [c.intent for c in found.commands if load_schema()[c.intent].writes] == []


@pytest.mark.parametrize(
    "text",
    ["给李总申请优惠8000", "把何女士转给小张", "今天要干嘛", "张伟电话多少", "小王离职了,客户都给小刘"],
)
def test_a_customer_may_not_speak_for_staff(text: str) -> None:
    staff_only = {name for name, spec in load_schema().items() if "customer" not in spec.who}
    assert not staff_only & {c.intent for c in read(text, "customer").commands}


def test_traditional_full_width_and_spaced_writing_reads_the_same() -> None:
    plain = slots(read("给李总申请优惠8000"))["money"]
    assert (
        slots(read("給李總申請優惠８０００"))["money"]
        == plain
        == slots(read("给 李总 申请 优惠 8000"))["money"]
    )


def test_names_of_the_caller_are_known() -> None:
    found = understand("把胖虎推进到报价", role="rep", now=NOW, lexicon=Lexicon(people=("胖虎",)))
    assert slots(found) == {"person": "胖虎", "stage": "quote"}


def test_slots_quote_the_words_they_were_read_from() -> None:
    found = read("给李总申请优惠8千块")
    money = found.commands[0].slots["money"]
    assert (money.value, money.words, found.text[money.start : money.end]) == (8000, "8千块", "8千块")


def test_an_unknown_role_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown role"):
        understand("你好", role="pilot", now=NOW)


@given(st.text(max_size=80))
def test_any_text_gets_an_answer(text: str) -> None:
    found = understand(text, role="rep", now=NOW, rank=False)
    assert found.outcome in ("recognised", "unrecognised")
    assert found.to_json()["text"] == text
