"""Messages to send: claimed with a lease and a fencing token, so that each ends in a known state.

pending → claimed → attempt row committed → sent | retry at | uncertain | dead. Results are written only where
id, token and state still match, so a worker that overslept its lease writes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlmodel import Session, SQLModel, col

from crm_core.kernel.db import Database
from crm_core.kernel.inbox import bind_instant, read_instant
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import Attempt, Outbox

PENDING, CLAIMED, SENT, UNCERTAIN, DEAD = range(5)
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 8
PARK_AFTER = 3
_OUTBOX: Any = SQLModel.metadata.tables[str(Outbox.__tablename__)]
_ATTEMPTS: Any = SQLModel.metadata.tables[str(Attempt.__tablename__)]


class Outcome(StrEnum):
    """How a try ended, as far as anybody can know."""

    SENT = "sent"
    RETRY = "retry"
    UNCERTAIN = "uncertain"
    DEAD = "dead"


@dataclass(frozen=True)
class Delivery:
    """A claimed outbox row. `body` is what an earlier try rendered, to be sent again to the byte."""

    id: int
    tenant: str
    chat: str
    person_id: str
    kind: str
    subject: str
    params: dict[str, Any]
    priority: int
    token: int
    attempts: int
    dedupe_key: str
    body: dict[str, Any] | None
    created_at: datetime


@dataclass(frozen=True)
class Settled:
    """What became of a delivery."""

    delivery: Delivery
    outcome: Outcome
    provider_id: str | None = None
    retry_at: datetime | None = None
    error: str | None = None


class OutboxQueue:
    """The outbox table as a queue, head of chat first."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def next_due(self) -> datetime | None:
        """When the next message may be sent; None when nothing waits."""
        with self._database.read() as session:
            return session.execute(
                select(func.min(col(Outbox.due_at))).where(col(Outbox.state) == PENDING)
            ).scalar()

    def claim(self, worker: str, now: datetime, limit: int = 50) -> list[Delivery]:
        """Take what is due, at most one a chat unless nothing older of that chat waits."""
        with self._database.write() as session:
            rows = session.execute(text(self._claim_sql()), {
                "now": bind_instant(now, self._database), "lease": bind_instant(now + LEASE, self._database),
                "n": limit, "worker": worker, "park": PARK_AFTER,
            }).mappings().all()  # fmt: skip
            found = [self._delivery(row) for row in rows]
        return sorted(found, key=lambda d: (d.priority, d.id))

    def _claim_sql(self) -> str:
        lock = "" if self._database.is_sqlite else "for update skip locked"
        return f"""
            update outbox set state = 1, worker = :worker, token = token + 1, attempts = attempts + 1,
                   lease_until = :lease
            where id in (
                select x.id from outbox x
                where x.state = 0 and x.due_at <= :now and not exists (
                    select 1 from outbox p where p.chat = x.chat and p.state in (0, 1) and p.id < x.id
                       and p.priority <= x.priority and p.attempts < :park)
                order by x.priority, x.due_at, x.id limit :n {lock})
            returning *"""

    def _delivery(self, row: Any) -> Delivery:
        return Delivery(
            row["id"], row["tenant"], row["chat"], row["person_id"], row["kind"], row["subject"],
            self.open_payload(row["dedupe_key"], row["payload_enc"]), row["priority"], row["token"],
            row["attempts"], row["dedupe_key"], self._open_body(row), read_instant(row["created_at"]),
        )  # fmt: skip

    def open_payload(self, key: str, sealed: str) -> dict[str, Any]:
        """The parameters of a message."""
        found: dict[str, Any] = json.loads(self._cipher.open(f"outbox.payload.{key}", sealed))
        return found

    def _open_body(self, row: Any) -> dict[str, Any] | None:
        if not row["body_enc"]:
            return None
        found: dict[str, Any] = json.loads(
            self._cipher.open(f"outbox.body.{row['dedupe_key']}", row["body_enc"])
        )
        return found

    def attempt(
        self, session: Session, delivery: Delivery, worker: str, now: datetime, body: dict[str, Any]
    ) -> bool:
        """Record, before the network is touched, that a try begins. False when the lease was lost."""
        sealed = self._cipher.seal(f"outbox.body.{delivery.dedupe_key}", json.dumps(body, ensure_ascii=False))
        connection = session.connection()
        changed = connection.execute(update(_OUTBOX).where(*self._fence(delivery)).values(body_enc=sealed))
        if not changed.rowcount:
            return False
        connection.execute(
            insert(_ATTEMPTS).values(outbox_id=delivery.id, token=delivery.token, worker=worker, at=now)
        )
        return True

    def settle(self, session: Session, settled: Settled, now: datetime) -> bool:
        """Write how it ended, fenced by the token. False when somebody else holds the row by now."""
        delivery = settled.delivery
        values: dict[str, Any] = {
            "provider_id": settled.provider_id,
            "error": settled.error,
            "lease_until": None,
        }
        if settled.outcome is Outcome.RETRY and delivery.attempts < MAX_ATTEMPTS:
            backoff = timedelta(seconds=min(2**delivery.attempts, 600))
            values |= {"state": PENDING, "due_at": settled.retry_at or now + backoff}
        elif settled.outcome is Outcome.SENT:
            values |= {"state": SENT, "sent_at": now}
        else:
            values["state"] = UNCERTAIN if settled.outcome is Outcome.UNCERTAIN else DEAD
        changed = session.connection().execute(update(_OUTBOX).where(*self._fence(delivery)).values(**values))
        return changed.rowcount > 0

    def _fence(self, delivery: Delivery) -> tuple[Any, ...]:
        return (
            col(Outbox.id) == delivery.id, col(Outbox.token) == delivery.token, col(Outbox.state) == CLAIMED,
        )  # fmt: skip

    def reap(self, now: datetime) -> int:
        """Put rows whose lease ran out back to pending; returns how many.

        A try that had begun left its body, so that the next one is the same to the byte and the sender can
        tell from `Delivery.body` that the first may have arrived.
        """
        with self._database.write() as session:
            changed = session.execute(
                update(Outbox)
                .where(col(Outbox.state) == CLAIMED, col(Outbox.lease_until) < now)
                .values(state=PENDING, lease_until=None)
            )
            return int(getattr(changed, "rowcount", 0))

    def unseen(self, person_id: str, limit: int = 50) -> list[Outbox]:
        """What was pushed to a person and not yet shown anywhere, oldest first."""
        with self._database.read() as session:
            query = select(Outbox).where(
                col(Outbox.person_id) == person_id, col(Outbox.shown_at).is_(None), col(Outbox.state) != DEAD
            )
            return list(session.execute(query.order_by(col(Outbox.id)).limit(limit)).scalars())

    def mark_shown(self, ids: list[int], now: datetime) -> None:
        """Remember that a person has seen these."""
        if ids:
            with self._database.write() as session:
                unseen = update(Outbox).where(col(Outbox.id).in_(ids), col(Outbox.shown_at).is_(None))
                session.execute(unseen.values(shown_at=now))
