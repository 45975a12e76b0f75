"""Messages: in order within a chat, important first, and each ends in a known state."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.outbox import (
    CLAIMED,
    DEAD,
    LEASE,
    MAX_ATTEMPTS,
    PARK_AFTER,
    PENDING,
    SENT,
    UNCERTAIN,
    Delivery,
    Outcome,
    Settled,
)  # fmt: skip
from crm_core.kernel.tables import Attempt, Outbox
from crm_core.kernel.uow import Priority
from tests.conftest import NOW
from tests.core.deals.house import House
from tests.core.kernel.trial import rows

REPLY, MUST, REMINDER, DIGEST = Priority.REPLY, Priority.MUST_KNOW, Priority.REMINDER, Priority.DIGEST


def put(core: Core, key: str, chat: str = "web:1", priority: int = MUST, minutes: float = 0) -> None:
    with core.database.write() as session:
        uow = core._system_uow(session, "starway", NOW + timedelta(minutes=minutes))
        uow.push("p1", "note", subject="lead:1", key=key, priority=priority, chat=chat, what=key)
        uow.flush_pushes()


def claim(core: Core, worker: str = "w1", limit: int = 50) -> list[Delivery]:
    return core.outbox.claim(worker, core.now(), limit)


def names(found: list[Delivery]) -> list[str]:
    return [delivery.params["what"] for delivery in found]


def begin(core: Core, delivery: Delivery, body: dict[str, Any] | None = None) -> bool:
    with core.database.write() as session:
        return core.outbox.attempt(session, delivery, "w1", core.now(), body or {"text": "hello"})


def settle(core: Core, delivery: Delivery, outcome: Outcome, retry_at: datetime | None = None) -> bool:
    with core.database.write() as session:
        return core.outbox.settle(session, Settled(delivery, outcome, "id-1", retry_at, "why"), core.now())


def state(core: Core, key: str) -> Outbox:
    (row,) = rows(core, Outbox, Outbox.dedupe_key == f"{key}>p1")
    assert isinstance(row, Outbox)
    return row


def test_only_the_head_of_each_chat_is_claimed(core: Core) -> None:
    for key, chat in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")):
        put(core, key, chat)
    sent = []
    while found := claim(core):
        sent.append(names(found))
        for delivery in found:
            assert settle(core, delivery, Outcome.SENT)
    assert sent == [["a1", "b1"], ["a2"], ["a3"]]


def test_more_important_goes_first_also_within_a_chat(core: Core) -> None:
    put(core, "digest", priority=DIGEST)
    put(core, "reminder", priority=REMINDER)
    put(core, "must", priority=MUST)
    put(core, "reply", priority=REPLY)
    put(core, "other chat", "web:2", priority=REMINDER)
    assert names(claim(core)) == ["reply", "must", "reminder", "other chat", "digest"]


def test_the_same_push_is_written_once(core: Core) -> None:
    put(core, "once")
    put(core, "once")
    assert len(rows(core, Outbox)) == 1


def test_nothing_is_claimed_before_its_time(core: Core, clock: FixedClock) -> None:
    put(core, "later", minutes=5)
    assert claim(core) == []
    assert core.outbox.next_due() == NOW + timedelta(minutes=5)
    clock.advance(minutes=5)
    assert names(claim(core)) == ["later"]
    assert core.outbox.next_due() is None


def test_no_more_than_the_limit(core: Core) -> None:
    for n in range(5):
        put(core, f"m{n}", f"chat{n}")
    assert [len(claim(core, limit=2)) for _ in range(4)] == [2, 2, 1, 0]


def test_workers_never_share_a_message(core: Core) -> None:
    for n in range(30):
        put(core, f"m{n}", f"chat{n % 15}")
    with ThreadPoolExecutor(6) as pool:
        claimed = [d.id for found in pool.map(lambda n: claim(core, f"w{n}", 4), range(12)) for d in found]
    assert len(claimed) == len(set(claimed))
    assert len(claimed) <= 15


def test_a_worker_that_overslept_writes_nothing(core: Core, clock: FixedClock) -> None:
    put(core, "m")
    (slow,) = claim(core)
    assert core.outbox.reap(clock.now()) == 0
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert core.outbox.reap(clock.now()) == 1
    (fresh,) = claim(core, "w2")
    assert not begin(core, slow)
    for outcome in Outcome:
        assert not settle(core, slow, outcome)
    assert state(core, "m").state == CLAIMED
    assert begin(core, fresh)
    assert settle(core, fresh, Outcome.SENT)
    assert not settle(core, fresh, Outcome.DEAD), "what has ended stays ended"


def test_the_next_try_is_the_same_to_the_byte(core: Core, clock: FixedClock) -> None:
    put(core, "m")
    (first,) = claim(core)
    assert first.body is None
    body = {"text": "特价 #A17-2", "card": {"buttons": [{"id": "x", "label": "同意"}]}}
    begin(core, first, body)
    clock.advance(seconds=LEASE.total_seconds() + 1)
    core.outbox.reap(clock.now())
    (second,) = claim(core)
    assert second.body == body
    assert list(second.body["card"]["buttons"][0]) == ["id", "label"]
    assert (second.attempts, second.token) == (2, first.token + 1)


def test_each_try_is_noted_before_the_network_is_touched(core: Core, clock: FixedClock) -> None:
    put(core, "m")
    for _ in range(2):
        (delivery,) = claim(core)
        begin(core, delivery)
        settle(core, delivery, Outcome.RETRY, clock.now())
    assert [row.token for row in rows(core, Attempt)] == [1, 2]


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [(Outcome.SENT, SENT), (Outcome.UNCERTAIN, UNCERTAIN), (Outcome.DEAD, DEAD), (Outcome.RETRY, PENDING)],
)
def test_each_outcome_has_its_state(core: Core, outcome: Outcome, ends: int) -> None:
    put(core, "m")
    (delivery,) = claim(core)
    begin(core, delivery)
    assert settle(core, delivery, outcome)
    row = state(core, "m")
    assert row.state == ends
    assert row.lease_until is None
    assert (row.sent_at is not None) == (outcome is Outcome.SENT)
    if outcome is Outcome.RETRY:
        assert row.due_at > core.now()


def test_a_retry_waits_as_long_as_the_platform_says(core: Core, clock: FixedClock) -> None:
    put(core, "m")
    (delivery,) = claim(core)
    settle(core, delivery, Outcome.RETRY, NOW + timedelta(seconds=37))
    assert core.outbox.next_due() == NOW + timedelta(seconds=37)


def test_a_message_that_keeps_failing_is_parked_then_dead(core: Core, clock: FixedClock) -> None:
    put(core, "stuck")
    put(core, "behind")
    tries, passed_after = 0, None
    while state(core, "stuck").state != DEAD:
        for delivery in claim(core):
            if delivery.params["what"] == "behind":
                passed_after = tries
                settle(core, delivery, Outcome.SENT)
            else:
                tries += 1
                settle(core, delivery, Outcome.RETRY)
        clock.advance(minutes=11)
    assert tries == MAX_ATTEMPTS
    # From then on both are claimed together, the stuck one first.
    assert passed_after == PARK_AFTER + 1, "it holds up its chat for a few tries only"
    assert core.overdue(clock.now())["dead"] == 1


def test_what_was_pushed_and_not_seen_is_told_oldest_first(core: Core) -> None:
    for n in range(3):
        put(core, f"m{n}", f"chat{n}")
    unseen = core.outbox.unseen("p1")
    assert [core.outbox.open_payload(row.dedupe_key, row.payload_enc) for row in unseen] == [
        {"what": "m0"}, {"what": "m1"}, {"what": "m2"},
    ]  # fmt: skip
    core.outbox.mark_shown([row.id for row in unseen[:2] if row.id], core.now())
    assert len(core.outbox.unseen("p1")) == 1
    assert core.outbox.unseen("p2") == []


def test_a_kill_between_claim_and_send_loses_nothing(core: Core, clock: FixedClock) -> None:
    put(core, "m")
    claim(core)
    core.recover()
    assert names(claim(core)) == ["m"]


def test_pushes_go_to_the_channel_last_used(house: House) -> None:
    from crm_core.chat.messages import BindAccount
    from crm_core.chat.tables import Identity

    house.lead()
    actor = house.actors["rep2"]
    house.job(BindAccount(person_id=actor.id, channel="telegram", account="bot", native_id="77", chat="tg:77"))
    with house.core.database.write() as session:
        uow = house.core._system_uow(session, "starway", NOW)
        uow.push(actor.id, "note", key="k1")
        uow.flush_pushes()
        session.execute(update(Identity).values(dead=True))
        session.flush()
        uow.push(actor.id, "note", key="k2")
        uow.flush_pushes()
    chats = {row.dedupe_key: row.chat for row in house.rows(Outbox) if row.kind == "note"}
    assert chats == {f"k1>{actor.id}": "tg:77", f"k2>{actor.id}": f"web:{actor.id}"}
