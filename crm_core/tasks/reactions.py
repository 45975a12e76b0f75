"""What tasks do about events and about time."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import or_, select

from crm_core.absences.work import cover
from crm_core.deals.messages import DealLost, OwnerChanged
from crm_core.followups.lookup import place_of, times
from crm_core.followups.rules import due as planned
from crm_core.kernel.registry import on_timer, reacts
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Priority, Uow
from crm_core.leads.messages import LeadLost
from crm_core.org.people import manager_of, person_name
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
        if row.kind == "question":
            _wait_once_more(uow, row)


def _wait_once_more(uow: Uow, row: Task) -> None:
    """Reminded and still silent for as long again: then somebody else has to hear of it."""
    policy = times(uow, row.unit).tasks
    at = planned(uow.now, policy.answer_within, policy.clock, place_of(uow, row.unit))
    uow.timer("question_late", at, subject=f"task:{row.id}", key=f"question_late:{row.id}:{row.version}")


@on_timer("question_late")
def question_late(timer: Timer, uow: Uow) -> None:
    """The manager hears of a question nobody answers; the asker waits on, and was not forgotten."""
    row = uow.seize(Task, timer.subject.removeprefix("task:"))
    if row is None or row.state != "open" or row.muted_at is not None:
        return
    manager = manager_of(uow, row.unit, exclude=(row.owner_id or "",))
    if manager is not None:
        uow.push(manager.id, "question_late", subject=f"task:{row.id}", key=timer.dedupe_key,
                 who=person_name(uow, row.owner_id), priority=Priority.MUST_KNOW)  # fmt: skip


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
