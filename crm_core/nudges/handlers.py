"""Nudging a colleague."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.approvals.tables import Approval
from crm_core.kernel.errors import Conflict, NotFound, Refused
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Priority, Uow
from crm_core.leads.tables import Lead
from crm_core.nudges.messages import Nudge
from crm_core.nudges.rules import next_in, window
from crm_core.org.people import on_duty_for, person_name
from crm_core.tasks.tables import Task


@handles(Nudge)
def nudge(cmd: Nudge, uow: Uow) -> Result:
    """The card comes again to whom it waits for. Raises Conflict when nothing waits, or he was nudged just now."""
    uow.must("report", "read")
    concept, _, record_id = cmd.subject.partition(":")
    person_id, unit = _waits_for(uow, concept, record_id)
    to = on_duty_for(uow, person_id, unit)
    if to is None or to == uow.actor.id:
        raise Refused("error.nobody_to_nudge")
    uow.lock(f"nudge:{cmd.subject}"[:60])
    key = f"nudge:{cmd.subject}:{window(uow.now)}"
    if uow.session.execute(select(col(Outbox.id)).where(col(Outbox.dedupe_key) == f"{key}>{to}")).first():
        raise Conflict("error.nudged_already", minutes=max(1, round(next_in(uow.now).total_seconds() / 60)))
    uow.push(to, f"nudge_{concept}", subject=cmd.subject, key=key, priority=Priority.MUST_KNOW, by=uow.actor.name)
    uow.audit("nudge", concept, record_id, to=to)
    return Result(id=record_id, view={"name": person_name(uow, to)})


def _waits_for(uow: Uow, concept: str, record_id: str) -> tuple[str | None, str]:
    """The person who has not acted, and where. Raises NotFound, Conflict."""
    if concept == "lead":
        lead = uow.get(Lead, record_id, "lead")
        return _still(lead.state == "new", lead.owner_id), lead.unit
    if concept == "approval":
        approval = uow.get(Approval, record_id, "approval")
        return _still(approval.state == "pending", approval.approver_id), approval.unit
    if concept == "task":
        task = uow.get(Task, record_id, "task")
        return _still(task.state == "open", task.owner_id), task.unit
    raise NotFound(resource=concept)


def _still(waits: bool, person_id: str | None) -> str | None:
    if not waits:
        raise Conflict("error.answered_already")
    return person_id
