"""Rows of answered questions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Owned, text_column


class SolvedCase(Owned, table=True):
    """A question with its answer; the owner is who answered. The texts are masked, and sealed all the same.

    `customer_id` is kept so that what came from a customer can be erased with him; nothing shows it.
    """

    __tablename__ = "solved_cases"
    __table_args__ = (
        UniqueConstraint("tenant", "task_id"),
        Index("ix_solved_cases_unit", "tenant", "unit", "solved_at"),
        Index("ix_solved_cases_customer", "customer_id"),
    )
    task_id: str = Field(max_length=26)
    ref: str = Field(max_length=12)
    question_enc: str | None = text_column()
    answer_enc: str | None = text_column()
    solved_at: datetime = Field(sa_type=UtcDateTime)
