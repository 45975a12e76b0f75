"""What must be true of the timers of approvals."""

from __future__ import annotations

from typing import Any, cast

from crm_core.approvals.queries import is_current
from crm_core.approvals.tables import Approval
from crm_core.followups.lookup import place_of, times
from crm_core.followups.rules import due
from crm_core.kernel.lost import again_key, lost
from crm_core.kernel.registry import audits, timers_about
from crm_core.kernel.uow import Priority, Uow
from crm_core.quotes.tables import Quote

timers_about("approval", Approval)


@audits("approval")
def nobody_forgets_a_request(uow: Uow) -> list[str]:
    """A pending request about a quote that holds goes further up, or its last reader is reminded again."""
    row, found = cast(Any, Approval), []
    kinds = ("approval_escalate", "approval_again")
    for approval in lost(uow, Approval, "approval", row.state == "pending", since=row.updated_at, kinds=kinds):
        quote = uow.find(Quote, approval.record_id)
        if quote is None or not is_current(approval, quote):
            continue
        policy, place = times(uow, approval.unit).approvals, place_of(uow, approval.unit)
        at = due(approval.updated_at, policy.escalate_after, policy.clock, place)
        subject = f"approval:{approval.id}"
        uow.timer("approval_escalate", max(at, uow.now), subject=subject, priority=Priority.MUST_KNOW,
                  key=again_key(uow, "approval_escalate", approval.id))  # fmt: skip
        found.append(subject)
    return found
