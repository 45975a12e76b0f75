"""The due loop: sleeps until the next due row, or until somebody knocks, or at most one tick."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from crm_core.api import Core
from crm_core.kernel.faults import where

TICK_SECONDS = 1.0
# What is due and cannot be had (another process holds it) is looked for again, but not without a break.
BREATH_SECONDS = 0.05
STILL_SECONDS = 120.0


class DueLoop:
    """Runs steps until each finds nothing to do, in a thread of its own. Losing a tick loses nothing."""

    def __init__(
        self, core: Core, steps: list[Callable[[], int]], name: str,
        due: Callable[[], Iterable[datetime | None]] | None = None,
    ) -> None:  # fmt: skip
        """`due` tells when the next rows are due; a loop without it looks when it is woken, and each tick."""
        self._core = core
        self._steps = steps
        self._due = due
        self._name = name
        self._knock = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.last_round = time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def knock(self) -> None:
        """Something may be due; look at once. Callable from any thread."""
        self._knock.set()

    def alive(self) -> bool:
        """Whether a round ended lately; one that has not begun counts from its making."""
        return time.monotonic() - self.last_round < STILL_SECONDS

    def stop(self) -> None:
        """End after the present round."""
        self._stop.set()
        self._knock.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._knock.clear()
            done = self.round()
            self._knock.wait(self._pause() if done else max(self._pause(), BREATH_SECONDS))

    def round(self) -> int:
        """Run the steps in turns until none finds work, so that what fires first is delivered first.

        A step that fails is logged and tried in the next round.
        """
        total, steps = 0, list(self._steps)
        while steps and not self._stop.is_set():
            found = [(step, self._done(step)) for step in steps]
            steps = [step for step, done in found if done is not None]
            done = sum(done or 0 for _, done in found)
            total += done
            if not done:
                break
        self.last_round = time.monotonic()
        return total

    def _done(self, step: Callable[[], int]) -> int | None:
        """How much a step did; None when it failed."""
        try:
            return step()
        except Exception as error:
            structlog.get_logger().error("due_step_failed", loop=self._name, error=type(error).__name__,
                                         where=where(error))  # fmt: skip
            return None

    def _pause(self) -> float:
        """Seconds until the next due row, at most one tick."""
        if self._due is None or self._knock.is_set():
            return TICK_SECONDS
        try:
            due = [at for at in self._due() if at is not None]
        except Exception as error:
            structlog.get_logger().error("next_due_failed", loop=self._name, error=type(error).__name__)
            return TICK_SECONDS
        if not due:
            return TICK_SECONDS
        ahead = (min(due) - self._core.now()).total_seconds()
        return min(max(ahead, 0.005), TICK_SECONDS)
