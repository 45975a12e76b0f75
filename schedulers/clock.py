"""The clock: a handful of fixed jobs in memory. Doubling or losing a tick changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

DRIFT_SECONDS = 2.0
SILENCE_SECONDS = 5.0


class Clockwork:
    """Wakes guarded jobs at fixed intervals."""

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        self._last_tick = time.monotonic()
        self._skew = time.time() - time.monotonic()

    def every(self, seconds: float, name: str, job: Callable[[], Any], *, at_once: bool = False) -> None:
        """Run `job` each `seconds`; an error is logged and the next run comes anyway."""
        trigger = IntervalTrigger(seconds=int(seconds)) if seconds >= 1 else IntervalTrigger(seconds=1)
        self._scheduler.add_job(_guarded(name, job), trigger, id=name, replace_existing=True)
        if at_once:
            self._scheduler.add_job(_guarded(name, job), id=f"{name}-now")

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def tick(self) -> None:
        """Called by the tick job: a sign of life for the watchdog."""
        self._last_tick = time.monotonic()

    def watch(self) -> bool:
        """Called from outside the scheduler: wakes it when the wall clock jumped or ticks stopped coming.

        A wall clock set back stops APScheduler; the monotonic clock notices. True when it had to be woken.
        """
        skew = time.time() - time.monotonic()
        drift, silence = abs(skew - self._skew), time.monotonic() - self._last_tick
        if drift <= DRIFT_SECONDS and silence <= SILENCE_SECONDS:
            return False
        self._skew = skew
        structlog.get_logger().warning("clock_woken", drift=round(drift, 1), silence=round(silence, 1))
        for job in self._scheduler.get_jobs():
            if isinstance(job.trigger, IntervalTrigger):
                job.reschedule(IntervalTrigger(seconds=int(job.trigger.interval / timedelta(seconds=1))))
        if self._scheduler.running:
            self._scheduler.wakeup()
        self._last_tick = time.monotonic()
        return True


def _guarded(name: str, job: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        try:
            job()
        except Exception as error:
            structlog.get_logger().error("job_failed", job=name, error=type(error).__name__, exc_info=error)

    return run
