"""Named locks that last as long as a transaction, so that look-then-insert is one step."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlmodel import Session, col

from crm_core.kernel.tables import Lock


def lock_row(session: Session, name: str) -> None:
    """Hold `name` until the transaction ends; its row is made when it is needed first.

    SQLite has one writer, so only PostgreSQL needs the row. Take several in sorted order.
    """
    if session.connection().dialect.name == "sqlite":
        return
    row = select(col(Lock.id)).where(col(Lock.id) == name).with_for_update()
    if session.execute(row).first() is None:
        session.execute(postgresql.insert(Lock).values(id=name).on_conflict_do_nothing())
        session.execute(row)
