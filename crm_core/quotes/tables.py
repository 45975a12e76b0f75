"""Rows of quotes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Owned


class Quote(Owned, table=True):
    """What something costs for a deal; `version` grows with every change.

    States: valid, replaced, void, dropped (taken back).
    """

    __tablename__ = "quotes"
    __table_args__ = (
        Index("ix_quotes_deal", "tenant", "deal_id", "state"),
        Index("ix_quotes_customer", "tenant", "customer_id"),
    )
    ref: str = Field(max_length=12)
    deal_id: str = Field(max_length=26)
    title: str = Field(max_length=200)
    quantity: int = 1
    list_fen: int = Field(sa_type=BigInteger)
    discount_fen: int = Field(default=0, sa_type=BigInteger)
    currency: str = Field(default="CNY", max_length=3)
    state: str = Field(default="valid", max_length=10)
    valid_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
