"""How people really type: several commands, several people, tales, mixed languages, business that fits nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intents import Context, Understanding, load_schema, understand

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


def read(text: str, role: str = "rep", focus: str | None = None) -> Understanding:
    return understand(text, role=role, now=NOW, context=Context(focus))


def named(found: Understanding) -> list[tuple[str, dict[str, Any]]]:
    return [(c.intent, {name: slot.value for name, slot in c.slots.items()}) for c in found.commands]


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("刚跟苏总通完电话他同意了,推进到合同,后天上午十点提醒我送合同", ["log_contact", "set_stage", "remind_me"]),
        ("苏先生到店聊完了 明天下午两点约他试驾元PLUS", ["log_contact", "book_test_drive"]),
        ("called Ms Wade, move her to quote and remind me Monday 9am to follow up",
         ["log_contact", "set_stage", "remind_me"]),
        ("刚给苏总打过电话,他说月底再定", ["log_contact"]),
        ("刚给苏总打过电话,他要推迟到下周三签", ["log_contact"]),
        ("记一下:苏总下周三签合同,带老婆来", ["add_note"]),
        ("remind me Monday 9am to call Ms Wade and move her to quote", ["remind_me"]),
    ],
)  # fmt: skip
def test_each_command_of_a_message_and_no_more(text: str, intents: list[str]) -> None:
    assert [intent for intent, _ in named(read(text))] == intents


def test_one_command_for_several_people() -> None:
    assert named(read("把苏总和王姐都改成H级")) == [
        ("set_level", {"level": "H", "person": "苏总"}),
        ("set_level", {"level": "H", "person": "王姐"}),
    ]


def test_a_reminder_before_an_appointment_is_counted_from_it() -> None:
    found = dict(named(read("安排明天上午10点龚女士试驾问界M9,提前一小时提醒我")))
    assert found["remind_me"]["when"] == "2026-11-22T09:00:00+08:00"


def test_a_day_and_a_clock_said_apart_are_one_moment() -> None:
    found = dict(named(read("请问你们星期天能做保养不 我十点左右到", role="customer")))
    assert found["book_service"]["when"] == "2026-11-22T10:00:00+08:00"


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("帮王建国13912345678约明天下午试驾", ["book_test_drive"]),
        ("王建国 13912345678,明天下午提醒我给他报价", ["remind_me"]),
        ("王建国 13912345678 想看秦PLUS 明天上午试驾", ["create_lead", "book_test_drive"]),
        ("我叫方晓，电话13700137001，想试驾ES6", ["create_lead", "book_test_drive"]),
    ],
)
def test_a_number_beside_a_name_is_a_lead_only_with_an_interest(text: str, intents: list[str]) -> None:
    assert [intent for intent, _ in named(read(text))] == intents


def test_a_talk_keeps_the_words_it_was_told_in() -> None:
    ((intent, slots),) = named(read("昨天去冯总公司拜访过了 要等老板批预算"))
    assert (intent, slots["channel"], slots["outcome"]) == ("log_contact", "visit", "要等老板批预算")
    assert slots["text"] == "昨天去冯总公司拜访过了 要等老板批预算"


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("加个客户刘姐13922223333,小红书来的", "xiaohongshu"),
        ("加个客户刘姐,电话13922223333", None),
        ("just spoke with Anna Lee on WeChat, she loves it", "wechat"),
    ],
)
def test_a_channel_named_in_passing(text: str, channel: str | None) -> None:
    assert named(read(text))[0][1].get("channel") == channel


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("这条 lead 给 Tom 跟", "assign_lead", {"person_to": "Tom"}),
        ("把 Mr White 推到 negotiation 阶段", "set_stage", {"person": "Mr White", "stage": "negotiation"}),
        ("给 Peter 申请 discount 4000", "request_discount", {"person": "Peter", "money": 4000}),
        ("后天10点 remind me 联系苏总", "remind_me", {"person": "苏总", "when": "2026-11-23T10:00:00+08:00"}),
    ],
)
def test_english_words_in_a_chinese_sentence(text: str, intent: str, slots: dict[str, Any]) -> None:
    ((found, values),) = named(read(text, role="manager"))
    assert found == intent
    assert slots.items() <= values.items()


@pytest.mark.parametrize(
    "text",
    [
        "还没给苏总打电话", "小刘说他已经联系过李总了", "他说他朋友上周订了一台",
        "我记得王姐说过不要白色",
        "要不要把苏总推进到报价", "王姐的备注有哪些", "备注在哪里看", "听说小李把客户都转走了",
        "I haven't called Mr Brown", "I should call Mr Green", "she told me her brother ordered a car",
        "maybe move Mr Green to contract later", "should I approve this", "my friend test drove it last week",
    ],
)  # fmt: skip
def test_a_tale_a_doubt_or_an_intention_is_no_command(text: str) -> None:
    written = [c.intent for c in read(text, role="manager").commands if load_schema()[c.intent].writes]
    assert written == []


def test_a_tale_about_him_is_a_talk_when_it_is_known_who_he_is() -> None:
    ((intent, slots),) = named(read("他说没时间", focus="苏总"))
    assert (intent, slots["person"]) == ("log_contact", "苏总")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("那个合同弄得咋样啦", "ask_order"),
        ("有没有人知道刹车那个事", "ask_knowledge"),
        ("how's the contract going", "ask_history"),
    ],
)
def test_business_that_fits_no_sentence_is_asked_about(text: str, intent: str) -> None:
    found = read(text)
    assert found.outcome == "ambiguous"
    assert intent in [choice.command.intent for choice in found.alternatives]
    assert len(found.alternatives) <= 3


@pytest.mark.parametrize(
    "text",
    ["今天天气真好", "昨晚球赛看了吗", "晚上一起吃饭", "tell me a joke", "我叫冯勇,想看ES6,电话1380013"],
)
def test_small_talk_and_half_a_number_get_no_choices(text: str) -> None:
    found = read(text, role="visitor")
    assert (found.outcome, found.alternatives) == ("unrecognised", ())


def test_the_ranker_writes_nothing_unasked() -> None:
    for text in ("抖音 13711114444 SU7 这个人", "苏总 那边 电话 说 了 一下", "Helen file remark budget"):
        found = read(text)
        written = [c.intent for c in found.commands if load_schema()[c.intent].risk == "own_write"]
        assert found.layer != "ranker" or written == []


@pytest.mark.parametrize(
    ("text", "by", "whom"),
    [
        ("小陈刚给王姐打过电话", "小陈", "王姐"), ("小王给李娜打过电话了", "小王", "李娜"),
        ("老陈刚才跟黄志远聊了,下周来看车", "老陈", "黄志远"), ("小李联系过王丽了", "小李", "王丽"),
    ],
)  # fmt: skip
def test_of_a_colleagues_talk_the_other_one_is_the_customer_and_it_is_shown_first(text: str, by: str, whom: str) -> None:
    found = read(text)
    assert [(c.intent, c.slots["by"].value, c.slots["person"].value) for c in found.commands] == [("log_contact", by, whom)]
    assert found.layer == "ranker"


@pytest.mark.parametrize("text", ["王姐说“别转给小李”", "李总说「就按上次的价」", 'Ms Wang said "no discount, no deal"'])
def test_a_talk_that_repeats_somebodys_words_is_never_written_unseen(text: str) -> None:
    found = read(text)
    assert not found.commands or found.layer == "ranker"
