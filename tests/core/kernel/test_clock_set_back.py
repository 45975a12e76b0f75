"""A clock that is set back: what a dead process held is free after one lease, not after the hours it was set back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_core.api import Core
from crm_core.kernel.clock import SKEW, FixedClock
from crm_core.kernel.inbox import LEASE as TURN
from crm_core.kernel.outbox import LEASE
from crm_core.kernel.workers import SILENT, state_of
from tests.conftest import NOW

HOUR = timedelta(hours=1)


def put(core: Core) -> None:
    with core.database.write() as session:
        uow = core._system_uow(session, "star", core.now())
        uow.push("p1", "note", key="m", priority=1, chat="telegram:bot:1")
        uow.flush_pushes()


def look_for(core: Core, clock: FixedClock, passes: timedelta) -> None:
    """Time passes, and the reaper looks on the way."""
    for _ in range(int(passes.total_seconds() // 5) + 1):
        core.outbox.reap(clock.now())
        core.inbox.reap(clock.now())
        clock.advance(seconds=5)


def test_a_message_is_free_after_one_lease(core: Core, clock: FixedClock) -> None:
    put(core)
    (held,) = core.outbox.claim("dead", clock.now())
    clock.move_to(NOW - HOUR)
    core.outbox.reap(clock.now())
    clock.advance(seconds=LEASE.total_seconds() - 5)
    core.outbox.reap(clock.now())
    with core.database.write() as session:
        assert core.outbox.held(session, [held]), "whoever is just sending it may finish"
    look_for(core, clock, timedelta(seconds=10))
    # Its own time is still to come again: it was due at an instant that lies ahead now.
    clock.move_to(NOW)
    assert [one.id for one in core.outbox.claim("w", clock.now())] == [held.id]


def test_an_arrival_is_free_after_one_lease(core: Core, clock: FixedClock) -> None:
    core.chats.receive(tenant="star", channel="web", account="", chat="web:p1", person_id="p1", dedupe_key="a",
                       body={"text": "x"}, now=clock.now())  # fmt: skip
    assert len(core.inbox.claim(clock.now())) == 1
    clock.move_to(NOW - HOUR)
    assert core.inbox.claim(clock.now()) == []
    look_for(core, clock, TURN)
    assert len(core.inbox.claim(clock.now())) == 1


def test_a_lease_is_free_after_its_length(core: Core, clock: FixedClock) -> None:
    ttl = timedelta(seconds=100)
    assert core.leases.take("auditor", "dead", clock.now(), ttl) == 1
    clock.move_to(NOW - HOUR)
    assert core.leases.take("auditor", "w", clock.now(), ttl) is None
    clock.advance(seconds=50)
    assert core.leases.take("auditor", "w", clock.now(), ttl) is None
    clock.advance(seconds=51)
    assert core.leases.take("auditor", "w", clock.now(), ttl) == 2


def test_clocks_that_differ_a_little_cut_nothing(core: Core, clock: FixedClock) -> None:
    put(core)
    (held,) = core.outbox.claim("w", clock.now())
    behind = NOW - SKEW + timedelta(seconds=1)
    core.outbox.reap(behind)
    core.outbox.reap(NOW + LEASE - timedelta(seconds=1))
    with core.database.write() as session:
        assert core.outbox.held(session, [held])


@pytest.mark.parametrize(("ahead", "state"), [(-61, "silent"), (-59, "ok"), (0, "ok"), (59, "ok"), (3600, "silent")])
def test_a_sign_of_life_from_the_future_is_none(ahead: int, state: str) -> None:
    assert timedelta(seconds=60) == SILENT
    assert state_of(NOW + timedelta(seconds=ahead), None, NOW) == state
