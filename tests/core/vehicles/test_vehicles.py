"""Models found by what people say, cars seen by whom they may, and handed over with their customer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from crm_core.api import Core
from crm_core.customers.tables import Customer
from crm_core.deals.messages import OwnerChanged
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.uow import Uow
from crm_core.org.messages import AddPerson
from crm_core.vehicles.messages import (
    AddCar,
    AddModel,
    AddStockCar,
    CarStock,
    CustomerCars,
    FindCar,
    FindModels,
    LikelyVins,
    SeriesNames,
)
from crm_core.vehicles.naming import names_in
from crm_core.vehicles.rules import read_words
from crm_core.vehicles.vins import near_vins
from intents.entities.codes import checks
from tests.core.fitment.shop import HERE, THERE, VIN, Shop


@pytest.fixture
def shop(core: Core) -> Shop:
    return Shop(core)


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ({"series": "迈腾", "year": 2018, "displacement": "1.8T"}, ["m18"]),
        ({"series": "Magotan", "displacement": "1.8"}, ["m18"]),
        ({"brand": "VW", "series": "magotan", "trim": "380 TSI"}, ["m20"]),
        ({"series": "大众迈腾", "year": 2017}, ["m18", "m20"]),
        ({"series": "迈腾", "displacement": "330TSI"}, ["m18"]),
        ({"series": "迈腾", "engine": "CUG"}, ["m20"]),
        ({"series": "迈腾", "year": 2018, "trim": "豪华型"}, ["m18", "m20"]),
        ({"words": "2018款迈腾1.8T前刹车片"}, ["m18"]),
        ({"words": "18款迈腾2.0"}, ["m20"]),
        ({"words": "高7 gti"}, ["gti"]),
        ({"series": "高尔夫", "generation": "7代"}, ["g14", "gti"]),
        ({"series": "高尔夫", "generation": "8"}, []),
        ({"series": "迈腾", "year": 1999}, []),
        ({"words": "你好"}, []),
        ({}, []),
    ],
)
def test_models_by_what_people_say(shop: Shop, said: dict[str, object], codes: list[str]) -> None:
    found = shop.core.ask(FindModels.model_validate(said), shop.rep)
    assert sorted(model.code for model in found) == codes


def test_a_model_that_changes_is_found_by_its_new_name_only(shop: Shop) -> None:
    model = {"code": "m18", "brand": "大众", "series": "新名"}
    assert shop.do(AddModel.model_validate(model)).view == "changed"
    assert shop.do(AddModel.model_validate(model)).view == "unchanged"
    assert [m.code for m in shop.core.ask(FindModels(series="新名"), shop.rep)] == ["m18"]
    assert "m18" not in [m.code for m in shop.core.ask(FindModels(series="迈腾"), shop.rep)]


def test_each_series_once_with_all_its_names(shop: Shop) -> None:
    shop.do(AddModel(code="x1", brand="星途", series="星际", aliases=("星际一号",)))
    shop.do(AddModel(code="x2", brand="星途", series="星际", series_en="Stellar", aliases=("星际一号", "一号车")))
    found = [row for row in shop.core.ask(SeriesNames(), shop.rep) if row.series == "星际"]
    assert [(row.brand, sorted(row.names)) for row in found] == [("星途", ["Stellar", "一号车", "星际", "星际一号"])]


@pytest.mark.parametrize(
    ("words", "year", "displacement"),
    [("2018款迈腾1.8T", 2018, "1.8T"), ("18款1.5t", 2018, "1.5T"), ("迈腾", None, ""), ("预算25万", None, ""),
     ("2.0", None, "2.0")],
)  # fmt: skip
def test_words(words: str, year: int | None, displacement: str) -> None:
    said = read_words(words)
    assert (said.year, said.displacement) == (year, displacement)


def test_long_words_make_a_bounded_question() -> None:
    assert len(names_in("迈腾" * 100_000)) < 1_500


def test_a_car_is_known_again_and_what_is_not_said_stays(shop: Shop) -> None:
    customer_id, _ = shop.customer()
    again = shop.do(
        AddCar(customer_id=customer_id, vin=VIN, plate="沪A8K206", model_code="m18", options=("1ZE",))
    )
    assert again.view == "unchanged"
    changed = shop.do(AddCar(customer_id=customer_id, plate="沪A8K206", mileage_km=86_300))
    assert (changed.view, changed.id) == ("changed", again.id)
    cars = shop.core.ask(CustomerCars(customer_id=customer_id), shop.boss)
    assert [(car.vin, car.mileage_km, car.options) for car in cars] == [(VIN, 86_300, ("1ZE",))]
    with pytest.raises(Invalid) as error:
        shop.do(AddCar(customer_id=customer_id, vin="LFV3A23COJ3138206"))
    assert (error.value.key, error.value.params["suggestion"]) == ("error.bad_vin", VIN)


def test_vin_and_plate_are_shown_by_class_and_to_the_owner(shop: Shop) -> None:
    customer_id, customer = shop.customer()
    rep = shop.core.ask(FindCar(vin=VIN[-6:]), shop.rep)
    assert (rep.vin, rep.plate) == ("*" * 13 + "8206", "***K206")
    assert shop.core.ask(FindCar(plate="沪A·8K206"), shop.boss).vin == VIN
    assert shop.core.ask(CustomerCars(customer_id=customer_id), customer)[0].vin == VIN


def test_who_may_not_see_a_car_learns_nothing(shop: Shop) -> None:
    customer_id, _ = shop.customer()
    shop.do(AddPerson(code="rep9", name="外店销售", role="rep", unit=THERE))
    stranger = shop.core.actor("rep9")
    assert shop.core.ask(FindCar(vin=VIN), stranger) is None
    assert shop.core.ask(CustomerCars(customer_id=customer_id), stranger) == []
    with pytest.raises(NotFound):
        shop.do(AddCar(customer_id=customer_id, vin=VIN), stranger)


@pytest.mark.parametrize(
    "typed", [VIN[:-1] + "G", VIN[:13] + "3" + VIN[14:], VIN[:12] + VIN[13] + VIN[12] + VIN[14:], "LFV3A23COJ3138260"],
    ids=["6 for G", "3 for 8", "two swapped", "an O and two swapped"],
)  # fmt: skip
def test_a_misread_vin_is_known_by_the_visible_car_that_is_nearly_so(shop: Shop, typed: str) -> None:
    shop.customer()
    (likely,) = shop.core.ask(LikelyVins(vin=typed), shop.rep)
    assert likely.vin == VIN
    assert "迈腾" in likely.name
    shop.do(AddPerson(code="rep9", name="外店销售", role="rep", unit=THERE))
    others = shop.core.ask(LikelyVins(vin=typed), shop.core.actor("rep9"))
    assert all(one.name == "" for one in others)


def test_of_nobodys_car_the_check_digit_tells(shop: Shop) -> None:
    wrong = VIN[:-1] + "G"
    found = [one.vin for one in shop.core.ask(LikelyVins(vin=wrong), shop.rep)]
    assert 0 < len(found) <= 3
    assert all(checks(one) and one != wrong for one in found)
    assert shop.core.ask(LikelyVins(vin=VIN), shop.rep) == (), "it agrees as it is"
    assert shop.core.ask(LikelyVins(vin="LFV3"), shop.rep) == ()


@given(st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=17, max_size=17))
def test_near_vins_are_vins_that_differ(vin: str) -> None:
    for near in near_vins(vin):
        assert near != vin
        assert len(near) == 17
        assert not set(near) & set("IOQ")
        assert sorted(near) == sorted(vin) or sum(a != b for a, b in zip(near, vin, strict=True)) == 1


def test_cars_follow_their_customer(shop: Shop) -> None:
    customer_id, _ = shop.customer()
    shop.do(AddPerson(code="rep2", name="接手人", role="rep", unit=HERE))
    heir = shop.core.actor("rep2")
    with shop.core.database.write() as session:
        uow = Uow(session=session, actor=shop.job, now=shop.core.now(), services=shop.core.services)
        customer = session.execute(select(Customer).where(col(Customer.id) == customer_id)).scalars().one()
        customer.owner_id = heir.id
        uow.emit(OwnerChanged(customer_id=customer_id, before_id=shop.rep.id, after_id=heir.id))
        uow.settle()
    assert shop.core.ask(FindCar(vin=VIN), heir) is not None
    assert shop.core.ask(FindCar(vin=VIN), shop.rep) is None


def test_new_cars_alike_are_counted_together_own_dealer_first(shop: Shop) -> None:
    for code, unit, colour in (
        ("s1", THERE, "白"),
        ("s2", HERE, "白"),
        ("s3", HERE, "白"),
        ("s4", HERE, "黑"),
    ):
        shop.do(AddStockCar(code=code, model_code="m18", unit=unit, colour=colour, list_fen=19_990_000))
    shop.do(AddStockCar(code="s5", model_code="m18", unit=HERE, state="sold"))
    found = shop.core.ask(CarStock(series="迈腾"), shop.rep)
    assert [(car.dealer, car.colour, car.count) for car in found] == [
        ("本店", "白", 2),
        ("本店", "黑", 1),
        ("分店", "白", 1),
    ]
