"""What becomes of follow-ups when two customers turn out to be one, and when they do not after all."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select

from crm_core.customers.messages import CustomersMerged, CustomersSplit
from crm_core.followups.cadence import end, rearm
from crm_core.followups.plan_birthdays import SOP as BIRTHDAY
from crm_core.followups.tables import Followup
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow

MERGED = "merged"


@reacts(CustomersMerged)
def join(event: CustomersMerged, uow: Uow) -> None:
    """What runs about the one that went is about the other now; what would run twice ends."""
    before, after = f"customer:{event.gone_id}", f"customer:{event.kept_id}"
    own = _about(uow, after)
    running = {row.sop for row in own if row.state == "open"}
    known = {(row.sop, row.occurrence) for row in own}
    for row in _about(uow, before):
        # The birthday of who is gone says nothing about one who has his own.
        foreign = row.sop == BIRTHDAY and "birth_month" not in event.filled
        double = (row.sop, row.occurrence) in known
        if row.state == "open" and (double or foreign or row.sop in running):
            end(uow, row, "cancelled", MERGED)
        if not double and not foreign:
            uow.touch(row, subject=after)


@reacts(CustomersSplit)
def part(event: CustomersSplit, uow: Uow) -> None:
    """What ended only because of it goes on."""
    row = cast(Any, Followup)
    for ended in _about(uow, f"customer:{event.gone_id}", row.state == "cancelled", row.reason == MERGED,
                        row.ended_at == event.merged_at):  # fmt: skip
        uow.touch(ended, state="open", reason="", ended_at=None)
        rearm(uow, ended)
        uow.refresh(f"followup:{ended.id}")


def _about(uow: Uow, subject: str, *more: Any) -> list[Followup]:
    row = cast(Any, Followup)
    return uow.rows(select(Followup).where(row.tenant == uow.tenant, row.subject == subject, *more))
