"""What quotes do about events of other concepts."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select

from crm_core.approvals.messages import ApprovalDecided
from crm_core.approvals.queries import is_current
from crm_core.approvals.tables import Approval
from crm_core.deals.messages import DealHandedOver
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow
from crm_core.quotes.handlers import use
from crm_core.quotes.tables import Quote


@reacts(ApprovalDecided)
def apply_what_was_asked(event: ApprovalDecided, uow: Uow) -> None:
    """Approved as asked is applied with the decision itself; a counter-offer waits for the asker."""
    approval = uow.session.get(Approval, event.approval_id)
    if event.state != "approved" or approval is None or approval.kind != "discount":
        return
    quote = uow.session.get(Quote, approval.record_id)
    if quote is not None and is_current(approval, quote):
        use(uow, approval, quote)


@reacts(DealHandedOver)
def move_with_deal(event: DealHandedOver, uow: Uow) -> None:
    """Quotes go along with their deal; their price stays what it was, and so does what was asked about it."""
    uow.flush()
    row = cast(Any, Quote)
    for quote in uow.rows(select(Quote).where(row.tenant == uow.tenant, row.deal_id == event.deal_id)):
        # Not a change of the quote's terms: its version, which approvals bind to, stays.
        quote.owner_id, quote.unit = event.after_id, event.unit
