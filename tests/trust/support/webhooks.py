"""Spoilt calls on the platforms' ways in: what is refused leaves nothing, what is kept is worked off."""

from __future__ import annotations

import json
import random
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from bot.settings import BotSettings
from crm_core.api import Core
from crm_core.kernel.inbox import DONE
from crm_core.kernel.tables import Inbox
from tests.channels.telegram.conftest import CUSTOMERS, SECRET, STAFF
from tests.support.fakes.telegram import FakeTelegram
from tests.support.fakes.wecom import FakeWecom, until
from tests.support.fakes.wecom_callback import Sealed
from tests.support.hostile import changed, changed_call, respelled, rows_elsewhere, spliced
from tests.support.site import Site, bot_settings, served

# As many different ids are used, so that what is kept can be worked off in a test's time.
IDS = 150
WORK_SECONDS = 240.0


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


def telegram_settings(telegram: FakeTelegram) -> BotSettings:
    """Both bots, called by webhook."""
    return bot_settings(
        public_url="http://127.0.0.1:8080", telegram_bot_token=STAFF, telegram_customer_bot_token=CUSTOMERS,
        telegram_api_base=telegram.url, telegram_mode="webhook", telegram_webhook_secret=SECRET,
    )  # fmt: skip


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


def telegram_fuzz(site: Site, many: int, chance: random.Random) -> set[int]:
    """Post `many` spoilt updates; the ids of those that were taken. Nothing but the inbox may have grown."""
    ids, before = set[int](), rows_elsewhere(site.core)
    for number in range(many):
        body = _update(number % IDS, chance)
        if posted(site, body):
            ids.add(json.loads(body)["update_id"])
    assert rows_elsewhere(site.core) == before
    return ids


def _update(number: int, chance: random.Random) -> bytes:
    update = chance.choice(updates(number))
    if chance.random() < 0.5:
        return json.dumps(changed(update, chance)).encode()
    return spliced(json.dumps(update, ensure_ascii=False).encode(), chance)


def posted(site: Site, body: bytes, secret: str = SECRET) -> bool:
    """Whether the staff's bot took it: 200 or 400, and no word."""
    answer = site.http.post("/telegram/webhook", content=body,
                            headers={"X-Telegram-Bot-Api-Secret-Token": secret})  # fmt: skip
    assert (answer.status_code, answer.content) in ((200, b""), (400, b"")), body
    return answer.status_code == 200


# WeCom's callback


def wecom_fuzz(site: Site, fake: FakeWecom, many: int, chance: random.Random) -> None:
    """Half of them spoilt from outside, half sealed as they should be with anything inside."""
    before = rows_elsewhere(site.core)
    _broken_outside(site, fake, many // 2, chance)
    _sealed_nonsense(site, fake, many // 2, chance)
    # With a press comes what may answer it.
    codes = rows_elsewhere(site.core)["response_codes"]
    assert rows_elsewhere(site.core) == before | {"response_codes": codes}
    assert codes <= len(kept(site.core, "wecom"))


def _broken_outside(site: Site, fake: FakeWecom, many: int, chance: random.Random) -> None:
    """Nothing comes of a call that was changed on its way, but what its sender said."""
    genuine = set[str]()
    for number in range(many):
        if number % 50 == 0:
            words = fake.caller.message("zhang.san", "text", Content="你好")
            sealed = fake.caller.sealed(words)
            genuine.add("m:" + words.partition("<MsgId>")[2].removeprefix("<![CDATA[").split("]")[0].split("<")[0])
        called(site, changed_call(sealed, chance))
    assert set(kept(site.core, "wecom")) <= genuine


def _sealed_nonsense(site: Site, fake: FakeWecom, many: int, chance: random.Random) -> None:
    """Signed and sealed as it should be, with anything inside: kept at most once, as it is."""
    taken, before = 0, len(kept(site.core, "wecom"))
    for number in range(many):
        user = f"user{number % IDS}"
        words = chance.choice((
            fake.caller.message(user, "text", Content="你好"), fake.caller.press(user, "A1-2-0", "abc", "code"),
            fake.caller.message(user, "event", Event="enter_agent"),
        ))  # fmt: skip
        taken += called(site, fake.caller.sealed(respelled(words, chance)))
    assert 0 < len(kept(site.core, "wecom")) - before <= taken


def called(site: Site, sealed: Sealed) -> bool:
    """Whether it was taken: 200 or 403, and no word."""
    answer = site.http.post("/wecom/callback", params=sealed.params, content=sealed.body)
    assert (answer.status_code, answer.content) in ((200, b""), (403, b"")), sealed
    return answer.status_code == 200
