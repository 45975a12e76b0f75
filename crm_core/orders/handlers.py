"""Changes of orders."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.kernel.errors import Invalid
from crm_core.kernel.ids import short_ref
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.orders.messages import AddOrder, OrderChanged, OrderDelivered
from crm_core.orders.rules import KINDS, STATES, total_of
from crm_core.orders.tables import Order, OrderLine


@handles(AddOrder)
def add_order(cmd: AddOrder, uow: Uow) -> Result:
    """Create or change the order with this code; the same data again changes nothing.

    `view` is added, changed or unchanged. Raises Invalid for an order of another customer.
    """
    uow.must("order", "create")
    customer = uow.get(Customer, cmd.customer_id, "customer", "read")
    _check(cmd)
    order = uow.first(select(Order).where(col(Order.tenant) == uow.tenant, col(Order.code) == cmd.code))
    values: dict[str, Any] = {
        "kind": cmd.kind, "title": cmd.title, "amount_fen": cmd.amount_fen or total_of(cmd.lines),
        "state": cmd.state, "ordered_on": cmd.ordered_on, "expected_on": cmd.expected_on,
    }  # fmt: skip
    if order is None:
        order = uow.new(Order, ref=short_ref("O"), code=cmd.code, customer_id=customer.id, unit=customer.unit,
                        owner_id=customer.owner_id, **values)  # fmt: skip
        _write_lines(order, cmd, uow)
        uow.audit("create", "order", order.id, code=cmd.code, amount=order.amount_fen)
        uow.emit(OrderChanged(order_id=order.id, customer_id=customer.id))
        return Result(id=order.id, view="added")
    if order.customer_id != customer.id:
        raise Invalid("code", "error.order_of_another", value=cmd.code)
    return Result(id=order.id, view=_change(order, values, cmd, uow))


def _check(cmd: AddOrder) -> None:
    if not cmd.code.strip():
        raise Invalid("code", "error.empty")
    if cmd.kind not in KINDS:
        raise Invalid("kind", "error.unknown_kind", value=cmd.kind, known=", ".join(KINDS))
    if cmd.state not in STATES:
        raise Invalid("state", "error.unknown_state", value=cmd.state, known=", ".join(STATES))
    if cmd.amount_fen < 0 or any(quantity <= 0 for _, quantity, _ in cmd.lines):
        raise Invalid("amount_fen", "error.negative")


def _change(order: Order, values: dict[str, Any], cmd: AddOrder, uow: Uow) -> str:
    """Bring a known order up to date; says whether something changed."""
    lines_differ = bool(cmd.lines) and tuple(lines_of(order, uow)) != cmd.lines
    changes = {name: value for name, value in values.items() if getattr(order, name) != value}
    if not changes and not lines_differ:
        return "unchanged"
    for name, value in changes.items():
        uow.change(name, getattr(order, name), value, "money" if name == "amount_fen" else "text")
    if lines_differ:
        uow.session.execute(delete(OrderLine).where(col(OrderLine.order_id) == order.id))
        _write_lines(order, cmd, uow)
    uow.touch(order, **changes)
    uow.audit("write", "order", order.id, **changes)
    uow.emit(OrderChanged(order_id=order.id, customer_id=order.customer_id or ""))
    if changes.get("state") == "delivered" and order.kind == "car" and order.customer_id:
        uow.emit(OrderDelivered(order_id=order.id, customer_id=order.customer_id))
    return "changed"


def _write_lines(order: Order, cmd: AddOrder, uow: Uow) -> None:
    for position, (what, quantity, amount) in enumerate(cmd.lines):
        uow.new(OrderLine, order_id=order.id, position=position, what=what[:200], quantity=quantity,
                amount_fen=amount)  # fmt: skip


def lines_of(order: Order, uow: Uow) -> list[tuple[str, int, int]]:
    """(what, quantity, fen) of an order."""
    query = select(OrderLine).where(col(OrderLine.order_id) == order.id).order_by(col(OrderLine.position))
    return [(line.what, line.quantity, line.amount_fen) for line in uow.rows(query)]
