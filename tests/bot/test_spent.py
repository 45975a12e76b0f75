"""Cards change in place when their buttons have done their work, wherever they are shown, and only once."""

from __future__ import annotations

from typing import Any

import pytest

from bot.conversation.pipeline import Pipeline
from bot.delivery import Deliverer
from bot.texts import Texts
from crm_core.api import Core
from intents.types import Command
from tests.bot.conftest import Scripted, Wire, slots


@pytest.fixture
def pipeline(dealer: Core, brain: Scripted) -> Pipeline:
    brain.learn("lead", Command("create_lead", slots(person="张伟", phone="13800138000", vehicle="ES6")))
    brain.learn("discount", Command("request_discount", slots(person="张伟", money=3000)))
    brain.learn("less", Command("request_discount", slots(money=2000)))
    brain.learn("好", Command("confirm"))
    return Pipeline(dealer, Texts.load(), brain)


class Web:
    """Replies go out by the worker, as in the web chat."""

    def __init__(self, core: Core, pipeline: Pipeline) -> None:
        self._core, self._wire = core, Wire(core, pipeline)
        self._chat = f"test:{core.actor('rep1').id}"
        self._deliverer = Deliverer(core, Texts.load(), "w", lambda: None, ("test",))

    def turn(self, text: str = "", action: str = "") -> None:
        inbox_id = self._wire.receive("rep1", text, action)
        (arrival,) = self._core.inbox.claim(self._core.now(), 1, only=inbox_id)
        self._wire.pipeline.process(arrival)

    def deliver(self) -> None:
        while self._deliverer.run():
            continue

    def say(self, text: str = "", action: str = "") -> None:
        self.turn(text, action)
        self.deliver()

    def cards(self, kind: str) -> list[dict[str, Any]]:
        shown = self._core.chats.messages(self._chat)
        return [m.body["card"] for m in shown if (m.body.get("card") or {}).get("kind") == kind]


@pytest.fixture
def web(dealer: Core, pipeline: Pipeline) -> Web:
    return Web(dealer, pipeline)


def button(card: dict[str, Any], label: str) -> str:
    return next(str(b["id"]) for b in card["buttons"] if b["label"] == label)


@pytest.mark.parametrize(("label", "status"), [("确认", "已确认"), ("取消", "已取消")])
def test_a_pressed_card_keeps_its_content_and_loses_its_buttons(web: Web, label: str, status: str) -> None:
    web.say("lead")
    web.say("discount")
    (before,) = web.cards("confirm")
    web.say(action=button(before, label))
    (after,) = web.cards("confirm")
    assert after["buttons"] == []
    assert after["status"] == status
    assert (after["title"], after["fields"]) == (before["title"], before["fields"])


def test_a_typed_yes_spends_the_card_too(web: Web) -> None:
    web.say("lead")
    web.say("discount")
    web.say("好")
    (card,) = web.cards("confirm")
    assert (card["buttons"], card["status"]) == ([], "已确认")


def test_a_card_confirmed_before_it_was_delivered_does_nothing_more(web: Web) -> None:
    web.say("lead")
    web.turn("discount")
    web.turn("好")
    web.deliver()
    (card,) = web.cards("confirm")
    web.say(action=button(card, "确认"))
    assert len(web.cards("quote")) == 1


def test_the_outcome_stays_on_the_card_that_asked(web: Web) -> None:
    web.say("lead")
    (lead,) = web.cards("lead")
    web.say(action=button(lead, "已联系"))
    (asked,) = web.cards("outcome")
    web.say(action=button(asked, "有意向"))
    (answered,) = web.cards("outcome")
    assert (answered["title"], answered["buttons"], answered["status"]) == (asked["title"], [], "有意向")


def test_a_corrected_card_cannot_be_confirmed(web: Web, dealer: Core) -> None:
    web.say("lead")
    web.say("discount")
    (old,) = web.cards("confirm")
    web.say(action=button(old, "改"))
    web.say("less")
    replaced, newest = web.cards("confirm")
    assert (replaced["buttons"], replaced["status"]) == ([], "已更新")
    web.say(action=button(old, "确认"))
    assert not web.cards("quote")
    web.say(action=button(newest, "确认"))
    assert [c["title"] for c in web.cards("quote")] == ["张伟优惠2,000元，已生效"]


def test_pressed_again_it_says_so_and_does_nothing(wire: Wire, pipeline: Pipeline) -> None:
    wire.say("rep1", "lead")
    card = wire.say("rep1", "discount").replies[0].card
    assert card is not None
    confirm, _, cancel = (b.id for b in card.buttons)
    assert wire.say("rep1", action=confirm).commands == ["RequestDiscount"]
    for again in (confirm, cancel):
        turn = wire.say("rep1", action=again)
        assert turn.commands == []
        assert str(turn.replies[0].text).startswith("已经确认过了")
