"""The first story, each on his own channel: the rep in Telegram, his manager in WeCom, the customer in WeChat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from crm_core.api import Core
from tests.channels.kf.conftest import Desk, desk_on
from tests.support.fakes.telegram import FakeTelegram, Message, User
from tests.support.fakes.wecom import Accepted, FakeWecom, fake_wecom, until
from tests.support.phones import BOT, CUSTOMERS, bind
from tests.web.conftest import small, small_sqlite  # noqa: F401

ANN = "wmAnnAnnAnnAnnAnnAnnAnnAnnAnnAnn"
CHEN = User(1001, "晓明")
PATIENCE_S = 20.0


@dataclass
class Town:
    """Three people, three platforms, one house."""

    desk: Desk
    wecom: FakeWecom
    telegram: FakeTelegram

    # The rep, in Telegram

    def rep_says(self, words: str, answer: str, button: str = "") -> Message:
        before = max((one.id for one in self.telegram.chat(CHEN)), default=0)
        self.telegram.say(CHEN, words)
        return self.rep_sees(answer, button, after=before)

    def rep_sees(self, words: str, button: str = "", after: int = 0) -> Message:
        def found() -> Message | None:
            seen = [one for one in self.telegram.chat(CHEN) if one.id > after and words in one.text]
            fits = [one for one in seen if not button or any(button in label for label in one.labels)]
            return fits[-1] if fits else None

        what = [(one.text, one.labels) for one in self.telegram.chat(CHEN)][-4:]
        result: Message = self.telegram.until(found, PATIENCE_S, f"{words!r} [{button}]; he sees {what}")
        return result

    def rep_presses(self, message: Message, button: str) -> None:
        self.telegram.press(CHEN, message, next(label for label in message.labels if button in label))

    # The manager, in WeCom

    def manager_sees(self, words: str, after: int = 0) -> Accepted:
        def found() -> Accepted | None:
            seen = self.wecom.sent_to("manager1")[after:]
            return next((one for one in reversed(seen) if words in str(one.body)), None)

        until(lambda: found() is not None, PATIENCE_S,
              lambda: f"{words!r}; he sees {[str(one.body)[:300] for one in self.wecom.sent_to('manager1')]}")  # fmt: skip
        result = found()
        assert result is not None
        return result

    def manager_says(self, words: str, answer: str) -> Accepted:
        before = len(self.wecom.sent_to("manager1"))
        assert self.wecom.caller.says("manager1", words).status_code == 200
        return self.manager_sees(answer, after=before)


@pytest.fixture
def town(small: Core) -> Iterator[Town]:  # noqa: F811
    with fake_wecom() as wecom, FakeTelegram(BOT, CUSTOMERS) as telegram:
        tokens = {"telegram_bot_token": BOT, "telegram_customer_bot_token": CUSTOMERS}
        with desk_on(small, wecom, telegram_api_base=telegram.url, **tokens) as desk:
            bind(small, "rep1", "telegram", BOT.partition(":")[0], str(CHEN.id))
            telegram.until(lambda: telegram.bots[BOT].polls, what="polling")
            yield Town(desk, wecom, telegram)


def test_a_lead_becomes_a_signed_off_discount(town: Town) -> None:
    # The customer writes to the desk; the rep has the lead on his phone.
    (thanks,) = town.desk.says(ANN, "我叫张伟，13800138777，想看ES6")
    assert thanks
    card = town.rep_sees("张伟", "已联系")
    assert "13800138777" in card.text
    # He calls, and says how it was.
    town.rep_presses(card, "已联系")
    outcome = town.rep_sees("联系得怎么样", "有意向", after=card.id)
    town.telegram.until(lambda: "已联系" not in card.labels, what="the card changes in place")
    town.rep_says("他很喜欢,想周六带太太一起来", "记下了", "")
    assert outcome.id > card.id
    offer = town.rep_says("给张伟报价ES6 30万", "30", "确认")
    town.rep_presses(offer, "确认")
    made = town.rep_sees("300,000", after=offer.id)
    assert made.id > offer.id
    # The discount is confirmed by him and decided by her, in words, in another place.
    confirm = town.rep_says("给张伟申请优惠8000", "8,000", "确认")
    town.rep_presses(confirm, "确认")
    asked = town.rep_sees("待审批", "撤回", after=confirm.id)
    request = town.manager_sees("申请优惠8,000元")
    town.manager_says("同意,但最多让5000", "5,000")
    # It is decided once: her card has no button left, his changes in place, and the answer comes with what he can do.
    until(lambda: not _buttons(town, request), PATIENCE_S, lambda: str(town.wecom.cards[request.task]))
    granted = town.rep_sees("5,000", "应用", after=asked.id)
    town.telegram.until(lambda: asked.edits, what="the request's card")
    assert not asked.labels
    town.rep_presses(granted, "应用")
    town.rep_presses(granted, "应用")
    quote = town.rep_sees("5,000", after=granted.id)
    assert quote.id > granted.id
    assert sum("已优惠" in one.text or "报价" in one.text for one in town.telegram.chat(CHEN) if one.id > granted.id) <= 2
    # The customer never hears of it, and may ask what he likes.
    assert not any("8,000" in text or "5,000" in text for text in town.desk.kf.thread(ANN).texts)
    (answer,) = town.desk.says(ANN, "你们几点关门")
    assert answer


def _buttons(town: Town, message: Accepted) -> list[str]:
    drawn = town.wecom.cards[message.task]
    return [] if drawn.greyed else [one["text"] for one in drawn.card.get("button_list", ())]
