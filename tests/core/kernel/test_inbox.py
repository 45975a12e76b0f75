"""Arrivals: stored once, worked off in the order of each sender, by one worker at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.inbox import LEASE, MAX_ATTEMPTS, Arrival
from crm_core.kernel.tables import Inbox
from tests.core.kernel.trial import rows


def put(core: Core, key: str, sender: str = "web:1", *, account: str = "bot", text: str = "你好") -> int | None:
    with core.database.write() as session:
        return core.inbox.put(session, tenant="starway", channel="web", account=account, dedupe_key=key,
                              sender=sender, body={"text": text}, now=core.now())  # fmt: skip


def claim(core: Core, limit: int = 20, only: int | None = None) -> list[Arrival]:
    return core.inbox.claim(core.now(), limit, only)


def done(core: Core, arrival: Arrival) -> bool:
    with core.database.write() as session:
        return core.inbox.done(session, arrival, core.now())


def test_the_same_arrival_is_stored_once(core: Core) -> None:
    assert put(core, "m1") is not None
    assert put(core, "m1") is None
    assert put(core, "m1", account="another bot") is not None, "keys are the platform's, one account each"
    assert len(rows(core, Inbox)) == 2


def test_many_copies_at_once_are_stored_once(core: Core) -> None:
    with ThreadPoolExecutor(12) as pool:
        stored = list(pool.map(lambda _: put(core, "m1"), range(24)))
    assert sum(one is not None for one in stored) == 1


def test_a_known_arrival_leaves_the_rest_of_the_transaction_alone(core: Core) -> None:
    put(core, "m1")
    with core.database.write() as session:
        for key in ("m1", "m2"):
            core.inbox.put(session, tenant="starway", channel="web", account="bot", dedupe_key=key,
                           sender="web:1", body={}, now=core.now())  # fmt: skip
    assert {row.dedupe_key for row in rows(core, Inbox)} == {"m1", "m2"}


def test_one_at_a_time_and_in_order_for_each_sender(core: Core) -> None:
    for key, sender in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")):
        put(core, key, sender, text=key)
    order = []
    while claimed := claim(core):
        assert len({arrival.sender for arrival in claimed}) == len(claimed)
        order += [arrival.body["text"] for arrival in claimed]
        for arrival in claimed:
            assert done(core, arrival)
    assert order == ["a1", "b1", "a2", "a3"]


def test_what_waits_behind_another_is_not_claimed_even_when_named(core: Core) -> None:
    first, second = put(core, "a1"), put(core, "a2")
    assert claim(core, only=second) == []
    (arrival,) = claim(core, only=first)
    assert claim(core, only=second) == []
    done(core, arrival)
    assert [one.id for one in claim(core, only=second)] == [second]


def test_workers_never_share_an_arrival(core: Core) -> None:
    for n in range(30):
        put(core, f"m{n}", f"sender{n % 10}")
    with ThreadPoolExecutor(6) as pool:
        claimed = [arrival.id for found in pool.map(lambda _: claim(core, 5), range(12)) for arrival in found]
    assert len(claimed) == len(set(claimed))
    assert len(claimed) <= 10, "the heads of ten senders"


def test_a_lease_that_ran_out_is_taken_over_and_the_old_worker_writes_nothing(core: Core, clock: FixedClock) -> None:
    put(core, "m1")
    (slow,) = claim(core)
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert claim(core) == []
    clock.advance(seconds=2)
    (taken,) = claim(core)
    assert (taken.id, taken.token, taken.attempts) == (slow.id, slow.token + 1, 2)
    assert not done(core, slow)
    core.inbox.release(slow)
    assert claim(core) == [], "a stale release frees nothing"
    assert done(core, taken)
    assert not done(core, taken)


def test_what_is_given_back_is_tried_again_at_once(core: Core) -> None:
    put(core, "m1")
    for _ in range(3 * MAX_ATTEMPTS):
        (arrival,) = claim(core)
        core.inbox.release(arrival)
    assert [one.attempts for one in claim(core)] == [1], "what was not worked on was not tried"


def test_an_arrival_given_up_lets_the_next_one_pass(core: Core) -> None:
    put(core, "m1")
    put(core, "m2")
    (arrival,) = claim(core)
    with core.database.write() as session:
        assert core.inbox.done(session, arrival, core.now(), error="ValueError")
    assert [one.body for one in claim(core)] == [{"text": "你好"}]


def test_an_arrival_that_ends_its_worker_each_time_is_given_up(core: Core, clock: FixedClock) -> None:
    put(core, "poison", text="poison")
    put(core, "next", text="next")
    for _ in range(MAX_ATTEMPTS):
        assert [one.body["text"] for one in claim(core)] == ["poison"]
        clock.advance(seconds=LEASE.total_seconds() + 1)
    (spent,) = claim(core)
    assert spent.spent
    with core.database.write() as session:
        assert core.inbox.done(session, spent, core.now(), error="gave up")
    assert [(one.body["text"], one.spent) for one in claim(core)] == [("next", False)]


def test_after_a_kill_the_only_process_frees_everything(core: Core) -> None:
    put(core, "m1")
    claim(core)
    core.recover()
    assert len(claim(core)) == 1


@pytest.mark.parametrize("text", ["你好", "😀" * 100, "'; drop table inbox; --", "\u202e反转", "x" * 200_000])
def test_any_text_comes_out_as_it_went_in(core: Core, text: str) -> None:
    put(core, "m1", text=text)
    (arrival,) = claim(core)
    assert arrival.body == {"text": text}
    (row,) = rows(core, Inbox)
    assert text not in row.raw_enc
    assert row.received_at == core.now()
    assert row.lease_until == core.now() + LEASE
    assert timedelta() < LEASE
