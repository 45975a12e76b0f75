"""Orders: written once a code, seen by whom they may."""

from __future__ import annotations

from datetime import date

import pytest

from crm_core.api import Core
from crm_core.customers.messages import AddCustomer, CustomerHistory
from crm_core.kernel.errors import Invalid, NotFound, Refused
from crm_core.orders.messages import AddOrder, Orders
from tests.core.fitment.shop import HERE, Shop

LINES = (("前刹车片", 2, 132_000), ("工时", 1, 20_000))


@pytest.fixture
def shop(core: Core) -> Shop:
    return Shop(core)


def order(customer_id: str, code: str = "o1", **more: object) -> AddOrder:
    fields = {"code": code, "customer_id": customer_id, "kind": "parts", "title": "前刹车片", "lines": LINES,
              "ordered_on": date(2026, 3, 1)}  # fmt: skip
    return AddOrder.model_validate(fields | more)


def test_the_same_order_twice_is_one(shop: Shop) -> None:
    customer_id, customer = shop.customer()
    first = shop.do(order(customer_id))
    assert shop.do(order(customer_id)).view == "unchanged"
    moved = shop.do(order(customer_id, state="arrived"))
    assert (first.view, moved.view, moved.id) == ("added", "changed", first.id)
    assert [(c.field, c.before, c.after) for c in moved.changes] == [("state", "placed", "arrived")]
    seen = shop.core.ask(Orders(), customer)
    assert [(o.code, o.state, o.amount_fen, o.lines) for o in seen] == [("o1", "arrived", 152_000, LINES)]


def test_newest_first_and_by_reference(shop: Shop) -> None:
    customer_id, _ = shop.customer()
    shop.do(order(customer_id, "old", ordered_on=date(2025, 1, 1)))
    shop.do(order(customer_id, "new"))
    found = shop.core.ask(Orders(customer_id=customer_id), shop.rep)
    assert [o.code for o in found] == ["new", "old"]
    assert [o.code for o in shop.core.ask(Orders(ref=found[1].ref.lower()), shop.rep)] == ["old"]
    assert [o.code for o in shop.core.ask(Orders(ref="new"), shop.rep)] == ["new"]


def test_a_customer_sees_only_his_own(shop: Shop) -> None:
    customer_id, _ = shop.customer()
    shop.do(order(customer_id))
    shop.do(AddCustomer(name="王五", code="c2", unit=HERE, owner_id=shop.rep.id, login="customer2"))
    stranger = shop.core.actor("customer2")
    assert shop.core.ask(Orders(), stranger) == []
    assert shop.core.ask(Orders(customer_id=customer_id), stranger) == []
    assert shop.core.ask(Orders(ref="o1"), stranger) == []


def test_what_is_refused(shop: Shop) -> None:
    customer_id, _ = shop.customer()
    shop.do(order(customer_id))
    other = shop.do(AddCustomer(name="王五", code="c2", unit=HERE, owner_id=shop.rep.id))
    for wrong, key in (
        (order(other.id), "error.order_of_another"),
        (order(customer_id, "x", state="lost"), "error.unknown_state"),
        (order(customer_id, "x", kind="boat"), "error.unknown_kind"),
        (order(customer_id, " "), "error.empty"),
        (order(customer_id, "x", lines=(("件", 0, 1),)), "error.negative"),
    ):
        with pytest.raises(Invalid) as error:
            shop.do(wrong)
        assert error.value.key == key
    with pytest.raises((Refused, NotFound)):
        shop.do(order(customer_id, "x"), shop.rep)


def test_an_order_is_part_of_the_history(shop: Shop) -> None:
    customer_id, _ = shop.customer()
    shop.do(order(customer_id))
    told = shop.core.ask(CustomerHistory(customer_id=customer_id, kinds=("order",)), shop.rep)
    assert [(r.kind, r.text, r.at.date()) for r in told] == [("order", "前刹车片 ¥1,520", date(2026, 3, 1))]
