"""What must be true of the timers of tasks."""

from __future__ import annotations

from crm_core.tasks.tables import Task
from crm_core.kernel.registry import timers_about

timers_about("task", Task)
