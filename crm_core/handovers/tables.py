"""Rows of hand-overs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from crm_core.kernel.db import UnitPath, UtcDateTime
from crm_core.kernel.tables import Row, json_column, text_column


class Handover(Row, table=True):
    """Somebody asked that all of a colleague's work goes to another; a second person confirms it.

    States: pending, done, rejected, withdrawn, returned. `moved` names per table the rows that changed hands with
    the version they had then, `before` what a leaver had: both are for taking it back.
    """

    __tablename__ = "handovers"
    __table_args__ = (
        Index("ix_handovers_from", "tenant", "from_id", "state"),
        Index("ix_handovers_state", "tenant", "state"),
    )
    unit: str = Field(sa_type=UnitPath)
    from_id: str = Field(max_length=26)
    to_id: str = Field(max_length=26)
    asker_id: str = Field(max_length=26)
    confirmer_id: str = Field(max_length=26)
    decider_id: str | None = Field(default=None, max_length=26)
    state: str = Field(default="pending", max_length=10)
    leaving: bool = False
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    moved: dict[str, Any] = json_column()
    before: dict[str, Any] = json_column()
    reason_enc: str | None = text_column()
