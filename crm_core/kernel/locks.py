"""Named locks that last as long as a transaction, so that look-then-insert is one step."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql
from sqlmodel import Session, col

from crm_core.kernel.tables import Lock

_HELD = (
    select(col(Lock.id)).where(col(Lock.id).in_(bindparam("names", expanding=True))).order_by(col(Lock.id))
    .with_for_update()
)  # fmt: skip


def lock_row(session: Session, name: str) -> None:
    """Hold `name` until the transaction ends; its row is made when it is needed first.

    SQLite has one writer, so only PostgreSQL needs the row. Take several with `lock_rows`.
    """
    lock_rows(session, (name,))


def lock_rows(session: Session, names: Iterable[str]) -> None:
    """Hold several names, in sorted order, so that two who do so never wait for each other."""
    if session.connection().dialect.name == "sqlite":
        return
    wanted = sorted(set(names))
    found = set(session.execute(_HELD, {"names": wanted}).scalars())
    if missing := [name for name in wanted if name not in found]:
        new = postgresql.insert(Lock).values([{"id": name} for name in missing]).on_conflict_do_nothing()
        session.execute(new)
        session.execute(_HELD, {"names": missing})
