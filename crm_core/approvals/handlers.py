"""Requests and decisions. A decision is a compare-and-set, so that it is taken once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import select, update

from crm_core.approvals.messages import (
    ApprovalDecided,
    ApprovalRequested,
    AskApproval,
    DecideApproval,
    WithdrawApproval,
)  # fmt: skip
from crm_core.approvals.people import candidates, limit_of, may_decide, policy_for
from crm_core.approvals.queries import approval_view, is_current, may_see
from crm_core.approvals.rules import Vote, choose, covers, vote
from crm_core.approvals.tables import Approval, ApprovalStep, ApprovalVote
from crm_core.deals.tables import Deal
from crm_core.followups.lookup import place_of, times
from crm_core.followups.rules import due
from crm_core.kernel.errors import AlreadyDecided, Invalid, NotFound, Refused
from crm_core.kernel.ids import short_ref
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import person_name
from crm_core.quotes.tables import Quote

MAX_TEXT = 1000


@handles(AskApproval)
def ask_approval(cmd: AskApproval, uow: Uow) -> Result:
    """Ask the nearest person whose limit suffices. Raises Refused when nobody could decide."""
    deal = uow.get(Deal, cmd.deal_id, "deal", "write")
    quote = uow.find(Quote, cmd.record_id)
    if quote is None or quote.deal_id != deal.id:
        raise NotFound(resource="quote")
    if not 0 < cmd.amount_fen < quote.list_fen:
        raise Invalid("amount_fen", "error.amount_too_high", list_fen=quote.list_fen)
    found = choose(candidates(uow, deal.unit, uow.actor.id), policy_for(uow, deal.unit), cmd.amount_fen)
    if found is None:
        raise Refused("error.no_approver")
    approval = uow.new(
        Approval, ref=short_ref("A"), kind=cmd.kind, unit=deal.unit, owner_id=deal.owner_id,
        customer_id=deal.customer_id, record_id=cmd.record_id, record_version=cmd.record_version, deal_id=deal.id,
        amount_fen=cmd.amount_fen, before_fen=quote.discount_fen, rule=cmd.rule[:80], asker_id=uow.actor.id,
        approver_id=found.person_id,
        reason_enc=clean_text(cmd.reason)[:MAX_TEXT] or None, said_enc=clean_text(cmd.said)[:MAX_TEXT] or None,
    )  # fmt: skip
    uow.flush()
    ask(uow, approval, found.person_id, from_id=None)
    wait(uow, approval, found.person_id, first=True)
    uow.audit(
        "ask", "approval", approval.id, approval.rule, amount_fen=cmd.amount_fen, approver=found.person_id
    )
    uow.emit(ApprovalRequested(approval_id=approval.id))
    return Result(id=approval.id, view=approval_view(approval, uow))


def ask(uow: Uow, approval: Approval, person_id: str, *, from_id: str | None) -> None:
    """Put the request before a person; `from_id` did not answer."""
    uow.new(ApprovalStep, approval_id=approval.id, approver_id=person_id)
    uow.push(person_id, "approval", subject=f"approval:{approval.id}", key=f"approval:{approval.id}:ask",
             priority=Priority.MUST_KNOW, from_name=person_name(uow, from_id))  # fmt: skip


def wait(uow: Uow, approval: Approval, person_id: str, *, first: bool) -> None:
    """Timers that bring an unanswered request up again, put it before a deputy and, later, take it further up."""
    policy = times(uow, approval.unit).approvals
    plan = {"approval_escalate": policy.escalate_after}
    if first:
        plan |= {"approval_remind": policy.remind_after, "approval_deputy": policy.deputy_after}
    for kind, after in plan.items():
        arm(uow, approval, kind, after, f"{kind}:{approval.id}:{person_id}")


def arm(uow: Uow, approval: Approval, kind: str, after: timedelta, key: str) -> None:
    """A timer about a request, `after` later by the dealer's clock."""
    due_at = due(uow.now, after, times(uow, approval.unit).approvals.clock, place_of(uow, approval.unit))
    uow.timer(kind, due_at, subject=f"approval:{approval.id}", key=key, priority=Priority.MUST_KNOW)


@handles(DecideApproval)
def decide_approval(cmd: DecideApproval, uow: Uow) -> Result:
    """Decide once. Raises AlreadyDecided (nothing changes), Refused (own request, limit, stale), Invalid."""
    known = uow.find(Approval, cmd.approval_id)
    if known is not None:
        uow.lock(f"deal:{known.deal_id}")
    approval = uow.seize(Approval, cmd.approval_id)
    if approval is None or not may_decide(uow, approval):
        raise NotFound(resource="approval")
    _locked(uow, approval)
    if approval.state != "pending":
        raise already(uow, approval)
    if approval.asker_id == uow.actor.id:
        raise Refused("error.own_approval")
    quote = uow.session.get(Quote, approval.record_id)
    other = cmd.shown_fen is not None and cmd.shown_fen != approval.amount_fen
    if quote is None or other or not is_current(approval, quote):
        raise Refused("error.approval_stale")
    outcome = _vote(cmd, approval, quote, uow)
    _set_once(uow, approval, outcome, clean_text(cmd.text)[:MAX_TEXT])
    uow.new(ApprovalVote, approval_id=approval.id, person_id=uow.actor.id, decision=outcome.state,
            amount_fen=outcome.granted_fen)  # fmt: skip
    _say(uow, approval, quote)
    uow.emit(ApprovalDecided(approval_id=approval.id, state=approval.state))
    # What follows from the decision belongs to what the decider is shown.
    uow.settle()
    return Result(id=approval.id, view=approval_view(approval, uow))


