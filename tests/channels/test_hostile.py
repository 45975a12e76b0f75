"""Thousands of spoilt answers and frames where we listen ourselves: kept raw or passed over, never an error.

Ways in by which others call us are in tests/trust/test_a_webhooks.py.
"""

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
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.tables import Inbox
from tests.channels.conftest import moving_core
from tests.support.fakes.wecom import fake_wecom
from tests.support.fakes.wecom_aibot import AibotPlatform
from tests.support.fakes.wecom_kf import DESK, KF_SECRET
from tests.support.fakes.wecom_site import wecom_settings
from tests.support.hostile import changed, rows_elsewhere, spliced

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
