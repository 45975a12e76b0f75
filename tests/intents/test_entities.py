"""Codes, vehicles, parts and people: what is found, and what must not be taken for it."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents import Lexicon, standard_part
from intents.extract import extract

NOW = datetime(2026, 11, 21, 14, 20)


def found(text: str, kind: str, lexicon: Lexicon | None = None) -> list[Any]:
    return [span.value for span in extract(text, NOW, lexicon) if span.kind == kind]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("电话138 0013 8000", "phone", "13800138000"),
        ("+86 13800138000", "phone", "13800138000"),
        ("call +44 20 7946 0958", "phone", "+442079460958"),
        ("车牌粤B·12345", "plate", "粤B12345"),
        ("粤BD12345", "plate", "粤BD12345"),
        ("LSVNV2182E2100001", "vin", "LSVNV2182E2100001"),
        ("06L 115 562 B", "oe", "06L115562B"),
        ("04465-33471有吗", "oe", "0446533471"),
        ("０６Ｌ１１５５６２Ｂ", "oe", "06L115562B"),
        ("手机一三八幺二三四五六七八", "phone", "13812345678"),
        ("幺三九 零零幺二 三四五六", "phone", "13900123456"),
        ("138.0013.8000", "phone", "13800138000"),
        ("(+86)139-1234-5678", "phone", "13912345678"),
        ("0086 13912345678", "phone", "13912345678"),
        ("粤bd12345", "plate", "粤BD12345"),
        ("粤 B 12345", "plate", "粤B12345"),
        ("粤b一二三四五", "plate", "粤B12345"),
        ("月B12345到店", "plate", "粤B12345"),
        ("粤BO1234", "plate", "粤B01234"),
        ("vin lsvnv 2182 e210 0001", "vin", "LSVNV2182E2100001"),
        ("lsvnv2182e2100001", "vin", "LSVNV2182E2100001"),
        ("车架号是LSVNV2182E21OO0O1", "vin", "LSVNV2182E2100001"),
        ("06l-115-562-b", "oe", "06L115562B"),
        ("1K0 698 151 A", "oe", "1K0698151A"),
        ("13 71 7 521 023", "oe", "13717521023"),
        ("11427566327", "oe", "11427566327"),
        ("A 000 420 98 02", "oe", "A0004209802"),
        ("G 052 182 A2", "oe", "G052182A2"),
        ("15400-PLM-A02 how much", "oe", "15400PLMA02"),
    ],
)
def test_codes(text: str, kind: str, value: str) -> None:
    assert found(text, kind) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "LSVNV2182E2100001",
        "13800138000",
        "粤B12345",
        "2018款",
        "1.8T",
        "225/45R17",
        "P0171",
        "5W-30",
        "0W20",
        "2026-11-21",
        "ES6",
        "2026 11 21 14 20",
        "12 500 000 000",
        "微信号zw198805",
        "顺丰SF1234567890123",
        "abc12345@qq.com",
        "订单号DD20261121",
        "139-1234-5678",
        "RMB 238,000",
        "8000-10000",
        "幺三八零零幺三八零零零",
    ],
)
def test_what_is_no_oe_number(text: str) -> None:
    assert found(text, "oe") == []


def test_a_misread_letter_of_a_vin_is_shown_beside_the_likely_figure() -> None:
    (span,) = [s for s in extract("车架号LSVNV2182E21OO0O1", NOW) if s.kind == "vin"]
    assert (span.value, span.alternatives) == ("LSVNV2182E2100001", ("LSVNV2182E21OO0O1",))


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", " ", "-", "."]), st.booleans())
def test_a_phone_is_read_in_any_spelling(number: str, gap: str, spoken: bool) -> None:
    words = gap.join((number[:3], number[3:7], number[7:]))
    words = words.translate(str.maketrans("0123456789", "零幺二三四五六七八九")) if spoken else words
    assert found(f"电话{words}，张伟", "phone") == [number]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2018款迈腾1.8T", {"brand": "大众", "series": "迈腾", "year": 2018, "displacement": "1.8T"}),
        ("高7", {"brand": "大众", "series": "高尔夫", "generation": 7}),
        ("a Golf 7", {"brand": "大众", "series": "高尔夫", "generation": 7}),
        ("2018 Magotan 1.8T", {"brand": "大众", "series": "迈腾", "year": 2018, "displacement": "1.8T"}),
        ("宝马X5", {"brand": "宝马", "series": "X5"}),
        (
            "18款朗逸1.5L舒适版",
            {"brand": "大众", "series": "朗逸", "year": 2018, "displacement": "1.5L", "trim": "舒适版"},
        ),
        ("model y", {"brand": "特斯拉", "series": "Model Y"}),
        ("想看大众", {"brand": "大众"}),
    ],
)
def test_vehicles(text: str, value: dict[str, Any]) -> None:
    assert found(text, "vehicle") == [value]


def test_a_dealer_adds_words_of_his_own() -> None:
    lexicon = Lexicon(people=("胖子",), series=(("小钢炮", "大众", "高尔夫"),), parts=(("神仙水", "玻璃水"),))
    text = "胖子的小钢炮要神仙水"
    assert found(text, "person", lexicon) == ["胖子"]
    assert found(text, "vehicle", lexicon) == [{"brand": "大众", "series": "高尔夫"}]
    assert found(text, "part", lexicon) == ["玻璃水"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("前刹车皮", "前刹车片"),
        ("火嘴", "火花塞"),
        ("波箱油", "变速箱油"),
        ("front brake pads", "front brake pads"),
    ],
)
def test_parts(text: str, value: str) -> None:
    assert found(text, "part") == [value]


def test_the_standard_part_name_is_the_same_from_both_languages() -> None:
    assert standard_part("front brake pads") == standard_part("前刹车皮") == "前刹车片"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("给李总打电话", "李总"), ("王姐到店了", "王姐"), ("欧阳女士来过", "欧阳女士"), ("张伟上次聊了什么", "张伟"),
        ("book Mr Sun on Monday", "Mr Sun"), ("call Sun Lei", "Sun Lei"), ("李建国想看ES6", "李建国"),
    ],
)  # fmt: skip
def test_people(text: str, value: str) -> None:
    assert found(text, "person") == [value]


@pytest.mark.parametrize(
    "text", ["马上办", "很高兴", "方向盘抖", "周末去", "万一呢", "小时候", "安排一下", "总共多少"]
)
def test_words_that_only_begin_like_a_name(text: str) -> None:
    assert found(text, "person") == []


@given(st.text(max_size=60))
def test_spans_never_overlap_and_quote_the_text(text: str) -> None:
    spans = extract(text, NOW)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(span.words == text[span.start : span.end].strip() for span in spans)
