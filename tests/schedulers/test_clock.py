"""The clock: jobs that fail do not stop it, and a wall clock that jumps does not either."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from apscheduler.triggers.interval import IntervalTrigger

from schedulers import clock as clock_module
from schedulers.clock import WAKE_LIMIT, Clockwork


def test_a_job_runs_at_once_and_again_although_it_fails() -> None:
    runs = threading.Semaphore(0)

    def job() -> None:
        runs.release()
        raise RuntimeError("no")

    clock = Clockwork()
    clock.every(1, "job", job, at_once=True)
    clock.start()
    try:
        assert all(runs.acquire(timeout=10) for _ in range(3))
    finally:
        clock.stop()


def test_a_slow_job_is_not_run_beside_itself() -> None:
    began, go_on = threading.Semaphore(0), threading.Event()
    clock = Clockwork()
    clock.every(1, "slow", lambda: (began.release(), go_on.wait(10)))
    clock.start()
    try:
        assert began.acquire(timeout=10)
        assert not began.acquire(timeout=2.5)
    finally:
        go_on.set()
        clock.stop()


def test_stopping_twice_or_before_the_start_is_no_error() -> None:
    clock = Clockwork()
    clock.stop()
    clock.start()
    clock.stop()
    clock.stop()


def test_nothing_is_woken_while_ticks_come() -> None:
    clock = Clockwork()
    clock.tick()
    assert not clock.watch()


# Set back an hour or a little, set right, a machine that slept for eight hours, a day and an hour ahead.
@pytest.mark.parametrize("jump", [-3600.0, -3.0, 3.0, 28_800.0, 90_000.0])
def test_a_wall_clock_that_jumps_is_noticed_once(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    clock = Clockwork()
    clock.every(1, "tick", clock.tick)
    wall = time.time
    monkeypatch.setattr(clock_module.time, "time", lambda: wall() + jump)
    assert clock.watch()
    assert not clock.watch()


def test_ticks_that_stopped_coming_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clockwork()
    steady, wall = time.monotonic, time.time
    monkeypatch.setattr(clock_module.time, "monotonic", lambda: steady() + 60)
    monkeypatch.setattr(clock_module.time, "time", lambda: wall() + 60)
    assert clock.watch()
    assert not clock.watch()


def test_waking_keeps_each_jobs_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clockwork()
    clock.every(7, "seven", lambda: None)
    clock.start()
    try:
        wall = time.time
        monkeypatch.setattr(clock_module.time, "time", lambda: wall() - 3600)
        assert clock.watch()
        trigger = clock._scheduler.get_job("seven").trigger
        assert isinstance(trigger, IntervalTrigger)
        assert trigger.interval == timedelta(seconds=7)
    finally:
        clock.stop()


@pytest.mark.parametrize("jump", [-3600.0, 28_800.0, 90_000.0])
def test_jobs_go_on_within_five_seconds_of_a_jump(jump: float) -> None:
    """The scheduler asks the wall clock itself; with `watch` called every two seconds it is never silent for long."""
    runs = threading.Semaphore(0)
    clock = Clockwork()
    clock.every(1, "tick", lambda: (clock.tick(), runs.release()))
    clock.start()
    try:
        assert runs.acquire(timeout=10)
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=jump), tick=True):
            assert clock.watch()
            while runs.acquire(blocking=False):
                continue
            assert runs.acquire(timeout=5)
    finally:
        clock.stop()


def test_a_scheduler_that_stays_silent_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = threading.Semaphore(0)
    clock = Clockwork()
    clock.every(1, "job", runs.release)
    clock.start()
    try:
        assert runs.acquire(timeout=10)
        dead = clock._scheduler
        dead.pause()
        ahead = 0.0
        steady = time.monotonic
        monkeypatch.setattr(clock_module.time, "monotonic", lambda: steady() + ahead)
        for _ in range(WAKE_LIMIT + 1):
            ahead += 60
            assert clock.watch()
        assert clock._scheduler is not dead
        while runs.acquire(blocking=False):
            continue
        assert runs.acquire(timeout=10)
    finally:
        clock.stop()
