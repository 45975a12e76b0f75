"""How a task begins, is armed, follows its forerunner and ends: the one place where its timers are made."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select

from crm_core.kernel.errors import Conflict
from crm_core.kernel.ids import new_id, short_ref
from crm_core.kernel.uow import Uow
from crm_core.org.people import find_person, zone_of
from crm_core.org.tables import Person
from crm_core.tasks.messages import TaskAdded
from crm_core.tasks.repeats import following, instant_of, local_date
from crm_core.tasks.rules import fires_at
from crm_core.tasks.tables import Task


def new_task(uow: Uow, person: Person, **values: Any) -> Task:
    """A task of a person, armed. With a `repeat_rule` it is the first of its series unless one is given."""
    if values.get("repeat_rule") and not values.get("series_id"):
        on = local_date(values["due_at"], zone_of(uow, person.unit))
        values |= {"series_id": new_id(), "occurrence_on": on}
    row = uow.new(Task, ref=short_ref("T"), unit=person.unit, owner_id=person.id, **values)
    uow.flush()
    arm(uow, row)
    uow.audit("create", "task", row.id, kind=row.kind, assignee=person.id)
    uow.emit(TaskAdded(task_id=row.id))
    return row


def arm(uow: Uow, row: Task) -> None:
    """One timer for the present due time; whatever was armed before never fires."""
    uow.cancel_timers(f"task:{row.id}")
    if row.due_at is not None and row.muted_at is None:
        uow.timer("task_due", fires_at(row.due_at, uow.now), subject=f"task:{row.id}",
                  key=f"task_due:{row.id}:{row.version}")  # fmt: skip


def open_task(uow: Uow, task_id: str) -> Task:
    """The task, locked, when there is still something to do. Raises Conflict otherwise."""
    uow.lock(f"task:{task_id}")
    row = uow.get(Task, task_id, "task", "write")
    if row.state != "open":
        raise Conflict("error.task_over", state=row.state)
    return row


def close(uow: Uow, row: Task, state: str) -> None:
    """Done or cancelled: nothing about it fires any more."""
    uow.cancel_timers(f"task:{row.id}")
    uow.change("state", row.state, state)
    uow.touch(row, state=state, done_at=uow.now)
    uow.audit(state, "task", row.id)
    uow.refresh(f"task:{row.id}")


def follow(uow: Uow, row: Task) -> None:
    """The next occurrence of a series, once: when this one has come, or ended. A cancelled one is passed over."""
    if not row.repeat_rule or row.series_id is None or row.occurrence_on is None:
        return
    uow.lock(f"series:{row.series_id}")
    known = {one.occurrence_on: one.state for one in of_series(uow, row.series_id)}
    zone, on = zone_of(uow, row.unit), row.occurrence_on
    while (on_next := following(row.repeat_rule, on, zone, uow.now)) is not None:
        if known.get(on_next, "cancelled") != "cancelled":
            return
        if on_next not in known:
            _next(uow, row, on_next, zone)
            return
        on = on_next


def _next(uow: Uow, row: Task, on: Any, zone: str) -> None:
    """Whoever was stood in for when the last one came has the next one himself; his leave is looked at then."""
    person = find_person(uow, row.for_id or row.owner_id)
    if person is None or not person.active:
        return
    new_task(
        uow, person, kind=row.kind, title_enc=uow.reveal(row, "title"), text_enc=uow.reveal(row, "text") or None,
        due_at=instant_of(row.repeat_rule, on, zone), customer_id=row.customer_id, subject=row.subject, role=row.role,
        asker_id=row.asker_id, previous_id=row.id, repeat_rule=row.repeat_rule, series_id=row.series_id,
        occurrence_on=on,
    )  # fmt: skip


def of_series(uow: Uow, series_id: str, *, state: str | None = None) -> list[Task]:
    """The occurrences of a series by their date."""
    uow.flush()
    task = cast(Any, Task)
    query = select(Task).where(task.tenant == uow.tenant, task.series_id == series_id)
    if state is not None:
        query = query.where(task.state == state)
    return uow.rows(query.order_by(task.occurrence_on))


def give_way(uow: Uow, row: Task) -> None:
    """When an occurrence comes, what is still open of the ones before it is done with it: one card, not many."""
    if row.series_id is None or row.occurrence_on is None:
        return
    for earlier in of_series(uow, row.series_id, state="open"):
        if earlier.occurrence_on is not None and earlier.occurrence_on < row.occurrence_on:
            close(uow, earlier, "cancelled")
