"""Rows of deals and of the time they spent in each stage."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Owned, Row, text_column


class Deal(Owned, table=True):
    """What a customer may buy, and how far we are. States: open, won, lost, dropped (it was never meant)."""

    __tablename__ = "deals"
    __table_args__ = (
        Index("ix_deals_customer", "tenant", "customer_id", "state"),
        Index("ix_deals_owner", "tenant", "owner_id", "state"),
        Index("ix_deals_unit", "tenant", "unit", "state"),
        Index("ix_deals_lead", "lead_id"),
        Index("ix_deals_ref", "tenant", "ref"),
    )
    ref: str = Field(max_length=12)
    lead_id: str | None = Field(default=None, max_length=26)
    pipeline: str = Field(max_length=60)
    stage: str = Field(max_length=40)
    level: str = Field(default="", max_length=4)
    interest: str = Field(default="", max_length=200)
    state: str = Field(default="open", max_length=10)
    expected_close: date | None = None
    amount_fen: int | None = Field(default=None, sa_type=BigInteger)
    stage_since: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lost_reason_enc: str | None = text_column()


class DealStage(Row, table=True):
    """One stay of a deal in a stage; `cause` is the command or event that moved it there."""

    __tablename__ = "deal_stages"
    __table_args__ = (Index("ix_deal_stages_deal", "tenant", "deal_id", "entered_at"),)
    deal_id: str = Field(max_length=26)
    stage: str = Field(max_length=40)
    entered_at: datetime = Field(sa_type=UtcDateTime)
    left_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    by_id: str = Field(default="", max_length=26)
    cause: str = Field(default="", max_length=60)
