"""Approvals: steps and votes, decided once. The public vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from crm_core.kernel.registry import Command, Event, Question, View

Decision = Literal["approve", "reject", "counter"]


class AskApproval(Command):
    """Ask for a decision about a record (used by other concepts inside their transaction)."""

    kind: str
    record_id: str
    record_version: int
    deal_id: str
    customer_id: str
    amount_fen: int
    rule: str
    reason: str = ""
    said: str = ""


class DecideApproval(Command):
    """Approve, reject, or counter with `amount_fen`: the counter-offer is the decision, up to that amount.

    `shown_fen` is what the decider was shown; a request about another amount is left undecided.
    """

    approval_id: str
    decision: Decision
    amount_fen: int | None = None
    text: str = ""
    shown_fen: int | None = None


class WithdrawApproval(Command):
    """The asker takes his request back while it is undecided."""

    approval_id: str


class ApprovalRequested(Event):
    approval_id: str


class ApprovalDecided(Event):
    """Decided for good: `approved`, `countered`, `rejected`, `withdrawn`."""

    approval_id: str
    state: str


class ApprovalView(View):
    """An approval with the deal's numbers; money in fen, `percent` is the requested part of the list price.

    `superseded`: withdrawn because a newer request took its place.
    """

    id: str
    ref: str
    kind: str
    state: str
    record_id: str
    deal_id: str
    deal_ref: str
    customer_id: str
    customer_name: str
    interest: str
    stage_name: str
    level: str
    list_fen: int
    current_discount_fen: int
    requested_fen: int
    granted_fen: int | None
    net_fen: int
    percent: float
    asker_id: str
    asker_name: str
    decider_name: str
    decided_text: str
    rule: str
    reason: str
    said: str
    stale: bool
    applied: bool
    may_decide: bool
    created_at: datetime
    decided_at: datetime | None
    version: int
    approver_id: str = ""
    approver_name: str = ""
    superseded: bool = False
    may_apply: bool = False


class ApprovalCard(Question):
    """One approval, for its asker or somebody who may decide it: ApprovalView."""

    approval_id: str


class PendingApprovals(Question):
    """What waits for this actor's decision, oldest first: list[ApprovalView]."""

    limit: int = 10
