"""One-time tokens that make an account a person's. Only hashes are kept; redeeming is compare-and-set."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import or_, update
from sqlmodel import col

from crm_core.chat.tables import Invite
from crm_core.kernel.db import Database


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Invites:
    """Redeems tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def peek(self, token: str, channel: str, now: datetime) -> bool | None:
        """Whether a token may be used again (True), once (False), or not at all (None)."""
        with self._database.read() as session:
            row = session.get(Invite, token_hash(token))
            live = row is not None and row.channel == channel and row.expires_at > now
            if row is None or not live or (row.used_at is not None and not row.reusable):
                return None
            return row.reusable

    def redeem(self, token: str, channel: str, now: datetime) -> tuple[str, str] | None:
        """Use a token up: (tenant, person id), or None when it is unknown, spent or too old."""
        key = token_hash(token)
        with self._database.write() as session:
            used = session.execute(
                update(Invite)
                .where(col(Invite.id) == key, col(Invite.channel) == channel, col(Invite.expires_at) > now,
                       or_(col(Invite.used_at).is_(None), col(Invite.reusable)))
                .values(used_at=now)
            )  # fmt: skip
            if not getattr(used, "rowcount", 0):
                return None
            row = session.get(Invite, key)
            return (row.tenant, row.person_id) if row is not None else None
