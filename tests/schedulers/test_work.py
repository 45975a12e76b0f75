"""Due loops, jobs and the engine: what is due is done once, also after a restart."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock, SystemClock
from crm_core.leads.messages import CreateLead
from schedulers import jobs
from schedulers.engine import Engine
from schedulers.loop import STILL_SECONDS, TICK_SECONDS, DueLoop
from tests.support.site import settle_group


def new_lead(core: Core) -> str:
    command = CreateLead(name="张伟", phone="13800138000", vehicle="ES6")
    return core.execute(command, core.system("starway")).id


def test_the_loop_works_until_nothing_is_left(small: Core) -> None:
    left = [3, 2, 1, 0]
    loop = DueLoop(small, [lambda: left.pop(0)], "test")
    assert loop.round() == 6
    assert left == []


def test_a_failing_step_does_not_keep_the_next_from_working(small: Core) -> None:
    def broken() -> int:
        raise RuntimeError("no")

    left = [1, 0]
    assert DueLoop(small, [broken, lambda: left.pop(0)], "test").round() == 1


def test_the_loop_sleeps_until_the_next_due_row(core: Core, clock: FixedClock) -> None:
    settle_group(core)
    loop = DueLoop(core, [], "test", lambda: (core.timers.next_due(), core.outbox.next_due()))
    assert loop._pause() == TICK_SECONDS
    new_lead(core)
    assert loop._pause() < 0.01
    core.outbox.claim("w", core.now())
    due = core.timers.next_due()
    assert due is not None
    clock.move_to(due - timedelta(milliseconds=300))
    assert loop._pause() == pytest.approx(0.3, abs=0.01)
    clock.move_to(due - timedelta(hours=1))
    assert loop._pause() == TICK_SECONDS


def test_a_loop_whose_database_is_gone_waits_a_tick(small: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OSError

    monkeypatch.setattr(small.timers, "next_due", gone)
    assert DueLoop(small, [], "test", lambda: [small.timers.next_due()])._pause() == TICK_SECONDS


def test_a_knock_wakes_the_loop_and_stop_ends_it(small: Core) -> None:
    rounds = threading.Semaphore(0)

    def step() -> int:
        rounds.release()
        return 0

    loop = DueLoop(small, [step], "test")
    loop.start()
    assert rounds.acquire(timeout=5)
    before = time.monotonic()
    loop.knock()
    assert rounds.acquire(timeout=5)
    assert time.monotonic() - before < 5
    loop.stop()
    assert not loop._thread.is_alive()


def test_timers_fire_once_however_many_look(core: Core, clock: FixedClock) -> None:
    settle_group(core)
    new_lead(core)
    clock.advance(minutes=75)
    fired: list[int] = []
    crowd = [threading.Thread(target=lambda: fired.append(jobs.fire_timers(core))) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sum(fired) >= 1
    assert jobs.fire_timers(core) == 0
    kinds = [d.kind for d in core.outbox.claim("w", core.now())]
    assert len(kinds) == len(set(kinds))


def test_what_a_killed_process_held_is_free_after_the_start(small: Core) -> None:
    new_lead(small)
    assert small.outbox.claim("killed", small.now())
    assert not small.outbox.claim("other", small.now())
    sent: list[int] = []
    engine = Engine(small, "test", turns=lambda: 0, deliver=lambda: _deliver(small, sent), reindex=lambda: None)
    engine.start()
    try:
        until = time.monotonic() + 10
        while not sent and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        engine.stop()
    assert len(sent) == 1


def _deliver(core: Core, sent: list[int]) -> int:
    found = core.outbox.claim("new", core.now())
    sent.extend(d.id for d in found)
    return len(found)


def test_moving_the_demos_clock_fires_what_falls_due(small: Core) -> None:
    clock = SystemClock()
    small.clock = clock
    new_lead(small)
    kinds: list[str] = []

    def deliver() -> int:
        found = small.outbox.claim("w", small.now())
        kinds.extend(d.kind for d in found)
        small.chats.store([(d, {"text": d.kind}) for d in found], "w", small.now())
        return len(found)

    engine = Engine(small, "test", turns=lambda: 0, deliver=deliver, reindex=lambda: None)
    engine.start()
    try:
        wait_until(lambda: "lead" in kinds)
        clock.offset += timedelta(days=2)
        engine.replan()
        wait_until(lambda: "followup_remind" in kinds)
    finally:
        engine.stop()


def wait_until(done: object, patience: float = 15.0) -> None:
    until = time.monotonic() + patience
    while not done():  # type: ignore[operator]
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def test_a_loop_that_hangs_is_not_alive(small: Core) -> None:
    loop = DueLoop(small, [lambda: 0], "test")
    assert loop.alive()
    loop.last_round -= STILL_SECONDS + 1
    assert not loop.alive()
    loop.round()
    assert loop.alive()


def test_a_process_says_for_which_accounts_it_speaks(small: Core) -> None:
    engine = Engine(small, "test", turns=lambda: 0, deliver=lambda: 0, reindex=lambda: None,
                    accounts=lambda: ["wecom:corp", "telegram:bot"])  # fmt: skip
    engine.start()
    try:
        wait_until(lambda: [w.accounts for w in small.workers.all(small.now())] == [("telegram:bot", "wecom:corp")])
    finally:
        engine.stop()
    assert small.workers.all(small.now()) == [], "who has ended speaks for nobody"
