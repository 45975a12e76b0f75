"""What must be true of the timers of conversations at a desk."""

from __future__ import annotations

from typing import Any, cast

from crm_core.kernel.lost import again_key, lost
from crm_core.kernel.registry import audits
from crm_core.kernel.uow import Priority, Uow
from crm_core.servicedesk.handlers import BACK, QUEUE
from crm_core.servicedesk.tables import ServiceSession


@audits("service")
def every_wait_ends(uow: Uow) -> list[str]:
    """Who waits for a person, or is served by one who stopped writing, is with us again in the end."""
    row = cast("Any", ServiceSession)
    healed = []
    for state, kind in (("queue", QUEUE), ("person", BACK)):
        for one in lost(uow, ServiceSession, "service", row.state == state, since=row.since, kinds=(kind,)):
            uow.timer(kind, uow.now, subject=f"service:{one.id}", key=again_key(uow, kind, one.id),
                      priority=Priority.MUST_KNOW, turn=one.turn)  # fmt: skip
            healed.append(f"service:{one.id}")
    return healed
