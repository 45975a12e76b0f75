"""Talk about notes, reminders and talks: questions, examples, reproaches; and the same words inside an order."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from intents import load_schema, understand

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    "text",
    [
        "你上次提醒我下午三点开会,结果没响",
        "经理刚才提醒我下午三点开会",
        "怎么给王姐记一下不要白色",
        "例如:记一下:王姐要白色",
        "不用记 王姐不要白色",
        "王姐说给她打过电话了但是我没打",
        "李总电话13800138000打过去是空号",
        "刘姐算是战败了吧?",
        "我记得王姐说过不要白色",
        "提醒我的事情太多了",
        "how do I note that Ms Wang wants no white",
        "for example: note: Ms Wang wants white",
        "no need to note that Ms Wang wants no white",
        "you reminded me at 3pm to call Mr Li and it never rang",
    ],
)
@pytest.mark.parametrize("role", ["rep", "manager"])
def test_talk_about_notes_and_reminders_writes_nothing(text: str, role: str) -> None:
    assert [c.intent for c in understand(text, role=role, now=NOW).commands if load_schema()[c.intent].writes] == []


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("记一下:王姐问怎么给车上牌", "add_note"),
        ("记一下:他喜欢SUV,比如X5", "add_note"),
        ("给王姐记一下,别记错了,不要白色", "add_note"),
        ("记一下:王姐不用记账贷款", "add_note"),
        ("明天提醒我过去给李总送合同", "remind_me"),
        ("别忘了提醒我明天下午三点开会", "remind_me"),
        ("不要忘了明天下午三点提醒我开会", "remind_me"),
        ("don't forget to remind me tomorrow at 3pm to call Mr Li", "remind_me"),
        ("刘姐战败了,买了隔壁的", "mark_lost"),
        ("刚给李总打过电话,他还没定", "log_contact"),
        ("note: she asked how to add a second driver", "add_note"),
    ],
)
def test_such_words_inside_an_order_are_part_of_it(text: str, intent: str) -> None:
    assert [c.intent for c in understand(text, role="rep", now=NOW).commands] == [intent]


def test_when_he_said_it_is_not_when_he_will_sign() -> None:
    (command,) = understand("李总昨天说他下周来签", role="rep", now=NOW).commands
    assert command.slots["when"].value == {"start": "2026-11-23", "end": "2026-11-30"}


def test_the_words_that_lead_on_are_no_part_of_the_reminder() -> None:
    found = understand("明天提醒我回访李总,顺便把他改成A级", role="rep", now=NOW)
    reminder = next(c for c in found.commands if c.intent == "remind_me")
    assert "顺便" not in reminder.slots["text"].value
