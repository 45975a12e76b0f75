"""The clock: a handful of fixed jobs in memory. Doubling or losing a tick changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from crm_core.kernel.faults import where

DRIFT_SECONDS = 2.0
SILENCE_SECONDS = 5.0
# A scheduler that was woken so often and is still silent is replaced.
WAKE_LIMIT = 3


class Clockwork:
    """Wakes guarded jobs at fixed intervals."""

    def __init__(self) -> None:
        self._jobs: dict[str, tuple[int, Callable[[], None]]] = {}
        self._scheduler = _scheduler()
        self._last_tick = time.monotonic()
        self._skew = time.time() - time.monotonic()
        self._woken = 0

    def every(
        self, seconds: float, name: str, job: Callable[[], Any], *, at_once: bool = False, after: float = 0.0
    ) -> None:
        """Run `job` each `seconds`, the first time at once or `after` so many seconds; an error is logged and the
        next run comes anyway.
        """
        self._jobs[name] = (max(int(seconds), 1), guarded(name, job))
        self._add(name, at_once=at_once or after > 0, after=after)

    def _add(self, name: str, *, at_once: bool = False, after: float = 0.0) -> None:
        seconds, job = self._jobs[name]
        # Not a job of its own that runs once: the scheduler would remove it, and stumble when it is stopped meanwhile.
        first = {"next_run_time": datetime.now(UTC) + timedelta(seconds=after)} if at_once else {}
        self._scheduler.add_job(job, IntervalTrigger(seconds=seconds), id=name, replace_existing=True, **first)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def tick(self) -> None:
        """Called by the tick job: a sign of life for the watchdog."""
        self._last_tick = time.monotonic()
        self._woken = 0

    def watch(self) -> bool:
        """Called from outside the scheduler: wakes it when the wall clock jumped or ticks stopped coming.

        A wall clock set back stops APScheduler; the monotonic clock notices. One that stays silent although it
        was woken several times is replaced. True when it had to be woken.
        """
        skew = time.time() - time.monotonic()
        drift, silence = abs(skew - self._skew), time.monotonic() - self._last_tick
        if drift <= DRIFT_SECONDS and silence <= SILENCE_SECONDS:
            return False
        self._skew = skew
        self._woken += 1
        structlog.get_logger().warning(
            "clock_woken", drift=round(drift, 1), silence=round(silence, 1), times=self._woken
        )
        if self._woken > WAKE_LIMIT:
            self._replace()
        else:
            self._wake()
        self._last_tick = time.monotonic()
        return True

    def _wake(self) -> None:
        for job in self._scheduler.get_jobs():
            if isinstance(job.trigger, IntervalTrigger):
                job.reschedule(IntervalTrigger(seconds=int(job.trigger.interval / timedelta(seconds=1))))
        if self._scheduler.running:
            self._scheduler.wakeup()

    def _replace(self) -> None:
        """A new scheduler with the same jobs; the old one's thread is left to itself."""
        running = self._scheduler.running
        self.stop()
        self._scheduler = _scheduler()
        for name in self._jobs:
            self._add(name)
        self._woken = 0
        if running:
            self._scheduler.start()


def _scheduler() -> BackgroundScheduler:
    return BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
    )


def guarded(name: str, job: Callable[[], Any]) -> Callable[[], None]:
    """The job with its errors logged; whoever runs it goes on."""

    def run() -> None:
        try:
            job()
        except Exception as error:
            structlog.get_logger().error("job_failed", job=name, error=type(error).__name__, where=where(error))

    return run
