"""Thousands of spoilt calls on every way in: refused or kept raw, never an error, and nobody else is held up."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.channels.wecom.aibot.line import AibotLine, AibotListener
from bot.channels.wecom.kf import named, open_line
from bot.channels.wecom.kf_listener import KfListener
from bot.ports import Account, Held
from bot.reception.post import Post
from bot.settings import BotSettings
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.inbox import DONE
from crm_core.kernel.tables import Inbox
from tests.channels.conftest import moving_core
from tests.channels.telegram.conftest import CUSTOMERS, SECRET, STAFF
from tests.support.fakes.telegram import FakeTelegram
from tests.support.fakes.wecom import FakeWecom, fake_wecom, until
from tests.support.fakes.wecom_aibot import AibotPlatform
from tests.support.fakes.wecom_callback import Sealed
from tests.support.fakes.wecom_kf import DESK, KF_SECRET
from tests.support.fakes.wecom_site import wecom_settings
from tests.support.hostile import changed, changed_call, respelled, rows_elsewhere, spliced
from tests.support.site import Site, bot_settings, served

SIZES = [300, pytest.param(10_000, marks=pytest.mark.slow)]
# As many different ids are used, so that what is kept can be worked off in a test's time.
IDS = 150
WORK_SECONDS = 240.0

pytestmark = pytest.mark.parametrize("size", SIZES)


@pytest.fixture
def moving(small_sqlite: Path, tmp_path: Path) -> Iterator[Core]:
    core = moving_core(small_sqlite, tmp_path)
    yield core
    core.close()


def kept(core: Core, channel: str) -> list[str]:
    """The keys of what is in the inbox."""
    with core.database.read() as session:
        query = select(col(Inbox.dedupe_key)).where(col(Inbox.channel) == channel).order_by(col(Inbox.id))
        return list(session.execute(query).scalars())


def works_off(core: Core, settings: BotSettings) -> None:
    """A house takes up all that was kept, and every one of it ends well."""

    def waiting() -> list[tuple[int, str | None]]:
        with core.database.read() as session:
            query = select(col(Inbox.state), col(Inbox.error)).where(col(Inbox.state) != DONE)
            return [(state, error) for state, error in session.execute(query)]

    with served(core, settings=settings):
        until(lambda: not [1 for state, _ in waiting() if state < DONE], WORK_SECONDS, lambda: str(len(waiting())))
    assert waiting() == []


# Telegram


def updates(number: int) -> list[dict[str, Any]]:
    """A message, a press and a block, as Telegram tells them."""
    who = {"id": 1001 + number % 7, "is_bot": False, "first_name": "晓明", "language_code": "zh-hans"}
    chat = {"id": who["id"], "type": "private", "first_name": "晓明"}
    message = {"message_id": number + 1, "date": 1_770_000_000, "from": who, "chat": chat, "text": "你好"}
    member = {"status": "member", "user": {"id": 1, "is_bot": True, "first_name": "bot"}}
    return [
        {"update_id": number, "message": message},
        {"update_id": number, "callback_query": {"id": "5", "from": who, "message": message, "chat_instance": "1",
                                                 "data": "a:none"}},
        {"update_id": number, "my_chat_member": {"chat": chat, "from": who, "date": 1_770_000_000,
                                                 "old_chat_member": member, "new_chat_member": member}},
    ]  # fmt: skip


def test_telegram(moving: Core, size: int) -> None:
    chance, ids = random.Random(41), set[int]()
    with FakeTelegram(STAFF, CUSTOMERS) as telegram:
        settings = bot_settings(
            public_url="http://127.0.0.1:8080", telegram_bot_token=STAFF, telegram_customer_bot_token=CUSTOMERS,
            telegram_api_base=telegram.url, telegram_mode="webhook", telegram_webhook_secret=SECRET,
        )  # fmt: skip
        with served(moving, settings=settings, role="web") as site:
            before = rows_elsewhere(moving)
            for number in range(size):
                body = _update(number % IDS, chance)
                if _posted(site, number, body):
                    ids.add(json.loads(body)["update_id"])
            assert rows_elsewhere(moving) == before
        assert {int(key) for key in kept(moving, "telegram")} == ids
        works_off(moving, settings)


def _update(number: int, chance: random.Random) -> bytes:
    update = chance.choice(updates(number))
    if chance.random() < 0.5:
        return json.dumps(changed(update, chance)).encode()
    return spliced(json.dumps(update, ensure_ascii=False).encode(), chance)


def _posted(site: Site, number: int, body: bytes) -> bool:
    """Whether it was taken. Each bot gets some; a genuine id of the one is none of the other's."""
    answer = site.http.post("/telegram/webhook", content=body,
                            headers={"X-Telegram-Bot-Api-Secret-Token": SECRET})  # fmt: skip
    assert (answer.status_code, answer.content) in ((200, b""), (400, b"")), (number, body)
    return answer.status_code == 200


# WeCom's callback


