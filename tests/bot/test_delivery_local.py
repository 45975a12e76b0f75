"""What is due in a thread kept here is stored in groups; one that cannot be stored holds up no other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.delivery import Deliverer
from bot.ports import Delivery
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.outbox import CLAIMED, PENDING, SENT
from tests.bot.sending import put, state


def test_one_message_that_cannot_be_stored_stops_no_other(
    dealer: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        put(dealer, f"{n}", chat=f"web:{n}")
    store, poison = dealer.chats.store, state(dealer, "2").id

    def picky(sends: list[tuple[Delivery, dict[str, Any]]], worker: str, now: datetime) -> int:
        if any(delivery.id == poison for delivery, _ in sends):
            raise ValueError("no such body")
        return store(sends, worker, now)

    monkeypatch.setattr(dealer.chats, "store", picky)
    assert Deliverer(dealer, Texts.load(), "w", lambda: None).run() == 4
    assert [state(dealer, f"{n}").state for n in range(4)] == [SENT, SENT, PENDING, SENT]


def test_what_a_failed_round_left_is_taken_in_the_next(dealer: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    put(dealer, "m", chat="web:1")
    store, failures = dealer.chats.store, [Unavailable()]

    def moody(*given: object) -> int:
        if failures:
            raise failures.pop()
        return store(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(dealer.chats, "store", moody)
    deliverer = Deliverer(dealer, Texts.load(), "w", lambda: None)
    with pytest.raises(Unavailable):
        deliverer.run()
    assert state(dealer, "m").state == CLAIMED
    assert deliverer.run() == 1
    assert state(dealer, "m").state == SENT
