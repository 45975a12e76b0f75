"""When a task reminds: put off, not at all any more, no more of its series; and each taken back."""

from __future__ import annotations

from crm_core.kernel.errors import Conflict, NotFound
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.tasks.lifecycle import arm, close, follow, of_series, open_task
from crm_core.tasks.messages import MuteTask, RestoreTask, ResumeSeries, SnoozeTask, StopSeries
from crm_core.tasks.queries import task_view
from crm_core.tasks.tables import Task


@handles(SnoozeTask)
def snooze_task(cmd: SnoozeTask, uow: Uow) -> Result:
    """Remind again at `until`, and only then; at once when that has passed."""
    row = open_task(uow, cmd.task_id)
    before, muted = row.due_at, row.muted_at is not None
    uow.change("due_at", before, cmd.until, "instant")
    uow.touch(row, due_at=cmd.until, muted_at=None)
    arm(uow, row)
    uow.audit("snooze", "task", row.id, until=cmd.until)
    uow.refresh(f"task:{row.id}")
    undo = None if muted else uow.undoable(RestoreTask(task_id=row.id, due_at=before, version=row.version), "snooze")
    return Result(id=row.id, view=task_view(row, uow), undo_id=undo)


@handles(MuteTask)
def mute_task(cmd: MuteTask, uow: Uow) -> Result:
    """It stays on the list; nothing reminds of it."""
    row = open_task(uow, cmd.task_id)
    if row.muted_at is not None:
        raise Conflict("error.muted_already")
    uow.touch(row, muted_at=uow.now)
    arm(uow, row)
    uow.audit("mute", "task", row.id)
    uow.refresh(f"task:{row.id}")
    undo = uow.undoable(RestoreTask(task_id=row.id, due_at=row.due_at, version=row.version), "mute")
    return Result(id=row.id, view=task_view(row, uow), undo_id=undo)


@handles(RestoreTask)
def restore_task(cmd: RestoreTask, uow: Uow) -> Result:
    """As it was; what reminded already does not do so again. Whoever lets it remind again can take that back."""
    row = open_task(uow, cmd.task_id)
    uow.expect(row, cmd.version)
    was_muted = row.muted_at is not None
    uow.change("due_at", row.due_at, cmd.due_at, "instant")
    uow.touch(row, due_at=cmd.due_at, muted_at=None)
    uow.cancel_timers(f"task:{row.id}")
    if cmd.due_at is not None and cmd.due_at > uow.now:
        arm(uow, row)
    uow.audit("restore", "task", row.id)
    uow.refresh(f"task:{row.id}")
    undo = uow.undoable(MuteTask(task_id=row.id), "unmute") if was_muted else None
    return Result(id=row.id, view=task_view(row, uow), undo_id=undo)


@handles(StopSeries)
def stop_series(cmd: StopSeries, uow: Uow) -> Result:
    """What is open of it is cancelled, and nothing follows. Raises Conflict when there is nothing to stop."""
    row = uow.get(Task, cmd.task_id, "task", "write")
    if row.series_id is None:
        raise Conflict("error.not_repeating")
    uow.lock(f"series:{row.series_id}")
    rows = of_series(uow, row.series_id, state="open")
    if not rows:
        raise Conflict("error.task_over", state=row.state)
    for one in rows:
        close(uow, one, "cancelled")
    uow.audit("stop", "task", row.id, series=row.series_id)
    undo = uow.undoable(ResumeSeries(task_ids=tuple(one.id for one in rows)), "series")
    return Result(id=row.id, view=task_view(row, uow), undo_id=undo)


@handles(ResumeSeries)
def resume_series(cmd: ResumeSeries, uow: Uow) -> Result:
    """It comes again; of a time that has passed only what follows."""
    last = None
    for task_id in cmd.task_ids:
        row = last = uow.get(Task, task_id, "task", "write")
        if row.series_id is None:
            raise NotFound(resource="task")
        if row.state != "cancelled":
            raise Conflict("error.changed_since")
        uow.change("state", row.state, "open")
        uow.touch(row, state="open", done_at=None)
        if row.due_at is not None and row.due_at > uow.now:
            arm(uow, row)
        uow.refresh(f"task:{row.id}")
    if last is None:
        raise NotFound(resource="task")
    uow.flush()
    if last.due_at is not None and last.due_at <= uow.now:
        follow(uow, last)
    uow.audit("resume", "task", last.id, series=last.series_id)
    return Result(id=last.id, view=task_view(last, uow))
