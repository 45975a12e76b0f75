"""What is looked after again and again: each tenant's job actor carries out the commands registered for a pace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_core.kernel.faults import where
from crm_core.kernel.registry import Command, routines

if TYPE_CHECKING:
    from crm_core.api import Core

# What is nightly may be done more often: a process may be restarted every night, before its turn.
NIGHTLY, HOURLY, OFTEN = 86_400, 3600, 300
# One that says there is `more` to do is carried out again, so often at most.
ROUNDS = 1000


def run_routines(core: Core, seconds: int, tenant: str | None = None) -> int:
    """Carry out what is registered for this pace, for one tenant or all; one that fails keeps no other from it.

    Returns how many were carried out.
    """
    import structlog

    done = 0
    for one in core.tenants() if tenant is None else [tenant]:
        for command in routines[seconds]:
            try:
                done += _carry_out(core, command, one)
            except Exception as error:
                structlog.get_logger().error("routine_failed", command=command.__name__, tenant=one,
                                             error=type(error).__name__, where=where(error))  # fmt: skip
    return done


def _carry_out(core: Core, command: type[Command], tenant: str) -> int:
    """In as many transactions as it takes, so that others get their turn between them; returns how many."""
    times, more = 0, True
    while more and times < ROUNDS:
        result = core.execute(command(), core.system(tenant))
        times, more = times + 1, getattr(result.view, "more", False)
    return times
