"""One message on its way: what is called, what is heard, and what a second try does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.channels.telegram.line import TelegramLine, place_of
from bot.ports import Account, Button, Card, Delivery, Heard, Outbound, Receipt
from crm_core.api import Core
from crm_core.chat.messages import KeepImage
from tests.channels.telegram.conftest import CHEN, STAFF
from tests.conftest import NOW
from tests.support.fakes.telegram import FakeTelegram
from tests.support.server import free_port
from tests.support.site import settle_group

ID = "f" * 32
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n" + bytes(16), "image/webp": b"RIFF" + bytes(4) + b"WEBP" + bytes(8)}
CARD = Card("lead", "新线索", buttons=(Button("已联系", "", id=ID),))
LONG = Outbound(text="\n\n".join("好" * 1200 for _ in range(3)), card=CARD)


@pytest.fixture
def line(telegram: FakeTelegram, sqlite_core: Core) -> TelegramLine:
    settle_group(sqlite_core)
    return made(sqlite_core, telegram.url)


def made(core: Core, base: str) -> TelegramLine:
    account = Account("starway", "telegram", STAFF.partition(":")[0], "staff", "starway.", settings={"token": STAFF})
    return TelegramLine(account, core, base)


def delivery(line: TelegramLine, kind: str = "lead", number: int = 7, chat: int = CHEN.id) -> Delivery:
    person = line._core.actor("rep1").id
    return Delivery(number, "starway", f"{line.account.line}:{chat}", person, kind, "lead:1", {}, 1, 1, 1, f"k{number}",
                    None, NOW, NOW, line.account.line)  # fmt: skip


def sends(line: TelegramLine, message: Outbound, **which: Any) -> Receipt:
    """Render and send it once."""
    one = delivery(line, **which)
    return run(line, lambda: line.send(one, message, line.render(one, message)))


def run(line: TelegramLine, work: Callable[[], Awaitable[Receipt]]) -> Receipt:
    async def all_of_it() -> Receipt:
        try:
            return await work()
        finally:
            await line.close()

    return asyncio.run(all_of_it())


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram.line.BETWEEN_PARTS", 0.01)
    monkeypatch.setattr("bot.channels.telegram.client.CALL_SECONDS", 1)


@pytest.mark.parametrize(
    ("kind", "how", "heard", "more"),
    [
        (429, {"retry_after": 7}, Heard.NOT_NOW, {"retry_after": 7}),
        (403, {}, Heard.NEVER, {"unreachable": True}),
        (400, {}, Heard.NEVER, {"unreachable": False}),
        (400, {"description": "Bad Request: chat not found"}, Heard.NEVER, {"unreachable": True}),
        (401, {"description": "Unauthorized"}, Heard.NOT_NOW, {"whole_account": True}),
        (404, {"description": "Not Found"}, Heard.NOT_NOW, {"whole_account": True}),
        (413, {"description": "Request Entity Too Large"}, Heard.NEVER, {}),
        (500, {}, Heard.UNKNOWN, {}),
        ("html502", {}, Heard.UNKNOWN, {}),
        ("timeout", {}, Heard.UNKNOWN, {}),
        ("lost", {}, Heard.UNKNOWN, {}),
        ("reset", {}, Heard.UNKNOWN, {}),
    ],
)
def test_what_is_heard(
    line: TelegramLine, telegram: FakeTelegram, kind: int | str, how: dict[str, Any], heard: Heard, more: dict[str, Any]
) -> None:
    telegram.fault("sendMessage", kind, **how)
    receipt = sends(line, Outbound(text="你好"))
    assert receipt.heard is heard
    assert {name: getattr(receipt, name) for name in more} == more
    assert STAFF.partition(":")[2] not in str(receipt)


def test_where_nobody_answers_nothing_arrived(sqlite_core: Core) -> None:
    settle_group(sqlite_core)
    nobody = made(sqlite_core, f"http://127.0.0.1:{free_port()}")
    assert sends(nobody, Outbound(text="你好")).heard is Heard.NOT_NOW


def test_parts_that_arrived_are_not_sent_again(line: TelegramLine, telegram: FakeTelegram) -> None:
    one = delivery(line)
    body = line.render(one, LONG)
    line._remember(one.id, 1)
    telegram.fault("sendMessage", 429, retry_after=60)

    async def twice() -> list[Receipt]:
        found = [await line.send(one, LONG, body), await line.send(one, LONG, body)]
        await line.close()
        return found

    assert [receipt.heard for receipt in asyncio.run(twice())] == [Heard.NOT_NOW, Heard.ACCEPTED]
    assert len(telegram.chat(CHEN)) == len(body["parts"]) - 1 > 1
    assert telegram.chat(CHEN)[-1].labels == ["已联系"]


def test_a_short_pause_between_parts_is_waited_out(line: TelegramLine, telegram: FakeTelegram) -> None:
    one = delivery(line)
    body = line.render(one, LONG)
    line._remember(one.id, len(body["parts"]) - 1)
    telegram.fault("sendMessage", 429, retry_after=1)
    receipt = run(line, lambda: line.send(one, LONG, body))
    assert (receipt.heard, len(telegram.chat(CHEN))) == (Heard.ACCEPTED, 1)


def test_the_last_part_is_the_one_that_is_changed(line: TelegramLine, telegram: FakeTelegram) -> None:
    receipt = sends(line, LONG)
    last = telegram.chat(CHEN)[-1]
    assert receipt.provider_id is not None
    assert place_of(receipt.provider_id, CHEN.id) == (CHEN.id, "", last.id)
    done = Outbound(card=Card("lead", "新线索", status="已联系", tone="good"))
    again = run(line, lambda: line.update(delivery(line, "@refresh"), receipt.provider_id or "", done))
    assert again == Receipt(Heard.ACCEPTED, receipt.provider_id)
    assert (last.labels, last.text) == ([], "新线索\n\n✅ 已联系")


def test_what_is_pushed_carries_its_reference_and_an_answer_does_not(line: TelegramLine, telegram: FakeTelegram) -> None:
    sends(line, Outbound(text="推送"))
    sends(line, Outbound(text="回答"), kind="@reply", number=8)
    pushed, answered = telegram.chat(CHEN)
    assert delivery(line).ref in pushed.text
    assert answered.text == "回答"


def test_pictures_with_a_card_below_and_their_change(line: TelegramLine, telegram: FakeTelegram) -> None:
    image = {"url": f"/media/{kept(line, 'image/png')}", "alt": "本周"}
    receipt = sends(line, Outbound(card=CARD, image=image))
    (message,) = telegram.chat(CHEN)
    assert message.photo is not None
    assert message.photo.startswith(b"\x89PNG")
    assert message.labels == ["已联系"]
    done = Outbound(card=Card("lead", "改过了"), image=image)
    run(line, lambda: line.update(delivery(line, "@refresh"), receipt.provider_id or "", done))
    assert (message.text, message.edits) == ("改过了", 1)


def test_words_that_outgrow_their_picture_are_sent_anew(line: TelegramLine, telegram: FakeTelegram) -> None:
    image = {"url": f"/media/{kept(line, 'image/png')}", "alt": "本周"}
    receipt = sends(line, Outbound(card=CARD, image=image))
    grown = Outbound(card=Card("lead", "改过了", note="好" * 600, buttons=CARD.buttons), image=image)
    run(line, lambda: line.update(delivery(line, "@refresh"), receipt.provider_id or "", grown))
    first, *after = telegram.chat(CHEN)
    assert first.text.startswith("新线索")
    assert "好" * 600 in after[-1].text
    assert after[-1].labels == ["已联系"]


def test_a_picture_telegram_shows_no_photo_of_is_a_file(line: TelegramLine, telegram: FakeTelegram) -> None:
    sends(line, Outbound(image={"url": f"/media/{kept(line, 'image/webp')}", "alt": "图"}))
    (message,) = telegram.chat(CHEN)
    assert message.document is not None


def test_a_picture_that_is_gone_is_told_in_words(line: TelegramLine, telegram: FakeTelegram) -> None:
    sends(line, Outbound(image={"url": "/media/01GONE", "alt": "<本周的图>"}), kind="@reply")
    assert [message.text for message in telegram.chat(CHEN)] == ["<本周的图>"]


def test_a_number_is_asked_for_by_a_button(line: TelegramLine, telegram: FakeTelegram) -> None:
    sends(line, Outbound(text="您好", contact="发送我的手机号"))
    markup = telegram.chat(CHEN)[0].markup
    assert markup is not None
    assert markup["keyboard"] == [[{"text": "发送我的手机号", "request_contact": True}]]


def test_a_group_that_has_moved_is_followed(line: TelegramLine, telegram: FakeTelegram) -> None:
    telegram.moved[-5] = -1005
    receipt = sends(line, Outbound(card=CARD), chat=-5)
    assert receipt.provider_id is not None
    assert receipt.provider_id.startswith("-1005/")
    telegram.moved.clear()
    run(line, lambda: line.update(delivery(line, "@refresh", chat=-5), receipt.provider_id or "", Outbound(text="新")))
    assert telegram.chat(-1005)[0].text == "新"


def kept(line: TelegramLine, mime: str) -> str:
    """A picture of rep1's own; its id."""
    return line._core.execute(KeepImage(mime=mime, content=PICTURES[mime]), line._core.actor("rep1")).id
