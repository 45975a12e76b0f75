"""Messages to send: claimed with a lease and a fencing token, so that each ends in a known state.

pending → claimed → attempt row committed → sent | retry at | uncertain | dead. Results are written only where
id, token and state still match, so a worker that overslept its lease writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlmodel import Session, SQLModel, col

from crm_core.kernel.claims import claim_sql, next_due_sql
from crm_core.kernel.clock import SKEW
from crm_core.kernel.db import Database
from crm_core.kernel.deliveries import (
    CLAIMED,
    DEAD,
    FOLDED,
    HELD,
    LOCAL_ACCOUNTS,
    MOVED,
    PENDING,
    SENT,
    SKIPPED,
    UNCERTAIN,
    Delivery,
    Settled,
    account_of,
)
from crm_core.kernel.envelopes import LOST_CLAIMS, Envelopes
from crm_core.kernel.inbox import bind_instant, read_instant
from crm_core.kernel.outcomes import Heard, Outcome, backoff
from crm_core.kernel.pause import read_pause
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import Attempt, Outbox

__all__ = [
    "CLAIMED", "DEAD", "FOLDED", "HELD", "LOCAL_ACCOUNTS", "LOST_CLAIMS", "MOVED", "PENDING", "SENT", "SKIPPED", "UNCERTAIN",
    "Delivery", "OutboxQueue", "Outcome", "Settled", "account_of",
]  # fmt: skip

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 8
PARK_AFTER = 3
_OUTBOX: Any = SQLModel.metadata.tables[str(Outbox.__tablename__)]
_ATTEMPTS: Any = SQLModel.metadata.tables[str(Attempt.__tablename__)]


class OutboxQueue:
    """The outbox table as a queue, head of chat first."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._envelopes = Envelopes(cipher)

    def next_due(self, accounts: Iterable[str] | None = None) -> datetime | None:
        """When the next message (of these accounts) may be sent; None when nothing waits."""
        if accounts is not None:
            return min(self.due_of(accounts).values(), default=None)
        with self._database.read() as session:
            return session.execute(select(func.min(col(Outbox.due_at))).where(col(Outbox.state) == PENDING)).scalar()

    def due_of(self, accounts: Iterable[str]) -> dict[str, datetime]:
        """When the next message of each of these accounts may be sent; without those for which nothing waits."""
        named: dict[str, Any] = {f"a{n}": account for n, account in enumerate(accounts)}
        if not named:
            return {}
        with self._database.read() as session:
            since = read_pause(session).since
            sql = text(next_due_sql(len(named), paused=since is not None))
            if since is not None:
                named["since"] = bind_instant(since, self._database)
            return {account: read_instant(at) for account, at in session.execute(sql, named)}

    def claim(
        self, worker: str, now: datetime, limit: int = 50, accounts: Sequence[str] | None = None, *,
        runs: bool = False,
    ) -> list[Delivery]:  # fmt: skip
        """Take what is due (of these accounts), most important first; of each chat only the first in line.

        With `runs` also what follows it, for a sender that keeps the order itself.
        """
        with self._database.write() as session:
            return self.claim_in(session, worker, now, limit, accounts, runs=runs)

    def claim_in(
        self, session: Session, worker: str, now: datetime, limit: int = 50,
        accounts: Sequence[str] | None = None, *, runs: bool = False, urgent: bool = False,
    ) -> list[Delivery]:  # fmt: skip
        """`claim` inside the caller's transaction; with `urgent` only what people must know."""
        since = read_pause(session).since
        given = {"now": bind_instant(now, self._database), "lease": bind_instant(now + LEASE, self._database),
                 "worker": worker, "park": PARK_AFTER}  # fmt: skip
        if since is not None:
            given["since"] = bind_instant(since, self._database)
        rows: list[Any] = []
        for account in [None] if accounts is None else accounts:
            if len(rows) < limit:
                sql = text(claim_sql(account=account is not None, sqlite=self._database.is_sqlite, runs=runs,
                                     paused=since is not None, urgent=urgent))  # fmt: skip
                here = given | {"n": limit - len(rows)} | ({} if account is None else {"account": account})
                rows += session.execute(sql, here).mappings().all()
        return sorted(self._envelopes.opened(session, rows, now), key=lambda d: (d.priority, d.id))

    def open_payload(self, key: str, sealed: str) -> dict[str, Any]:
        """The parameters of a message."""
        return self._envelopes.payload(key, sealed)

    # Trying

    def held(self, session: Session, deliveries: Sequence[Delivery]) -> set[tuple[int, int]]:
        """(id, token) of those whose claim still stands; their rows are held until the transaction ends."""
        query = select(_OUTBOX.c.id, _OUTBOX.c.token).where(
            _OUTBOX.c.id.in_([d.id for d in deliveries]), _OUTBOX.c.state == CLAIMED
        )
        found = {
            (row.id, row.token) for row in session.execute(query.order_by(_OUTBOX.c.id).with_for_update())
        }
        return {d.claim for d in deliveries if d.claim in found}

    def attempt(
        self, session: Session, delivery: Delivery, worker: str, now: datetime, body: dict[str, Any]
    ) -> bool:
        """Record, before the network is touched, that a try begins. False when the lease was lost."""
        if not self.held(session, [delivery]):
            return False
        self.begin(session, [(delivery, body)], worker, now)
        return True

    def begin(
        self, session: Session, sends: Sequence[tuple[Delivery, dict[str, Any]]], worker: str, now: datetime
    ) -> None:
        """Record that tries begin, of rows that are `held`; `body` is what would be sent again."""
        if not sends:
            return
        bodies = [{"row": d.id, "sealed": self._envelopes.seal_body(d.dedupe_key, body)} for d, body in sends]
        tries = [{"outbox_id": d.id, "token": d.token, "worker": worker, "at": now} for d, _ in sends]
        connection = session.connection()
        connection.execute(_SET_BODY, bodies)
        connection.execute(insert(_ATTEMPTS), tries)

    def give_back(
        self, session: Session, deliveries: Iterable[Delivery], due_at: datetime | None = None
    ) -> None:
        """Claims that were no try: pending again, at `due_at` when that is later."""
        for one in deliveries:
            at = one.due_at if due_at is None else max(due_at, one.due_at)
            session.connection().execute(
                update(_OUTBOX).where(*_fence(one)).values(
                    state=PENDING, lease_until=None, worker=None, attempts=one.attempts - 1, due_at=at)
            )  # fmt: skip

    # Ending

    def settle(self, session: Session, settled: Settled, now: datetime) -> bool:
        """Write how it ended, fenced by the token. False when somebody else holds the row by now."""
        return bool(self.settle_all(session, [settled], now))

    def settle_now(
        self, settled: Sequence[Settled], now: datetime, unsent: Sequence[Delivery] = ()
    ) -> list[Settled]:
        """`settle_all` in a transaction of its own, which also gives back claims that were no try."""
        with self._database.write() as session:
            self.give_back(session, unsent)
            return self.settle_all(session, settled, now) if settled else []

    def settle_all(self, session: Session, settled: Sequence[Settled], now: datetime) -> list[Settled]:
        """Write how several ended, in one go; returns those whose claim still stood."""
        held = self.held(session, [one.delivery for one in settled])
        mine = [one for one in settled if one.delivery.claim in held]
        if mine:
            connection = session.connection()
            connection.execute(_SET_END, [self._ended(one, now) for one in mine])
            connection.execute(_SET_TRY, [_try_ended(one, now) for one in mine])
        return mine

    def _ended(self, settled: Settled, now: datetime) -> dict[str, Any]:
        delivery, outcome, due_at = settled.delivery, settled.outcome, settled.delivery.due_at
        if outcome is Outcome.RETRY and settled.retry_at is None and delivery.attempts >= MAX_ATTEMPTS:
            outcome = Outcome.UNCERTAIN if delivery.began else Outcome.DEAD
        if outcome is Outcome.RETRY:
            due_at = settled.retry_at or now + backoff(delivery.attempts)
        return {
            "row": delivery.id, "ends": _STATES[outcome], "due": due_at, "why": (settled.error or "")[:200] or None,
            "provider": settled.provider_id, "sent": now if outcome is Outcome.SENT else None,
            "over": None if outcome is Outcome.RETRY else now,
        }  # fmt: skip

    def stored(self, session: Session, deliveries: Sequence[Delivery], worker: str, now: datetime) -> None:
        """Rows that are `held` and were delivered in this very transaction: the try and its end in one."""
        if not deliveries:
            return
        tries = [{"outbox_id": d.id, "token": d.token, "worker": worker, "at": now, "ended_at": now,
                  "outcome": Heard.ACCEPTED.value} for d in deliveries]  # fmt: skip
        connection = session.connection()
        connection.execute(_SET_END, [self._ended(Settled(d, Outcome.SENT), now) for d in deliveries])
        connection.execute(insert(_ATTEMPTS), tries)

    def is_to(self, person_id: str, outbox_id: int) -> bool:
        """Whether this message went to this person."""
        with self._database.read() as session:
            query = select(_OUTBOX.c.id).where(_OUTBOX.c.id == outbox_id, _OUTBOX.c.person_id == person_id)
            return session.execute(query).first() is not None

    # Doubts

    def doubted(self, person_id: str, *, key: str | None = None, outbox_id: int | None = None) -> bool:
        """Whether a message to this person may have arrived, and nobody knows."""
        with self._database.read() as session:
            query = select(_OUTBOX.c.id).where(*_in_doubt(person_id, key, outbox_id))
            return session.execute(query).first() is not None

    def arrived(
        self, session: Session, person_id: str, now: datetime, *, key: str | None = None,
        outbox_id: int | None = None,
    ) -> Delivery | None:  # fmt: skip
        """A message in doubt is known to have arrived: it is sent, whoever was about to try again.

        Returns it as it was, or None when there was no doubt.
        """
        query = select(_OUTBOX).where(*_in_doubt(person_id, key, outbox_id)).with_for_update()
        row = session.execute(query).mappings().first()
        if row is None:
            return None
        sent = {"state": SENT, "sent_at": now, "settled_at": now, "lease_until": None, "error": None}
        session.execute(update(_OUTBOX).where(_OUTBOX.c.id == row["id"]).values(**sent))
        return self._envelopes.delivery(row)

    def reap(self, now: datetime) -> int:
        """Put rows whose lease ran out back to pending; returns how many.

        A try that had begun left its attempt, so that the sender can tell that it may have arrived. Rows of an
        older release, which knew no accounts, get theirs.
        """
        with self._database.write() as session:
            nameless = (_OUTBOX.c.account == "", _OUTBOX.c.state == PENDING, _OUTBOX.c.chat.contains(":"))
            for row in session.execute(
                select(_OUTBOX.c.id, _OUTBOX.c.chat).where(*nameless).limit(1000)
            ).all():
                named = update(_OUTBOX).where(_OUTBOX.c.id == row.id, *nameless)
                session.execute(named.values(account=account_of(row.chat)))
            # A lease from before the clock was set back is cut to what it would be now: whoever holds it may finish.
            ahead = (_OUTBOX.c.state == CLAIMED, _OUTBOX.c.lease_until > now + LEASE + SKEW)
            session.execute(update(_OUTBOX).where(*ahead).values(lease_until=now + LEASE))
            changed = session.execute(
                update(Outbox)
                .where(col(Outbox.state) == CLAIMED, col(Outbox.lease_until) < now)
                .values(state=PENDING, lease_until=None)
            )
            return int(getattr(changed, "rowcount", 0))

    def forget(self, worker: str, accounts: Sequence[str], keep: Iterable[int] = ()) -> int:
        """Free what this worker claimed and, as a failed commit may leave it, does not know of; returns how many."""
        with self._database.write() as session:
            lost = (_OUTBOX.c.state == CLAIMED, _OUTBOX.c.worker == worker, _OUTBOX.c.account.in_(accounts),
                    _OUTBOX.c.id.not_in(list(keep)))  # fmt: skip
            changed = session.connection().execute(
                update(_OUTBOX).where(*lost).values(state=PENDING, lease_until=None)
            )
            return int(changed.rowcount)

    # Seen

    def unseen(self, person_id: str, limit: int = 50) -> list[Outbox]:
        """What was pushed to a person and not yet shown anywhere, oldest first."""
        with self._database.read() as session:
            query = select(Outbox).where(
                col(Outbox.person_id) == person_id, col(Outbox.shown_at).is_(None),
                col(Outbox.state).in_((PENDING, CLAIMED, SENT, UNCERTAIN)),
            )  # fmt: skip
            return list(session.execute(query.order_by(col(Outbox.id)).limit(limit)).scalars())

    def mark_shown(self, ids: list[int], now: datetime) -> None:
        """Remember that a person has seen these."""
        if ids:
            with self._database.write() as session:
                unseen = update(Outbox).where(col(Outbox.id).in_(ids), col(Outbox.shown_at).is_(None))
                session.execute(unseen.values(shown_at=now))


