"""Rows of appointments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Owned, text_column


class Appointment(Owned, table=True):
    """Somebody comes. States: booked, done, cancelled, no_show. `vehicle_key` compares what is driven.

    `for_id` is the colleague on leave in whose stead the owner receives the customer, `record_id` the record of the
    visit that completed it.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        Index("ix_appointments_owner", "tenant", "owner_id", "start_at"),
        Index("ix_appointments_unit", "tenant", "unit", "start_at"),
        Index("ix_appointments_customer", "tenant", "customer_id", "start_at"),
        Index("ix_appointments_deal", "deal_id"),
        Index("ix_appointments_for", "tenant", "for_id"),
    )
    ref: str = Field(max_length=12)
    kind: str = Field(max_length=20)
    deal_id: str | None = Field(default=None, max_length=26)
    vehicle: str = Field(default="", max_length=200)
    vehicle_key: str = Field(default="", max_length=200)
    start_at: datetime = Field(sa_type=UtcDateTime)
    end_at: datetime = Field(sa_type=UtcDateTime)
    vague: bool = False
    state: str = Field(default="booked", max_length=10)
    booked_by: str = Field(default="", max_length=26)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    text_enc: str | None = text_column()
    outcome_enc: str | None = text_column()
    for_id: str | None = Field(default=None, max_length=26)
    record_id: str | None = Field(default=None, max_length=26)
