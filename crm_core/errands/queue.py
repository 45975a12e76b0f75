"""The errands table as a queue: put with the change that caused it, claimed with a lease and a fencing token."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from crm_core.errands.tables import Errand
from crm_core.kernel.db import Database
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import new_row
from crm_core.kernel.uow import Uow

WAITING, CLAIMED, DONE, DEAD = range(4)
LEASE = timedelta(seconds=60)
# With pauses that grow to half an hour: about a day.
MAX_ATTEMPTS = 56
URGENT, NORMAL = 0, 2
_ERRANDS: Any = SQLModel.metadata.tables[str(Errand.__tablename__)]


@dataclass(frozen=True)
class Due:
    """A claimed errand. `token` fences the result."""

    id: str
    tenant: str
    account: str
    kind: str
    subject: str
    payload: dict[str, Any]
    priority: int
    token: int
    attempts: int
    created_at: datetime


def errand(
    uow: Uow, *, account: str, kind: str, key: str, subject: str = "", due_at: datetime | None = None,
    expires_at: datetime | None = None, priority: int = NORMAL, **payload: Any,
) -> None:  # fmt: skip
    """Have something done at a platform once this transaction is committed; `key` makes it happen once."""
    _insert(uow.session, uow.cipher, payload, {
        "tenant": uow.tenant, "account": account, "kind": kind, "key": key, "subject": subject,
        "due_at": due_at or uow.now, "expires_at": expires_at, "priority": priority, "created_at": uow.now,
        "updated_at": uow.now,
    })  # fmt: skip


def _insert(session: Session, cipher: Cipher, payload: dict[str, Any], values: dict[str, Any]) -> bool:
    """Write an errand whose key is not known yet; False when it is."""
    row = new_row(Errand, values)
    cipher.put(row, "payload", json.dumps(payload, ensure_ascii=False))
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    once = insert(_ERRANDS).values(row.model_dump()).on_conflict_do_nothing(index_elements=["key"])
    return connection.execute(once.returning(_ERRANDS.c.id)).first() is not None


class Errands:
    """Claims errands of an account and notes how they ended."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def put(
        self, tenant: str, *, account: str, kind: str, key: str, now: datetime, expires_at: datetime | None = None,
        priority: int = NORMAL, subject: str = "", **payload: Any,
    ) -> bool:  # fmt: skip
        """The same outside of a command, in a transaction of its own; False when it is known already."""
        with self._database.write() as session:
            return _insert(session, self._cipher, payload, {
                "tenant": tenant, "account": account, "kind": kind, "key": key, "subject": subject, "due_at": now,
                "expires_at": expires_at, "priority": priority, "created_at": now, "updated_at": now,
            })  # fmt: skip

    def next_due(self, account: str) -> datetime | None:
        """When something is to be done next; None when nothing waits."""
        with self._database.read() as session:
            at = func.coalesce(col(Errand.lease_until), col(Errand.due_at))
            query = select(func.min(at)).where(col(Errand.account) == account, col(Errand.state).in_((WAITING, CLAIMED)))
            found: datetime | None = session.execute(query).scalar()
            return found

    def claim(
        self, account: str, now: datetime, limit: int = 10, *, urgent: bool = False, but: Collection[str] = ()
    ) -> list[Due]:
        """Take what is due, the urgent first (or only those); a lease that ran out may be taken again.

        `but` are those the caller is still at.
        """
        with self._database.write() as session:
            free = or_(
                and_(col(Errand.state) == WAITING, col(Errand.due_at) <= now),
                and_(col(Errand.state) == CLAIMED, col(Errand.lease_until) <= now),
            )
            query = select(Errand).where(col(Errand.account) == account, free, col(Errand.id).not_in(list(but)))
            query = query.where(col(Errand.priority) <= URGENT) if urgent else query
            query = query.order_by(col(Errand.priority), col(Errand.due_at), col(Errand.id)).limit(limit)
            rows = session.execute(query.with_for_update(skip_locked=True)).scalars().all()
            return [due for row in rows if (due := self._taken(row, now)) is not None]

    def _taken(self, row: Errand, now: datetime) -> Due | None:
        if row.expires_at is not None and row.expires_at <= now:
            row.state, row.done_at, row.error, row.lease_until = DEAD, now, "too late", None
            return None
        row.state, row.token, row.attempts = CLAIMED, row.token + 1, row.attempts + 1
        row.lease_until = now + LEASE
        payload = json.loads(self._cipher.get(row, "payload") or "{}")
        return Due(row.id, row.tenant, row.account, row.kind, row.subject, payload, row.priority, row.token, row.attempts,
                   row.created_at)  # fmt: skip

    def done(self, due: Due, now: datetime, error: str | None = None) -> bool:
        """It is over, well or (with `error`) not; False when somebody else holds it by now."""
        return self._write(due, state=DEAD if error else DONE, done_at=now, error=error, lease_until=None)

    def again(self, due: Due, at: datetime, error: str, now: datetime, *, patient: bool = False) -> bool:
        """Try again at an instant; after many tries it is given up, unless `patient`. False when it was given up."""
        if due.attempts >= MAX_ATTEMPTS and not patient:
            self.done(due, now, error)
            return False
        self._write(due, state=WAITING, due_at=at, error=error[:200], lease_until=None)
        return True

    def _write(self, due: Due, **values: Any) -> bool:
        fence = (col(Errand.id) == due.id, col(Errand.token) == due.token, col(Errand.state) == CLAIMED)
        with self._database.write() as session:
            changed = session.connection().execute(update(Errand).where(*fence).values(**values))
            return changed.rowcount > 0


def waiting(session: Session, subject: str, kind: str) -> bool:
    """Whether an errand of this kind about a subject has not ended."""
    query = select(col(Errand.id)).where(
        col(Errand.subject) == subject, col(Errand.kind) == kind, col(Errand.state).in_((WAITING, CLAIMED))
    )
    return session.execute(query.limit(1)).first() is not None
