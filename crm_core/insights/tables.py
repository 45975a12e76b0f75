"""Rows of what people want to be told regularly."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.tables import Row


class DigestChoice(Row, table=True):
    """What somebody wants differently of one digest; None: as policy has it. `send_at` is `HH:MM`, his time."""

    __tablename__ = "digest_choices"
    __table_args__ = (UniqueConstraint("tenant", "person_id", "digest"),)
    person_id: str = Field(max_length=26)
    digest: str = Field(max_length=10)
    enabled: bool | None = None
    send_at: str | None = Field(default=None, max_length=5)
    weekday: int | None = None
    language: str | None = Field(default=None, max_length=8)
