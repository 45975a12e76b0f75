"""What is looked after again and again: each tenant's job actor carries out the commands registered for a pace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_core.kernel.faults import where
from crm_core.kernel.registry import routines

if TYPE_CHECKING:
    from crm_core.api import Core

HOURLY, OFTEN = 3600, 300


def run_routines(core: Core, seconds: int, tenant: str | None = None) -> int:
    """Carry out what is registered for this pace, for one tenant or all; one that fails keeps no other from it.

    Returns how many were carried out.
    """
    import structlog

    done = 0
    for one in core.tenants() if tenant is None else [tenant]:
        for command in routines[seconds]:
            try:
                core.execute(command(), core.system(one))
                done += 1
            except Exception as error:
                structlog.get_logger().error("routine_failed", command=command.__name__, tenant=one,
                                             error=type(error).__name__, where=where(error))  # fmt: skip
    return done
