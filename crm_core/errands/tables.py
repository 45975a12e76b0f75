"""Rows of errands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Row, text_column


class Errand(Row, table=True):
    """Something to do at a platform. States: 0 waiting, 1 under way, 2 done, 3 given up.

    `account` is the line that runs it. Past `expires_at` it is worth nothing any more.
    """

    __tablename__ = "errands"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_errands_due", "account", "priority", "due_at", sqlite_where=text("state in (0,1)"),
              postgresql_where=text("state in (0,1)")),
        Index("ix_errands_subject", "subject"),
    )  # fmt: skip
    account: str = Field(max_length=100)
    kind: str = Field(max_length=40)
    subject: str = Field(default="", max_length=120)
    key: str = Field(max_length=160)
    payload_enc: str | None = text_column()
    priority: int = 2
    due_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    state: int = 0
    token: int = 0
    attempts: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = Field(default=None, max_length=200)
