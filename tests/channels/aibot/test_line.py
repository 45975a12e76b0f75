"""Colleagues talk to the AI bot: answers take the place of "one moment", cards change within seconds of a press."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.wecom.aibot import open_line
from bot.channels.wecom.aibot.client import Refused
from bot.channels.wecom.aibot.line import AibotLine, AibotListener, _receipt
from bot.ports import Account, Button, Card, Delivery, Field, Heard, Held, Outbound, Style
from bot.reception.post import Post
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.errors import ConfigError, Unavailable
from crm_core.org.messages import AddPerson
from tests.conftest import NOW
from tests.support.fakes.wecom_aibot import AibotPlatform
from tests.support.site import DEALER, bot_settings, served
from tests.web.conftest import small, small_sqlite  # noqa: F401

BOT, SECRET = "bot-1", "a-secret-for-tests"
CHAT = "aibot:bot-1:ann"
CARD = Card("lead", "新线索", (Field("客户", "王先生"), Field("意向", "ET5")),
            (Button("接单", "", id="a1", style=Style.PRIMARY), Button("转派", "", id="a2")))  # fmt: skip


def delivery(number: int = 17, kind: str = "@reply", chat: str = CHAT) -> Delivery:
    return Delivery(number, "demo", chat, "p1", kind, "", {}, 0, 1, 1, f"k{number}", None, NOW, NOW, "aibot:bot-1")


@dataclass
class Bot:
    platform: AibotPlatform
    line: AibotLine
    core: Core

    async def says(self, text: str, **kw: Any) -> str:
        """A colleague writes, and "one moment" stands there."""
        before = len(self.platform.took)
        req_id = await self.platform.says(BOT, "Ann", text, **kw)
        await self.platform.until(lambda: len(self.platform.took) > before)
        return req_id

    async def sends(self, message: Outbound, one: Delivery) -> Any:
        # As the sender does: from a loop of its own.
        body = json.loads(json.dumps(self.line.render(one, message), ensure_ascii=False))
        return await asyncio.to_thread(lambda: asyncio.run(self.line.send(one, message, body)))


def run(core: Core, story: Callable[[Bot], Awaitable[None]]) -> None:
    async def go() -> None:
        platform = AibotPlatform({BOT: SECRET})
        await platform.start()
        line = AibotLine(Account("demo", "aibot", BOT, "staff", "demo.", settings={"secret": SECRET}), platform.url)
        listener = AibotListener(line, Post(core, lambda: None), Texts.load())
        listening = asyncio.create_task(listener.listen(Held("listen", 1)))
        try:
            await platform.until(line.ready)
            await story(Bot(platform, line, core))
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await platform.stop()
        assert not line.ready()

    asyncio.run(go())


def test_a_question_is_stored_once_and_its_answer_takes_the_place_of_one_moment(core: Core) -> None:
    async def story(bot: Bot) -> None:
        req_id = await bot.says("我今天有哪些客户", msgid="m7")
        await bot.platform.says(BOT, "Ann", "我今天有哪些客户", msgid="m7")
        receipt = await bot.sends(Outbound(text="三位"), delivery())
        assert receipt.heard is Heard.ACCEPTED
        moment, answer = bot.platform.took[0], bot.platform.took[-1]
        assert (moment.req_id, moment.body["stream"]["finish"]) == (req_id, False)
        assert (answer.body["stream"]["finish"], answer.body["stream"]["content"]) == (True, "三位")
        await asyncio.sleep(0.1)
        (arrival,) = core.inbox.claim(NOW)
        event = bot.line.read(arrival)
        assert event is not None
        assert (event.native_id, event.chat, event.text) == ("ann", CHAT, "我今天有哪些客户")

    run(core, story)


def test_a_second_answer_and_a_reminder_are_pushed(core: Core) -> None:
    async def story(bot: Bot) -> None:
        await bot.says("你好")
        await bot.sends(Outbound(text="您好"), delivery(1))
        await bot.sends(Outbound(text="还有一条"), delivery(2))
        await bot.sends(Outbound(card=CARD), delivery(3, "lead"))
        said = [(one.cmd, one.body["msgtype"]) for one in bot.platform.took[1:]]
        assert said == [("aibot_respond_msg", "stream"), ("aibot_send_msg", "markdown"),
                        ("aibot_send_msg", "template_card")]  # fmt: skip
        card = bot.platform.took[-1].body["template_card"]
        assert [button["key"] for button in card["button_list"]] == ["a1", "a2"]
        assert card["source"]["desc"].startswith("#")

    run(core, story)


def test_a_card_that_says_more_than_fits_is_said_in_full_before(core: Core) -> None:
    async def story(bot: Bot) -> None:
        await bot.says("报价")
        long = Card("quote", "报价单 " * 8, (Field("说明", "很长" * 40),), CARD.buttons, sources=())
        await bot.sends(Outbound(card=long), delivery())
        body = bot.platform.took[-1].body
        assert body["msgtype"] == "stream_with_template_card"
        assert "很长" * 40 in body["stream"]["content"]
        assert len(body["template_card"]["main_title"]["title"]) <= 26

    run(core, story)


def test_a_pressed_card_changes_in_place_and_later_a_line_says_what_became_of_it(core: Core) -> None:
    async def story(bot: Bot) -> None:
        await bot.says("线索")
        receipt = await bot.sends(Outbound(card=CARD), delivery(5, "lead"))
        await bot.platform.presses(BOT, "Ann", "a1", receipt.provider_id)
        await bot.platform.until(lambda: bot.line._presses)
        taken = Outbound(card=Card("lead", "新线索", CARD.fields, (), status="你已接单", tone="done"))
        first = await bot.line.update(delivery(6), receipt.provider_id, taken)
        second = await bot.line.update(delivery(7), receipt.provider_id, taken)
        assert (first.heard, second.heard) == (Heard.ACCEPTED, Heard.ACCEPTED)
        changed, said = bot.platform.took[-2:]
        assert changed.cmd == "aibot_respond_update_msg"
        assert changed.body["template_card"]["task_id"] == receipt.provider_id
        assert changed.body["template_card"]["button_list"] == [{"text": "你已接单", "style": 4, "key": "done"}]
        assert (said.cmd, said.body["markdown"]["content"]) == ("aibot_send_msg", "↪ 新线索 · 你已接单")

    run(core, story)


def test_an_answer_to_a_call_of_an_earlier_connection_is_pushed(core: Core) -> None:
    async def story(bot: Bot) -> None:
        await bot.says("报价")
        bot.platform._calls.clear()  # what the platform knows of calls ends with their connection
        receipt = await bot.sends(Outbound(text="在算"), delivery())
        assert receipt.heard == Heard.ACCEPTED
        took = bot.platform.took[-1]
        assert (took.cmd, took.body["markdown"]["content"]) == ("aibot_send_msg", "在算")

    run(core, story)


def test_without_a_connection_nothing_was_sent(core: Core) -> None:
    async def story(bot: Bot) -> None:
        await bot.says("你好")
        await bot.platform.hang_up(BOT)
        await bot.platform.until(lambda: not bot.line.ready())
        receipt = await bot.sends(Outbound(text="在"), delivery())
        assert (receipt.heard, receipt.whole_account) == (Heard.NOT_NOW, True)

    run(core, story)


@pytest.mark.parametrize(("code", "heard", "unreachable"), [
    (93006, Heard.NEVER, True), (45009, Heard.NOT_NOW, False), (846605, Heard.NEVER, False), (40058, Heard.NEVER, False),
])  # fmt: skip
def test_what_refusals_mean(code: int, heard: Heard, unreachable: bool) -> None:
    receipt = _receipt(Refused(code))
    assert (receipt.heard, receipt.unreachable) == (heard, unreachable)


def test_a_card_keeps_its_id_and_another_has_another(core: Core) -> None:
    line = AibotLine(Account("demo", "aibot", BOT, "staff", "demo.", settings={"secret": SECRET}), "ws://x")
    message = Outbound(card=CARD)
    ids = [line.render(delivery(n), message)["card"]["task_id"] for n in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]
    assert all(set(one) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-@") for one in ids)


def test_more_buttons_than_a_card_holds_are_a_press_away() -> None:
    line = AibotLine(Account("demo", "aibot", BOT, "staff", "demo.", settings={"secret": SECRET}), "ws://x")
    many = tuple(Button(f"第{n}位客户的名字很长", "", id=f"a{n}") for n in range(9))
    card = line.render(delivery(), Outbound(card=Card("list", "选一位", (), many)))["card"]
    keys = [one["key"] for one in card["button_list"]]
    assert keys == ["a0", "a1", "a2", "a3", "a4", "more:a5"]
    assert all(len(one["text"]) <= 10 for one in card["button_list"])


def test_a_database_that_is_away_for_a_moment_loses_no_word(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.channels.wecom.aibot import line as module

    monkeypatch.setattr(module, "RESTS", (0.05, 0.05, 0.05))
    store, away = core.arrivals.store, [Unavailable(), Unavailable()]

    def sometimes(*given: Any) -> list[bool]:
        if away:
            raise away.pop()
        return store(*given)

    monkeypatch.setattr(core.arrivals, "store", sometimes)

    async def story(bot: Bot) -> None:
        await bot.says("还在吗")
        assert core.inbox.waiting(NOW)

    run(core, story)


def test_a_bot_without_its_secret_stops_the_start(core: Core) -> None:
    with pytest.raises(ConfigError, match="secret"):
        open_line(Account("demo", "aibot", BOT, "staff", "demo."), core, bot_settings())


def test_a_colleague_asks_and_presses_from_end_to_end(small: Core) -> None:  # noqa: F811
    """A whole house: bound by the corp's list, asked, answered in place, pressed, written down."""
    small.execute(AddPerson(code="rep1", name="陈晓明", role="rep", unit=f"{DEALER}sales.", wecom_userid="Ann"),
                  small.system("starway"))  # fmt: skip

    async def story(platform: AibotPlatform) -> None:
        await platform.until(lambda: platform.live(BOT))
        await platform.says(BOT, "Ann", "新增线索 王建国 13800138000 凯美瑞")
        await platform.until(lambda: any("template_card" in one.body for one in platform.took))
        card = next(one.body["template_card"] for one in platform.took if "template_card" in one.body)
        assert any("王建国" in json.dumps(one.body, ensure_ascii=False) for one in platform.took)
        undo = next(one["key"] for one in card["button_list"] if one["text"] in ("撤销", "更多…"))
        await platform.presses(BOT, "Ann", undo, card["task_id"])
        await platform.until(lambda: any(one.cmd == "aibot_respond_update_msg" for one in platform.took[1:])
                             or len(platform.took) > 3)  # fmt: skip

    async def go() -> None:
        platform = AibotPlatform({BOT: SECRET})
        await platform.start()
        settings = bot_settings(wecom_aibot_id=BOT, wecom_aibot_secret=SECRET, wecom_aibot_url=platform.url)
        try:
            house = served(small, settings=settings)
            await asyncio.to_thread(house.__enter__)
            try:
                await story(platform)
            finally:
                await asyncio.to_thread(house.__exit__, None, None, None)
        finally:
            await platform.stop()

    asyncio.run(go())


def test_old_questions_are_forgotten(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.channels.wecom.aibot import line as module

    async def story(bot: Bot) -> None:
        await bot.says("你好")
        monkeypatch.setattr(module, "STREAM_SECONDS", 0.0)
        await bot.sends(Outbound(text="晚了"), delivery())
        assert bot.platform.took[-1].cmd == "aibot_send_msg"

    run(core, story)
    assert timedelta(seconds=module.PRESS_SECONDS) < timedelta(seconds=5)
