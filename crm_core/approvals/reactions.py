"""What approvals do about events and about time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import select

from crm_core.absences.messages import AbsenceBegun
from crm_core.approvals.handlers import arm, ask, wait, withdraw
from crm_core.approvals.people import candidates, policy_for
from crm_core.approvals.queries import is_current
from crm_core.approvals.rules import ApprovalPolicy, Candidate, choose, covers
from crm_core.approvals.tables import Approval, ApprovalStep
from crm_core.deals.messages import DealHandedOver, DealLost
from crm_core.followups.lookup import times
from crm_core.kernel.registry import on_timer, reacts
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.messages import PersonLeft
from crm_core.org.people import deputy_of
from crm_core.org.tables import Absence
from crm_core.quotes.tables import Quote


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


@reacts(AbsenceBegun)
def ask_who_is_here(event: AbsenceBegun, uow: Uow) -> None:
    """What waits for somebody who goes on leave is put before the next one who is here."""
    absence = uow.find(Absence, event.absence_id)
    if absence is not None:
        _pass_on(uow, absence.person_id)


@reacts(PersonLeft)
def ask_who_is_left(event: PersonLeft, uow: Uow) -> None:
    """So is what waits for somebody who is gone."""
    _pass_on(uow, event.person_id)


def _pass_on(uow: Uow, person_id: str) -> None:
    row = cast(Any, Approval)
    waiting = select(Approval).where(
        row.tenant == uow.tenant, row.state == "pending", row.approver_id == person_id
    )
    for approval in uow.rows(waiting.order_by(row.id)):
        found = _choose(uow, approval).best
        if found is not None and not found.away:
            _put_before(uow, approval, found.person_id, "leave")


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


@on_timer("approval_deputy")
def ask_deputy(timer: Timer, uow: Uow) -> None:
    """Whoever stands in for the approver is asked as well, if he may decide so much."""
    approval = _pending(timer, uow)
    deputy = deputy_of(uow, approval.approver_id) if approval is not None else None
    if approval is None or deputy is None:
        return
    found = _choose(uow, approval)
    may = [one for one in found.fresh if one.person_id == deputy.id and found.covers(one)]
    if may:
        _put_before(uow, approval, deputy.id, "deputy")


@on_timer("approval_escalate")
def escalate(timer: Timer, uow: Uow) -> None:
    """Ask the next person up; when there is none, whoever was asked last is reminded until it is decided."""
    approval = _pending(timer, uow)
    if approval is None:
        return
    found = _choose(uow, approval).best
    if found is None:
        _go_on_reminding(uow, approval, timer.dedupe_key)
        return
    _put_before(uow, approval, found.person_id, "escalate")
    wait(uow, approval, found.person_id, first=False)


@on_timer("approval_again")
def again(timer: Timer, uow: Uow) -> None:
    """Still nobody answered."""
    approval = _pending(timer, uow)
    if approval is not None:
        _go_on_reminding(uow, approval, timer.dedupe_key)


def _go_on_reminding(uow: Uow, approval: Approval, key: str) -> None:
    """Remind now, and later again; a request about a quote that no longer holds is let be."""
    quote = uow.find(Quote, approval.record_id)
    if quote is None or not is_current(approval, quote):
        return
    _remind(uow, approval, key)
    after = times(uow, approval.unit).approvals.again_after
    arm(uow, approval, "approval_again", after, f"approval_again:{approval.id}:{uow.now.timestamp()}")


@dataclass(frozen=True)
class _Choice:
    """Who may decide and was not asked yet, and the one to ask next."""

    fresh: list[Candidate]
    best: Candidate | None
    policy: ApprovalPolicy
    amount_fen: int

    def covers(self, candidate: Candidate) -> bool:
        return covers(self.policy.limit_at(candidate.depth), self.amount_fen)


def _choose(uow: Uow, approval: Approval) -> _Choice:
    policy, asked = policy_for(uow, approval.unit), [step.approver_id for step in _steps(uow, approval)]
    found = candidates(uow, approval.unit, approval.asker_id)
    best = choose(found, policy, approval.amount_fen, asked)
    return _Choice([one for one in found if one.person_id not in asked], best, policy, approval.amount_fen)


def _steps(uow: Uow, approval: Approval) -> list[ApprovalStep]:
    step = cast(Any, ApprovalStep)
    return uow.rows(select(ApprovalStep).where(step.approval_id == approval.id))


def _put_before(uow: Uow, approval: Approval, person_id: str, action: str) -> None:
    """Ask one more person; those asked before may still decide."""
    for row in _steps(uow, approval):
        if row.state == "pending":
            uow.touch(row, state="escalated")
    before = approval.approver_id
    uow.touch(approval, approver_id=person_id)
    ask(uow, approval, person_id, from_id=before)
    uow.audit(action, "approval", approval.id, approver=person_id)
    uow.refresh(f"approval:{approval.id}")