def _locked(uow: Uow, approval: Approval) -> Approval:
    """Everything about a deal's money happens one after the other; then look again."""
    uow.lock(f"deal:{approval.deal_id}")
    uow.hold_customer_of(Approval, approval.id)
    uow.session.refresh(approval)
    return approval


def already(uow: Uow, approval: Approval) -> AlreadyDecided:
    """What was decided, and by whom."""
    return AlreadyDecided(
        state=approval.state, by=person_name(uow, approval.decider_id), granted_fen=approval.granted_fen,
        approval_id=approval.id,
    )  # fmt: skip


def _vote(cmd: DecideApproval, approval: Approval, quote: Quote, uow: Uow) -> Vote:
    try:
        outcome = vote(cmd.decision, approval.amount_fen, cmd.amount_fen)
    except ValueError:
        raise Invalid("amount_fen", "error.amount_needed") from None
    if outcome.granted_fen is None:
        return outcome
    if outcome.granted_fen <= quote.discount_fen:
        raise Invalid("amount_fen", "error.counter_too_low", current_fen=quote.discount_fen)
    limit = limit_of(uow, uow.actor, approval)
    if not covers(limit, outcome.granted_fen):
        raise Refused("error.over_your_limit", limit_fen=limit)
    return outcome


def _set_once(uow: Uow, approval: Approval, outcome: Vote, text: str) -> None:
    """Pending becomes decided in one statement that only one transaction can win."""
    table = cast(Any, Approval)
    changed = uow.session.execute(
        update(Approval)
        .where(table.id == approval.id, table.state == "pending", table.version == approval.version)
        .values(state=outcome.state, granted_fen=outcome.granted_fen, decider_id=uow.actor.id,
                decided_at=uow.now, updated_at=uow.now, version=approval.version + 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    uow.session.refresh(approval)
    if not getattr(changed, "rowcount", 0):
        raise already(uow, approval)
    uow.cipher.put(approval, "decided_text", text or None)
    _close_steps(uow, approval, "decided")


def _close_steps(uow: Uow, approval: Approval, state: str) -> None:
    uow.cancel_timers(f"approval:{approval.id}")
    step = cast(Any, ApprovalStep)
    for row in uow.rows(select(ApprovalStep).where(step.approval_id == approval.id, step.state == "pending")):
        uow.touch(row, state=state if row.approver_id == uow.actor.id else "void")


def _say(uow: Uow, approval: Approval, quote: Quote) -> None:
    """Leave the traces of a decision: the change, the audit line, the asker's card."""
    uow.change("approval", "pending", approval.state, "text")
    if approval.granted_fen is not None:
        uow.change("granted", None, approval.granted_fen, "money")
    uow.audit("decide", "approval", approval.id, approval.rule, state=approval.state,
              granted_fen=approval.granted_fen)  # fmt: skip
    for person_id in dict.fromkeys((approval.asker_id, approval.owner_id)):
        if person_id != uow.actor.id:
            uow.push(person_id, "approval_result", subject=f"approval:{approval.id}", priority=Priority.MUST_KNOW,
                     key=f"approval:{approval.id}:result", state=approval.state,
                     granted_fen=approval.granted_fen, requested_fen=approval.amount_fen)  # fmt: skip
    uow.refresh(f"approval:{approval.id}")


@handles(WithdrawApproval)
def withdraw_approval(cmd: WithdrawApproval, uow: Uow) -> Result:
    """The asker (or the deal's owner) takes the request back. Raises AlreadyDecided once it is decided."""
    approval = uow.session.get(Approval, cmd.approval_id)
    if approval is None or not may_see(approval, uow):
        raise NotFound(resource="approval")
    if uow.actor.id not in (approval.asker_id, approval.owner_id):
        raise Refused("error.not_allowed")
    _locked(uow, approval)
    if approval.state != "pending":
        raise already(uow, approval)
    withdraw(uow, approval)
    return Result(id=approval.id, view=approval_view(approval, uow))


def withdraw(uow: Uow, approval: Approval, *, superseded: bool = False) -> None:
    """End a pending request without a decision; every card about it is redrawn."""
    uow.change("approval", approval.state, "withdrawn", "text")
    uow.touch(approval, state="withdrawn", superseded=superseded, decided_at=uow.now)
    uow.flush()
    _close_steps(uow, approval, "void")
    uow.audit("withdraw", "approval", approval.id, "superseded" if superseded else None)
    uow.emit(ApprovalDecided(approval_id=approval.id, state="withdrawn"))
    uow.refresh(f"approval:{approval.id}")
