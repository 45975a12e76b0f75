"""Questions about approvals."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select

from crm_core.approvals.messages import ApprovalCard, ApprovalView, PendingApprovals
from crm_core.approvals.people import decidable, may_decide
from crm_core.approvals.rules import percent
from crm_core.approvals.tables import Approval
from crm_core.customers.tables import Customer
from crm_core.deals.lookup import customer_name, stage_name
from crm_core.deals.tables import Deal
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import person_name
from crm_core.quotes.tables import Quote


@answers(ApprovalCard)
def approval_card(question: ApprovalCard, reader: Reader) -> ApprovalView:
    """One approval, for its asker, the deal's owner, or whoever may read approvals there."""
    row = reader.session.get(Approval, question.approval_id)
    if row is None or not may_see(row, reader):
        raise NotFound(resource="approval")
    return approval_view(row, reader)


def may_see(row: Approval, reader: Reader) -> bool:
    """Whether the actor may know of an approval."""
    if row.tenant != reader.tenant:
        return False
    return row.asker_id == reader.actor.id or reader.access.allows(reader.actor, "approval", "read", row)


@answers(PendingApprovals)
def pending_approvals(question: PendingApprovals, reader: Reader) -> list[ApprovalView]:
    """What this actor may decide and nobody has, oldest first; his own requests are not his to decide."""
    row = cast(Any, Approval)
    query = select(Approval).where(decidable(reader), row.state == "pending", row.asker_id != reader.actor.id)
    found = reader.rows(query.order_by(row.created_at, row.id).limit(question.limit))
    reader.preload(Customer, (one.customer_id for one in found))
    reader.preload(Quote, (one.record_id for one in found))
    reader.preload(Deal, (one.deal_id for one in found))
    return [approval_view(one, reader) for one in found]


def approval_view(row: Approval, reader: Reader) -> ApprovalView:
    """An approval the actor may know of, with the numbers of its deal; the discount as it was when he was asked."""
    quote, deal = reader.session.get(Quote, row.record_id), reader.session.get(Deal, row.deal_id)
    assert quote is not None
    assert deal is not None
    return ApprovalView(
        **_request(row, reader), **_decision(row, quote, deal, reader),
        deal_ref=deal.ref, interest=deal.interest or quote.title, stage_name=stage_name(reader, deal),
        level=deal.level, list_fen=quote.list_fen, current_discount_fen=row.before_fen,
        net_fen=quote.list_fen - _effective(row), percent=percent(row.amount_fen, quote.list_fen),
    )  # fmt: skip


def _effective(row: Approval) -> int:
    """The discount the net price is shown with: what was granted, else what is asked for."""
    return row.granted_fen if row.granted_fen is not None else row.amount_fen


def _request(row: Approval, reader: Reader) -> dict[str, Any]:
    return {
        "id": row.id, "ref": row.ref, "kind": row.kind, "state": row.state, "record_id": row.record_id,
        "deal_id": row.deal_id, "customer_id": row.customer_id or "", "requested_fen": row.amount_fen,
        "customer_name": customer_name(reader, row.customer_id), "asker_id": row.asker_id,
        "asker_name": person_name(reader, row.asker_id), "rule": row.rule, "reason": reader.reveal(row, "reason"),
        "said": reader.reveal(row, "said"), "created_at": row.created_at, "version": row.version,
        "approver_id": row.approver_id, "approver_name": person_name(reader, row.approver_id),
        "superseded": row.superseded,
    }  # fmt: skip


def _decision(row: Approval, quote: Quote, deal: Deal, reader: Reader) -> dict[str, Any]:
    applied = row.applied_at is not None
    stale = not applied and row.state in ("pending", "approved", "countered") and not is_current(row, quote)
    asker = reader.actor.id in (row.asker_id, deal.owner_id)
    decides = row.asker_id != reader.actor.id and may_decide(reader, row)
    return {
        "granted_fen": row.granted_fen, "decider_name": person_name(reader, row.decider_id),
        "decided_text": reader.reveal(row, "decided_text"), "decided_at": row.decided_at, "applied": applied,
        "stale": stale, "may_decide": row.state == "pending" and decides and not stale,
        "may_apply": asker and not applied and not stale and row.state in ("approved", "countered"),
    }  # fmt: skip


def is_current(row: Approval, quote: Quote) -> bool:
    """Whether the quote is still the one that was asked about."""
    return quote.state == "valid" and quote.version == row.record_version
