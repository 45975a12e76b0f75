"""Rows of tasks."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Owned, added, text_column


class Task(Owned, table=True):
    """One occurrence of something to do; its owner does it. States: open, done, cancelled.

    `repeat_rule` is an RFC 5545 rule; the occurrences of a series are told apart by their local date. What is
    muted stays open and reminds nobody. `for_id` is the colleague on leave whose work the owner does.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_owner", "tenant", "owner_id", "state", "due_at"),
        Index("ix_tasks_unit", "tenant", "unit", "state"),
        Index("ix_tasks_customer", "tenant", "customer_id"),
        Index("ix_tasks_subject", "subject"),
        Index("ix_tasks_for", "tenant", "for_id"),
        UniqueConstraint("tenant", "series_id", "occurrence_on"),
    )
    ref: str = Field(max_length=12)
    kind: str = Field(max_length=20)
    state: str = Field(default="open", max_length=10)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    asker_id: str | None = Field(default=None, max_length=26)
    role: str = Field(default="", max_length=20)
    fallback: bool = False
    subject: str = Field(default="", max_length=80)
    previous_id: str | None = Field(default=None, max_length=26)
    title_enc: str | None = text_column()
    text_enc: str | None = text_column()
    answer_enc: str | None = text_column()
    repeat_rule: str = added("", max_length=120)
    series_id: str | None = Field(default=None, max_length=26)
    occurrence_on: date | None = None
    muted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    for_id: str | None = Field(default=None, max_length=26)
