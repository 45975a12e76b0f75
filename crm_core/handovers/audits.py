"""What must be true of the timers of hand-overs."""

from __future__ import annotations

from typing import Any, cast

from crm_core.handovers.handlers import LAPSE, REMIND
from crm_core.handovers.tables import Handover
from crm_core.kernel.lost import again_key, lost
from crm_core.kernel.registry import audits, timers_about
from crm_core.kernel.uow import Priority, Uow

timers_about("handover", Handover)


@audits("handover")
def every_request_is_reminded_of(uow: Uow) -> list[str]:
    """Whoever is to confirm is asked again until he does."""
    row = cast("Any", Handover)
    waiting = (row.state == "pending", row.created_at > uow.now - 2 * LAPSE)
    healed = []
    for one in lost(uow, Handover, "handover", *waiting, since=row.created_at, kinds=(REMIND,)):
        uow.timer(REMIND, uow.now, subject=f"handover:{one.id}", key=again_key(uow, REMIND, one.id),
                  priority=Priority.MUST_KNOW, turn=1)  # fmt: skip
        healed.append(f"handover:{one.id}")
    return healed
