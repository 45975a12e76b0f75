"""Rows of customers, their contact points, consents, and what was said with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from crm_core.kernel.db import UnitPath, UtcDateTime
from crm_core.kernel.tables import Owned, Row, added, json_column, text_column


class Customer(Owned, table=True):
    """A person (or company) as one dealer knows him. Names stay plain, because people search by them."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("tenant", "code"),
        Index("ix_customers_name", "tenant", "name"),
        Index("ix_customers_pinyin", "tenant", "pinyin"),
        Index("ix_customers_initials", "tenant", "initials"),
        Index("ix_customers_surname", "tenant", "surname", "touched_at"),
        Index("ix_customers_owner", "owner_id", "surname", "touched_at"),
        Index("ix_customers_birthday", "tenant", "birth_month", "birth_day"),
        Index("ix_customers_unit", "tenant", "unit"),
    )
    code: str | None = Field(default=None, max_length=60)
    name: str = Field(max_length=120)
    pinyin: str = Field(default="", max_length=200)
    initials: str = Field(default="", max_length=40)
    surname: str = Field(default="", max_length=8)
    gender: str = Field(default="", max_length=1)
    city: str = Field(default="", max_length=60)
    company: str = Field(default="", max_length=200)
    email_enc: str | None = text_column()
    language: str = Field(default="zh", max_length=8)
    level: str = Field(default="", max_length=4)
    source: str = Field(default="", max_length=60)
    tags: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    birth_month: int | None = None
    birth_day: int | None = None
    birth_year_enc: str | None = text_column()
    lunar: bool = False
    touched_at: datetime = Field(sa_type=UtcDateTime)
    decision_maker: bool = added(False)
    lunar_leap: bool = added(False)
    # What he pays for parts (retail, fleet, trade ...); empty is the house's own default.
    price_class: str = added("", max_length=20)


class ContactPoint(Row, table=True):
    """A phone of a customer. One customer may have several, and several may share one."""

    __tablename__ = "contact_points"
    __table_args__ = (
        UniqueConstraint("customer_id", "value_index"),
        Index("ix_contact_points_value", "tenant", "value_index"),
        Index("ix_contact_points_tail", "tenant", "tail_index"),
    )
    customer_id: str = Field(max_length=26)
    unit: str = Field(sa_type=UnitPath)
    kind: str = Field(default="phone", max_length=20)
    value_enc: str | None = text_column()
    value_index: str = Field(max_length=32)
    tail_index: str = Field(default="", max_length=32)
    ok: bool = True


class Record(Owned, table=True):
    """A note, call, visit or chat with a customer; a note without a customer is its writer's own."""

    __tablename__ = "records"
    __table_args__ = (
        Index("ix_records_customer", "customer_id", "at"),
        Index("ix_records_owner", "owner_id", "at"),
        Index("ix_records_ref", "tenant", "ref"),
        Index("ix_records_image", "image_id", sqlite_where=text("image_id <> ''"),
              postgresql_where=text("image_id <> ''")),
    )  # fmt: skip
    ref: str = Field(max_length=12)
    kind: str = Field(max_length=20)
    at: datetime = Field(sa_type=UtcDateTime)
    by_id: str = Field(max_length=26)
    text_enc: str | None = text_column()
    outcome: str = Field(default="", max_length=60)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    image_id: str = added("", max_length=26)


class CustomerMerge(Row, table=True):
    """Two rows that were one person: what became of the one that went, so that it can come back for a day.

    `moved` names, per table, the rows that went over; the snapshot holds what was deleted, as it was stored.
    """

    __tablename__ = "customer_merges"
    __table_args__ = (Index("ix_customer_merges_gone", "tenant", "gone_id"),)
    kept_id: str = Field(max_length=26)
    gone_id: str = Field(max_length=26)
    moved: dict[str, Any] = json_column()
    filled: dict[str, Any] = json_column()
    split_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    snapshot_enc: str | None = text_column()


class Consent(Row, table=True):
    """What a customer agreed to, on which channel and when; the newest row of a purpose holds."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_customer", "customer_id", "purpose", "created_at"),)
    customer_id: str = Field(max_length=26)
    purpose: str = Field(max_length=40)
    granted: bool
    channel: str = Field(max_length=20)
    text_version: str = Field(default="", max_length=40)
    by_id: str = Field(max_length=26)
