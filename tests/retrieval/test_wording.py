"""Fitment wording into typed candidates."""

from __future__ import annotations

import pytest

from retrieval.wording import PartQuery, VehicleQuery, read_wording


@pytest.mark.parametrize(
    ("text", "vehicle"),
    [
        ("2018款迈腾1.8T前刹车片有货吗", VehicleQuery("大众", "迈腾", year=2018, displacement="1.8T")),
        ("06L115562B能装高7吗", VehicleQuery("大众", "高尔夫", generation="7")),
        ("18款高尔夫GTI", VehicleQuery("大众", "高尔夫", year=2018, trim="GTI")),
        ("2019 Camry 2.5", VehicleQuery("丰田", "凯美瑞", year=2019, displacement="2.5")),
        ("迈腾B8 330TSI", VehicleQuery("大众", "迈腾", generation="B8", trim="330TSI")),
        ("宝马320", VehicleQuery("宝马", "3系")),
        ("汉EV 的空调格", VehicleQuery("比亚迪", "汉")),
        ("LSVAA4187E2184847 机滤", VehicleQuery(vin="LSVAA4187E2184847")),
        ("丰田的机滤", VehicleQuery("丰田")),
    ],
)
def test_vehicle(text: str, vehicle: VehicleQuery) -> None:
    assert read_wording(text).vehicles == (vehicle,)


@pytest.mark.parametrize(
    ("text", "category", "position", "choices"),
    [
        ("前刹车片", "刹车片", "front", ()),
        ("刹车皮", "刹车片", "", ("front", "rear")),
        ("后面的刹车碟", "刹车盘", "rear", ()),
        ("左前减震", "减震器", "front", ()),
        ("rear brake pads", "刹车片", "rear", ()),
        ("大灯左边的", "大灯", "front_left", ()),
        ("左后视镜", "后视镜", "left", ()),
        ("后视镜", "后视镜", "", ("left", "right")),
        ("前氧", "氧传感器", "upstream", ()),
        ("火嘴", "火花塞", "", ()),
        ("波箱油", "变速箱油", "", ()),
        ("front left wheel speed sensor", "ABS传感器", "front_left", ()),
    ],
)
def test_part(text: str, category: str, position: str, choices: tuple[str, ...]) -> None:
    [part] = read_wording(text).parts
    assert (part.category, part.position, part.choices) == (category, position, choices)


def test_several_parts_each_with_its_position() -> None:
    parts = read_wording("后面的刹车碟和前面的刹车皮, 还有机滤").parts
    assert [(p.category, p.position) for p in parts] == [
        ("刹车盘", "rear"),
        ("刹车片", "front"),
        ("机油滤清器", ""),
    ]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("06L 115 562 B 18款高尔夫GTI", ["06L115562B"]),
        ("13800138000 要刹车片", []),
        ("2018款1.8T", []),
        ("LSVAA4187E2184847", []),
    ],
)
def test_numbers_are_never_joined_with_years_phones_or_vins(text: str, keys: list[str]) -> None:
    assert [part.oe for part in read_wording(text).parts if part.oe] == keys


@pytest.mark.parametrize("text", ["", "今天天气怎么样", "你好", "\x00", "唐老师秦始皇"])
def test_nothing_said_nothing_read(text: str) -> None:
    wording = read_wording(text)
    assert (wording.vehicles, wording.parts) == ((), ())


def test_a_deployment_adds_its_own_series() -> None:
    wording = read_wording("极光刹车片", {"路虎": {"揽胜极光": ["极光"]}})
    assert wording.vehicles == (VehicleQuery("路虎", "揽胜极光"),)
    assert wording.parts[0] == PartQuery("", "刹车片", "", "刹车片", ("front", "rear"))


def test_two_vehicles_stay_two_candidates() -> None:
    assert [v.series for v in read_wording("迈腾和帕萨特的机滤一样吗").vehicles] == ["迈腾", "帕萨特"]
