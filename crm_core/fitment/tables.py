"""Rows of parts, applications, cross references and part stock."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from crm_core.kernel.db import UnitPath, UtcDateTime
from crm_core.kernel.tables import Row, added, text_column


def pairs_column() -> Any:
    """A list of pairs; rows of an older process have none."""
    return Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))


class Part(Row, table=True):
    """A part of the catalogue. Money in fen; `cost_fen` is of the field class cost.

    A number is unique per maker: `maker` is the key of the maker's group, so that two makers may use the same
    digits and 大众, VW and Audi are one. `aftermarket`: a maker of parts, not of cars, sells it.
    """

    __tablename__ = "parts"
    __table_args__ = (
        UniqueConstraint("tenant", "oe_key", "maker"),
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
    maker: str = added("", max_length=60)
    aftermarket: bool = added(False)


class Application(Row, table=True):
    """Part × model under conditions. Conditions with several values, any of which will do, are lists.

    `conditions` are further (name, value) pairs of the source, such as ACES qualifiers: each must hold, and
    nobody but the asker can say whether one does. `note` is a remark that restricts nothing. `ref` is the row's
    number in its source, `author_id` the colleague whose answer it was, `confidence` 0-100 when it was stated.
    """

    __tablename__ = "applications"
    __table_args__ = (
        UniqueConstraint("tenant", "natural_key"),
        Index("ix_applications_part", "tenant", "part_id", "model_id"),
        Index("ix_applications_model", "tenant", "model_id", "category"),
        # The few rows that deny, to be held against those that say it fits.
        Index("ix_applications_denials", "tenant", "part_id", "model_id", sqlite_where=text("fits = 0"),
              postgresql_where=text("NOT fits")),
    )  # fmt: skip
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
    conditions: list[list[str]] = pairs_column()
    quantity: int | None = None
    ref: str = added("", max_length=40)
    author_id: str = added("", max_length=26)
    confidence: int | None = None


class CrossRef(Row, table=True):
    """One number stands for another: `from_key` is looked up, `to_key` is a part of ours.

    supersedes: `from_key` is the old number, `to_key` the one that replaced it. interchange: the same part.
    aftermarket: `from_key` is another maker's number. `confidence` is 0-100 when the source states it. `source` is
    empty for what the part's own row says.
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
    brand: str = added("", max_length=60)
    confidence: int | None = None


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


class PartPrice(Row, table=True):
    """What a class of customers (retail, fleet, trade, insurance ...) pays for a part; fen of the house currency.

    The price in `Part.price_fen` is retail. `unit` is the dealer (or region, or group) the price is of: the
    nearest one above the asker counts. Both ends of the validity are inclusive, None is open.
    """

    __tablename__ = "part_prices"
    __table_args__ = (UniqueConstraint("tenant", "part_id", "price_class", "unit"),)
    part_id: str = Field(max_length=26)
    price_class: str = Field(max_length=20)
    unit: str = Field(sa_type=UnitPath)
    price_fen: int
    valid_from: date | None = None
    valid_until: date | None = None
    source: str = Field(default="", max_length=120)


class FitCase(Row, table=True):
    """A question of fitment that went to a technician, and what became of his verdict.

    States: open, said (answered, and nothing to put into the catalogue), proposed, accepted, declined. `part_id` and
    `model_id` are what was meant, where that is one part and one model: only then can it become an application.
    """

    __tablename__ = "fit_cases"
    __table_args__ = (
        UniqueConstraint("tenant", "task_id"),
        Index("ix_fit_cases_state", "tenant", "state"),
    )
    task_id: str = Field(max_length=26)
    unit: str = Field(sa_type=UnitPath)
    state: str = Field(default="open", max_length=10)
    part_id: str | None = Field(default=None, max_length=26)
    model_id: str | None = Field(default=None, max_length=26)
    position: str = Field(default="", max_length=20)
    verdict: str = Field(default="", max_length=20)
    condition_enc: str | None = text_column()
    author_id: str | None = Field(default=None, max_length=26)
    said_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reviewer_id: str | None = Field(default=None, max_length=26)
    application_id: str | None = Field(default=None, max_length=26)
