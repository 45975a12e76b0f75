"""Cards that were sent change in place while the platform allows it; after that a message says what changed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.channels.wecom.app import AppLine
from bot.channels.wecom.cards import Frame, change, notice, parts
from bot.ports import Button, Card, Field, Heard, Outbound, Raw, Receipt
from tests.channels.wecom.test_sending import card, delivery, send
from tests.support.fakes.wecom import RESET, FakeWecom

DONE = replace(card().card or Card("", ""), buttons=(), status="已由李四处理", tone="done")


def update(line: AppLine, receipt: Receipt, message: Outbound, number: int = 50, **values: Any) -> Receipt:
    one = delivery(number, kind="@refresh", **values)
    return asyncio.run(line.update(one, receipt.provider_id or "", message))


def press(line: AppLine, wecom: FakeWecom, task: str, code: str) -> None:
    xml = wecom.caller.press("rep1", task, "id0", code)
    asyncio.run(line.acknowledge(Raw("starway", "wecom", line.account.account, "k", "s", {"xml": xml})))


def test_card_changes_once_by_the_code_it_was_sent_with(line: AppLine, wecom: FakeWecom) -> None:
    sent = send(line, card())
    task = wecom.sent_to("rep1")[0].task
    assert update(line, sent, Outbound(card=DONE)) == Receipt(Heard.ACCEPTED, sent.provider_id)
    assert wecom.cards[task].card["main_title"] == {"title": "新线索：张伟", "desc": "已由李四处理"}
    assert len(wecom.sent_to("rep1")) == 1


def test_second_change_without_a_press_is_a_message(line: AppLine, wecom: FakeWecom) -> None:
    sent = send(line, card())
    update(line, sent, card(1))
    receipt = update(line, sent, Outbound(card=DONE), 51)
    assert receipt.heard is Heard.ACCEPTED
    assert wecom.sent_to("rep1")[1].text.startswith("↪ 已由李四处理\n新线索：张伟")


def test_each_press_brings_another_change(line: AppLine, wecom: FakeWecom) -> None:
    sent = send(line, card())
    task = wecom.sent_to("rep1")[0].task
    update(line, sent, card(1))
    for _ in range(2):
        press(line, wecom, task, wecom.new_code(task))
        update(line, sent, card(2))
        assert len(wecom.cards[task].card["button_list"]) == 2
    assert len(wecom.sent_to("rep1")) == 1


def test_code_that_ran_out_is_a_message(line: AppLine, wecom: FakeWecom) -> None:
    sent = send(line, card())
    wecom.cards[wecom.sent_to("rep1")[0].task].codes.clear()
    assert update(line, sent, Outbound(card=DONE)).heard is Heard.ACCEPTED
    assert wecom.sent_to("rep1")[1].text.startswith("↪ 已由李四处理")


def test_change_whose_answer_was_lost_is_made_once(line: AppLine, wecom: FakeWecom) -> None:
    sent = send(line, card())
    wecom.fail("message/update_template_card", RESET)
    assert update(line, sent, Outbound(card=DONE)).heard is Heard.UNKNOWN
    assert update(line, sent, Outbound(card=DONE), tries=1, doubts=1).heard is Heard.ACCEPTED
    assert len(wecom.sent_to("rep1")) == 1


def test_limit_leaves_the_code_for_later(line: AppLine, wecom: FakeWecom) -> None:
    sent = send(line, card())
    wecom.fail("message/update_template_card", 45009)
    receipt = update(line, sent, Outbound(card=DONE))
    assert (receipt.heard, receipt.whole_account) == (Heard.NOT_NOW, True)
    assert update(line, sent, Outbound(card=DONE)).heard is Heard.ACCEPTED
    assert len(wecom.sent_to("rep1")) == 1


def test_newer_code_is_not_replaced_by_one_put_back(line: AppLine, wecom: FakeWecom, small: Any) -> None:
    sent = send(line, card())
    task = wecom.sent_to("rep1")[0].task
    newer = wecom.new_code(task)

    def pressed_meanwhile(call: Any) -> dict[str, Any]:
        small.clock.advance(seconds=1)
        line._keep_code(task, "rep1", newer)
        return {"errcode": -1, "errmsg": "busy"}

    wecom.serve("message/update_template_card", pressed_meanwhile)
    assert update(line, sent, Outbound(card=DONE)).heard is Heard.NOT_NOW
    wecom.serve("message/update_template_card", wecom._update)
    update(line, sent, Outbound(card=DONE))
    assert newer not in wecom.cards[task].codes


def test_text_that_was_sent_cannot_be_edited(line: AppLine, wecom: FakeWecom) -> None:
    sent = send(line, Outbound(text="报价：9.8万"))
    update(line, sent, Outbound(text="报价：9.5万"))
    assert wecom.sent_to("rep1")[1].text.startswith("↪ 报价：9.5万")


# How a change is drawn

OPEN = Card("lead", "新线索：张伟", (Field("电话", "138"),), (Button("接单", "", id="a"),))
FRAME = Frame("#A1-1", "A1-1-00000000", "https://crm.example/")


def over(**values: Any) -> Card:
    return replace(OPEN, buttons=(), status="已由李四接手", **values)


def test_buttons_turn_grey_where_only_the_status_changed() -> None:
    assert change(over(), OPEN, FRAME) == {"button": {"replace_name": "已由李四接手"}}


@pytest.mark.parametrize(
    ("after", "before"),
    [
        (over(fields=(Field("电话", "139"),)), OPEN),
        (over(title="线索：张伟"), OPEN),
        (over(), None),
        (replace(over(), status="已经由李四在昨天下午接手了"), OPEN),
        (replace(OPEN, status="跟进中"), OPEN),
    ],
)
def test_whole_card_is_drawn_anew_where_more_changed(after: Card, before: Card | None) -> None:
    found = change(after, before, FRAME)["template_card"]
    assert found["main_title"]["title"] == after.title
    assert "task_id" not in found


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (over(), "↪ 已由李四接手\n新线索：张伟"),
        (replace(OPEN, fields=(Field("电话", "139"),)), None),
        (replace(OPEN, note="备注"), None),
        (replace(OPEN, status="跟进中"), None),
        (replace(over(), status=None), "↪ 新线索：张伟"),
    ],
)
def test_what_is_said_where_nothing_can_be_changed(after: Card, said: str | None) -> None:
    found = notice(Outbound(card=after), Outbound(card=OPEN))
    assert (found.text if found else None) == said


def test_card_that_can_be_pressed_comes_anew() -> None:
    after = replace(
        OPEN, status="李四放回了", buttons=(Button("接单", "", id="a"), Button("转派", "", id="b"))
    )
    found = notice(Outbound(card=after), Outbound(card=OPEN))
    assert found is not None
    assert found.card is not None
    assert (found.card.title, len(found.card.buttons)) == ("↪ 新线索：张伟", 2)


def test_a_picture_and_words_and_a_card_are_three_messages(line: AppLine) -> None:
    message = Outbound(text="本周", image={"url": "/media/x", "alt": "图"}, card=OPEN)
    kinds = [part["msgtype"] for part in parts(message, FRAME, line.capabilities)]
    assert kinds == ["image", "text", "template_card"]
