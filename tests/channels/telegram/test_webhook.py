"""Telegram's calls: verified, stored once, answered alike whatever is wrong with them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.channels.telegram.incoming import BadUpdate, parsed
from crm_core.api import Core
from crm_core.kernel.tables import Inbox
from tests.channels.telegram.conftest import CHEN, SECRET, TelegramSite, open_site
from tests.support.fakes.telegram import FakeTelegram

HEADER = "X-Telegram-Bot-Api-Secret-Token"
PATH = "/telegram/webhook"


@pytest.fixture
def site(sqlite_core: Core, telegram: FakeTelegram) -> Iterator[TelegramSite]:
    with open_site(sqlite_core, "webhook", telegram) as found:
        yield found


def update(number: int, text: str = "你好", user: int = 1001) -> dict[str, object]:
    who = {"id": user, "is_bot": False, "first_name": "晓明"}
    chat = {"id": user, "type": "private", "first_name": "晓明"}
    return {"update_id": number, "message": {"message_id": 1, "date": 1_770_000_000, "from": who, "chat": chat,
                                             "text": text}}  # fmt: skip


def call(site: TelegramSite, body: bytes | str, secret: str | bytes | None = SECRET, path: str = PATH) -> httpx.Response:
    headers = {} if secret is None else {HEADER: secret}
    return site.site.http.post(path, content=body, headers=headers)  # type: ignore[arg-type]


def rows(core: Core) -> int:
    with core.database.read() as session:
        count: int = session.execute(select(func.count()).where(col(Inbox.channel) == "telegram")).scalar_one()
        return count


WRONG = (None, "", "wrong", SECRET[:-1], SECRET + "x", "密码".encode(), b"\xff\xfe", SECRET.upper())


def test_without_the_secret_nothing_is_taken(site: TelegramSite) -> None:
    assert [call(site, json.dumps(update(1)), secret).status_code for secret in WRONG] == [401] * len(WRONG)
    assert rows(site.core) == 0


BAD = {
    "empty": "", "no json": "hello", "half": '{"update_id": 1', "a list": "[1]", "a number": "7", "null": "null",
    "no id": "{}", "id as text": '{"update_id": "1"}', "id true": '{"update_id": true}', "negative": '{"update_id": -1}',
    "float": '{"update_id": 1.5}', "huge": '{"update_id": 99999999999999999999}', "nan": '{"update_id": 1, "a": NaN}',
    "infinite": '{"update_id": 1, "a": -Infinity}', "twice": '{"update_id": 1, "update_id": 2}',
    "deep": '{"update_id": 1, "a": ' + "[" * 5000 + "]" * 5000 + "}", "half a pair": '{"update_id": 1, "a": "\\ud800"}',
    "digits": '{"update_id": 1, "a": ' + "9" * 5000 + "}",
}  # fmt: skip


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_is_no_update(body: str) -> None:
    with pytest.raises(BadUpdate):
        parsed(body.encode())


def test_whatever_is_wrong_is_answered_alike_and_leaves_nothing(site: TelegramSite) -> None:
    bodies: list[str | bytes] = [*BAD.values(), b"\xff\xfe{}", b"\x00" * 100, '{"update_id": 1}'.encode("utf-16"),
                                 json.dumps(update(1, "x" * 600 * 1024))]  # fmt: skip
    answers = [call(site, body) for body in bodies]
    assert {(answer.status_code, answer.content) for answer in answers} == {(400, b"")}
    assert call(site, json.dumps(update(1, "x" * 2 * 1024 * 1024))).status_code == 413
    assert rows(site.core) == 0


def test_kinds_nobody_knows_are_kept_and_concern_nobody(site: TelegramSite) -> None:
    for number, kind in enumerate(("poll", "chat_join_request", "something_new"), 5):
        assert call(site, json.dumps({"update_id": number, kind: {"id": "1", "x": [1, {"y": None}]}})).status_code == 200
    assert rows(site.core) == 3
    site.telegram.say(CHEN, "你好")
    site.telegram.until(lambda: site.telegram.chat(CHEN), what="an answer")


def test_an_update_that_cannot_be_read_holds_up_nobody(site: TelegramSite) -> None:
    spoilt = update(6) | {"message": {"chat": {"id": 1001, "type": "private"}, "text": 7, "from": []}}
    assert call(site, json.dumps(spoilt)).status_code == 200
    site.telegram.say(CHEN, "你好")
    site.telegram.until(lambda: site.telegram.chat(CHEN), what="an answer")


def test_brought_three_times_and_out_of_order_it_is_answered_once(site: TelegramSite) -> None:
    numbers = [20, 21, 22, 23, 24]
    calls = numbers * 3
    random.Random(7).shuffle(calls)
    for number in calls:
        assert call(site, json.dumps(update(number, f"备注 王建国 第{number}次"))).status_code == 200
    assert rows(site.core) == 5
    site.telegram.until(lambda: len(site.telegram.of("sendMessage", accepted=True)) >= 5, 60, "five answers")
    assert len(site.telegram.chat(CHEN)) == 5


def test_a_bot_hears_only_by_its_own_door(site: TelegramSite) -> None:
    assert call(site, json.dumps(update(30, user=5005)), path="/telegram/customer/webhook").status_code == 200
    site.telegram.until(lambda: site.telegram.chat(5005), 20, "an answer")
    assert {message.bot for message in site.telegram.chat(5005)} == {7000000002}


def test_other_methods_and_paths_are_nobodys(site: TelegramSite) -> None:
    assert site.site.http.get(PATH).status_code == 405
    assert call(site, json.dumps(update(1)), path="/telegram/bots/1/webhook").status_code == 404


def test_a_thousand_changed_bodies() -> None:
    """Nothing but a proper update or BadUpdate comes of any of them."""
    chance, source = random.Random(11), json.dumps(update(40, "给张先生的凯美瑞再降8000")).encode()
    for _ in range(1000):
        body = bytearray(source)
        for _ in range(chance.randint(1, 8)):
            place = chance.randrange(len(body))
            body[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        try:
            found = parsed(bytes(body))
        except BadUpdate:
            continue
        assert isinstance(found["update_id"], int)
