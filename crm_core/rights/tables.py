"""Rows of what colleagues share with each other, and of rights that wait for a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from crm_core.kernel.db import UnitPath, UtcDateTime
from crm_core.kernel.tables import Row, json_column


class Share(Row, table=True):
    """A record shared with a colleague of the same dealer. Kinds: customer, deal. Levels: read, write.

    It speaks for `owner_id`, whose record it was when it was given, and rests while the record is somebody else's.
    """

    __tablename__ = "shares"
    __table_args__ = (
        Index("ix_shares_grantee", "grantee_id", "ended_at"),
        Index("ix_shares_record", "tenant", "kind", "record_id"),
        Index("ix_shares_customer", "customer_id"),
    )
    unit: str = Field(sa_type=UnitPath)
    kind: str = Field(max_length=20)
    record_id: str = Field(max_length=26)
    customer_id: str = Field(max_length=26)
    owner_id: str | None = Field(default=None, max_length=26)
    grantee_id: str = Field(max_length=26)
    level: str = Field(default="read", max_length=10)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    given_by: str = Field(default="", max_length=26)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str | None = Field(default=None, max_length=26)


class GrantRequest(Row, table=True):
    """Rights that reach beyond one dealer, asked for by one person and given by the word of a second.

    States: pending, done, rejected, withdrawn, expired. `change` is the command that was asked for.
    """

    __tablename__ = "grant_requests"
    __table_args__ = (Index("ix_grant_requests_state", "tenant", "state"),)
    unit: str = Field(sa_type=UnitPath)
    person_id: str = Field(max_length=26)
    asker_id: str = Field(max_length=26)
    decider_id: str | None = Field(default=None, max_length=26)
    state: str = Field(default="pending", max_length=10)
    change: dict[str, Any] = json_column()
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
