"""What must be true of the timers of tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from crm_core.kernel.lost import again_key, lost
from crm_core.kernel.registry import audits, timers_about
from crm_core.kernel.uow import Uow
from crm_core.tasks.rules import fires_at
from crm_core.tasks.tables import Task

LOOK_BACK = timedelta(days=1)

timers_about("task", Task)


@audits("task")
def every_reminder_has_its_timer(uow: Uow) -> list[str]:
    """Open, with a time that lies ahead or passed lately, and not muted."""
    task = cast("Any", Task)
    waiting = (task.state == "open", task.muted_at.is_(None), task.due_at > uow.now - LOOK_BACK)
    found = []
    for row in lost(uow, Task, "task", *waiting, since=task.due_at):
        assert row.due_at is not None
        subject = f"task:{row.id}"
        uow.timer("task_due", fires_at(row.due_at, uow.now), subject=subject, key=again_key(uow, "task_due", row.id))
        found.append(subject)
    return found
