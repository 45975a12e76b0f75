"""Whatever the network does to sends, each message reaches its person once."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from sqlalchemy import select

from bot.channels.wecom.app import AppLine
from bot.delivery import Sender
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.deliveries import SENT
from crm_core.kernel.refs import find_refs
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Priority
from tests.support.fakes.wecom import HTML, LOST, RESET, FakeWecom, until
from tests.support.fakes.wecom_site import LINE, bind

FAULTS = (RESET, LOST, HTML, -1, 45033, 42001, 40014, 45009, 60020)


def push(core: Core, code: str, count: int) -> None:
    with core.database.write() as session:
        uow = core._system_uow(session, "starway", core.now())
        for n in range(count):
            uow.push(
                core.actor(code).id, "note", key=f"{code}:{n}", priority=Priority.MUST_KNOW, text=f"第{n}条"
            )
        uow.flush_pushes()


def rows(core: Core) -> list[Outbox]:
    with core.database.read() as session:
        return [row for row in session.execute(select(Outbox)).scalars() if row.kind == "note"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_message_arrives_once(small: Core, wecom: FakeWecom, line: AppLine, seed: int) -> None:
    rng, clock = random.Random(seed), small.clock
    assert isinstance(clock, FixedClock)
    for code in ("rep1", "rep2", "manager1"):
        bind(small, code, wecom)
        push(small, code, 5)
    wecom.fail("message/send", *(rng.choice(FAULTS) for _ in range(25)))
    wecom.fail("gettoken", *(rng.choice((-1, 45009)) for _ in range(3)))
    sender = Sender(small, Texts.load(), "w", {LINE: line}, lambda: None)
    sender.start()

    def all_sent() -> bool:
        """Time goes on while it is waited, so that limits and rests pass."""
        clock.advance(seconds=5)
        sender.knock()
        return all(row.state == SENT for row in rows(small))

    until(all_sent, 60, lambda: str(Counter(row.state for row in rows(small))))
    sender.stop()
    seen = Counter(ref for one in wecom.accepted if one.delivered for ref in find_refs(one.text))
    assert {row.id: seen[row.id or 0] for row in rows(small)} == {row.id: 1 for row in rows(small)}
