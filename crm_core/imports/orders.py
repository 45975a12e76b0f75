"""The lines of one order, as they stand in a file, as one command."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from crm_core.imports.convert import Values
from crm_core.imports.history import order_date
from crm_core.imports.references import References
from crm_core.orders.messages import AddOrder

_KINDS = {"整车": "car", "新车": "car", "配件": "parts", "零件": "parts", "服务": "service", "维修": "service",
          "保养": "service"}  # fmt: skip
_STATES = {"已下单": "placed", "已确认": "confirmed", "生产中": "in_production", "排产": "in_production",
           "在途": "in_transit", "已到店": "arrived", "到店": "arrived", "已交付": "delivered", "已交车": "delivered",
           "完成": "delivered", "已完成": "delivered", "取消": "cancelled", "已取消": "cancelled"}  # fmt: skip


def order_of(lines: Sequence[Values], refs: References) -> AddOrder:
    """One order. The first line speaks for the order; a line without an amount costs unit price × quantity."""
    first = lines[0]
    kind, state = str(first.get("kind", "car")), str(first.get("state", "placed"))
    expected = first.get("expected_on")
    if "expected_in_days" in first:
        expected = (refs.uow.now + timedelta(days=first["expected_in_days"])).date()
    parsed = tuple(_line(line) for line in lines)
    return AddOrder(
        code=first["code"], customer_id=refs.customer(first["customer"]).id, kind=_KINDS.get(kind, kind),
        state=_STATES.get(state, state), title=first.get("title") or parsed[0][0], lines=parsed,
        ordered_on=order_date(first, refs.uow), expected_on=expected,
    )  # fmt: skip


def _line(v: Values) -> tuple[str, int, int]:
    quantity = v.get("quantity", 1)
    amount = v.get("amount", v.get("unit_price", 0) * quantity)
    return v.get("description") or v.get("item") or v.get("title", ""), quantity, amount
