"""Rows of leads and of every arrival (touch)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Owned, Row, json_column, text_column


class Lead(Owned, table=True):
    """An interest somebody showed. States: new, contacted, lost, won, pool, dropped.

    `for_id` is the colleague on leave for whom the owner makes the first call.
    """

    __tablename__ = "leads"
    __table_args__ = (
        Index("ix_leads_owner", "owner_id", "state", "created_at"),
        Index("ix_leads_assigned", "owner_id", "assigned_at"),
        Index("ix_leads_customer", "customer_id", "state"),
        Index("ix_leads_unit", "tenant", "unit", "state", "created_at"),
        Index("ix_leads_created", "tenant", "created_at"),
        Index("ix_leads_ref", "tenant", "ref"),
        Index("ix_leads_for", "tenant", "for_id"),
    )
    ref: str = Field(max_length=12)
    state: str = Field(default="new", max_length=12)
    vehicle: str = Field(default="", max_length=200)
    interest_key: str = Field(default="", max_length=80)
    source: str = Field(default="", max_length=60)
    city: str = Field(default="", max_length=60)
    company: str = Field(default="", max_length=200)
    email_enc: str | None = text_column()
    message_enc: str | None = text_column()
    score: float | None = None
    campaign: str = Field(default="", max_length=200)
    event_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    level: str = Field(default="", max_length=4)
    deal_id: str | None = Field(default=None, max_length=26)
    phone_ok: bool = True
    rule: str = Field(default="", max_length=120)
    reason_zh: str = Field(default="", max_length=200)
    reason_en: str = Field(default="", max_length=200)
    outcome: str = Field(default="", max_length=60)
    lost_reason_enc: str | None = text_column()
    assigned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    contacted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    offered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    first_call_due: datetime | None = Field(default=None, sa_type=UtcDateTime)
    touches: int = 1
    for_id: str | None = Field(default=None, max_length=26)


class Touch(Row, table=True):
    """One arrival: through which channel and campaign, from where, when."""

    __tablename__ = "touches"
    __table_args__ = (Index("ix_touches_lead", "lead_id"), Index("ix_touches_customer", "customer_id"))
    unit: str = Field(max_length=200)
    lead_id: str = Field(max_length=26)
    customer_id: str = Field(max_length=26)
    channel: str = Field(max_length=40)
    source: str = Field(default="", max_length=60)
    campaign: str = Field(default="", max_length=200)
    referrer: str = Field(default="", max_length=500)
    utm: dict[str, Any] = json_column()
    event_time: datetime | None = Field(default=None, sa_type=UtcDateTime)
    message_enc: str | None = text_column()
