"""Which prices a customer pays: a manager's word, by any name people use, and it can be taken back."""

from __future__ import annotations

import pytest

from crm_core.customers.messages import AddCustomer
from crm_core.customers.tables import Customer
from crm_core.fitment.messages import SetPriceClass
from crm_core.fitment.rules import FitmentPolicy, PriceClass, price_class_named
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.undo.messages import UndoLast
from tests.core.fitment.shop import HERE, Shop

POLICY = FitmentPolicy(
    price_classes={
        "retail": PriceClass(zh="零售价", en="Retail"),
        "trade": PriceClass(zh="同行价", en="Trade", also=("批发", "wholesale")),
    }
)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("批发价", "trade"), ("批发价格", "trade"), ("同行", "trade"), ("Wholesale prices", "trade"), ("trade", "trade"),
        ("trade pricing", "trade"), ("", "retail"), ("零售价", "retail"), ("白金", None), ("价", "retail"),
    ],
)  # fmt: skip
def test_a_class_is_known_by_what_people_call_it(said: str, key: str | None) -> None:
    assert price_class_named(said, POLICY) == key


def test_no_two_shipped_classes_share_a_name(shop: Shop) -> None:
    policy = shop.core.policies.model("fitment", FitmentPolicy)
    for key, one in policy.price_classes.items():
        assert {price_class_named(name, policy) for name in (key, one.zh, one.en, *one.also)} == {key}


def test_whoever_may_price_him_sets_it_and_takes_it_back(shop: Shop) -> None:
    who = shop.do(AddCustomer(name="王丽", code="c9", unit=HERE, owner_id=shop.rep.id)).id
    set_ = shop.do(SetPriceClass(customer_id=who, price_class="批发价"), shop.boss)
    assert set_.view == "同行价"
    assert _class(shop, who) == "trade"
    assert shop.do(SetPriceClass(customer_id=who, price_class="trade"), shop.boss).undo_id is None
    shop.do(UndoLast(undo_id=set_.undo_id), shop.boss)
    assert _class(shop, who) == "retail"
    with pytest.raises(Invalid, match="unknown_price_class"):
        shop.do(SetPriceClass(customer_id=who, price_class="白金"), shop.boss)


def test_a_rep_does_not_price_his_customers(shop: Shop) -> None:
    who = shop.do(AddCustomer(name="王丽", code="c9", unit=HERE, owner_id=shop.rep.id)).id
    with pytest.raises(NotFound):
        shop.do(SetPriceClass(customer_id=who, price_class="trade"), shop.rep)
    assert _class(shop, who) == ""


def _class(shop: Shop, customer_id: str) -> str:
    with shop.core.database.read() as session:
        row = session.get(Customer, customer_id)
        assert row is not None
        return row.price_class
