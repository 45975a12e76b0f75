"""Timers: once, whoever looks and however often; what failed comes later and holds nobody up."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.registry import timer_handlers
from crm_core.kernel.tables import Audit, Timer
from crm_core.kernel.timers import CANCELLED, DEAD, FIRED, MAX_ATTEMPTS, PENDING
from crm_core.kernel.uow import Uow
from tests.conftest import NOW
from tests.core.kernel.trial import fired, rows


def put(
    core: Core, key: str, kind: str = "trial", minutes: float = 0, subject: str = "s:1", priority: int = 2
) -> None:  # fmt: skip
    with core.database.write() as session:
        session.add(Timer(tenant="starway", kind=kind, subject=subject, dedupe_key=key, created_at=NOW,
                          due_at=NOW + timedelta(minutes=minutes), priority=priority))  # fmt: skip


def states(core: Core) -> dict[str, int]:
    return {timer.dedupe_key: timer.state for timer in rows(core, Timer)}


@pytest.fixture(autouse=True)
def _forget() -> None:
    fired.clear()


def test_nothing_fires_before_its_time_and_all_at_it(core: Core, clock: FixedClock) -> None:
    put(core, "soon", minutes=5)
    put(core, "later", minutes=10)
    assert core.timers.next_due() == NOW + timedelta(minutes=5)
    assert core.timers.fire_due(clock.now()) == 0
    assert core.timers.fire_due(clock.advance(minutes=5)) == 1
    assert states(core) == {"soon": FIRED, "later": PENDING}
    assert core.timers.fire_due(clock.advance(minutes=5)) == 1
    assert core.timers.next_due() is None


def test_what_was_due_in_the_past_fires_now(core: Core, clock: FixedClock) -> None:
    put(core, "past", minutes=-100_000)
    assert core.timers.fire_due(clock.now()) == 1
    assert fired["past"] == 1


def test_what_was_cancelled_never_fires(core: Core, clock: FixedClock) -> None:
    put(core, "gone", minutes=5, subject="lead:1")
    put(core, "stays", minutes=5, subject="lead:2")
    with core.database.write() as session:
        uow = core._system_uow(session, "starway", NOW)
        assert uow.cancel_timers("lead:1") == 1
    core.timers.fire_due(clock.advance(hours=1))
    assert states(core) == {"gone": CANCELLED, "stays": FIRED}
    assert fired["gone"] == 0


def test_cancelling_one_kind_leaves_the_others(core: Core, clock: FixedClock) -> None:
    put(core, "a", minutes=5)
    put(core, "b", kind="broken", minutes=5)
    with core.database.write() as session:
        assert core._system_uow(session, "starway", NOW).cancel_timers("s:1", "broken") == 1
    assert states(core) == {"a": PENDING, "b": CANCELLED}


@pytest.mark.parametrize("workers", [2, 8])
def test_each_fires_once_under_many_workers(core: Core, clock: FixedClock, workers: int) -> None:
    """Several processes over one database: each worker has a core of its own."""
    for n in range(40):
        put(core, f"t{n}", minutes=-n)
    cores = [Core.open(core.settings, clock) for _ in range(workers)]
    try:
        with ThreadPoolExecutor(workers) as pool:
            handled = list(pool.map(lambda one: one.timers.fire_due(clock.now(), limit=100), cores))
    finally:
        for one in cores:
            one.close()
    # A worker that finds only rows others hold ends early; what is left is found at the next look.
    handled.append(core.timers.fire_due(clock.now(), limit=100))
    assert sum(handled) == 40
    assert set(states(core).values()) == {FIRED}
    assert len(rows(core, Audit, Audit.action == "fired")) == 40


def test_a_doubled_look_fires_nothing_twice(core: Core, clock: FixedClock) -> None:
    put(core, "once")
    assert [core.timers.fire_due(clock.now()) for _ in range(3)] == [1, 0, 0]


def test_what_fails_backs_off_then_dies_and_blocks_nobody(core: Core, clock: FixedClock) -> None:
    put(core, "broken", kind="broken", minutes=-10)
    put(core, "unknown", kind="nobody knows this kind", minutes=-10)
    put(core, "good", minutes=-5)
    core.timers.fire_due(clock.now())
    assert states(core) == {"broken": PENDING, "unknown": PENDING, "good": FIRED}
    (broken,) = rows(core, Timer, Timer.dedupe_key == "broken")
    assert (broken.attempts, broken.error, broken.due_at) == (1, "RuntimeError", NOW + timedelta(minutes=1))
    waits = []
    while (due := core.timers.next_due()) is not None:
        waits.append(due - clock.now())
        clock.move_to(due)
        core.timers.fire_due(due)
    assert waits == sorted(waits), "each wait is longer"
    assert states(core)["broken"] == DEAD
    (broken,) = rows(core, Timer, Timer.dedupe_key == "broken")
    assert broken.attempts == MAX_ATTEMPTS
    assert rows(core, Audit, Audit.action == "fired", Audit.record_id == str(broken.id)) == [], "rolled back each time"


def test_a_dead_timer_can_be_revived(core: Core, clock: FixedClock) -> None:
    put(core, "t")
    (timer,) = rows(core, Timer)
    with core.database.write() as session:
        session.get(Timer, timer.id).state = DEAD  # type: ignore[union-attr]
    assert core.timers.revive(timer.id, clock.now())
    assert not core.timers.revive(timer.id, clock.now())
    assert core.timers.fire_due(clock.now()) == 1


def test_no_more_than_the_limit_at_once(core: Core, clock: FixedClock) -> None:
    for n in range(5):
        put(core, f"t{n}")
    assert [core.timers.fire_due(clock.now(), limit=2) for _ in range(3)] == [2, 2, 1]


def test_a_restart_loses_nothing(core: Core, clock: FixedClock) -> None:
    put(core, "t", minutes=5)
    again = Core.open(core.settings, clock)
    try:
        assert again.timers.fire_due(clock.advance(minutes=5)) == 1
    finally:
        again.close()
    assert core.timers.fire_due(clock.now()) == 0


def test_overdue_work_is_counted(core: Core, clock: FixedClock) -> None:
    put(core, "late", minutes=-10)
    put(core, "ahead", minutes=10)
    counted: dict[str, Any] = core.overdue(clock.now())
    assert counted == {"timers": 1, "messages": 0, "arrivals": 0, "dead": 0}


def test_the_most_important_goes_first(core: Core, clock: FixedClock) -> None:
    for n, priority in enumerate((3, 2, 1, 2, 1)):
        put(core, f"t{n}", minutes=-10 + n, priority=priority)
    assert core.timers.fire_due(clock.now(), limit=2) == 2
    assert {key for key, state in states(core).items() if state == FIRED} == {"t2", "t4"}
    assert core.timers.fire_due(clock.now(), limit=2) == 2
    assert {key for key, state in states(core).items() if state == PENDING} == {"t0"}


def test_one_that_fails_takes_nothing_of_the_others_with_it(core: Core, clock: FixedClock) -> None:
    for n in range(20):
        put(core, f"t{n}", kind="broken" if n % 7 == 3 else "trial", minutes=-n)
    while core.timers.fire_due(clock.now()):
        continue
    assert Counter(states(core).values()) == {FIRED: 17, PENDING: 3}
    assert len(rows(core, Audit, Audit.action == "fired")) == 17


def test_when_the_groups_end_fails_each_is_fired_by_itself(
    core: Core, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when one of them wrote what the database refuses, and it cannot be said which."""
    for n in range(4):
        put(core, f"t{n}", minutes=-n)
    real = Uow.flush_pushes

    def refused(uow: Uow) -> None:
        real(uow)
        if len(rows_of(uow)) > 1:
            raise ValueError

    def rows_of(uow: Uow) -> list[Any]:
        return list(uow.session.execute(select(Audit).where(Audit.action == "fired", Audit.at == clock.now())).scalars())

    monkeypatch.setattr(Uow, "flush_pushes", refused)
    assert core.timers.fire_due(clock.now()) == 4
    assert sorted(states(core).values()) == [PENDING, PENDING, PENDING, FIRED]


def test_a_database_that_is_gone_is_no_fault_of_the_timer(
    core: Core, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(core, "t")

    def gone(timer: Timer, uow: Uow) -> None:
        raise Unavailable

    monkeypatch.setitem(timer_handlers, "trial", gone)
    with pytest.raises(Unavailable):
        core.timers.fire_due(clock.now())
    (timer,) = rows(core, Timer)
    assert (timer.state, timer.attempts) == (PENDING, 0)


def test_nothing_fires_while_a_restored_backup_waits_for_a_word(core: Core, clock: FixedClock) -> None:
    put(core, "t")
    core.leases.remember("deliveries", "paused:restored", clock.now())
    assert core.timers.fire_due(clock.now()) == 0
    assert core.timers.next_due() is None
    core.leases.remember("deliveries", "", clock.now())
    assert core.timers.fire_due(clock.now()) == 1
