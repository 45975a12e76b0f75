"""Rows of orders and their lines."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.tables import Owned, Row


class Order(Owned, table=True):
    """What a customer ordered. Kinds: car, parts, service. Money in fen."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("tenant", "code"),
        Index("ix_orders_customer", "tenant", "customer_id", "ordered_on"),
        Index("ix_orders_owner", "tenant", "owner_id", "ordered_on"),
        Index("ix_orders_unit", "tenant", "unit", "ordered_on"),
        Index("ix_orders_ref", "tenant", "ref"),
    )
    ref: str = Field(max_length=12)
    code: str = Field(max_length=60)
    kind: str = Field(default="car", max_length=20)
    title: str = Field(default="", max_length=200)
    amount_fen: int = Field(default=0, sa_type=BigInteger)
    currency: str = Field(default="CNY", max_length=3)
    state: str = Field(default="placed", max_length=20)
    ordered_on: date | None = None
    expected_on: date | None = None


class OrderLine(Row, table=True):
    """One thing that was ordered."""

    __tablename__ = "order_lines"
    __table_args__ = (UniqueConstraint("order_id", "position"),)
    order_id: str = Field(max_length=26)
    position: int
    what: str = Field(max_length=200)
    quantity: int = 1
    amount_fen: int = Field(default=0, sa_type=BigInteger)
