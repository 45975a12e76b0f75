"""Late reminders of one person become one message, so that the end of an outage is no storm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlmodel import Session, SQLModel, col

from crm_core.kernel.late import FOLDED, HELD, LATE, PENDING, Gathered, LateRow, gathered
from crm_core.kernel.tables import Outbox, Timer

if TYPE_CHECKING:
    from crm_core.kernel.db import Database
    from crm_core.kernel.uow import Uow

REMINDER, UNCERTAIN = 2, 3
PEOPLE = 25
_OUTBOX: Any = SQLModel.metadata.tables[str(Outbox.__tablename__)]


def gather(database: Database, system_uow: Callable[..., Uow], now: datetime) -> int:
    """Decide about the messages that are held; nothing while late timers are still to fire. Returns how many."""
    with database.read() as session:
        people = _people(session, now)
    if not people:
        return 0
    with database.write() as session:
        rows = _held_rows(session, [person for _, person in people])
        uows = {tenant: system_uow(session, tenant, now) for tenant in sorted({row.tenant for row in rows})}
        for (tenant, person_id), held in _by_person(rows).items():
            _settle_person(uows[tenant], person_id, held)
        for tenant in uows:
            uows[tenant].flush_pushes()
    return len(rows)


def any_late(session: Session, now: datetime) -> bool:
    """Whether `hold_late` would find something; looking costs no write."""
    return session.execute(select(col(Outbox.id)).where(*_waited(now)).limit(1)).first() is not None


def hold_late(session: Session, now: datetime) -> int:
    """Hold what waited in the outbox since before an outage and was never tried; returns how many rows."""
    return int(session.connection().execute(update(_OUTBOX).where(*_waited(now)).values(state=HELD)).rowcount)


def _waited(now: datetime) -> tuple[Any, ...]:
    """Released and gathered rows wait since they were written, and are not held a second time."""
    return (
        col(Outbox.state) == PENDING, col(Outbox.priority) >= REMINDER, col(Outbox.attempts) == 0,
        col(Outbox.created_at) < now - LATE, col(Outbox.kind) != "catch_up",
        # A reply, or a change of a card that was sent, is no reminder.
        col(Outbox.kind).not_like("@%"),
    )  # fmt: skip


def _people(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Who has held messages; nobody while a late reminder of anybody may still join them."""
    held = (
        select(col(Outbox.tenant), col(Outbox.person_id))
        .where(col(Outbox.state) == HELD)
        .distinct()
        .limit(PEOPLE)
    )
    people = [(row[0], row[1]) for row in session.execute(held)]
    if not people:
        return []
    coming = select(col(Timer.id)).where(
        col(Timer.state) == 0, col(Timer.priority) >= REMINDER, col(Timer.due_at) < now - LATE
    )
    return [] if session.execute(coming.limit(1)).first() is not None else people


def _held_rows(session: Session, people: Sequence[str]) -> list[Outbox]:
    held = select(Outbox).where(col(Outbox.state) == HELD, col(Outbox.person_id).in_(people))
    return list(session.execute(held.order_by(col(Outbox.id)).with_for_update()).scalars())


def _by_person(rows: Sequence[Outbox]) -> dict[tuple[str, str], list[Outbox]]:
    found: dict[tuple[str, str], list[Outbox]] = defaultdict(list)
    for row in rows:
        found[row.tenant, row.person_id].append(row)
    return found


def _settle_person(uow: Uow, person_id: str, held: Sequence[Outbox]) -> None:
    uncertain = uncertain_of(uow.session, uow.tenant, person_id)
    late = [LateRow(row.id or 0, row.kind, row.priority, row.due_at, row.subject) for row in held]
    found: Gathered = gathered(late, uncertain)
    _set(uow.session, found.released, state=PENDING, created_at=uow.now)
    _set(uow.session, found.folded, state=FOLDED, settled_at=uow.now)
    if found.told:
        uow.push(
            person_id, "catch_up", key=f"catch_up:{min(found.told)}:{max(found.told)}", rows=list(found.told)
        )


def uncertain_of(session: Session, tenant: str, person_id: str) -> list[int]:
    """Reminders to a person that may not have arrived, held: nobody sends them again meanwhile."""
    query = select(col(Outbox.id)).where(
        col(Outbox.state) == UNCERTAIN, col(Outbox.tenant) == tenant, col(Outbox.person_id) == person_id,
        col(Outbox.priority) >= REMINDER,
    ).order_by(col(Outbox.id)).with_for_update()  # fmt: skip
    return [row for row in session.execute(query).scalars() if row is not None]


def _set(session: Session, ids: Sequence[int], **values: Any) -> None:
    if ids:
        session.connection().execute(update(_OUTBOX).where(col(Outbox.id).in_(ids)).values(**values))