_STATES = {Outcome.SENT: SENT, Outcome.RETRY: PENDING, Outcome.UNCERTAIN: UNCERTAIN, Outcome.DEAD: DEAD,
           Outcome.UNWANTED: SKIPPED}  # fmt: skip
_SET_BODY = update(_OUTBOX).where(_OUTBOX.c.id == bindparam("row")).values(body_enc=bindparam("sealed"))
_SET_END = update(_OUTBOX).where(_OUTBOX.c.id == bindparam("row")).values(
    state=bindparam("ends"), due_at=bindparam("due"), error=bindparam("why"), provider_id=bindparam("provider"),
    sent_at=bindparam("sent"), settled_at=bindparam("over"), lease_until=None,
)  # fmt: skip
_SET_TRY = (
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.outbox_id == bindparam("row"), _ATTEMPTS.c.token == bindparam("fence"))
    .values(outcome=bindparam("heard"), ended_at=bindparam("over"), error=bindparam("why"))
)


def _try_ended(settled: Settled, now: datetime) -> dict[str, Any]:
    heard = settled.heard or _HEARD[settled.outcome]
    return {"row": settled.delivery.id, "fence": settled.delivery.token, "heard": heard.value, "over": now,
            "why": (settled.error or "")[:200] or None}  # fmt: skip


_HEARD = {Outcome.SENT: Heard.ACCEPTED, Outcome.RETRY: Heard.NOT_NOW, Outcome.UNCERTAIN: Heard.UNKNOWN,
          Outcome.DEAD: Heard.NEVER, Outcome.UNWANTED: Heard.NEVER}  # fmt: skip


def _in_doubt(person_id: str, key: str | None, outbox_id: int | None) -> tuple[Any, ...]:
    """A try of it began, and no answer came: not that it was sent, nor that it was given up or put in a digest."""
    named = _OUTBOX.c.dedupe_key == key if key is not None else _OUTBOX.c.id == outbox_id
    open_states = (PENDING, CLAIMED, UNCERTAIN, DEAD)
    return (
        named,
        _OUTBOX.c.person_id == person_id,
        _OUTBOX.c.state.in_(open_states),
        _OUTBOX.c.body_enc.is_not(None),
    )


def _fence(delivery: Delivery) -> tuple[Any, ...]:
    """Holds only while the claim is the newest."""
    return (_OUTBOX.c.id == delivery.id, _OUTBOX.c.token == delivery.token, _OUTBOX.c.state == CLAIMED)
