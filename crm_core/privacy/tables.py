"""Rows of the rights people have over their data: requests, erasures, what the law keeps, and who looked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from crm_core.kernel.db import UnitPath, UtcDateTime
from crm_core.kernel.tables import Row, json_column, text_column


class PrivacyRequest(Row, table=True):
    """Something a second person must agree to. Kinds: erase (one customer), customer_list (a file of many).

    States: pending, done, rejected, withdrawn, expired. `chosen` says which customers a list is about; the file is
    a blob of the asker's, until `expires_at`.
    """

    __tablename__ = "privacy_requests"
    __table_args__ = (Index("ix_privacy_requests_state", "tenant", "state", "expires_at"),)
    unit: str = Field(sa_type=UnitPath)
    kind: str = Field(max_length=20)
    state: str = Field(default="pending", max_length=10)
    customer_id: str | None = Field(default=None, max_length=26)
    asker_id: str = Field(max_length=26)
    confirmer_id: str = Field(max_length=26)
    decider_id: str | None = Field(default=None, max_length=26)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    count: int = 0
    chosen: dict[str, str] = json_column()
    blob_id: str = Field(default="", max_length=26)
    reason_enc: str | None = text_column()


class Erasure(Row, table=True):
    """A customer whose data was erased: only his opaque id is left. The same lines stand in the journal outside."""

    __tablename__ = "erasures"
    __table_args__ = (Index("ix_erasures_gone", "tenant", "gone_id"),)
    gone_id: str = Field(max_length=26)
    by_id: str = Field(default="", max_length=26)
    second_id: str = Field(default="", max_length=26)
    cause: str = Field(default="asked", max_length=20)
    rows: int = 0
    kept: int = 0


class HeldRecord(Row, table=True):
    """What the law makes us keep of an erased customer: sealed, in no list and no card, deleted when its time is over."""

    __tablename__ = "held_records"
    __table_args__ = (Index("ix_held_records_until", "tenant", "until"),)
    erasure_id: str = Field(max_length=26)
    kind: str = Field(max_length=40)
    until: datetime = Field(sa_type=UtcDateTime)
    content_enc: str | None = text_column()


class Reveal(Row, table=True):
    """Somebody saw in full what is masked, and said why."""

    __tablename__ = "reveals"
    __table_args__ = (Index("ix_reveals_person", "person_id", "created_at"),)
    unit: str = Field(sa_type=UnitPath)
    person_id: str = Field(max_length=26)
    customer_id: str = Field(max_length=26)
    field: str = Field(max_length=20)
    reason: str = Field(max_length=20)
