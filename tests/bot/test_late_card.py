"""Many late reminders in one card: the newest named, the others counted, all a press away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.cards.base import Easel
from bot.cards.delivery import DRAWN, LINES, catch_up, late_card
from bot.ports import Card
from bot.texts import Texts, Voice
from crm_core.api import Core
from crm_core.delivery.messages import FoldedMessages
from crm_core.kernel.registry import Question
from crm_core.kernel.tables import Outbox
from tests.core.kernel.trial import rows


def fold(core: Core, count: int) -> list[int]:
    """So many texts to rep1 that were folded into another message; their ids."""
    person = core.actor("rep1").id
    with core.database.write() as session:
        uow = core._system_uow(session, "star", core.now())
        for n in range(count):
            uow.push(person, "note", key=f"{n:04}", text=f"note {n}")
        uow.flush_pushes()
    return [row.id for row in rows(core, Outbox, Outbox.kind == "note") if row.id is not None]


def easel(core: Core) -> Easel:
    rep = core.actor("rep1")
    return Easel(core, rep, Voice(Texts.load(), "zh", rep.zone, core.now()))


def said(card: Card | None) -> list[str]:
    assert card is not None
    return [field.v for field in card.fields]


def rest(card: Card | None) -> dict[str, Any]:
    assert card is not None
    return next(button.params for button in card.buttons if button.verb == "late.rest")


def test_a_few_are_all_looked_at_the_oldest_first(dealer: Core) -> None:
    card = catch_up(easel(dealer), "", {"rows": fold(dealer, LINES + 2)}).card
    assert said(card) == [f"note {n}" for n in range(LINES)]
    assert card is not None
    assert card.title == f"有{LINES + 2}条提醒晚到了"


def test_hundreds_name_the_newest_and_count_the_rest(dealer: Core) -> None:
    card = catch_up(easel(dealer), "", {"rows": fold(dealer, 700)}).card
    assert card is not None
    assert card.title == "有700条提醒晚到了"
    assert said(card) == [f"note {n}" for n in range(699, 699 - LINES, -1)]
    assert card.buttons[-1].label == f"还有{700 - LINES}条"


def test_every_one_of_them_is_shown_once_by_pressing_on(dealer: Core) -> None:
    found: list[str] = []
    params: dict[str, Any] = {"rows": fold(dealer, DRAWN + 3 * LINES), "from": 0}
    for _ in range(20):
        card = late_card(easel(dealer), params["rows"], params["from"])
        found += said(card)
        if not any(button.verb == "late.rest" for button in card.buttons):
            break
        params = rest(card)
    assert sorted(found) == sorted(f"note {n}" for n in range(DRAWN + 3 * LINES))


def test_no_more_are_looked_at_than_it_takes(dealer: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, looked = fold(dealer, 300), []
    ask = Easel.ask

    def noted(self: Easel, question: Question) -> Any:
        looked.extend(question.ids if isinstance(question, FoldedMessages) else ())
        return ask(self, question)

    monkeypatch.setattr(Easel, "ask", noted)
    late_card(easel(dealer), ids)
    assert len(looked) == LINES


def test_what_may_not_have_arrived_says_so(dealer: Core) -> None:
    card = catch_up(easel(dealer), "", {"rows": fold(dealer, 2), "unsure": True}).card
    assert card is not None
    assert card.title == "有2条提醒可能没收到"
    assert replace(card, title="").note != ""
