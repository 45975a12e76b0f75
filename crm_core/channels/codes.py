"""Response codes of sent cards: each changes its card once, for one person, within the platform's time."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from crm_core.channels.tables import ResponseCode
from crm_core.kernel.db import Database
from crm_core.kernel.locks import lock_row
from crm_core.kernel.pii import Cipher


class ResponseCodes:
    """The newest code of each card and person; an older one is worth nothing once a newer came."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def keep(self, account: str, task: str, user: str, code: str, now: datetime) -> None:
        """A code that came with a send, or with a press."""
        key = _id(account, task, user)
        sealed = self._cipher.seal(f"response_codes.code.{key}", code)
        with self._database.write() as session:
            lock_row(session, f"code:{key}"[:60])
            row = session.get(ResponseCode, key)
            if row is None:
                session.add(ResponseCode(id=key, account=account, code_enc=sealed, issued_at=now))
            elif row.issued_at <= now:
                row.code_enc, row.issued_at = sealed, now

    def take(self, account: str, task: str, user: str, now: datetime, within: timedelta) -> str | None:
        """The code, used up by this; None when there is none, it was used or it is too old."""
        key = _id(account, task, user)
        with self._database.write() as session:
            row = session.get(ResponseCode, key)
            if row is None or row.code_enc is None or row.issued_at <= now - within:
                return None
            sealed = row.code_enc
            used = session.connection().execute(
                update(ResponseCode).where(col(ResponseCode.id) == key, col(ResponseCode.code_enc) == sealed)
                .values(code_enc=None)
            )  # fmt: skip
            return self._cipher.open(f"response_codes.code.{key}", sealed) if used.rowcount else None


def _id(account: str, task: str, user: str) -> str:
    return hashlib.sha256("\n".join((account, task, user)).encode()).hexdigest()
