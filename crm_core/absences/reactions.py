"""What time does to absences."""

from __future__ import annotations

from crm_core.absences.handlers import begin, finish
from crm_core.kernel.registry import on_timer
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Uow
from crm_core.org.tables import Absence


def _current(timer: Timer, uow: Uow) -> Absence | None:
    row = uow.seize(Absence, timer.subject.removeprefix("absence:"))
    return row if row is not None and row.ended_at is None else None


@on_timer("absence_begin")
def begins(timer: Timer, uow: Uow) -> None:
    """The work goes to who stands in; a leave that was slept through altogether moves nothing."""
    row = _current(timer, uow)
    if row is not None and row.end_at > uow.now:
        begin(uow, row)


@on_timer("absence_end")
def ends(timer: Timer, uow: Uow) -> None:
    """What is left comes back."""
    row = _current(timer, uow)
    if row is not None:
        uow.touch(row, ended_at=uow.now)
        finish(uow, row)
