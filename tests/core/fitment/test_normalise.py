"""Part numbers, VINs and plates as keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.fitment.normalise import (
    family,
    look_alikes,
    looks_like_oe,
    oe_display,
    oe_key,
    part_said,
    plate_key,
    vehicle_said,
    vin_advice,
    vin_check_digit,
    vin_key,
    vin_suggestion,
)

VIN = "LFV3A23C0J3138206"


@given(st.text(max_size=40))
def test_a_key_of_a_key_is_itself(text: str) -> None:
    key = oe_key(text)
    assert oe_key(key) == key
    assert key.isascii()
    assert oe_key(text.lower()) == oe_key(key.lower() if text.isascii() else text.lower())


@given(st.text("ABCDEFGHJK0123456789", min_size=5, max_size=14), st.sampled_from(["-", " ", ".", "/", "—"]))
def test_spelling_does_not_matter(key: str, between: str) -> None:
    spelled = between.join(key[i : i + 3] for i in range(0, len(key), 3))
    assert oe_key(spelled) == oe_key(key.lower()) == key
    wide = "".join(chr(ord(c) + 0xFEE0) for c in key)
    assert oe_key(wide) == key


@pytest.mark.parametrize("brand", ["大众", "丰田", "BMW", "奔驰", "本田", "现代", "不认识"])
@given(key=st.text("ABC0123456789", min_size=1, max_size=15))
def test_the_display_form_is_the_same_number(brand: str, key: str) -> None:
    assert oe_key(oe_display(key, brand)) == key


@pytest.mark.parametrize(
    ("key", "brand", "shown"),
    [
        ("06L115562B", "大众", "06L 115 562 B"),
        ("0446502220", "Toyota", "04465-02220"),
        ("11427953129", "宝马", "11 42 7 953 129"),
        ("A0001802609", "奔驰", "A 000 180 26 09"),
        ("45022TLAA02", "本田", "45022-TLA-A02"),
        ("58101D3A00", "现代", "58101-D3A00"),
        ("XYZ123", "谁", "XYZ123"),
    ],
)
def test_each_maker_writes_in_his_way(key: str, brand: str, shown: str) -> None:
    assert oe_display(key, brand) == shown


@pytest.mark.parametrize(
    "text", ["06L115562B", "06l 115 562 b", "04465-02220", "11 42 7 953 129", "A0001802609"]
)
def test_numbers_are_recognised(text: str) -> None:
    assert looks_like_oe(text)


@pytest.mark.parametrize(
    "text",
    [VIN, "13800138000", "138 0013 8000", "沪A8K206", "沪A·D12345", "2018款", "2018-05-01", "205/55R16", "P0300",
     "5W-30", "1.8T", "ES6", "你好", ""],
)  # fmt: skip
def test_other_things_are_not(text: str) -> None:
    assert not looks_like_oe(text)


@given(st.text("ABO0I1", min_size=1, max_size=12))
def test_look_alikes_suggest_and_never_equate(key: str) -> None:
    found = look_alikes(key)
    assert key not in found
    meant = str.maketrans("OI", "01")
    assert all(other.translate(meant) == key.translate(meant) for other in found)


def test_a_revision_is_another_key_of_the_same_family() -> None:
    assert oe_key("06L 115 562") != oe_key("06L 115 562 B")
    assert family("06L115562B") == family("06L115562") == "06L115562"


@pytest.mark.parametrize(
    ("text", "key"),
    [(VIN, VIN), (" lfv3a23c0j3138206 ", VIN), ("LFV3A23C0J313820", ""), ("LFV3A23COJ3138206", ""), ("", "")],
)
def test_vins(text: str, key: str) -> None:
    assert vin_key(text) == key


def test_a_vin_with_a_letter_o_is_only_suggested() -> None:
    assert vin_suggestion("LFV3A23COJ3138206") == VIN
    assert vin_suggestion(VIN) == ""


def test_a_wrong_check_digit_is_advice_where_one_is_prescribed() -> None:
    assert vin_check_digit("1M8GDM9AXKP042788") == "X"
    assert not vin_advice(VIN)
    assert vin_advice(VIN[:8] + "5" + VIN[9:])
    assert not vin_advice("WVWZZZ1KZ6W000001")


@pytest.mark.parametrize("text", ["沪A·8K206", "沪a8k206", "沪A-8K206", " 沪A 8K206"])
def test_plates(text: str) -> None:
    assert plate_key(text) == "沪A8K206"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aces:1684", {"category": "aces:1684"}),
        ("ACES: 1684", {"category": "aces:1684"}),
        ("OE:06L115562B", {"oe": "OE:06L115562B"}),
        ("PF48", {"oe": "PF48"}),
        ("OF-1", {"oe": "OF-1"}),
        ("06L 115 562 B", {"oe": "06L 115 562 B"}),
        ("前刹车片", {"words": "前刹车片"}),
        ("brake pads", {"words": "brake pads"}),
        ("H7", {"words": "H7"}),
    ],
)
def test_a_text_names_a_part(text: str, said: dict[str, str]) -> None:
    assert part_said(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aces:7541", {"external_id": "aces:7541"}),
        ("ACES: 7541", {"external_id": "aces:7541"}),
        ("VIN: LFV3A23C0J3138206", {"vin": "LFV3A23C0J3138206"}),
        ("沪A·8K206", {"plate": "沪A·8K206"}),
        ("汉DM-i 2025", {"words": "汉DM-i 2025"}),
        ("2018款迈腾2.0T", {"words": "2018款迈腾2.0T"}),
    ],
)
def test_a_text_names_a_vehicle(text: str, said: dict[str, str]) -> None:
    assert vehicle_said(text) == said
