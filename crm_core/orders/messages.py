"""Orders, thin: lines, state, dates. Money in fen. The public vocabulary."""

from __future__ import annotations

from datetime import date

from crm_core.kernel.registry import Command, Event, Question, View


class AddOrder(Command):
    """Create or change an order; `code` is its number in the dealer's files."""

    code: str
    customer_id: str
    kind: str = "car"
    title: str = ""
    lines: tuple[tuple[str, int, int], ...] = ()
    amount_fen: int = 0
    state: str = "placed"
    ordered_on: date | None = None
    expected_on: date | None = None


class OrderChanged(Event):
    """An order is new or changed."""

    order_id: str
    customer_id: str


class OrderDelivered(Event):
    """A car that was on order reached its customer; not told of orders first heard of as delivered."""

    order_id: str
    customer_id: str


class OrderView(View):
    """`lines` are (what, quantity, fen)."""

    id: str
    ref: str
    code: str
    customer_id: str
    customer_name: str
    kind: str
    title: str
    lines: tuple[tuple[str, int, int], ...]
    amount_fen: int
    state: str
    ordered_on: date | None
    expected_on: date | None


class Orders(Question):
    """Orders the actor may see, newest first: list[OrderView]. `ref` is ours or the code in the dealer's files.

    States: placed, confirmed, in_production, in_transit, arrived, delivered, cancelled.
    """

    customer_id: str | None = None
    ref: str = ""
    limit: int = 10
