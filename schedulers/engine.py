"""What works in a process: two due loops and the clock that makes sure they look."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from crm_core.api import Core
from crm_core.kernel.outbox import LOCAL_ACCOUNTS
from schedulers import jobs
from schedulers.auditor import Auditor, Findings
from schedulers.clock import Clockwork, guarded
from schedulers.heartbeat import Heartbeat
from schedulers.loop import DueLoop

AUDIT_SECONDS = 60
# Also of a process that is restarted every night.
PLAN_AFTER = (12.0, 20.0)
PRUNE_SECONDS = 6 * 3600
ANCHOR_SECONDS = 30
# The audit is one of the clock's jobs; when it stays out, somebody else has to start it.
AUDIT_MISSED_SECONDS = 150.0


class Engine:
    """Starts, wakes and stops the work of one process. What to do with turns and messages is handed in."""

    def __init__(
        self, core: Core, name: str, *, turns: Callable[[], int], deliver: Callable[[], int],
        reindex: Callable[[], object], role: str = "all", version: str = "", heartbeat: str = "", alone: bool = True,
        accounts: Callable[[], Iterable[str]] = tuple,
    ) -> None:  # fmt: skip
        """`heartbeat` is an address that is told each minute that all is well. `alone`: no other process works on
        this database, so on SQLite what a killed one held is free at the start. `accounts` are those this process
        speaks for over networks."""
        self._accounts = accounts
        self._core = core
        self._name, self._role, self._version, self._alone = name, role, version, alone
        self._reindex = reindex
        self._turns = DueLoop(core, [turns], "turns")
        self._due = DueLoop(core, [lambda: jobs.fire_timers(core), deliver], "due", due=self._next_due)
        self._clock = Clockwork()
        self._auditor = Auditor(core, name, Heartbeat(heartbeat).send)
        self._auditing, self._beating = threading.Lock(), threading.Lock()
        self._stopped = False
        self.findings = Findings()

    def start(self) -> None:
        """Begin. On the embedded database this is the only process, so what a killed one held is free."""
        core = self._core
        if self._alone and core.database.is_sqlite:
            core.recover()
        # A database that goes away just now must not end the process; the reaper does it again.
        guarded("hold_late", lambda: core.timers.hold_late(core.now()))()
        self._clock.every(1, "tick", self._tick)
        self._clock.every(5, "reap", lambda: jobs.reap(core))
        self._clock.every(10, "beat", self._beat, at_once=True)
        self._clock.every(AUDIT_SECONDS, "audit", self.audit)
        self._clock.every(ANCHOR_SECONDS, "anchor", lambda: jobs.anchor(core), at_once=True)
        self._clock.every(300, "scan", lambda: jobs.scan(core), at_once=True)
        # What is due already goes before what is planned ahead; and several processes do not plan the same at once.
        self._clock.every(3600, "plan", lambda: jobs.plan(core), after=random.uniform(*PLAN_AFTER))
        self._clock.every(30, "reindex", self._reindex, at_once=True)
        self._clock.every(PRUNE_SECONDS, "prune", lambda: jobs.prune(core))
        self._clock.start()
        self._turns.start()
        self._due.start()

    def stop(self) -> None:
        """End; what was not finished stands in the database and goes on after the next start."""
        self._stopped = True
        self._clock.stop()
        self._turns.stop()
        self._due.stop()
        guarded("anchor", lambda: jobs.anchor(self._core, "end"))()
        self._core.leases.give_back("auditor", self._name, self._core.now())
        with self._beating:
            self._core.workers.leave(self._name)

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
        """Called from outside the scheduler, because a wall clock set back would stop it there.

        True when the clock had to be woken. An audit that stayed out is made up for.
        """
        if self._auditor.silence() > AUDIT_MISSED_SECONDS:
            threading.Thread(target=guarded("audit", self.audit), name="audit", daemon=True).start()
        return self._clock.watch()

    def audit(self) -> None:
        """Look whether all is well; never twice at a time."""
        if not self._auditing.acquire(blocking=False):
            return
        try:
            self.findings = self._auditor.look()
        finally:
            self._auditing.release()

    def _next_due(self) -> Iterable[datetime | None]:
        return self._core.timers.next_due(), self._core.outbox.next_due(LOCAL_ACCOUNTS)

    def _beat(self) -> None:
        """A sign of life, with the instant at which the slower of both loops last came round."""
        now = self._core.now()
        behind = time.monotonic() - min(self._turns.last_round, self._due.last_round)
        with self._beating:
            # A beat that was on its way must not bring the row back of a process that has ended.
            if not self._stopped:
                self._core.workers.beat(self._name, self._role, self._version, now, now - timedelta(seconds=behind),
                                        self._accounts())  # fmt: skip

    def _tick(self) -> None:
        self._clock.tick()
        self.knock()
