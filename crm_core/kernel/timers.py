"""Due timers: claimed, carried out and marked in one transaction, so that each fires once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Select, delete, func, select, update
from sqlmodel import col

from crm_core.kernel.registry import timer_handlers
from crm_core.kernel.tables import Timer

if TYPE_CHECKING:
    from crm_core.kernel.db import Database
    from crm_core.kernel.uow import Uow

PENDING, FIRED, CANCELLED, DEAD = range(4)
MAX_ATTEMPTS = 5
BACKOFF = timedelta(minutes=1)


class Timers:
    """Fires what is due. Safe from any number of threads and processes."""

    def __init__(self, database: Database, system_uow: Callable[..., Uow]) -> None:
        self._database = database
        self._system_uow = system_uow

    def next_due(self) -> datetime | None:
        """When the next timer is due; None when nothing waits."""
        with self._database.read() as session:
            return session.execute(select(func.min(col(Timer.due_at))).where(col(Timer.state) == PENDING)).scalar()

    def fire_due(self, now: datetime, limit: int = 50) -> int:
        """Fire up to `limit` due timers, each in a transaction of its own. Returns how many were handled."""
        due = self.next_due()
        if due is None or due > now:
            return 0
        handled = 0
        while handled < limit and self._fire_one(now):
            handled += 1
        return handled

    def _fire_one(self, now: datetime) -> bool:
        failed: tuple[int, str] | None = None
        try:
            with self._database.write() as session:
                timer = session.execute(_next(now)).scalars().first()
                if timer is None or timer.id is None:
                    return False
                failed = (timer.id, "")
                timer.state, timer.done_at = FIRED, now
                uow = self._system_uow(session, timer.tenant, now)
                timer_handlers[timer.kind](timer, uow)
                uow.settle()
                uow.flush_pushes()
        except Exception as error:
            if failed is None:
                raise
            self._failed(failed[0], now, error)
        return True

    def _failed(self, timer_id: int, now: datetime, error: Exception) -> None:
        """Put a timer whose work failed off; after some tries it is dead and the auditor reports it."""
        import structlog

        with self._database.write() as session:
            timer = session.get(Timer, timer_id, with_for_update=True)
            if timer is None or timer.state != PENDING:
                return
            timer.attempts += 1
            timer.error = type(error).__name__
            if timer.attempts >= MAX_ATTEMPTS:
                timer.state, timer.done_at = DEAD, now
            else:
                timer.due_at = now + BACKOFF * 2 ** (timer.attempts - 1)
            structlog.get_logger().error(
                "timer_failed", timer=timer_id, kind=timer.kind, attempts=timer.attempts,
                error=type(error).__name__, exc_info=error,
            )  # fmt: skip

    def prune(self, before: datetime) -> int:
        """Forget timers finished before an instant."""
        with self._database.write() as session:
            done = session.execute(
                delete(Timer).where(col(Timer.state).in_((FIRED, CANCELLED)), col(Timer.done_at) < before)
            )
            return int(getattr(done, "rowcount", 0))

    def revive(self, timer_id: int, now: datetime) -> bool:
        """Make a dead timer due again; for an admin."""
        with self._database.write() as session:
            changed = session.execute(
                update(Timer)
                .where(col(Timer.id) == timer_id, col(Timer.state) == DEAD)
                .values(state=PENDING, attempts=0, due_at=now, done_at=None)
            )
            return bool(getattr(changed, "rowcount", 0))


def _next(now: datetime) -> Select[Timer]:
    """The due timer that waited longest, taken so that nobody else gets it."""
    due = select(Timer).where(col(Timer.state) == PENDING, col(Timer.due_at) <= now)
    return due.order_by(col(Timer.due_at), col(Timer.id)).limit(1).with_for_update(skip_locked=True)
