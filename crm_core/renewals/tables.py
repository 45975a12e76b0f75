"""Rows of renewals."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Owned, text_column


class Renewal(Owned, table=True):
    """Something of a customer's that comes due on a date. States: open, renewed, declined, lapsed, cancelled.

    `kind` is a key of the policy (insurance, inspection, maintenance, membership …); `estimated` says that the
    date was worked out and not told by anybody. `told_on` is the local day on which the due date became known: only
    days after it are reminded of; `remind_on` is the next local day for which a reminder is to be made;
    `remind_at` is when the one that was made comes.
    """

    __tablename__ = "renewals"
    __table_args__ = (
        Index("ix_renewals_customer", "tenant", "customer_id", "state"),
        Index("ix_renewals_owner", "tenant", "owner_id", "state", "due_on"),
        Index("ix_renewals_due", "tenant", "state", "due_on"),
        Index("ix_renewals_remind", "tenant", "state", "remind_on"),
        Index("ix_renewals_armed", "tenant", "state", "remind_at"),
        Index("ix_renewals_car", "car_id", "kind", "state"),
    )
    ref: str = Field(max_length=12)
    kind: str = Field(max_length=30)
    title: str = Field(default="", max_length=120)
    car_id: str | None = Field(default=None, max_length=26)
    due_on: date
    estimated: bool = False
    state: str = Field(default="open", max_length=10)
    told_on: date | None = None
    remind_on: date | None = None
    remind_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    previous_id: str | None = Field(default=None, max_length=26)
    text_enc: str | None = text_column()
