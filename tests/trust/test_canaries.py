"""Nobody learns what is not his: hidden records, many questions, by everybody who may not see them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from bot.conversation.brain import Rooms
from bot.terminal import Shown, Terminal
from crm_core.api import Core
from crm_core.chat.messages import AddVisitor
from crm_core.kernel.access import AccessTable
from crm_core.kernel.clock import FixedClock
from tests.trust.planted import SUBJECTS, Planted, Plot, plant

ASKERS = ("rep1", "rep3", "tech1", "customer1", "visitor")
ABOUT_ONE = (
    "{name}什么情况", "{name}的电话是多少", "{name}上次保养什么时候", "{name}总共花了多少钱", "{name}买过什么",
    "上次给{name}报了多少", "{name}来过几次", "我们答应{name}什么了", "{name}投诉过吗", "{name}上次聊了什么",
    "谁在跟{name}", "{name}的订单到哪了", "{name}有几台车", "{plate}上次保养多少公里", "{plate}前刹车片", "{vin}机油滤清器",
    "{phone}是谁", "{name}喜欢{subject}吗", "给{name}申请优惠5000", "约{name}明天下午三点试驾", "{name}改成A级",
    "把{name}转给林佳", "刚给{name}打过电话,他说月底再定", "明天上午九点提醒我联系{name}", "{name}说太贵了怎么回",
    "给{name}报价", "给{name}写个消息,周末有活动", "{name}的生日是哪天", "{name}的车下次保养什么时候", "他的车用什么机滤",
    "what did we quote {phone}", "show me the history of {plate}", "{name}和张伟是同一个人", "{name}明天的预约取消",
    "取消{name}的提醒", "{name}的报价图发我",
)  # fmt: skip
ABOUT_ALL = (
    "谁喜欢{subject}", "哪些客户问过{subject}", "{subject}怎么装", "加装{subject}多少钱", "{subject}的内部规定是什么",
    "客户嫌{subject}贵怎么回", "谁投诉过{subject}", "how much is {subject}",
)  # fmt: skip
GENERAL = (
    "今天要干嘛", "明天有什么安排", "公海有什么", "我的客户有哪些", "今天总结", "这周成交了几单", "商机漏斗", "明天谁过生日",
    "哪些客户快到期了", "待审批的有哪些", "停留过久的商机", "多久没联系的客户有哪些", "昨天谁来店了", "最大的订单是谁的",
    "本月销售额多少", "撤销", "帮助", "没送达的消息", "what's on today", "who visited yesterday", "my follow-ups",
)  # fmt: skip


def questions(people: Sequence[Planted], many: int) -> Iterator[str]:
    """`many` of them, the kinds in turn, each about another customer or subject."""
    kinds = [*GENERAL, *ABOUT_ONE, *ABOUT_ALL]
    for n in range(many):
        one = people[n % len(people)]
        yield kinds[n % len(kinds)].format(**vars(one) | {"subject": SUBJECTS[(n * 7) % len(SUBJECTS)]})


class Asker:
    """Somebody at his terminal, and every secret he was shown."""

    def __init__(self, core: Core, brain: Rooms, who: str, plot: Plot) -> None:
        self.plot, self.found = plot, list[str]()
        self.terminal = Terminal(core, _id_of(core, who), brain)

    def ask(self, question: str) -> None:
        shown = self.terminal.say(question)
        self._look(question, shown)
        for label in _labels(shown)[:2]:
            self._look(question, self.terminal.press(label))

    def pushed(self) -> None:
        self._look("", self.terminal.inbox())

    def _look(self, asked: str, shown: Shown) -> None:
        words = json.dumps(shown.to_json(), ensure_ascii=False)
        self.found += [f"{asked!r} → {secret}: {words[:300]}" for secret in self.plot.leaks(words)]


def _labels(shown: Shown) -> list[str]:
    return [button.label for reply in shown.replies if reply.card for button in reply.card.buttons]


def _id_of(core: Core, who: str) -> str:
    if who != "visitor":
        return who
    return core.execute(AddVisitor(unit=core.actor("manager1").unit), core.system("starway")).id


def leaks(core: Core, plot: Plot, many: int, askers: Sequence[str] = ASKERS) -> list[str]:
    """What all of them were shown of what is not theirs, in answers and in what was sent to them."""
    assert isinstance(core.clock, FixedClock)
    brain = Rooms(core)
    found = []
    try:
        for who in askers:
            asker = Asker(core, brain, who, plot)
            for question in questions(plot.asked, many):
                core.clock.advance(seconds=40)
                asker.ask(question)
            core.clock.advance(seconds=timedelta(hours=4).total_seconds())
            asker.pushed()
            found += [f"{who}: {one}" for one in asker.found]
    finally:
        brain.close()
    return found


def test_nobody_learns_what_is_not_his(demo: Core, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    plot = plant(demo, 8)
    assert leaks(demo, plot, 65) == []
    assert plot.leaks(caplog.text) == []


@pytest.mark.slow
def test_nobody_learns_any_of_500_records_by_200_questions(demo: Core, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    plot = plant(demo, 40)
    assert plot.records >= 500
    assert leaks(demo, plot, 200) == []
    assert plot.leaks(caplog.text) == []


@pytest.mark.parametrize("demo_url", ["sqlite"], indirect=True)
def test_it_would_be_seen_if_lists_forgot_whose_they_are(demo: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    plot = plant(demo, 4)
    monkeypatch.setattr(AccessTable, "clause", lambda self, actor, resource, action, table: table.tenant == actor.tenant)
    assert leaks(demo, plot, 65, ("rep1",))


@pytest.mark.parametrize("demo_url", ["sqlite"], indirect=True)
def test_it_would_be_seen_if_single_records_were_given_to_anybody(demo: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    plot = plant(demo, 4)
    monkeypatch.setattr(AccessTable, "clause", lambda self, actor, resource, action, table: table.tenant == actor.tenant)
    monkeypatch.setattr(AccessTable, "allows", lambda self, actor, resource, action, row: True)
    assert leaks(demo, plot, 65, ("tech1",))
