"""The jobs the clock wakes. Each is a plain function of the core and of now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from crm_core.api import Core
from crm_core.followups.messages import PlanBirthdays

KEEP_FINISHED = timedelta(days=90)
OVERDUE = timedelta(minutes=5)
HEARTBEAT = timedelta(seconds=30)


def fire_timers(core: Core) -> int:
    """Fire what is due; returns how many."""
    return core.timers.fire_due(core.now())


def reap(core: Core) -> int:
    """Free messages whose worker died."""
    return core.outbox.reap(core.now())


def plan(core: Core) -> None:
    """Make the timers of the next two days from intents such as birthdays; doing it twice makes none twice."""
    for tenant in core.tenants():
        core.execute(PlanBirthdays(), core.system(tenant))


def prune(core: Core) -> None:
    """Forget timers that are long finished."""
    core.timers.prune(core.now() - KEEP_FINISHED)


def beat(core: Core, worker: str) -> None:
    """Say that this worker lives."""
    core.leases.take(f"worker:{worker}", worker, core.now(), HEARTBEAT)


@dataclass(frozen=True)
class Findings:
    """What the auditor found: counts of rows that should have been done long ago."""

    timers: int
    messages: int
    arrivals: int
    dead: int

    @property
    def well(self) -> bool:
        return not (self.timers or self.messages or self.arrivals)


def audit(core: Core) -> Findings:
    """Is anything due for more than five minutes and not done? Says so in the log."""
    counts = core.overdue(core.now() - OVERDUE)
    found = Findings(**counts)
    if not found.well:
        structlog.get_logger().error("overdue", **counts)
    return found
