"""What keeps a whole account from working and only its operator can mend: kept until it works again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from crm_core.channels.accounts import Account
from crm_core.channels.tables import AccountTrouble
from crm_core.kernel.db import Database
from crm_core.kernel.locks import lock_row


class AccountTroubles:
    """At most one trouble for each account: the newest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, account: Account, kind: str, detail: str, now: datetime) -> None:
        """A platform refuses an account. `detail` says what to mend (an address to allow), never a secret."""
        with self._database.write() as session:
            lock_row(session, f"trouble:{account.line}"[:60])
            row = session.get(AccountTrouble, account.line)
            if row is None:
                session.add(AccountTrouble(id=account.line, tenant=account.tenant, kind=kind, detail=detail[:120],
                                           since=now))  # fmt: skip
            elif row.kind != kind:
                row.kind, row.detail, row.since = kind, detail[:120], now

    def over(self, account: Account) -> None:
        """The account works (again)."""
        with self._database.write() as session:
            session.execute(delete(AccountTrouble).where(col(AccountTrouble.id) == account.line))


def account_troubles(session: Session, tenant: str) -> Sequence[AccountTrouble]:
    """The accounts of a tenant that do not work."""
    query = (
        select(AccountTrouble).where(col(AccountTrouble.tenant) == tenant).order_by(col(AccountTrouble.id))
    )
    return session.execute(query).scalars().all()
