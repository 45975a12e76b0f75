"""What may be sent to a customer at a desk just now: counted against the platform's window, across processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from crm_core.kernel.db import Database
from crm_core.kernel.locks import lock_row
from crm_core.kernel.outbox import PENDING
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import Bucket, Outbox, new_row
from crm_core.kernel.uow import Uow
from crm_core.servicedesk.rules import MESSAGES, may_send
from crm_core.servicedesk.tables import ServiceDesk, ServiceSession


@dataclass(frozen=True)
class Way:
    """How a message may leave: as a `message`, by an `event`'s code, or not now.

    `served`: a person has the customer, so that it waits for him; else it waits for the customer's next word.
    """

    how: Literal["message", "event", "hold"]
    code: str = ""
    served: bool = False
    over: bool = False


@dataclass(frozen=True)
class Desk:
    """A desk with something to read. `calls` is what to note as heard once it was read."""

    name: str
    calls: int
    token: str
    read_at: datetime | None
    called: bool


class Desks:
    """Desks and their windows, outside of commands. Each method is one transaction."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    # Reading

    def meet(self, tenant: str, account: str, desk: str, now: datetime, *, name: str = "") -> None:
        """Remember a desk of an account."""
        with self._database.write() as session:
            row = self._desk(session, tenant, account, desk, now)
            row.name = name[:120] or row.name

    def call(self, tenant: str, account: str, desk: str, token: str, until: datetime, now: datetime) -> None:
        """The platform says that there is something to read."""
        with self._database.write() as session:
            row = self._desk(session, tenant, account, desk, now)
            row.calls += 1
            row.token_until, row.updated_at = until, now
            self._cipher.put(row, "token", token)

    def _desk(self, session: Session, tenant: str, account: str, desk: str, now: datetime) -> ServiceDesk:
        lock_row(session, f"desk:{account}:{desk}"[:60])
        query = select(ServiceDesk).where(col(ServiceDesk.account) == account, col(ServiceDesk.desk) == desk)
        row: ServiceDesk | None = session.execute(query).scalars().first()
        if row is None:
            row = new_row(ServiceDesk, {"tenant": tenant, "account": account, "desk": desk, "created_at": now,
                                        "updated_at": now})  # fmt: skip
            session.add(row)
        return row

    def desks(self, account: str, now: datetime) -> list[Desk]:
        """Every desk of an account."""
        query = select(ServiceDesk).where(col(ServiceDesk.account) == account).order_by(col(ServiceDesk.desk))
        with self._database.read() as session:
            return [self._seen(row, now) for row in session.execute(query).scalars()]

    def _seen(self, row: ServiceDesk, now: datetime) -> Desk:
        fresh = row.token_until is not None and row.token_until > now
        return Desk(row.desk, row.calls, self._cipher.get(row, "token") if fresh else "", row.read_at,
                    row.calls > row.heard)  # fmt: skip

    def heard(self, account: str, desk: str, calls: int, now: datetime) -> None:
        """All that there was up to the call number `calls` was read."""
        where = (col(ServiceDesk.account) == account, col(ServiceDesk.desk) == desk)
        highest = func.max if self._database.is_sqlite else func.greatest
        with self._database.write() as session:
            session.execute(
                update(ServiceDesk).where(*where).values(heard=highest(col(ServiceDesk.heard), calls), read_at=now)
            )

    # Sending

    def take(self, chat: str, ids: Sequence[str], now: datetime, *, about_service: bool) -> Way:
        """Whether messages with these ids may leave now; they are counted. The same ids count once.

        `about_service`: it is about the conversation with a person itself, so that an event's code is meant for it.
        """
        with self._database.write() as session:
            row = _held(session, chat)
            if row is None:
                return Way("hold")
            code = self._code(row, now) if len(ids) == 1 else ""
            if row.state in ("queue", "person", "over"):
                usable = code if about_service else ""
                return Way("event" if usable else "hold", usable, row.state != "over", row.state == "over")
            known = set(row.sent)
            fresh = [one for one in ids if one not in known]
            if may_send(row.said_at, len(known), len(fresh), now):
                row.sent = [*row.sent, *fresh]
                return Way("message")
            return Way("event", code) if code else Way("hold")

    def _code(self, row: ServiceSession, now: datetime) -> str:
        live = row.code_enc and row.code_until is not None and row.code_until > now
        return self._cipher.get(row, "code") if live else ""

    def give_back(self, chat: str, ids: Sequence[str]) -> None:
        """Messages that surely did not leave count no more."""
        with self._database.write() as session:
            row = _held(session, chat)
            if row is not None:
                row.sent = [one for one in row.sent if one not in ids]

    def spent(self, chat: str) -> None:
        """The event's code was used, or is worth nothing."""
        with self._database.write() as session:
            row = _held(session, chat)
            if row is not None:
                row.code_enc, row.code_until = None, None

    def full(self, chat: str) -> None:
        """The platform says that the window is used up or over, whatever was counted here."""
        with self._database.write() as session:
            row = _held(session, chat)
            if row is not None:
                filler = [f"?{n}" for n in range(MESSAGES)]
                row.sent = [*row.sent, *filler][: max(MESSAGES, len(row.sent))]


def _held(session: Session, chat: str) -> ServiceSession | None:
    query = select(ServiceSession).where(col(ServiceSession.chat) == chat).with_for_update()
    found: ServiceSession | None = session.execute(query).scalars().first()
    return found


def let_go(uow: Uow, chat: str) -> None:
    """What was held back for this chat may leave: the customer wrote, or nobody serves him any more."""
    uow.flush()
    connection: Any = uow.session.connection()
    connection.execute(update(Outbox).where(
        col(Outbox.chat) == chat, col(Outbox.state) == PENDING, col(Outbox.due_at) > uow.now
    ).values(due_at=uow.now))  # fmt: skip
    connection.execute(
        update(Bucket).where(col(Bucket.id) == chat, col(Bucket.blocked_until).is_not(None)).values(blocked_until=None)
    )
