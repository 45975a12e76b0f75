"""Rows of parts, applications, cross references and part stock."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.db import UnitPath
from crm_core.kernel.tables import Row


class Part(Row, table=True):
    """A part of the catalogue. Money in fen; `cost_fen` is of the field class cost."""

    __tablename__ = "parts"
    __table_args__ = (
        UniqueConstraint("tenant", "oe_key"),
        Index("ix_parts_category", "tenant", "category", "position"),
    )
    oe_key: str = Field(max_length=40)
    oe: str = Field(max_length=60)
    brand: str = Field(default="", max_length=60)
    name: str = Field(max_length=120)
    name_en: str = Field(default="", max_length=120)
    position: str = Field(default="", max_length=20)
    category: str = Field(default="", max_length=60)
    price_fen: int | None = None
    cost_fen: int | None = None
    supplier: str = Field(default="", max_length=120)


class Application(Row, table=True):
    """Part × model under conditions. Conditions with several values, any of which will do, are lists."""

    __tablename__ = "applications"
    __table_args__ = (
        UniqueConstraint("tenant", "natural_key"),
        Index("ix_applications_part", "tenant", "part_id", "model_id"),
        Index("ix_applications_model", "tenant", "model_id", "category"),
    )
    natural_key: str = Field(max_length=32)
    part_id: str = Field(max_length=26)
    model_id: str = Field(max_length=26)
    # Copied from the part, so that "this kind of part for this model" is one index range.
    category: str = Field(default="", max_length=60)
    fits: bool = True
    trims: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    engines: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    options: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    position: str = Field(default="", max_length=20)
    from_vin: str = Field(default="", max_length=17)
    to_vin: str = Field(default="", max_length=17)
    from_month: str = Field(default="", max_length=7)
    to_month: str = Field(default="", max_length=7)
    note: str = Field(default="", max_length=400)
    source: str = Field(default="", max_length=120)


class CrossRef(Row, table=True):
    """One number stands for another: `from_key` is looked up, `to_key` is a part of ours.

    supersedes: `from_key` is the old number, `to_key` the one that replaced it. interchange: the same part.
    aftermarket: `from_key` is another maker's number.
    """

    __tablename__ = "cross_refs"
    __table_args__ = (
        UniqueConstraint("tenant", "kind", "from_key", "to_key"),
        Index("ix_cross_refs_from", "tenant", "from_key"),
        Index("ix_cross_refs_to", "tenant", "to_key"),
    )
    kind: str = Field(max_length=20)
    from_key: str = Field(max_length=60)
    to_key: str = Field(max_length=40)
    display: str = Field(default="", max_length=80)
    source: str = Field(default="", max_length=120)


class PartStock(Row, table=True):
    """How many of a part a dealer has."""

    __tablename__ = "part_stock"
    __table_args__ = (UniqueConstraint("tenant", "part_id", "unit"),)
    part_id: str = Field(max_length=26)
    unit: str = Field(sa_type=UnitPath)
    quantity: int = 0
    bin: str = Field(default="", max_length=40)
    in_transit: int = 0
    eta_days: int | None = None
