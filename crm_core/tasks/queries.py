"""Questions about tasks."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import and_, or_, select

from crm_core.customers.history import tells_history
from crm_core.customers.messages import RecordView
from crm_core.customers.tables import Customer
from crm_core.deals.lookup import customer_name
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import find_person, person_name
from crm_core.org.tables import Person
from crm_core.tasks.messages import MyTasks, TaskCard, TaskView
from crm_core.tasks.rules import is_overdue
from crm_core.tasks.tables import Task

IMAGE = "image:"
MANY_ASKED = 10


@answers(TaskCard)
def task_card(question: TaskCard, reader: Reader) -> TaskView:
    """One task, for whoever may read it, and for its asker."""
    row = reader.session.get(Task, question.task_id)
    if row is None or not may_see(row, reader):
        raise NotFound(resource="task")
    return task_view(row, reader)


def may_see(row: Task, reader: Reader) -> bool:
    """Whether the actor may know of a task."""
    if row.tenant != reader.tenant:
        return False
    return row.asker_id == reader.actor.id or reader.access.allows(reader.actor, "task", "read", row)


@answers(MyTasks)
def my_tasks(question: MyTasks, reader: Reader) -> list[TaskView]:
    """The actor's own: what is due in the span, what is overdue, and what has no time; earliest first."""
    row = cast(Any, Task)
    query = select(Task).where(row.tenant == reader.tenant, row.owner_id == reader.actor.id)
    query = query.where(row.state == "open" if question.open_only else row.state != "cancelled")
    inside = [row.due_at.is_not(None)]
    if question.start is not None:
        inside.append(row.due_at >= question.start)
    if question.end is not None:
        inside.append(row.due_at < question.end)
    late = and_(row.state == "open", row.due_at < reader.now)
    query = query.where(or_(and_(*inside), late, and_(row.due_at.is_(None), row.state == "open")))
    query = query.order_by(row.due_at.is_(None), row.due_at, row.id).limit(question.limit)
    found = reader.rows(query)
    reader.preload(Customer, (one.customer_id for one in found))
    reader.preload(Person, (person for one in found for person in (one.owner_id, one.asker_id)))
    return [task_view(one, reader) for one in found]


def task_view(row: Task, reader: Reader) -> TaskView:
    """A task the actor may know of. A customer sees his question and its answer, not the colleagues' notes."""
    staff = reader.actor.is_staff
    known = row.customer_id if staff or reader.actor.customer_id == row.customer_id else None
    return TaskView(
        id=row.id, ref=row.ref, title=reader.reveal(row, "title"), kind=row.kind,
        text=reader.reveal(row, "text") if staff else "", state=row.state, due_at=row.due_at,
        assignee_id=row.owner_id or "", assignee_name=person_name(reader, row.owner_id), asker_id=row.asker_id,
        asker_name=person_name(reader, row.asker_id), customer_id=known, customer_name=customer_name(reader, known),
        answer=reader.reveal(row, "answer"), overdue=is_overdue(row.due_at, row.state, reader.now),
        version=row.version, role=row.role, fallback=row.fallback,
        for_name=person_name(reader, row.for_id), repeat_rule=row.repeat_rule, muted=row.muted_at is not None,
        from_customer=_from_customer(row, reader), from_visitor=_from_visitor(row, reader),
        image_id=_image_of(row),
    )  # fmt: skip


def _image_of(row: Task) -> str:
    return row.subject.removeprefix(IMAGE) if row.subject.startswith(IMAGE) else ""


def asked_about(image_id: str, reader: Reader) -> bool:
    """Whether a question that the actor may see is about this picture."""
    row = cast(Any, Task)
    asked = select(Task).where(row.tenant == reader.tenant, row.subject == f"{IMAGE}{image_id}")
    return any(may_see(task, reader) for task in reader.rows(asked.limit(MANY_ASKED)))


def _from_customer(row: Task, reader: Reader) -> bool:
    asker = find_person(reader, row.asker_id) if row.customer_id else None
    return asker is not None and asker.customer_id == row.customer_id


def _from_visitor(row: Task, reader: Reader) -> bool:
    asker = find_person(reader, row.asker_id) if row.kind == "handoff" and row.customer_id is None else None
    return asker is not None and asker.kind == "visitor"


@tells_history("task")
def told_tasks(reader: Reader, customer_id: str) -> list[RecordView]:
    """A customer's visible tasks and questions."""
    row = cast(Any, Task)
    query = reader.select(Task, "task").where(row.customer_id == customer_id, row.state != "cancelled")
    return [
        RecordView(id=t.id, ref=t.ref, customer_id=customer_id, kind="task", at=t.created_at,
                   by_name=person_name(reader, t.owner_id), outcome=t.state,
                   text=" → ".join(filter(None, (reader.reveal(t, "title"), reader.reveal(t, "answer")))))
        for t in reader.rows(query.order_by(row.created_at.desc()).limit(50))
    ]  # fmt: skip
