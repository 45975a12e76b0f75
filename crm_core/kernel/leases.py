"""Things only one process may hold at a time, fenced by a token that only grows."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session, col

from crm_core.kernel.clock import SKEW
from crm_core.kernel.db import Database
from crm_core.kernel.locks import lock_row
from crm_core.kernel.points import point
from crm_core.kernel.tables import Lease, Meta


class Leases:
    """Lease rows and small facts of the deployment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, name: str, holder: str, now: datetime, ttl: timedelta) -> int | None:
        """Take or renew a lease; the fencing token, or None while somebody else holds it."""
        with self._database.write() as session:
            token = _take(session, name, holder, now, ttl)
        if token is not None:
            point("lease_taken")
        return token

    def give_back(self, name: str, holder: str, now: datetime) -> None:
        """End a lease early."""
        with self._database.write() as session:
            own = update(Lease).where(col(Lease.id) == name, col(Lease.holder) == holder)
            session.execute(own.values(until=now))

    def held(self, name: str, now: datetime) -> bool:
        """Whether somebody holds the lease."""
        with self._database.read() as session:
            row = session.get(Lease, name)
            return row is not None and row.until > now

    def remember(self, name: str, value: str, now: datetime) -> None:
        """Keep a small fact."""
        with self._database.write() as session:
            lock_row(session, f"meta:{name}"[:60])
            row = session.get(Meta, name)
            if row is None:
                session.add(Meta(id=name, value=value, updated_at=now))
            else:
                row.value, row.updated_at = value, now

    def recall(self, name: str) -> str | None:
        """A fact kept earlier."""
        with self._database.read() as session:
            row = session.get(Meta, name)
            return row.value if row else None


def _take(session: Session, name: str, holder: str, now: datetime, ttl: timedelta) -> int | None:
    lock_row(session, f"lease:{name}"[:60])
    row: Lease | None = session.execute(select(Lease).where(col(Lease.id) == name)).scalars().first()
    if row is None:
        session.add(Lease(id=name, holder=holder, token=1, until=now + ttl))
        return 1
    if row.holder != holder and row.until > now:
        # One from before the clock was set back is cut to what it would be now.
        if row.until > now + ttl + SKEW:
            row.until = now + ttl
        return None
    if row.holder != holder:
        row.holder, row.token = holder, row.token + 1
    row.until = now + ttl
    return row.token
