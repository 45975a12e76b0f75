"""The accounts this deployment speaks through, with their secrets opened for the lines that serve them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import Session, col

from crm_core.channels.tables import ChannelAccount
from crm_core.chat.tables import GroupChat, Identity
from crm_core.kernel.db import Database
from crm_core.kernel.locks import lock_row
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import new_row

STAFF, CUSTOMER = "staff", "customer"
ENVIRONMENT, COMMAND = "environment", "command"
USE_NOTED = timedelta(minutes=1)
# Asked for each arrival, so built once.
_KNOWN = select(
    col(Identity.id), col(Identity.person_id), col(Identity.chat), col(Identity.dead), col(Identity.used_at),
    col(Identity.vouched),
).where(col(Identity.channel) == bindparam("channel"), col(Identity.account) == bindparam("account"),
        col(Identity.native_id) == bindparam("native"), col(Identity.tenant) == bindparam("tenant"))  # fmt: skip


@dataclass(frozen=True)
class Account:
    """One account of a platform. `settings` hold its secrets: never log or show them.

    `audience` is staff or customer; whoever comes by it unknown belongs to `unit`.
    """

    tenant: str
    channel: str
    account: str
    audience: str
    unit: str
    name: str = ""
    source: str = COMMAND
    settings: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def line(self) -> str:
        """Its name in the outbox and in chats: `telegram:7000000001`."""
        return f"{self.channel}:{self.account}"


@dataclass(frozen=True)
class KnownAs:
    """Whose an account of a platform is, and when he used it last."""

    id: str
    person_id: str
    chat: str
    dead: bool
    used_at: datetime
    vouched: str


class Accounts:
    """Account rows, by channel and account."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def all(self, *, inactive: bool = False) -> list[Account]:
        """Every account, in the order they came."""
        query = select(ChannelAccount).order_by(col(ChannelAccount.created_at), col(ChannelAccount.id))
        with self._database.read() as session:
            rows: Sequence[ChannelAccount] = session.execute(query).scalars().all()
            return [self._opened(row) for row in rows if row.active or inactive]

    def find(self, channel: str, account: str) -> Account | None:
        """An active account; None when there is none."""
        with self._database.read() as session:
            row = _row(session, channel, account)
            return self._opened(row) if row is not None and row.active else None

    def known(self, channel: str, account: str, native_id: str, tenant: str) -> KnownAs | None:
        """Who uses this account of a platform; None when nobody vouched for it in this tenant."""
        with self._database.read() as session:
            row = session.execute(_KNOWN, {"channel": channel, "account": account, "native": native_id,
                                           "tenant": tenant}).first()  # fmt: skip
            return KnownAs(*row) if row is not None else None

    def used(self, known: KnownAs, now: datetime) -> None:
        """He wrote from there: it is alive, and where he reads. Written at most once a minute."""
        if not known.dead and known.used_at > now - USE_NOTED:
            return
        with self._database.write() as session:
            session.execute(update(Identity).where(col(Identity.id) == known.id).values(used_at=now, dead=False))

    def group(self, channel: str, account: str, native_id: str) -> GroupChat | None:
        """The unit's group that is called so on a platform; None when it is nobody's."""
        query = select(GroupChat).where(col(GroupChat.channel) == channel, col(GroupChat.account) == account,
                                        col(GroupChat.native_id) == native_id, col(GroupChat.dead).is_(False))  # fmt: skip
        with self._database.read() as session:
            return session.execute(query).scalars().first()

    def group_of(self, group_id: str) -> GroupChat | None:
        """A group by its id; None when it is bound no more."""
        with self._database.read() as session:
            row = session.get(GroupChat, group_id)
            return row if row is not None and not row.dead else None

    def put(self, account: Account, now: datetime) -> None:
        """Add an account or change it. What the environment gives keeps its secrets out of the database."""
        with self._database.write() as session:
            lock_row(session, f"account:{account.line}"[:60])
            row = _row(session, account.channel, account.account)
            if row is None:
                row = new_row(ChannelAccount, {"tenant": account.tenant, "channel": account.channel,
                    "account": account.account, "unit": account.unit, "created_at": now, "updated_at": now})  # fmt: skip
                session.add(row)
            row.tenant, row.unit, row.audience = account.tenant, account.unit, account.audience
            row.name, row.source, row.active, row.updated_at = account.name, account.source, True, now
            kept = json.dumps(account.settings) if account.source == COMMAND else None
            self._cipher.put(row, "settings", kept)

    def rename(self, account: Account, now: datetime) -> None:
        """Note what the platform calls it; one that was removed meanwhile stays so."""
        with self._database.write() as session:
            row = _row(session, account.channel, account.account)
            if row is not None and row.active:
                row.name, row.updated_at = account.name[:120], now

    def end(self, channel: str, account: str, now: datetime) -> bool:
        """Speak through it no more; False when it is unknown. Its secrets are forgotten."""
        with self._database.write() as session:
            row = _row(session, channel, account)
            if row is None:
                return False
            row.active, row.updated_at = False, now
            row.settings_enc = None
            return True

    def _opened(self, row: ChannelAccount) -> Account:
        kept = self._cipher.get(row, "settings")
        return Account(row.tenant, row.channel, row.account, row.audience, row.unit, row.name, row.source,
                       json.loads(kept) if kept else {})  # fmt: skip


def _row(session: Session, channel: str, account: str) -> ChannelAccount | None:
    query = select(ChannelAccount).where(
        col(ChannelAccount.channel) == channel, col(ChannelAccount.account) == account
    )
    found: ChannelAccount | None = session.execute(query).scalars().first()
    return found
