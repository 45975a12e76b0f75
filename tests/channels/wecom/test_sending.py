"""What leaves for WeCom, what comes back, and what that means for the message."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.wecom.app import AppLine
from bot.ports import Button, Card, Delivery, Field, Heard, Outbound, Receipt
from crm_core.api import Core
from crm_core.channels.troubles import account_troubles
from crm_core.chat.messages import KeepImage
from tests.support.fakes.wecom import HTML, LOST, RESET, FakeWecom
from tests.support.fakes.wecom_site import LINE, open_line

AT = datetime(2026, 3, 14, 2, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


def delivery(number: int = 1, user: str = "rep1", **values: Any) -> Delivery:
    given = {
        "id": number, "tenant": "starway", "chat": f"{LINE}:{user}", "person_id": "p", "kind": "note", "subject": "",
        "params": {}, "priority": 1, "token": 1, "attempts": 1, "dedupe_key": f"key-{number}", "body": None,
        "created_at": AT, "due_at": AT, "account": LINE,
    }  # fmt: skip
    return Delivery(**(given | values))


def send(
    line: AppLine, message: Outbound, one: Delivery | None = None, body: dict[str, Any] | None = None
) -> Receipt:
    one = one or delivery()
    return asyncio.run(line.send(one, message, body or line.render(one, message)))


def card(buttons: int = 2, **values: Any) -> Outbound:
    found = tuple(Button(f"按钮{n}", "", id=f"id{n}") for n in range(buttons))
    given: dict[str, Any] = {
        "fields": (Field("客户", "张伟"), Field("电话", "138****8000")),
        "buttons": found,
    }
    return Outbound(card=Card("lead", "新线索：张伟", **given | values))


def test_text_carries_its_reference(line: AppLine, wecom: FakeWecom) -> None:
    receipt = send(line, Outbound(text="好的。\n“张伟” <b>"))
    (got,) = wecom.sent_to("rep1")
    assert receipt == Receipt(Heard.ACCEPTED, got.msgid)
    assert got.text == f"好的。\n“张伟” <b>\n{delivery().ref}"
    assert "好的".encode() in got.raw


def test_equal_words_said_twice_are_two_messages_and_a_repeat_is_none(
    line: AppLine, wecom: FakeWecom
) -> None:
    first, second = delivery(1), delivery(2)
    body = line.render(first, Outbound(text="好的。"))
    send(line, Outbound(text="好的。"), first, body)
    send(line, Outbound(text="好的。"), second)
    send(line, Outbound(text="好的。"), first, json.loads(json.dumps(body)))
    assert len(wecom.sent_to("rep1")) == 2
    assert len(wecom.accepted) == 3


def test_long_text_is_parted_between_characters(line: AppLine, wecom: FakeWecom) -> None:
    words = "\n".join(f"第{n}条：四个月没有联系的客户，需要回访。" for n in range(150))
    assert send(line, Outbound(text=words)).heard is Heard.ACCEPTED
    got = wecom.sent_to("rep1")
    assert all(len(one.text.encode()) <= 2048 for one in got)
    lines = [part for one in got for part in one.text.split("\n") if not part.startswith("#")]
    assert lines == words.split("\n")


def test_card_with_buttons(line: AppLine, wecom: FakeWecom) -> None:
    receipt = send(line, card())
    (got,) = wecom.sent_to("rep1")
    assert got.card["card_type"] == "button_interaction"
    assert [(b["text"], b["key"]) for b in got.card["button_list"]] == [("按钮0", "id0"), ("按钮1", "id1")]
    assert [(f["keyname"], f["value"]) for f in got.card["horizontal_content_list"]] == [
        ("客户", "张伟"), ("电话", "138****8000")]  # fmt: skip
    assert delivery().ref in json.dumps(got.card)
    assert receipt == Receipt(Heard.ACCEPTED, f"card:{got.task}")


def test_seven_buttons_are_five_and_more(line: AppLine, wecom: FakeWecom) -> None:
    send(line, card(7))
    (got,) = wecom.sent_to("rep1")
    assert [b["text"] for b in got.card["button_list"]] == [
        "按钮0",
        "按钮1",
        "按钮2",
        "按钮3",
        "按钮4",
        "更多…",
    ]
    assert got.card["button_list"][-1]["key"] == "more:id5"


@pytest.mark.parametrize(
    ("count", "kind"), [(7, "vote_interaction"), (20, "vote_interaction"), (27, "multiple_interaction")]
)
def test_lines_to_press_are_options(line: AppLine, wecom: FakeWecom, count: int, kind: str) -> None:
    buttons = tuple(Button(f"第{n}位客户", "", id=f"id{n}", line=n) for n in range(count))
    send(line, Outbound(card=Card("list", "待联系", buttons=buttons)))
    (got,) = wecom.sent_to("rep1")
    assert got.card["card_type"] == kind
    shown = json.dumps(got.card)
    assert all(f'"id{n}"' in shown for n in range(count))


def test_card_without_buttons_leads_home(line: AppLine, wecom: FakeWecom) -> None:
    send(line, card(0))
    (got,) = wecom.sent_to("rep1")
    assert got.card["card_type"] == "text_notice"
    assert got.card["card_action"] == {"type": 1, "url": "http://127.0.0.1:8080/"}


def test_what_a_card_has_no_room_for_comes_before_it(line: AppLine, wecom: FakeWecom) -> None:
    fields = tuple(Field(f"项目{n}", f"值{n}") for n in range(9))
    send(line, card(2, fields=fields))
    first, second = wecom.sent_to("rep1")
    assert all(f"值{n}" in first.text for n in range(9))
    assert len(second.card["horizontal_content_list"]) == 6
    assert len(second.card["button_list"]) == 2


def test_card_that_was_sent_before_the_last_backup_is_not_sent_again(line: AppLine, wecom: FakeWecom) -> None:
    first = send(line, card())
    assert send(line, card(1)) == first
    assert len(wecom.sent_to("rep1")) == 1


def test_card_that_is_refused_comes_as_text(line: AppLine, wecom: FakeWecom) -> None:
    wecom.fail("message/send", 42039)
    assert send(line, card()).heard is Heard.ACCEPTED
    (got,) = wecom.sent_to("rep1")
    assert "新线索：张伟" in got.text
    assert "138****8000" in got.text


def test_picture_is_uploaded_once(line: AppLine, wecom: FakeWecom, small: Core) -> None:
    rep = small.actor("rep1")
    image = small.execute(KeepImage(mime="image/png", content=PNG), rep).id
    message = Outbound(text="本周周报", image={"url": f"/media/{image}", "alt": "漏斗"})
    one = delivery(person_id=rep.id)
    body = line.render(one, message)
    send(line, message, one, body)
    send(line, message, one, body)
    send(line, message, delivery(2, person_id=rep.id))
    assert list(wecom.media.values()) == [PNG]
    assert [got.kind for got in wecom.sent_to("rep1")] == ["image", "text", "text"]


def test_picture_the_platform_has_forgotten_is_uploaded_again(line: AppLine, wecom: FakeWecom, small: Core) -> None:
    rep = small.actor("rep1")
    image = small.execute(KeepImage(mime="image/png", content=PNG), rep).id
    message = Outbound(image={"url": f"/media/{image}", "alt": "漏斗"})
    assert send(line, message, delivery(person_id=rep.id)).heard is Heard.ACCEPTED
    wecom.media.clear()
    assert send(line, message, delivery(2, person_id=rep.id)).heard is Heard.ACCEPTED
    assert [got.kind for got in wecom.sent_to("rep1")] == ["image", "image"]


def test_picture_that_is_gone_is_told_in_words(line: AppLine, wecom: FakeWecom, small: Core) -> None:
    message = Outbound(image={"url": "/media/none", "alt": "漏斗：线索12"})
    send(line, message, delivery(person_id=small.actor("rep1").id))
    assert "漏斗：线索12" in wecom.sent_to("rep1")[0].text


@pytest.mark.parametrize(
    ("fault", "heard", "rest", "whole", "unreachable"),
    [
        (-1, Heard.NOT_NOW, None, False, False),
        (45033, Heard.NOT_NOW, None, False, False),
        (45009, Heard.NOT_NOW, 60.0, True, False),
        (60020, Heard.NOT_NOW, 300.0, True, False),
        (48002, Heard.NOT_NOW, 300.0, True, False),
        (40056, Heard.NOT_NOW, 300.0, True, False),
        (40001, Heard.NOT_NOW, 60.0, True, False),
        (60111, Heard.NEVER, None, False, True),
        (81013, Heard.NEVER, None, False, True),
        (45002, Heard.NEVER, None, False, False),
        (40058, Heard.NEVER, None, False, False),
        (RESET, Heard.UNKNOWN, None, False, False),
        (LOST, Heard.UNKNOWN, None, False, False),
        (HTML, Heard.UNKNOWN, None, False, False),
    ],
)
def test_errors_by_class(
    line: AppLine,
    wecom: FakeWecom,
    fault: int | str,
    heard: Heard,
    rest: float | None,
    whole: bool,
    unreachable: bool,
) -> None:
    wecom.fail("message/send", fault)
    receipt = send(line, Outbound(text="你好"))
    assert (receipt.heard, receipt.retry_after, receipt.whole_account, receipt.unreachable) == (
        heard, rest, whole, unreachable)  # fmt: skip
    assert "token" not in str(receipt.error)


def test_nobody_home_means_not_now(line: AppLine, wecom: FakeWecom) -> None:
    line.api.base = "http://127.0.0.1:9"
    receipt = send(line, Outbound(text="你好"))
    assert (receipt.heard, receipt.error) == (Heard.NOT_NOW, "no connection")


def test_a_try_whose_answer_was_lost_is_repeated_without_a_double(line: AppLine, wecom: FakeWecom) -> None:
    message, one = card(), delivery()
    body = line.render(one, message)
    wecom.fail("message/send", RESET)
    assert send(line, message, one, body).heard is Heard.UNKNOWN
    assert send(line, message, one, json.loads(json.dumps(body))).heard is Heard.ACCEPTED
    assert len(wecom.sent_to("rep1")) == 1


def test_somebody_outside_the_scope_is_unreachable(line: AppLine, wecom: FakeWecom) -> None:
    assert send(line, Outbound(text="你好"), delivery(user="gone")).unreachable
    wecom.serve(
        "message/send",
        lambda call: {"errcode": 0, "errmsg": "ok", "invaliduser": "someone|REP1", "msgid": "m"},
    )
    receipt = send(line, Outbound(text="你好"))
    assert (receipt.heard, receipt.unreachable) == (Heard.NEVER, True)


# Tokens


def test_token_is_fetched_once_for_all(line: AppLine, wecom: FakeWecom) -> None:
    async def many() -> list[Receipt]:
        sends = [delivery(n) for n in range(1, 21)]
        return await asyncio.gather(
            *(line.send(d, Outbound(text="x"), line.render(d, Outbound(text="x"))) for d in sends)
        )

    assert {one.heard for one in asyncio.run(many())} == {Heard.ACCEPTED}
    assert wecom.tokens_given == 1


def test_expired_token_is_renewed_once(line: AppLine, wecom: FakeWecom) -> None:
    send(line, Outbound(text="1"))
    wecom.expire_tokens()

    async def many() -> list[Receipt]:
        sends = [delivery(n) for n in range(2, 12)]
        return await asyncio.gather(
            *(line.send(d, Outbound(text="x"), line.render(d, Outbound(text="x"))) for d in sends)
        )

    assert {one.heard for one in asyncio.run(many())} == {Heard.ACCEPTED}
    assert wecom.tokens_given == 2


@pytest.mark.parametrize("code", [40014, 42001])
def test_token_refused_for_ever_is_no_endless_loop(line: AppLine, wecom: FakeWecom, code: int) -> None:
    wecom.refuse_tokens = code
    receipt = send(line, Outbound(text="1"))
    assert (receipt.heard, receipt.whole_account) == (Heard.NOT_NOW, True)
    assert len([call for call in wecom.calls if call.path == "message/send"]) == 2


def test_wrong_secret_sends_nothing(line: AppLine, wecom: FakeWecom) -> None:
    wecom.secrets.clear()
    receipt = send(line, Outbound(text="1"))
    assert (receipt.heard, receipt.error, receipt.whole_account) == (Heard.NOT_NOW, "40001", True)
    assert not [call for call in wecom.calls if call.path == "message/send"]


# Troubles


def known_troubles(core: Core) -> list[tuple[str, str]]:
    with core.database.read() as session:
        return [(one.kind, one.detail) for one in account_troubles(session, "starway")]


def test_what_only_the_operator_can_mend_is_kept_until_it_is_mended(
    line: AppLine, wecom: FakeWecom, small: Core
) -> None:
    wecom.fail("message/send", 60020, 60020)
    send(line, Outbound(text="1"))
    send(line, Outbound(text="1"))
    assert known_troubles(small) == [("account_address", "203.0.113.9")]
    send(line, Outbound(text="1"))
    assert known_troubles(small) == []


def test_trouble_with_one_message_is_none_of_the_account(
    line: AppLine, wecom: FakeWecom, small: Core
) -> None:
    wecom.fail("message/send", 45002)
    send(line, Outbound(text="1"))
    assert known_troubles(small) == []


def test_processes_share_one_token(line: AppLine, wecom: FakeWecom, small: Core) -> None:
    """Each has a line of its own; one fetches, and when the token is refused one fetches again."""
    lines = [line, *(open_line(small, wecom) for _ in range(3))]

    async def round_(first: int) -> list[Receipt]:
        sends = [(one, delivery(first + n)) for n, one in enumerate(lines * 3)]
        return await asyncio.gather(
            *(one.send(d, Outbound(text="x"), one.render(d, Outbound(text="x"))) for one, d in sends)
        )

    assert {one.heard for one in asyncio.run(round_(100))} == {Heard.ACCEPTED}
    wecom.expire_tokens()
    assert {one.heard for one in asyncio.run(round_(200))} == {Heard.ACCEPTED}
    assert wecom.tokens_given == 2
    assert len(wecom.sent_to("rep1")) == 24
