"""Questions about orders."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.history import tells_history
from crm_core.customers.messages import RecordView
from crm_core.customers.tables import Customer
from crm_core.kernel.money import yuan
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.orders.messages import Orders, OrderView
from crm_core.orders.tables import Order, OrderLine
from crm_core.org.people import person_name, zone_of

MAX_ORDERS = 100


@answers(Orders)
def orders(question: Orders, reader: Reader) -> list[OrderView]:
    """Visible orders, newest first. Absent and forbidden are alike: not in the list."""
    query = reader.select(Order, "order")
    customer_id = question.customer_id or reader.actor.customer_id
    if customer_id is not None:
        query = query.where(col(Order.customer_id) == customer_id)
    if question.ref:
        said = question.ref.strip().upper()
        query = query.where((col(Order.ref) == said) | (col(Order.code) == question.ref.strip()))
    newest = query.order_by(col(Order.ordered_on).desc(), col(Order.id).desc())
    return order_views(reader.rows(newest.limit(min(question.limit, MAX_ORDERS))), reader)


def order_views(found: list[Order], reader: Reader) -> list[OrderView]:
    """Orders the actor was allowed to load, with their lines."""
    lines, names = _lines(found, reader), _names(found, reader)
    return [_view(order, lines[order.id], names.get(order.customer_id or "", "")) for order in found]


def _lines(found: list[Order], reader: Reader) -> dict[str, list[tuple[str, int, int]]]:
    lines: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    query = select(OrderLine).where(col(OrderLine.order_id).in_([order.id for order in found]))
    for line in reader.rows(query.order_by(col(OrderLine.position))):
        lines[line.order_id].append((line.what, line.quantity, line.amount_fen))
    return lines


def _names(found: list[Order], reader: Reader) -> dict[str, str]:
    """Names of customers the actor may see."""
    ids = {order.customer_id for order in found}
    query = reader.select(Customer, "customer").where(col(Customer.id).in_(ids))
    return {customer.id: customer.name for customer in reader.rows(query)}


def _view(order: Order, lines: list[tuple[str, int, int]], customer_name: str) -> OrderView:
    return OrderView(
        id=order.id, ref=order.ref, code=order.code, customer_id=order.customer_id or "", kind=order.kind,
        customer_name=customer_name, title=order.title, lines=tuple(lines), amount_fen=order.amount_fen,
        state=order.state, ordered_on=order.ordered_on, expected_on=order.expected_on,
    )  # fmt: skip


@tells_history("order")
def told_orders(reader: Reader, customer_id: str) -> list[RecordView]:
    """A customer's visible orders."""
    query = reader.select(Order, "order").where(col(Order.customer_id) == customer_id)
    found = reader.rows(query.order_by(col(Order.ordered_on).desc()).limit(MAX_ORDERS))
    return [_told(order, reader) for order in found]


def _told(order: Order, reader: Reader) -> RecordView:
    at = order.created_at
    if order.ordered_on is not None:
        # Only the day is known; noon keeps it that day in every reader's zone nearby.
        at = min(
            datetime.combine(order.ordered_on, time(12), ZoneInfo(zone_of(reader, order.unit))), reader.now
        )
    return RecordView(
        id=order.id, ref=order.ref, customer_id=order.customer_id, kind="order", at=at, outcome=order.state,
        by_name=person_name(reader, order.owner_id), text=f"{order.title} ¥{yuan(order.amount_fen)}",
    )  # fmt: skip
