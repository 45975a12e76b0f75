"""Arrivals: stored raw once, acknowledged, then worked off in order for each sender."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from crm_core.kernel.clock import SKEW
from crm_core.kernel.db import Database
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.locks import lock_row
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import Inbox

NEW, CLAIMED, DONE, DEAD = range(4)
LEASE = timedelta(seconds=90)
MAX_ATTEMPTS = 5
KEY_MISSING = timedelta(hours=24)
_INBOX: Any = SQLModel.metadata.tables[str(Inbox.__tablename__)]


@dataclass(frozen=True)
class Arrival:
    """A claimed inbox row: who sent what. `token` fences the result."""

    id: int
    tenant: str
    channel: str
    account: str
    sender: str
    body: dict[str, Any]
    token: int
    attempts: int
    received_at: datetime

    @property
    def spent(self) -> bool:
        """Each worker that took it ended over it: it is only to be ended, not worked off again."""
        return self.attempts > MAX_ATTEMPTS


class InboxQueue:
    """The inbox table as a queue with leases and fencing tokens."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def put(
        self, session: Session, *, tenant: str, channel: str, account: str, dedupe_key: str, sender: str,
        body: dict[str, Any], now: datetime,
    ) -> int | None:  # fmt: skip
        """Store an arrival inside the caller's transaction. None when it is known already.

        The sender is locked first, so that his arrivals become visible in the order of their ids.
        """
        lock_row(session, f"inbox:{sender}"[:60])
        cell = f"inbox.raw.{channel}.{account}.{dedupe_key}"
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        statement = insert(_INBOX).values(
            tenant=tenant, channel=channel, account=account, dedupe_key=dedupe_key, sender=sender,
            raw_enc=self._cipher.seal(cell, json.dumps(body, ensure_ascii=False)), received_at=now,
            state=NEW, token=0, attempts=0,
        )  # fmt: skip
        once = statement.on_conflict_do_nothing(index_elements=["channel", "account", "dedupe_key"])
        stored: int | None = session.connection().execute(once.returning(_INBOX.c.id)).scalar()
        return stored

    def waiting(self, now: datetime) -> bool:
        """Whether anything could be claimed; looking costs no write transaction."""
        with self._database.read() as session:
            todo = or_(col(Inbox.state) == NEW, (col(Inbox.state) == CLAIMED) & (col(Inbox.lease_until) < now))
            query = select(col(Inbox.id)).where(col(Inbox.state).in_((NEW, CLAIMED)), todo).limit(1)
            return session.execute(query).first() is not None

    def crowd(self, arrival: Arrival, most: int) -> tuple[int, int, int, int]:
        """How many wait behind an arrival of its sender, the newest one's id, and how many wait of its tenant and of
        all; the latter two are counted no further than `most`."""
        todo = (col(Inbox.state).in_((NEW, CLAIMED)), col(Inbox.state) == NEW)
        own = select(func.count(), func.max(col(Inbox.id))).where(
            *todo, col(Inbox.sender) == arrival.sender, col(Inbox.id) > arrival.id
        )
        waiting = select(col(Inbox.tenant)).where(*todo).limit(most + 1).subquery()
        everybody = select(func.count(), func.sum(case((waiting.c.tenant == arrival.tenant, 1), else_=0)))
        with self._database.read() as session:
            behind, newest = session.execute(own).one()
            whole, tenant = session.execute(everybody.select_from(waiting)).one()
            return behind, newest or 0, tenant or 0, whole

    def shed(self, session: Session, arrival: Arrival, newest: int, now: datetime) -> int:
        """End unread what waits of the arrival's sender up to `newest`, inside the caller's transaction; how many."""
        behind = (col(Inbox.sender) == arrival.sender, col(Inbox.state) == NEW, col(Inbox.id) > arrival.id)
        unread = update(_INBOX).where(*behind, col(Inbox.id) <= newest).values(state=DONE, done_at=now, error="flood")
        return int(session.connection().execute(unread).rowcount)

    def reap(self, now: datetime) -> int:
        """Cut leases from before the clock was set back to what they would be now; returns how many."""
        ahead = (_INBOX.c.state == CLAIMED, _INBOX.c.lease_until > now + LEASE + SKEW)
        with self._database.read() as session:
            if session.execute(select(_INBOX.c.id).where(*ahead).limit(1)).first() is None:
                return 0
        with self._database.write() as session:
            cut = update(_INBOX).where(*ahead).values(lease_until=now + LEASE)
            return int(session.connection().execute(cut).rowcount)

    def claim(self, now: datetime, limit: int = 20, only: int | None = None) -> list[Arrival]:
        """Take arrivals that are first in line for their sender; a lease that ran out may be taken again."""
        with self._database.write() as session:
            rows = session.execute(text(self._claim_sql(only)), {
                "now": bind_instant(now, self._database), "lease": bind_instant(now + LEASE, self._database),
                "n": limit, "only": only,
            }).mappings().all()  # fmt: skip
            found = [self._opened(session, row, now) for row in sorted(rows, key=lambda row: row["id"])]
            return [arrival for arrival in found if arrival is not None]

    def _claim_sql(self, only: int | None) -> str:
        lock = "" if self._database.is_sqlite else "for update skip locked"
        one = "and x.id = :only" if only is not None else ""
        return f"""
            update inbox set state = 1, token = token + 1, attempts = attempts + 1, lease_until = :lease
            where id in (
                select x.id from inbox x
                where (x.state = 0 or (x.state = 1 and x.lease_until < :now)) {one}
                  and not exists (select 1 from inbox p where p.sender = x.sender and p.state in (0, 1) and p.id < x.id)
                order by x.id limit :n {lock})
            returning *"""

    def _opened(self, session: Session, row: Any, now: datetime) -> Arrival | None:
        """One that does not open holds up nobody: it is over, or (under a key this process has not got) others try."""
        try:
            return self._arrival(row)
        except (ValueError, ConfigError) as error:
            import structlog

            structlog.get_logger().error("arrival_spoilt", kind=row["channel"], error="does not open")
            young = read_instant(row["received_at"]) > now - KEY_MISSING
            over = {"state": DEAD, "done_at": now, "error": "does not open"}
            later = {"attempts": row["attempts"] - 1}
            values: dict[str, Any] = later if isinstance(error, ConfigError) and young else over
            session.execute(update(Inbox).where(col(Inbox.id) == row["id"]).values(**values))
            return None

    def _arrival(self, row: Any) -> Arrival:
        cell = f"inbox.raw.{row['channel']}.{row['account']}.{row['dedupe_key']}"
        body = json.loads(self._cipher.open(cell, row["raw_enc"]))
        return Arrival(row["id"], row["tenant"], row["channel"], row["account"], row["sender"], body,
                       row["token"], row["attempts"], read_instant(row["received_at"]))  # fmt: skip

    def done(self, session: Session, arrival: Arrival, now: datetime, error: str | None = None) -> bool:
        """Mark an arrival as worked off inside the caller's transaction; False when the lease was lost."""
        changed = session.connection().execute(
            update(_INBOX).where(*_fence(arrival)).values(state=DEAD if error else DONE, done_at=now, error=error)
        )
        return changed.rowcount > 0

    def holds(self, session: Session, arrival: Arrival) -> bool:
        """Whether the claim is still the newest."""
        return session.execute(select(col(Inbox.id)).where(*_fence(arrival))).first() is not None

    def release(self, arrival: Arrival) -> None:
        """Give an arrival back unworked, so that it is tried again at once; that was no attempt."""
        back = col(Inbox.attempts) - 1
        with self._database.write() as session:
            session.execute(update(Inbox).where(*_fence(arrival)).values(state=NEW, lease_until=None, attempts=back))


def _fence(arrival: Arrival) -> tuple[Any, ...]:
    """Holds only while the claim is the newest."""
    return (col(Inbox.id) == arrival.id, col(Inbox.token) == arrival.token, col(Inbox.state) == CLAIMED)


def read_instant(stored: Any) -> datetime:
    """An instant as a raw query returns it: text on SQLite, aware on PostgreSQL."""
    at = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def bind_instant(at: datetime, database: Database) -> Any:
    """SQLite keeps instants as text in the form SQLAlchemy writes."""
    utc = at.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds") if database.is_sqlite else utc
