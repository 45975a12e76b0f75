"""What the catalogue holds: whose number it is, cross references with their source, prices by class."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.messages import AddCustomer
from crm_core.fitment.crossrefs import refs_from
from crm_core.fitment.makers import maker_key
from crm_core.fitment.messages import AddApplication, AddCrossRef, AddPart, SetPrices, SetStock
from crm_core.fitment.prices import prices_for
from crm_core.fitment.tables import Application, Part
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import Invalid, Refused
from tests.core.fitment.shop import HERE, THERE, Shop

PADS = {"name": "刹车片", "category": "刹车片"}


def parts(shop: Shop, key: str) -> list[Part]:
    with shop.core.database.read() as session:
        return list(
            session.execute(select(Part).where(col(Part.oe_key) == key).order_by(col(Part.id))).scalars()
        )


def price(shop: Shop, number: str, actor: Actor, customer_id: str = "") -> tuple[int, str] | None:
    with shop.core.database.read() as session:
        reader = shop.core.reader(session, actor)
        part = session.execute(select(Part).where(col(Part.oe_key) == number)).scalars().one()
        line = prices_for([part], reader, customer_id).get(part.id)
    return (line.price_fen, line.price_class) if line else None


@pytest.mark.parametrize(("one", "other", "same"), [
    ("大众", "VW", True), ("Audi", "skoda", True), ("一汽-大众", "volkswagen", True), ("日产", "现代", False),
    ("MANN-FILTER", "曼牌", True), ("Some Maker", "some-maker", True), ("丰田", "宝马", False),
])  # fmt: skip
def test_makers_under_all_their_names(one: str, other: str, same: bool) -> None:
    assert (maker_key(one) == maker_key(other)) is same


def test_two_makers_may_use_the_same_digits(shop: Shop) -> None:
    shop.do(AddPart(oe="D 1234", brand="TRW", **PADS))
    shop.do(AddPart(oe="D-1234", brand="Textar", **PADS))
    assert [(part.brand, part.oe, part.aftermarket) for part in parts(shop, "D1234")] == [
        ("TRW", "D 1234", True), ("Textar", "D-1234", True)]  # fmt: skip
    again = shop.do(AddPart(oe="d1234", brand="天合", **PADS))
    assert again.view == "changed"
    assert len(parts(shop, "D1234")) == 2
    for command in (
        AddApplication(oe="D1234", model_code="m18"),
        SetStock(oe="D1234", unit=HERE, quantity=1),
    ):
        with pytest.raises(Invalid, match="which_brand"):
            shop.do(command)
    assert shop.do(SetStock(oe="D1234", brand="TRW", unit=HERE, quantity=1)).view == "added"


def test_a_part_whose_maker_nobody_named_is_the_one_that_is_named_later(shop: Shop) -> None:
    shop.do(AddPart(oe="11 42 8 507 683", name="机油滤清器", category="机油滤清器"))
    shop.do(AddPart(oe="11428507683", brand="BMW", name="机油滤清器", category="机油滤清器"))
    assert [(part.brand, part.maker, part.aftermarket) for part in parts(shop, "11428507683")] == [
        ("BMW", "bmw", False)]  # fmt: skip
    assert shop.do(AddPart(oe="11428507683", name="机油滤清器", category="机油滤清器")).view == "unchanged"


def test_rows_for_an_external_id_are_rows_for_every_model_that_carries_it(shop: Shop) -> None:
    row = AddApplication(oe="WHT003857", model_code="aces:7541", code="a1", source="list", quantity=2, confidence=80,
                         conditions=(("DriveType", "5"),))  # fmt: skip
    made = shop.do(row)
    assert made.view == "added"
    assert shop.do(row).view == "unchanged"
    assert shop.do(row.model_copy(update={"quantity": 4})).view == "changed"
    with shop.core.database.read() as session:
        kept = session.get(Application, made.id)
    assert kept is not None
    assert (kept.quantity, kept.confidence, kept.conditions, kept.ref, kept.version) == (
        4, 80, [["DriveType", "5"]], "a1", 2)  # fmt: skip


def test_a_table_of_cross_references_outlives_the_parts_own_list(shop: Shop) -> None:
    ref = AddCrossRef(kind="aftermarket", from_oe="OX 1217D", to_oe="06L115562B", brand="MAHLE", confidence=90,
                      source="供应商表")  # fmt: skip
    assert [shop.do(ref).view for _ in range(2)] == ["added", "unchanged"]
    part = {"oe": "06L 115 562 B", "brand": "大众", "name": "机油滤清器", "category": "机油滤清器"}
    shop.do(AddPart(**part, aftermarket=("MANN W 1",)))
    with shop.core.database.read() as session:
        reader = shop.core.reader(session, shop.rep)
        found = {row.from_key: (row.display, row.confidence, row.source)
                 for row in refs_from(reader, ["OX1217D", "MAHLEOX1217D", "W1", "HU6013Z"])}  # fmt: skip
    assert found == {
        "OX1217D": ("MAHLE OX 1217D", 90, "供应商表"), "MAHLEOX1217D": ("MAHLE OX 1217D", 90, "供应商表"),
        "W1": ("MANN W 1", None, ""),
    }  # fmt: skip


@pytest.mark.parametrize(("change", "key"), [
    ({"from_oe": "06L-115-562-B"}, "same_number"), ({"from_oe": "···"}, "bad_oe"), ({"confidence": 101}, "percentage"),
])  # fmt: skip
def test_cross_references_that_mean_nothing(shop: Shop, change: dict[str, object], key: str) -> None:
    ref = AddCrossRef(kind="interchange", from_oe="8V0698151", to_oe="06L115562B")
    with pytest.raises(Invalid, match=key):
        shop.do(ref.model_copy(update=change))


def test_each_class_of_customers_has_its_price(shop: Shop) -> None:
    customer_id, customer = shop.customer()
    fleet = shop.do(AddCustomer(name="车队", code="c9", unit=HERE, owner_id=shop.rep.id, price_class="fleet",
                                login="fleet")).id  # fmt: skip
    number = "06L115562B"
    assert price(shop, number, shop.rep) == price(shop, number, customer) == (6200, "retail")
    shop.do(SetPrices(oe="06L 115 562 B", prices=(("fleet", 5000), ("trade", 4500)), source="2026"))
    shop.do(SetPrices(oe=number, prices=(("fleet", 4900),), unit=HERE))
    shop.do(SetPrices(oe=number, prices=(("fleet", 1),), unit=THERE))
    assert price(shop, number, shop.rep, customer_id) == (6200, "retail")
    assert price(shop, number, shop.rep, fleet) == (4900, "fleet")
    assert price(shop, number, shop.core.actor("fleet")) == (4900, "fleet")
    # Nobody learns a price by naming a customer he may not see.
    assert price(shop, number, shop.core.actor("tech1"), fleet) == (6200, "retail")
    assert shop.do(SetPrices(oe=number, prices=(("fleet", None),), unit=HERE)).view == "changed"
    assert price(shop, number, shop.rep, fleet) == (5000, "fleet")


def test_prices_have_days(shop: Shop) -> None:
    today = shop.core.now().date()
    for start, end, counts in ((None, today - timedelta(days=2), False), (today + timedelta(days=2), None, False),
                               (today - timedelta(days=2), today + timedelta(days=2), True)):  # fmt: skip
        shop.do(SetPrices(oe="06L115562B", prices=(("retail", 7000),), valid_from=start, valid_until=end))
        assert price(shop, "06L115562B", shop.rep) == ((7000 if counts else 6200), "retail")


@pytest.mark.parametrize(("change", "key"), [
    ({"prices": (("gold", 1),)}, "price_class"), ({"prices": (("retail", -1),)}, "negative"), ({"prices": ()}, "empty"),
    ({"unit": "star.west."}, "unknown_unit"), ({"oe": "999"}, "unknown_part"),
])  # fmt: skip
def test_prices_that_mean_nothing(shop: Shop, change: dict[str, object], key: str) -> None:
    with pytest.raises(Invalid, match=key):
        shop.do(SetPrices(oe="06L115562B", prices=(("retail", 1),)).model_copy(update=change))


def test_who_may_set_prices(shop: Shop) -> None:
    with pytest.raises(Refused):
        shop.do(SetPrices(oe="06L115562B", prices=(("retail", 1),)), shop.rep)
    with pytest.raises(Refused):
        shop.do(AddCustomer(name="自己人", unit=HERE, owner_id=shop.rep.id, price_class="employee"), shop.rep)
