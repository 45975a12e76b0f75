"""Rows of follow-ups."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Owned, json_column, text_column


class Followup(Owned, table=True):
    """A cadence at work, with the rules it started with. States: open, done, missed, cancelled.

    `occurrence` keeps one start apart from the next: the owner's turn, the year of a birthday.
    """

    __tablename__ = "followups"
    __table_args__ = (
        UniqueConstraint("tenant", "sop", "subject", "occurrence"),
        Index("ix_followups_owner", "tenant", "owner_id", "state", "due_at"),
        Index("ix_followups_unit", "tenant", "unit", "state"),
        Index("ix_followups_customer", "tenant", "customer_id", "state"),
        Index("ix_followups_lead", "lead_id"),
        Index("ix_followups_deal", "deal_id"),
        Index("ix_followups_for", "tenant", "for_id"),
    )
    ref: str = Field(max_length=12)
    sop: str = Field(max_length=60)
    sop_digest: str = Field(max_length=32)
    plan: dict[str, Any] = json_column()
    subject: str = Field(max_length=80)
    occurrence: str = Field(default="", max_length=60)
    lead_id: str | None = Field(default=None, max_length=26)
    deal_id: str | None = Field(default=None, max_length=26)
    state: str = Field(default="open", max_length=10)
    reason: str = Field(default="", max_length=80)
    started_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    current_step: int = -1
    greeted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    satisfaction: int | None = None
    answer_enc: str | None = text_column()
    snoozed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    muted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    for_id: str | None = Field(default=None, max_length=26)
