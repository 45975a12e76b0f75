"""Several tasks of one sentence: made together, taken back together."""

from __future__ import annotations

from crm_core.kernel.errors import Invalid
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Undo
from crm_core.kernel.uow import Uow
from crm_core.tasks.messages import AddTasks, CancelTask, DropTasks, StopSeries
from crm_core.tasks.tables import Task

MOST = 60


@handles(AddTasks)
def add_tasks(cmd: AddTasks, uow: Uow) -> Result:
    """All of them or none. The result's view are theirs; its undo takes all back."""
    if not 0 < len(cmd.tasks) <= MOST:
        raise Invalid("tasks", "error.invalid")
    if len({task.assignee_id for task in cmd.tasks} - {None, uow.actor.id}) > 1:
        uow.must("task", "tell_all")
    made = [uow.call(task) for task in cmd.tasks]
    for one in made:
        _forget(uow, one.undo_id)
    back = DropTasks(task_ids=tuple(one.id for one in made))
    return Result(id=made[0].id, view=[one.view for one in made], undo_id=uow.undoable(back, "task"))


def _forget(uow: Uow, undo_id: str | None) -> None:
    """A part cannot be taken back by itself."""
    uow.flush()
    undo = uow.session.get(Undo, undo_id) if undo_id else None
    if undo is not None:
        uow.session.delete(undo)


@handles(DropTasks)
def drop_tasks(cmd: DropTasks, uow: Uow) -> Result:
    """What is still open of them is cancelled, a series with all that follows."""
    for task_id in cmd.task_ids:
        row = uow.seize(Task, task_id)
        if row is not None and row.state == "open":
            drop = StopSeries(task_id=task_id) if row.series_id else CancelTask(task_id=task_id)
            _forget(uow, uow.call(drop).undo_id)
    return Result(id=cmd.task_ids[0] if cmd.task_ids else "")
