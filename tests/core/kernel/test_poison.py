"""One bad row stops nobody else: a message that does not open, a message that ends its worker each time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.inbox import MAX_ATTEMPTS
from crm_core.kernel.outbox import DEAD, LOST_CLAIMS, PENDING, UNCERTAIN
from crm_core.kernel.tables import Inbox, Outbox
from crm_core.kernel.uow import Priority
from tests.core.kernel.trial import rows

BOT = "telegram:bot"




def push(core: Core, key: str, chat: str = f"{BOT}:1") -> int:
    with core.database.write() as session:
        uow = core._system_uow(session, "star", core.now())
        uow.push("P1", "note", key=key, priority=Priority.MUST_KNOW, chat=chat, text="你好")
        uow.flush_pushes()
    (row,) = rows(core, Outbox, col(Outbox.dedupe_key) == f"{key}>P1")
    return int(row.id)


def spoil(core: Core, outbox_id: int, **columns: str) -> None:
    with core.database.write() as session:
        session.execute(update(Outbox).where(col(Outbox.id) == outbox_id).values(**columns))


def states(core: Core) -> list[int]:
    return [row.state for row in sorted(rows(core, Outbox), key=lambda row: row.id)]


OTHER_KEY = "v1:0badcafe:AAAA"


def damaged(core: Core) -> str:
    return core.cipher.seal("outbox.payload.of another row", "{}")


@pytest.mark.parametrize("how", ["of another row", "no sealed value at all", ""])
def test_a_message_that_does_not_open_is_dead_and_the_others_go(core: Core, how: str) -> None:
    bad, good = push(core, "bad"), push(core, "good", f"{BOT}:2")
    spoil(core, bad, payload_enc=damaged(core) if how.startswith("of") else how)
    assert [one.id for one in core.outbox.claim("w", core.now(), accounts=[BOT])] == [good]
    (row,) = rows(core, Outbox, col(Outbox.id) == bad)
    assert (row.state, row.error, row.settled_at) == (DEAD, "does not open", core.now())


def test_a_message_under_a_key_this_process_lacks_is_left_to_others_for_a_day(core: Core, clock: FixedClock) -> None:
    bad, good = push(core, "bad"), push(core, "good", f"{BOT}:2")
    spoil(core, bad, payload_enc=OTHER_KEY)
    assert [one.id for one in core.outbox.claim("w", core.now(), accounts=[BOT])] == [good]
    (row,) = rows(core, Outbox, col(Outbox.id) == bad)
    assert (row.state, row.attempts, row.due_at) == (PENDING, 0, core.now() + timedelta(minutes=1))
    clock.advance(hours=25)
    assert core.outbox.claim("w", core.now(), accounts=[BOT]) == []
    assert states(core)[0] == DEAD


def test_a_begun_message_whose_body_does_not_open_is_in_doubt(core: Core) -> None:
    bad = push(core, "bad")
    (one,) = core.outbox.claim("w", core.now(), accounts=[BOT])
    with core.database.write() as session:
        assert core.outbox.attempt(session, one, "w", core.now(), {"text": "你好"})
    core.outbox.reap(core.now() + timedelta(minutes=2))
    spoil(core, bad, body_enc=damaged(core))
    assert core.outbox.claim("w", core.now(), accounts=[BOT]) == []
    assert states(core) == [UNCERTAIN]


def test_a_message_that_ends_its_worker_each_time_is_given_up_and_told_of(core: Core, clock: FixedClock) -> None:
    push(core, "killer")
    for _ in range(LOST_CLAIMS):
        assert len(core.outbox.claim("w", core.now(), accounts=[BOT])) == 1
        clock.advance(minutes=2)
        assert core.outbox.reap(core.now()) == 1
    assert core.outbox.claim("w", core.now(), accounts=[BOT]) == []
    (row,) = rows(core, Outbox)
    assert (row.state, row.error, row.told_at) == (DEAD, "ended its worker", None)


def test_a_message_the_platform_has_no_time_for_is_not_given_up_by_count(core: Core, clock: FixedClock) -> None:
    from crm_core.kernel.outbox import Outcome, Settled

    push(core, "patient")
    for _ in range(3 * LOST_CLAIMS):
        (one,) = core.outbox.claim("w", core.now(), accounts=[BOT])
        with core.database.write() as session:
            assert core.outbox.attempt(session, one, "w", core.now(), {"text": "你好"})
            again = core.now() + timedelta(minutes=5)
            assert core.outbox.settle(session, Settled(one, Outcome.RETRY, retry_at=again), core.now())
        clock.advance(minutes=5)
    assert states(core) == [PENDING]


def arrive(core: Core, key: str, sender: str) -> None:
    with core.database.write() as session:
        core.inbox.put(session, tenant="star", channel="web", account="", dedupe_key=key, sender=sender,
                       body={"text": "你好", "person_id": "P1", "chat": sender}, now=core.now())  # fmt: skip


def test_an_arrival_that_does_not_open_lets_the_others_pass(core: Core) -> None:
    arrive(core, "bad", "web:1")
    arrive(core, "good", "web:2")
    with core.database.write() as session:
        session.execute(update(Inbox).where(col(Inbox.dedupe_key) == "bad").values(raw_enc=damaged(core)))
    assert [one.sender for one in core.inbox.claim(core.now())] == ["web:2"]
    assert {row.dedupe_key: row.error for row in rows(core, Inbox)} == {"bad": "does not open", "good": None}


def test_an_arrival_under_a_key_this_process_lacks_is_left_to_others(core: Core, clock: FixedClock) -> None:
    arrive(core, "bad", "web:1")
    with core.database.write() as session:
        session.execute(update(Inbox).values(raw_enc=OTHER_KEY))
    for _ in range(2 * MAX_ATTEMPTS):
        assert core.inbox.claim(core.now()) == []
        clock.advance(minutes=2)
    assert [row.state for row in rows(core, Inbox)] == [1]
    clock.advance(hours=25)
    assert core.inbox.claim(core.now()) == []
    assert [row.error for row in rows(core, Inbox)] == ["does not open"]


def test_whose_message_is_given_up_hears_of_it(core: Core, clock: FixedClock) -> None:
    from bot.turns import TurnRunner

    arrive(core, "killer", "web:P1")
    for _ in range(MAX_ATTEMPTS):
        assert len(core.inbox.claim(core.now())) == 1
        clock.advance(minutes=5)
    processed: list[str] = []

    class Works:
        def process(self, arrival: object) -> None:
            processed.append("again")

    runner = TurnRunner(core, Works(), lambda: None, lambda person: {"text": f"sorry {person}"})
    assert runner.run() == 1
    runner.stop()
    assert processed == []
    assert [row.error for row in rows(core, Inbox)] == ["gave up"]
    (said,) = core.outbox.claim("w", core.now())
    assert (said.chat, said.params) == ("web:P1", {"text": "sorry P1"})
