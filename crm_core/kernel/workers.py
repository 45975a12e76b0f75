"""The processes that work: each says every few seconds that it lives and when its due loop last came round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import Session, col

from crm_core.kernel.db import Database
from crm_core.kernel.locks import lock_row
from crm_core.kernel.tables import WorkerRow

SILENT = timedelta(seconds=60)
STILL = timedelta(seconds=120)
FORGET = timedelta(hours=12)


@dataclass(frozen=True)
class Worker:
    """A process as it last showed itself. `well` is what `state` finds: ok, silent or still."""

    id: str
    role: str
    version: str
    started_at: datetime
    seen_at: datetime
    round_at: datetime | None
    state: str = "ok"
    accounts: tuple[str, ...] = ()


def state_of(seen_at: datetime, round_at: datetime | None, now: datetime) -> str:
    """`silent` without a sign of life, `still` when it lives but its due loop does not come round, else `ok`.

    A sign from the future is from before the clock was set back.
    """
    if abs(now - seen_at) > SILENT:
        return "silent"
    return "still" if round_at is not None and now - round_at > STILL else "ok"


class Workers:
    """The rows of living processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(
        self, name: str, role: str, version: str, now: datetime, round_at: datetime | None,
        accounts: Iterable[str] = (),
    ) -> None:  # fmt: skip
        """A sign of life, with the accounts the process speaks for. The first one makes the row."""
        spoken_for = ",".join(sorted(accounts))
        with self._database.write() as session:
            lock_row(session, f"worker:{name}"[:60])
            row = session.get(WorkerRow, name)
            if row is None:
                session.add(WorkerRow(id=name, role=role, version=version, started_at=now, seen_at=now,
                                      round_at=round_at, accounts=spoken_for))  # fmt: skip
            else:
                row.role, row.version, row.seen_at, row.round_at = role, version, now, round_at
                row.accounts = spoken_for

    def leave(self, name: str) -> None:
        """A clean end takes its row with it, so that nobody misses the process."""
        with self._database.write() as session:
            session.execute(delete(WorkerRow).where(col(WorkerRow.id) == name))

    def all(self, now: datetime) -> list[Worker]:
        """Every process that did not end cleanly, by name."""
        with self._database.read() as session:
            return workers(session, now)

    def forget(self, now: datetime) -> int:
        """Rows of processes that are long gone; returns how many."""
        with self._database.write() as session:
            gone = session.execute(delete(WorkerRow).where(col(WorkerRow.seen_at) < now - FORGET))
            return int(getattr(gone, "rowcount", 0))


def workers(session: Session, now: datetime) -> list[Worker]:
    """Every process that did not end cleanly, by name."""
    rows = session.execute(select(WorkerRow).order_by(col(WorkerRow.id))).scalars()
    return [
        Worker(r.id, r.role, r.version, r.started_at, r.seen_at, r.round_at, state_of(r.seen_at, r.round_at, now),
               tuple(filter(None, r.accounts.split(","))))
        for r in rows
    ]
