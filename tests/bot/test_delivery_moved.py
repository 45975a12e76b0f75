"""A bot is taken away while messages wait for it: they reach their people another way, and the admin sees which bot."""

from __future__ import annotations

from typing import Any

import pytest

from bot.delivery import Deliverer
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.messages import BindAccount
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.outbox import LEASE, MOVED
from schedulers.auditor import Auditor
from tests.bot.sending import BOT, put, run, state
from tests.support.channels import MemoryChannel

GONE = "telegram:gone"


@pytest.fixture
def rep(dealer: Core, clock: FixedClock) -> str:
    """rep1 was in one bot and then in another; nobody serves the second any more."""
    person = dealer.actor("rep1").id
    for account in ("bot", "gone"):
        dealer.execute(BindAccount(person_id=person, channel="telegram", account=account, native_id="1",
                                   chat=f"telegram:{account}:1"), dealer.system("star"))  # fmt: skip
        clock.advance(minutes=1)
    run(dealer, MemoryChannel())
    return person


def minutes(core: Core, clock: FixedClock, count: int) -> None:
    """A worker that serves only the first bot lives on, and audits each minute."""
    for _ in range(count):
        core.workers.beat("w", "worker", "0.3", core.now(), core.now(), [BOT])
        Auditor(core, "w", lambda: None).look()
        clock.advance(minutes=1)


def test_it_reaches_him_in_the_other_bot(dealer: Core, clock: FixedClock, rep: str) -> None:
    put(dealer, "must", chat=f"{GONE}:1")
    minutes(dealer, clock, 9)
    channel = MemoryChannel()
    run(dealer, channel)
    assert channel.got == []
    minutes(dealer, clock, 3)
    run(dealer, channel)
    assert [got.chat for got in channel.got] == [f"{BOT}:1"]
    assert "must" in channel.got[0].body
    assert "可能重复" not in channel.got[0].body
    assert state(dealer, "must").state == MOVED


def test_one_that_may_have_arrived_says_so(dealer: Core, clock: FixedClock, rep: str) -> None:
    from crm_core.chat.service import Send

    put(dealer, "must", chat=f"{GONE}:1")
    claimed = dealer.outbox.claim("dead", dealer.now(), accounts=[GONE])
    (begun,) = [one for one in claimed if one.dedupe_key.startswith("must>")]
    assert dealer.chats.begin([Send(begun, {"text": "must"}, {"text": "must"})], "dead", dealer.now())
    clock.advance(seconds=LEASE.total_seconds() + 1)
    dealer.outbox.reap(dealer.now())
    minutes(dealer, clock, 12)
    channel = MemoryChannel()
    run(dealer, channel)
    (got,) = [got for got in channel.got if "must" in got.body]
    assert "（可能重复）" in got.body


def test_the_admin_is_told_which_bot_and_reads_how_many_wait(dealer: Core, clock: FixedClock, rep: str) -> None:
    put(dealer, "must", chat=f"{GONE}:1")
    minutes(dealer, clock, 6)
    deliverer = Deliverer(dealer, Texts.load(), "w", lambda: None)
    while deliverer.run():
        pass
    admin = dealer.actor("admin1").id
    cards: list[Any] = [one.body["card"] for one in dealer.chats.messages(f"web:{admin}") if one.body.get("card")]
    (card,) = [one for one in cards if one["kind"] == "delivery_trouble"]
    said = " ".join(f"{field['k']} {field['v']}" for field in card["fields"])
    assert "Telegram · gone没有程序在收发，1条消息在等" in said
    assert [button["label"] for button in card["buttons"]] != []


