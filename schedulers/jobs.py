"""The jobs the clock wakes. Each is a plain function of the core and of now."""

from __future__ import annotations

from crm_core.api import Core
from crm_core.kernel.routines import HOURLY, NIGHTLY, OFTEN, run_routines
from schedulers.heartbeat import post


def fire_timers(core: Core) -> int:
    """Fire what is due; returns how many."""
    return core.timers.fire_due(core.now())


def reap(core: Core) -> int:
    """Free messages whose worker died, and hold reminders that waited through an outage."""
    now = core.now()
    return core.outbox.reap(now) + core.inbox.reap(now) + core.timers.hold_late(now)


def plan(core: Core) -> None:
    """Make the timers of the next two days from intents such as birthdays; doing it twice makes none twice."""
    run_routines(core, HOURLY)


def scan(core: Core) -> None:
    """Look for what no single timer stands for, such as deals that stay too long; processes long gone are forgotten."""
    run_routines(core, OFTEN)
    core.workers.forget(core.now())


def anchor(core: Core, why: str = "hour") -> None:
    """Write down outside the database where the audit ends, when enough came since; at an end, in any case."""
    line = core.anchors.write(core.now(), why, always=False) if why == "hour" else core.anchors.write(core.now(), why)
    if line and core.anchors.address:
        post(core.anchors.address, line)


def prune(core: Core) -> None:
    """Delete what is done with and old enough, as `retention.yaml` says."""
    run_routines(core, NIGHTLY)
