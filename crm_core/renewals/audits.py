"""What must be true of the timers of renewals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from crm_core.kernel.lost import again_key, lost
from crm_core.kernel.registry import audits, timers_about
from crm_core.kernel.uow import Uow
from crm_core.renewals.ending import REMIND
from crm_core.renewals.tables import Renewal

LOOK_BACK = timedelta(days=1)

timers_about("renewal", Renewal)


@audits("renewal")
def every_reminder_has_its_timer(uow: Uow) -> list[str]:
    """Open, and its reminder was made and did not come."""
    row = cast("Any", Renewal)
    waiting = (row.state == "open", row.remind_at > uow.now - LOOK_BACK)
    found = []
    for one in lost(uow, Renewal, "renewal", *waiting, since=row.remind_at):
        assert one.remind_at is not None
        uow.timer(
            REMIND,
            max(one.remind_at, uow.now),
            subject=f"renewal:{one.id}",
            key=again_key(uow, REMIND, one.id),
        )
        found.append(f"renewal:{one.id}")
    return found
