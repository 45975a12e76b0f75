"""A car is never taken for another one whose name is like it."""

from __future__ import annotations

import pytest

from crm_core.api import Core
from crm_core.fitment.messages import CheckFit, VehicleSpec
from crm_core.vehicles.messages import AddModel, FindModels
from crm_core.vehicles.naming import names_in
from crm_core.vehicles.variants import variant_words
from tests.core.fitment.shop import Shop

MODELS = (
    {"code": "x5", "brand": "宝马", "brand_en": "BMW", "series": "X5", "fuel": "petrol"},
    {"code": "q5", "brand": "奥迪", "series": "Q5L", "aliases": ("Q5",), "generation": "B9"},
    {"code": "han", "brand": "比亚迪", "series": "汉", "aliases": ("汉DM-i",), "fuel": "phev", "year": 2025},
    {"code": "l7", "brand": "理想", "series": "理想L7", "aliases": ("L7",), "fuel": "erev"},
    {"code": "crv", "brand": "本田", "series": "CR-V", "aliases": ("CRV",), "fuel": "汽油"},
    {"code": "tiguan", "brand": "大众", "series": "途观L", "series_en": "Tiguan L", "aliases": ("途观",)},
    {"code": "3er", "brand": "宝马", "series": "3系", "generation": "G28"},
    {"code": "unknown", "brand": "Northwind", "series": "Comet"},
)


@pytest.fixture
def shop(core: Core) -> Shop:
    made = Shop(core)
    for model in MODELS:
        made.do(AddModel.model_validate(model))
    return made


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ({"words": "2018款CX-5"}, []),
        ({"words": "英菲尼迪Q50L"}, []),
        ({"words": "宝马iX5"}, []),
        ({"words": "X50"}, []),
        ({"words": "X5M"}, []),
        ({"words": "宝马X5 40i"}, ["x5"]),
        ({"words": "BMWX5"}, ["x5"]),
        ({"words": "2019X5"}, ["x5"]),
        ({"words": "Q5 2019"}, ["q5"]),
        ({"words": "2022款汉兰达"}, []),
        ({"words": "武汉的车"}, []),
        ({"words": "2025款汉前刹车片"}, ["han"]),
        ({"words": "智己L7"}, []),
        ({"words": "理想 L7"}, ["l7"]),
        ({"words": "CR V 2019"}, ["crv"]),
        ({"brand": "马自达", "series": "CX-5"}, []),
        ({"brand": "丰田", "series": "汉兰达"}, []),
        ({"brand": "智己", "series": "L7"}, []),
        ({"brand": "比亚迪", "series": "汉L"}, []),
        ({"brand": "BYD", "series": "汉"}, ["han"]),
        ({"brand": "广汽本田", "series": "CRV"}, ["crv"]),
        ({"brand": "北风", "series": "Comet"}, ["unknown"]),
        ({"series": "新款途观"}, ["tiguan"]),
    ],
)
def test_a_name_inside_another_is_not_that_car(shop: Shop, said: dict[str, str], codes: list[str]) -> None:
    found = shop.core.ask(FindModels.model_validate(said), shop.rep)
    assert sorted(model.code for model in found) == codes


@pytest.mark.parametrize(
    ("vehicle", "known"),
    [
        ("CRV", True),
        ("CRV 汽油版", True),
        ("CRV混动", False),
        ("CRV EV", False),
        ("汉DM-i 2025", True),
        ("汉EV", False),
        ("Comet hybrid", True),
        ("途观X", False),
        ("途观", True),
        ("Tiguan L", True),
        ("宝马X5 diesel", False),
        ("宝马3系 G28", True),
        ("宝马3系 G20", False),
        ("宝马3系 F30", False),
        ("奥迪Q5 B8", False),
        ("高尔夫8", False),
        ("高尔夫7", True),
        ("高尔夫GTI", True),
        ("高尔夫旅行版", False),
        ({"series": "迈腾", "engine": "CUF"}, True),
        ({"series": "迈腾", "engine": "XYZ"}, False),
        ({"series": "迈腾", "words": "混动"}, True),
        ({"brand": "本田", "series": "CR-V", "words": "混动"}, False),
    ],
)
def test_another_drive_or_body_is_another_car(shop: Shop, vehicle: str | dict[str, str], known: bool) -> None:
    answer = shop.core.ask(CheckFit(part="06L115562B", vehicle=VehicleSpec.model_validate(vehicle)), shop.rep)
    assert (answer.ask != "vehicle") is known


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2019款CRV混动机滤", ("混动",)),
        ("途观X机滤", ("x",)),
        ("golf R brake pads", ("r",)),
        ("柴油滤清器", ()),
        ("performance brake pads for a Golf", ()),
        ("2 x brake pads", ()),
        ("iX3", ()),
        ("汉EV和汉DM-i", ("ev", "dm-i")),
    ],
)
def test_words_of_drive_and_body(text: str, words: tuple[str, ...]) -> None:
    assert variant_words(text) == words


def test_what_stands_before_a_name_is_kept() -> None:
    assert names_in("智己L7")["l7"] == "智己"
