"""Rows of service desks, the conversations held there, and what customers thought of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.db import UnitPath, UtcDateTime
from crm_core.kernel.tables import Row, text_column


class ServiceDesk(Row, table=True):
    """One desk of an account (`kf:CORP`), by the platform's own name for it.

    `calls` grows with each sign that there is something to read, `heard` is how many of them were followed;
    the token that came with the last sign allows reading at once.
    """

    __tablename__ = "service_desks"
    __table_args__ = (UniqueConstraint("account", "desk"),)
    account: str = Field(max_length=64)
    desk: str = Field(max_length=64)
    name: str = Field(default="", max_length=120)
    calls: int = 0
    heard: int = 0
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    token_enc: str | None = text_column()
    token_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ServiceSession(Row, table=True):
    """A customer's conversation at a desk. States: new, bot, queue (waits for a person), person, over.

    `sent` names the messages sent since he last wrote (`said_at`). The event code allows one message more, until
    `code_until`. `turn` grows with each time a person was called; `rate_turn` is the one he is still to be asked
    about.
    """

    __tablename__ = "service_sessions"
    __table_args__ = (UniqueConstraint("chat"), Index("ix_service_sessions_person", "person_id"))
    chat: str = Field(max_length=100)
    account: str = Field(max_length=64)
    person_id: str = Field(default="", max_length=26)
    lead_id: str | None = Field(default=None, max_length=26)
    state: str = Field(default="new", max_length=10)
    since: datetime = Field(sa_type=UtcDateTime)
    servicer: str = Field(default="", max_length=64)
    turn: int = 0
    rate_turn: int = 0
    said_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    code_enc: str | None = text_column()
    code_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ServiceRating(Row, table=True):
    """What a customer thought of one conversation with a person; his last word counts."""

    __tablename__ = "service_ratings"
    __table_args__ = (
        UniqueConstraint("session_id", "turn"),
        Index("ix_service_ratings_colleague", "tenant", "colleague_id", "created_at"),
    )
    unit: str = Field(sa_type=UnitPath)
    session_id: str = Field(max_length=26)
    turn: int
    person_id: str = Field(max_length=26)
    colleague_id: str | None = Field(default=None, max_length=26)
    score: int
