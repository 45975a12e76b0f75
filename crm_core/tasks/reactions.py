"""What tasks do about events and about time."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import or_, select

from crm_core.absences.work import cover
from crm_core.deals.messages import DealLost, OwnerChanged
from crm_core.kernel.registry import on_timer, reacts
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import LeadLost
from crm_core.org.tables import Person
from crm_core.tasks.lifecycle import close, follow, give_way
from crm_core.tasks.tables import Task


@on_timer("task_due")
def due(timer: Timer, uow: Uow) -> None:
    """The assignee is reminded of what is still open."""
    row = uow.seize(Task, timer.subject.removeprefix("task:"))
    if row is not None and row.state == "open" and row.muted_at is None:
        cover(uow, "task", row)
        give_way(uow, row)
        follow(uow, row)
        uow.push(row.owner_id, "task_due", subject=f"task:{row.id}", key=timer.dedupe_key)


@reacts(DealLost)
def end_with_deal(event: DealLost, uow: Uow) -> None:
    """Work for a deal ends with it."""
    _cancel_about(uow, f"deal:{event.deal_id}")


@reacts(LeadLost)
def end_with_lead(event: LeadLost, uow: Uow) -> None:
    """Work for a lead ends with it."""
    _cancel_about(uow, f"lead:{event.lead_id}")


def _cancel_about(uow: Uow, subject: str) -> None:
    uow.flush()
    task = cast(Any, Task)
    query = select(Task).where(task.tenant == uow.tenant, task.subject == subject, task.state == "open")
    for row in uow.rows(query):
        close(uow, row, "cancelled")


@reacts(OwnerChanged)
def move_with_customer(event: OwnerChanged, uow: Uow) -> None:
    """What the former owner still had to do about the customer is now the new one's."""
    uow.flush()
    person, task = uow.session.get(Person, event.after_id), cast(Any, Task)
    query = select(Task).where(
        task.tenant == uow.tenant, task.customer_id == event.customer_id, task.state == "open",
        or_(task.owner_id == event.before_id, task.for_id == event.before_id), task.kind != "question",
    )  # fmt: skip
    for row in uow.rows(query):
        uow.touch(row, owner_id=event.after_id, for_id=None, unit=person.unit if person else row.unit)
        uow.refresh(f"task:{row.id}")
