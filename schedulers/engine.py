"""What works in a process: two due loops and the clock that makes sure they look."""

from __future__ import annotations

from collections.abc import Callable

from crm_core.api import Core
from schedulers import jobs
from schedulers.clock import Clockwork
from schedulers.loop import DueLoop


class Engine:
    """Starts, wakes and stops the work of one process. What to do with turns and messages is handed in."""

    def __init__(
        self, core: Core, name: str, *, turns: Callable[[], int], deliver: Callable[[], int],
        reindex: Callable[[], object],
    ) -> None:  # fmt: skip
        self._core = core
        self._name = name
        self._reindex = reindex
        self._turns = DueLoop(core, [turns], "turns")
        self._due = DueLoop(core, [lambda: jobs.fire_timers(core), deliver], "due",
                            due=lambda: (core.timers.next_due(), core.outbox.next_due()))  # fmt: skip
        self._clock = Clockwork()
        self.findings = jobs.Findings(0, 0, 0, 0)

    def start(self) -> None:
        """Begin. On the embedded database this is the only process, so what a killed one held is free."""
        if self._core.database.is_sqlite:
            self._core.recover()
        core = self._core
        self._clock.every(1, "tick", self._tick)
        self._clock.every(5, "reap", lambda: jobs.reap(core))
        self._clock.every(10, "beat", lambda: jobs.beat(core, self._name), at_once=True)
        self._clock.every(60, "audit", self._audit)
        self._clock.every(3600, "plan", lambda: jobs.plan(core), at_once=True)
        self._clock.every(30, "reindex", self._reindex, at_once=True)
        self._clock.every(86400, "prune", lambda: jobs.prune(core))
        self._clock.start()
        self._turns.start()
        self._due.start()

    def stop(self) -> None:
        """End; what was not finished stands in the database and goes on after the next start."""
        self._clock.stop()
        self._turns.stop()
        self._due.stop()

    def arrived(self) -> None:
        """Somebody said or pressed something: look at once."""
        self._turns.knock()

    def moved(self) -> None:
        """Something was written that may be due: look at once."""
        self._due.knock()

    def knock(self) -> None:
        """Look at everything."""
        self.arrived()
        self.moved()

    def replan(self) -> None:
        """The demo's clock was moved: what is planned ahead moves along."""
        jobs.plan(self._core)
        self.knock()

    def alive(self) -> bool:
        """Whether both loops still come round."""
        return self._turns.alive() and self._due.alive()

    def watch(self) -> bool:
        """Called from outside the scheduler, because a wall clock set back would stop it there."""
        return self._clock.watch()

    def _tick(self) -> None:
        self._clock.tick()
        self.knock()

    def _audit(self) -> None:
        self.findings = jobs.audit(self._core)
