"""What approvals do about events and about time."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select

from crm_core.approvals.handlers import ask, wait, withdraw
from crm_core.approvals.people import candidates, policy_for
from crm_core.approvals.rules import choose
from crm_core.approvals.tables import Approval, ApprovalStep
from crm_core.deals.messages import DealHandedOver, DealLost
from crm_core.kernel.registry import on_timer, reacts
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Priority, Uow


def _of_deal(uow: Uow, deal_id: str) -> list[Approval]:
    uow.flush()
    row = cast(Any, Approval)
    return uow.rows(select(Approval).where(row.tenant == uow.tenant, row.deal_id == deal_id))


@reacts(DealLost)
def end_with_deal(event: DealLost, uow: Uow) -> None:
    """Nobody decides about a lost deal."""
    for approval in _of_deal(uow, event.deal_id):
        if approval.state == "pending":
            withdraw(uow, approval)


@reacts(DealHandedOver)
def move_with_deal(event: DealHandedOver, uow: Uow) -> None:
    """Requests go along with their deal; who asked stays who asked."""
    for approval in _of_deal(uow, event.deal_id):
        uow.touch(approval, owner_id=event.after_id, unit=event.unit)
        uow.refresh(f"approval:{approval.id}")


def _pending(timer: Timer, uow: Uow) -> Approval | None:
    approval = uow.seize(Approval, timer.subject.removeprefix("approval:"))
    return approval if approval is not None and approval.state == "pending" else None


def _remind(uow: Uow, approval: Approval, key: str) -> None:
    uow.push(approval.approver_id, "approval_reminder", subject=f"approval:{approval.id}", key=key,
             priority=Priority.MUST_KNOW)  # fmt: skip


@on_timer("approval_remind")
def remind(timer: Timer, uow: Uow) -> None:
    """Nobody answered yet."""
    approval = _pending(timer, uow)
    if approval is not None:
        _remind(uow, approval, timer.dedupe_key)


@on_timer("approval_escalate")
def escalate(timer: Timer, uow: Uow) -> None:
    """Ask the next person up; when there is none, remind the last one once more."""
    approval = _pending(timer, uow)
    if approval is None:
        return
    step = cast(Any, ApprovalStep)
    steps = uow.rows(select(ApprovalStep).where(step.approval_id == approval.id))
    asked = [s.approver_id for s in steps]
    found = choose(candidates(uow, approval.unit, approval.asker_id), policy_for(uow, approval.unit),
                   approval.amount_fen, asked)  # fmt: skip
    if found is None:
        _remind(uow, approval, timer.dedupe_key)
        return
    for row in steps:
        if row.state == "pending":
            uow.touch(row, state="escalated")
    before = approval.approver_id
    uow.touch(approval, approver_id=found.person_id)
    ask(uow, approval, found.person_id, from_id=before)
    wait(uow, approval, found.person_id, remind=False)
    uow.audit("escalate", "approval", approval.id, approver=found.person_id)
    uow.refresh(f"approval:{approval.id}")