def test_wecom(moving: Core, size: int) -> None:
    with fake_wecom() as fake:
        settings = wecom_settings(fake)
        with served(moving, settings=settings, role="web") as site:
            before = rows_elsewhere(moving)
            _broken_outside(site, fake, size // 2)
            _sealed_nonsense(site, fake, size // 2)
            # With a press comes what may answer it.
            assert rows_elsewhere(moving) == before | {"response_codes": _codes(moving)}
            assert _codes(moving) <= len(kept(moving, "wecom"))
        works_off(moving, settings)


def _codes(core: Core) -> int:
    return rows_elsewhere(core)["response_codes"]


def _broken_outside(site: Site, fake: FakeWecom, size: int) -> None:
    """Nothing comes of a call that was changed on its way, but what its sender said."""
    chance, genuine = random.Random(42), set[str]()
    for number in range(size):
        if number % 50 == 0:
            words = fake.caller.message("zhang.san", "text", Content="你好")
            sealed = fake.caller.sealed(words)
            genuine.add("m:" + words.partition("<MsgId>")[2].removeprefix("<![CDATA[").split("]")[0].split("<")[0])
        _called(site, changed_call(sealed, chance))
    assert set(kept(site.core, "wecom")) <= genuine


def _sealed_nonsense(site: Site, fake: FakeWecom, size: int) -> None:
    """Signed and sealed as it should be, with anything inside: kept at most once, as it is."""
    chance, taken = random.Random(43), 0
    before = len(kept(site.core, "wecom"))
    for number in range(size):
        user = f"user{number % IDS}"
        words = chance.choice((
            fake.caller.message(user, "text", Content="你好"), fake.caller.press(user, "A1-2-0", "abc", "code"),
            fake.caller.message(user, "event", Event="enter_agent"),
        ))  # fmt: skip
        taken += _called(site, fake.caller.sealed(respelled(words, chance)))
    assert 0 < len(kept(site.core, "wecom")) - before <= taken


def _called(site: Site, sealed: Sealed) -> bool:
    answer = site.http.post("/wecom/callback", params=sealed.params, content=sealed.body)
    assert (answer.status_code, answer.content) in ((200, b""), (403, b"")), sealed
    return answer.status_code == 200


# 微信客服


def test_kf(moving: Core, size: int) -> None:
    chance, batch = random.Random(44), 50
    said = {"msgid": "m", "open_kfid": DESK, "external_userid": "wm1", "origin": 3, "msgtype": "text",
            "text": {"content": "你好"}, "send_time": int(moving.now().timestamp())}  # fmt: skip

    def answer(call: Any) -> dict[str, Any]:
        at = int(str(call.body.get("cursor") or "c0")[1:])
        more = at < size // batch
        told = [changed(said | {"msgid": f"m{at * batch + n}"}, chance) for n in range(batch)] if more else []
        told += [] if more else [said | {"msgid": "the last"}]
        return {"errcode": 0, "errmsg": "ok", "next_cursor": f"c{at + 1}", "has_more": int(more), "msg_list": told}

    with fake_wecom() as fake:
        fake.secrets.add(KF_SECRET)
        fake.serve("kf/account/list", lambda call: {"errcode": 0, "account_list": [{"open_kfid": DESK, "name": "客服"}]})
        fake.serve("kf/sync_msg", answer)
        settings = wecom_settings(fake, wecom_kf_secret=KF_SECRET)
        (account,) = named(settings, "starway")
        moving.accounts.put(account, moving.now())
        line = open_line(account, moving, settings)
        before = rows_elsewhere(moving)
        asyncio.run(_until_kept(KfListener(account, moving, line.api, Post(moving, lambda: None)), moving, "the last"))
    after = rows_elsewhere(moving)
    place = {"access_tokens": 1, "cursors": 1, "service_desks": 1}
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == place
    assert len(kept(moving, "kf")) > size // 4


async def _until_kept(listener: KfListener, core: Core, key: str) -> None:
    listening = asyncio.create_task(listener.listen(Held("listen", 1)))
    async with asyncio.timeout(WORK_SECONDS):
        while not listening.done() and key not in await asyncio.to_thread(kept, core, "kf"):
            await asyncio.sleep(0.2)
    assert not listening.done(), listening.exception()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


# The AI bot's connection

BOT, BOT_SECRET = "bot-1", "a-secret-for-tests"


def test_aibot(core: Core, size: int) -> None:
    lost = asyncio.run(_frames(core, size))
    assert lost == []
    assert len(kept(core, "aibot")) > size // 10


async def _frames(core: Core, size: int) -> list[Any]:
    """Spoilt frames on one connection, then somebody speaks; what was lost in the loop without a word."""
    lost: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(context))
    platform, chance = AibotPlatform({BOT: BOT_SECRET}), random.Random(45)
    await platform.start()
    line = AibotLine(Account("starway", "aibot", BOT, "staff", "starway.", settings={"secret": BOT_SECRET}), platform.url)
    listener = AibotListener(line, Post(core, lambda: None), Texts.load())
    listening = asyncio.create_task(listener.listen(Held("listen", 1)))
    try:
        await platform.until(line.ready)
        before = rows_elsewhere(core)
        for number in range(size):
            await platform.raw(BOT, _frame(number, chance))
        await platform.says(BOT, "Ann", "你好", msgid="the last")
        async with asyncio.timeout(WORK_SECONDS):
            while "the last" not in await asyncio.to_thread(kept, core, "aibot"):
                await asyncio.sleep(0.2)
        assert (platform.subscribed, rows_elsewhere(core)) == (1, before)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await platform.stop()
    return lost


def _frame(number: int, chance: random.Random) -> str:
    body: dict[str, Any] = {"msgid": f"m{number}", "aibotid": BOT, "chattype": "single", "from": {"userid": "ann"}}
    message = {"msgtype": "text", "text": {"content": "你好"}}
    press = {"event": {"eventtype": "template_card_event", "template_card_event": {"event_key": "k", "task_id": "t"}}}
    frame = chance.choice((
        {"cmd": "aibot_msg_callback", "headers": {"req_id": f"x{number}"}, "body": body | message},
        {"cmd": "aibot_event_callback", "headers": {"req_id": f"x{number}"}, "body": body | press},
    ))  # fmt: skip
    if chance.random() < 0.7:
        return json.dumps(changed(frame, chance))
    return spliced(json.dumps(frame, ensure_ascii=False).encode(), chance).decode(errors="replace")
