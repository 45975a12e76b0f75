"""What came over networks, stored raw and once, several at a time, with the cursor that brought it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from crm_core.channels.tables import Cursor
from crm_core.kernel.db import Database
from crm_core.kernel.errors import Conflict
from crm_core.kernel.inbox import InboxQueue
from crm_core.kernel.locks import lock_row
from crm_core.kernel.points import point


@dataclass(frozen=True)
class Raw:
    """Something a platform sent, verified and not yet understood.

    `sender` is whose messages must stay in order (the chat). `key` tells a repeat, within channel and account.
    """

    tenant: str
    channel: str
    account: str
    key: str
    sender: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A cursor's new value and the lease's token it was read under."""

    name: str
    value: str
    token: int


class Arrivals:
    """The way in for everything that is not the web chat."""

    def __init__(self, database: Database, inbox: InboxQueue) -> None:
        self._database = database
        self._inbox = inbox

    def store(self, items: Sequence[Raw], now: datetime, place: Place | None = None) -> list[bool]:
        """Store them in one transaction, with the cursor; for each whether it was new.

        Raises Conflict, and stores nothing, when somebody else holds the cursor by now.
        """
        new = [False] * len(items)
        with self._database.write() as session:
            if place is not None:
                _advance(session, place, now)
            # Senders are locked in one order everywhere, so that two processes never wait for each other; a
            # sender's own messages keep theirs.
            for at in sorted(range(len(items)), key=lambda n: (items[n].sender, n)):
                one = items[at]
                stored = self._inbox.put(
                    session, tenant=one.tenant, channel=one.channel, account=one.account, dedupe_key=one.key,
                    sender=one.sender, body=one.body, now=now,
                )  # fmt: skip
                new[at] = stored is not None
        point("inbox_stored")
        return new

    def cursor(self, name: str) -> str:
        """Where a stream was left off; empty at its beginning."""
        with self._database.read() as session:
            row = session.get(Cursor, name)
            return row.value if row else ""


def _advance(session: Session, place: Place, now: datetime) -> None:
    lock_row(session, f"cursor:{place.name}"[:60])
    if session.get(Cursor, place.name) is None:
        session.add(Cursor(id=place.name, value=place.value, token=place.token, updated_at=now))
        return
    changed = session.connection().execute(
        update(Cursor)
        .where(col(Cursor.id) == place.name, col(Cursor.token) <= place.token)
        .values(value=place.value, token=place.token, updated_at=now)
    )
    if not changed.rowcount:
        raise Conflict("error.conflict")
