"""Due timers: claimed, carried out and marked in one transaction, so that each fires once.

They are fired in groups: one commit for many. A group in which one fails is taken back whole; the one that
failed is put off, and the others are claimed again. After an outage what must be known goes first, and the
reminders of one person that come late become one message (`kernel.gather`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from crm_core.kernel.db import deadlocked
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.faults import where
from crm_core.kernel.gather import any_late, gather, hold_late
from crm_core.kernel.pause import Pause, read_pause
from crm_core.kernel.points import point
from crm_core.kernel.registry import timed, timer_handlers
from crm_core.kernel.tables import Timer

if TYPE_CHECKING:
    from crm_core.kernel.db import Database
    from crm_core.kernel.uow import Uow

PENDING, FIRED, CANCELLED, DEAD = range(4)
MAX_ATTEMPTS = 5
BACKOFF = timedelta(minutes=1)
GROUP = 50
# Who is answered and what must be known come first, reminders then, digests last.
RANKS = ((0, 1), (2,), (3,))
DEADLOCK_RETRIES = 3


class _Broken(NamedTuple):
    """What spoiled a group: the timer's id, or None when that cannot be said."""

    timer_id: int | None
    error: Exception


class Timers:
    """Fires what is due. Safe from any number of threads and processes."""

    def __init__(self, database: Database, system_uow: Callable[..., Uow]) -> None:
        self._database = database
        self._system_uow = system_uow

    def next_due(self) -> datetime | None:
        """When the next timer is due; None when nothing waits, or nothing may fire."""
        with self._database.read() as session:
            return None if read_pause(session).paused else _next_due(session)

    def fire_due(self, now: datetime, limit: int = GROUP) -> int:
        """Fire up to `limit` due timers; when none is left, gather what came late. Returns how much was done."""
        with self._database.read() as session:
            pause, due = read_pause(session), _next_due(session)
        if pause.paused:
            return 0
        if due is not None and due <= now:
            return self._fire_group(now, limit, pause)
        return gather(self._database, self._system_uow, now)

    def _fire_group(self, now: datetime, limit: int, pause: Pause) -> int:
        """Fire until the limit, or until nothing due is left; after a failure the others are claimed again."""
        handled, size = 0, limit
        while handled < limit:
            done, broken = self._without_deadlock(now, min(size, limit - handled), pause)
            handled += done
            if broken is not None and broken.timer_id is not None:
                self._failed(broken.timer_id, now, broken.error)
                handled += 1
            elif broken is not None:
                # It cannot be said which one it was: one by one it can.
                size = 1
            elif size == limit or not done:
                break
        return handled

    def _without_deadlock(self, now: datetime, limit: int, pause: Pause) -> tuple[int, _Broken | None]:
        for _ in range(DEADLOCK_RETRIES):
            try:
                return self._try_group(now, limit, pause)
            except Unavailable as error:
                if not deadlocked(error):
                    raise
        return self._try_group(now, 1, pause)

    def _try_group(self, now: datetime, limit: int, pause: Pause) -> tuple[int, _Broken | None]:
        """Fire a group in one transaction; what fails takes the others back with it. Returns how many fired."""
        group: Sequence[Timer] = ()
        firing: Timer | None = None
        try:
            with self._database.write() as session:
                group = _claim(session, now, limit)
                uows = self._uows(session, group, now, pause)
                for firing in group:
                    _fire(firing, uows[firing.tenant])
                firing = group[0] if len(group) == 1 else None
                for tenant in sorted(uows):
                    uows[tenant].flush_pushes()
        except Unavailable:
            raise
        except Exception as error:
            if not group:
                raise
            return 0, _Broken(firing.id if firing is not None else None, error)
        if group:
            point("timer_fired")
        return len(group), None

    def _uows(self, session: Session, group: Sequence[Timer], now: datetime, pause: Pause) -> dict[str, Uow]:
        """A unit of work for each tenant of a group, with the records its timers are about held and read."""
        by_tenant: dict[str, list[Timer]] = defaultdict(list)
        for timer in group:
            by_tenant[timer.tenant].append(timer)
        uows = {}
        for tenant in sorted(by_tenant):
            uow = uows[tenant] = self._system_uow(session, tenant, now)
            uow.silent_until = pause.silent_until
            _hold(uow, by_tenant[tenant])
        return uows

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
            kind, attempts = timer.kind, timer.attempts
        structlog.get_logger().error("timer_failed", timer=timer_id, kind=kind, attempts=attempts,
                                     error=type(error).__name__, where=where(error))  # fmt: skip

    def hold_late(self, now: datetime) -> int:
        """Hold reminders that waited in the outbox through an outage, to be gathered; returns how many."""
        with self._database.read() as session:
            if not any_late(session, now):
                return 0
        with self._database.write() as session:
            return hold_late(session, now)

    def revive(self, timer_id: int, now: datetime) -> bool:
        """Make a dead timer due again; for an admin."""
        with self._database.write() as session:
            changed = session.execute(
                update(Timer)
                .where(col(Timer.id) == timer_id, col(Timer.state) == DEAD)
                .values(state=PENDING, attempts=0, due_at=now, done_at=None)
            )
            return bool(getattr(changed, "rowcount", 0))


def _next_due(session: Session) -> datetime | None:
    return session.execute(select(func.min(col(Timer.due_at))).where(col(Timer.state) == PENDING)).scalar()


def _claim(session: Session, now: datetime, limit: int) -> list[Timer]:
    """Take due timers so that nobody else gets them, the most important first; marked as fired already."""
    taken: list[Timer] = []
    for rank in RANKS:
        if len(taken) < limit:
            taken += _claim_of(session, rank, now, limit - len(taken))
    if taken:
        point("timer_claimed")
    return taken


def _claim_of(session: Session, rank: tuple[int, ...], now: datetime, limit: int) -> list[Timer]:
    due = select(col(Timer.id)).where(
        col(Timer.state) == PENDING, col(Timer.priority).in_(rank), col(Timer.due_at) <= now
    )
    first = due.order_by(col(Timer.due_at), col(Timer.id)).limit(limit).with_for_update(skip_locked=True)
    taking = update(Timer).where(col(Timer.id).in_(first)).values(state=FIRED, done_at=now).returning(Timer)
    rows: Any = session.execute(taking, execution_options={"synchronize_session": False}).scalars()
    return sorted(rows, key=lambda timer: (timer.due_at, timer.id))


def _hold(uow: Uow, timers: Sequence[Timer]) -> None:
    """Hold customers first and then the records, each in the order of their ids, as every command does."""
    ids: dict[str, set[str]] = defaultdict(set)
    for timer in timers:
        concept, _, record_id = timer.subject.partition(":")
        if concept in timed:
            ids[concept].add(record_id)
    uow.hold_customers_of([(timed[concept], ids[concept]) for concept in ids])
    for concept in sorted(ids):
        uow.hold_many(timed[concept], ids[concept])


def _fire(timer: Timer, uow: Uow) -> None:
    uow.firing = max(timer.due_at, timer.created_at)
    timer_handlers[timer.kind](timer, uow)
    uow.settle()
