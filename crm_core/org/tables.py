"""Rows of units, people and their grants."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from crm_core.kernel.db import UnitPath, UtcDateTime
from crm_core.kernel.ids import new_id
from crm_core.kernel.tables import Row, added, text_column


class Unit(Row, table=True):
    """A node of the tree group > region > dealer > team."""

    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("tenant", "path"),)
    path: str = Field(sa_type=UnitPath)
    name: str = Field(max_length=120)
    name_en: str = Field(default="", max_length=120)
    zone: str = Field(default="Asia/Shanghai", max_length=60)
    language: str = Field(default="zh", max_length=8)
    city: str = Field(default="", max_length=60)
    address: str = Field(default="", max_length=200)
    address_en: str = added("", max_length=200)
    phone: str = Field(default="", max_length=40)
    brands: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    pipeline: str = Field(default="car_sale", max_length=60)


class Person(Row, table=True):
    """Somebody who may speak to us: staff, a customer with a login, or a visitor."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("tenant", "code"), Index("ix_people_unit", "tenant", "unit"),
                      Index("ix_people_customer", "customer_id"))  # fmt: skip
    code: str = Field(max_length=60)
    kind: str = Field(default="staff", max_length=20)
    name: str = Field(max_length=120)
    unit: str = Field(sa_type=UnitPath)
    language: str = Field(default="zh", max_length=8)
    zone: str = Field(default="Asia/Shanghai", max_length=60)
    customer_id: str | None = Field(default=None, max_length=26)
    phone_enc: str | None = text_column()
    phone_index: str = Field(default="", max_length=32)
    wecom_userid: str = Field(default="", max_length=64)
    expertise: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    away_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    active: bool = True
    deputy_id: str | None = Field(default=None, max_length=26)


class Absence(Row, table=True):
    """A time somebody is away. Kinds: leave (off work), out (on the road, but at work)."""

    __tablename__ = "absences"
    __table_args__ = (Index("ix_absences_person", "tenant", "person_id", "end_at"),
                      Index("ix_absences_deputy", "tenant", "deputy_id", "end_at"))  # fmt: skip
    person_id: str = Field(max_length=26)
    kind: str = Field(default="leave", max_length=10)
    start_at: datetime = Field(sa_type=UtcDateTime)
    end_at: datetime = Field(sa_type=UtcDateTime)
    deputy_id: str | None = Field(default=None, max_length=26)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    text_enc: str | None = text_column()


class GrantRow(SQLModel, table=True):
    """A role held in a unit, for a time."""

    __tablename__ = "grants"
    __table_args__ = (
        UniqueConstraint("person_id", "role", "unit"),
        Index("ix_grants_unit", "tenant", "unit"),
    )
    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    tenant: str = Field(max_length=40)
    person_id: str = Field(max_length=26)
    role: str = Field(max_length=20)
    unit: str = Field(sa_type=UnitPath)
    given_by: str = Field(default="", max_length=26)
    valid_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    valid_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
