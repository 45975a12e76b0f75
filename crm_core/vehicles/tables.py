"""Rows of models, cars and car stock."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.db import UnitPath
from crm_core.kernel.tables import Owned, Row, text_column


class Model(Row, table=True):
    """A vehicle of the catalogue: one series, model year and drive train."""

    __tablename__ = "models"
    __table_args__ = (
        UniqueConstraint("tenant", "code"),
        Index("ix_models_external", "tenant", "external_id"),
    )
    code: str = Field(max_length=80)
    brand: str = Field(max_length=60)
    brand_en: str = Field(default="", max_length=60)
    series: str = Field(max_length=80)
    series_en: str = Field(default="", max_length=80)
    aliases: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    generation: str = Field(default="", max_length=40)
    year: int | None = None
    engine: str = Field(default="", max_length=60)
    engine_code: str = Field(default="", max_length=40)
    displacement: str = Field(default="", max_length=20)
    fuel: str = Field(default="", max_length=20)
    gearbox: str = Field(default="", max_length=60)
    trim: str = Field(default="", max_length=80)
    market: str = Field(default="", max_length=20)
    from_month: str = Field(default="", max_length=7)
    to_month: str = Field(default="", max_length=7)
    list_fen: int | None = None
    external_id: str = Field(default="", max_length=80)


class ModelName(Row, table=True):
    """A name people use for a model, as a key: series, alias, or brand; `kind` says which."""

    __tablename__ = "model_names"
    __table_args__ = (
        UniqueConstraint("model_id", "kind", "name"),
        Index("ix_model_names_name", "tenant", "kind", "name"),
    )
    model_id: str = Field(max_length=26)
    kind: str = Field(max_length=10)
    name: str = Field(max_length=80)


class Car(Owned, table=True):
    """A customer's car: a VIN and a plate, sealed, found by blind index."""

    __tablename__ = "cars"
    __table_args__ = (
        Index("ix_cars_vin", "tenant", "vin_index"),
        Index("ix_cars_vin_tail", "tenant", "vin_tail_index"),
        Index("ix_cars_plate", "tenant", "plate_index"),
        Index("ix_cars_customer", "tenant", "customer_id"),
    )
    model_id: str | None = Field(default=None, max_length=26)
    name: str = Field(default="", max_length=120)
    vin_enc: str | None = text_column()
    vin_index: str = Field(default="", max_length=32)
    vin_tail_index: str = Field(default="", max_length=32)
    plate_enc: str | None = text_column()
    plate_index: str = Field(default="", max_length=32)
    bought_on: date | None = None
    mileage_km: int | None = None
    mileage_on: date | None = None
    serviced_on: date | None = None
    serviced_km: int | None = None
    colour: str = Field(default="", max_length=40)
    options: list[str] = Field(default_factory=list, sa_column=Column(JSON))


class StockCar(Row, table=True):
    """A new car a dealer has, or expects."""

    __tablename__ = "stock_cars"
    __table_args__ = (
        UniqueConstraint("tenant", "code"),
        Index("ix_stock_cars_model", "tenant", "model_id"),
    )
    code: str = Field(max_length=80)
    model_id: str = Field(max_length=26)
    unit: str = Field(sa_type=UnitPath)
    vin_enc: str | None = text_column()
    colour: str = Field(default="", max_length=40)
    list_fen: int | None = None
    state: str = Field(default="in_stock", max_length=20)
    arrived_on: date | None = None
    eta_on: date | None = None
