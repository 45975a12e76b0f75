"""A technician's words on a part, and part numbers in any spelling."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from intents import number_like, read_verdict
from intents.extract import extract
from intents.types import Lexicon

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("said", "verdict", "condition"),
    [
        ("适用", "fits", ""),
        ("可以装，我换过", "fits", ""),
        ("能装，没问题", "fits", ""),
        ("it fits", "fits", ""),
        ("yes, compatible", "fits", ""),
        ("不适用", "does_not_fit", ""),
        ("装不了，接口不一样", "does_not_fit", ""),
        ("不能装", "does_not_fit", ""),
        ("it doesn't fit", "does_not_fit", ""),
        ("适用,但要带1ZE选装的", "fits_if", "但要带1ZE选装的"),
        ("如果是2019年以后的车就能装", "fits_if", "如果是2019年以后的车就能装"),
        ("fits, only with option 1ZE", "fits_if", "only with option 1ZE"),
    ],
)
def test_clear_words_are_a_verdict(said: str, verdict: str, condition: str) -> None:
    assert read_verdict(said) == (verdict, condition)


@pytest.mark.parametrize(
    "said",
    ["不一定,要看配置", "应该能装", "适用吗", "前面的适用,后面的不适用", "要拆下来看", "maybe", "it should fit", "not sure",
     "如果是手动挡就不能装", ""],
)  # fmt: skip
def test_a_doubt_is_none(said: str) -> None:
    assert read_verdict(said) is None


@pytest.mark.parametrize("spelled", ["HU 6013 z", "hu6013Z", "HU-6013-Z", "HU.6013 z", "ＨＵ ６０１３ ｚ"])
def test_a_known_number_is_found_however_it_is_spelled(spelled: str) -> None:
    lexicon = Lexicon(numbers=frozenset({"HU6013Z"}))
    found = [span for span in extract(f"{spelled} 能装2018款迈腾吗", NOW, lexicon) if span.kind == "oe"]
    assert [(span.value, span.words) for span in found] == [("HU6013Z", spelled)]


def test_phones_years_oils_and_short_words_are_no_numbers() -> None:
    for text in ("13800138000", "2018款", "5W-30", "1.8T", "ES6", "20万", "P0300"):
        assert not [key for _, _, key in number_like(text)]


def test_a_flood_of_digits_is_cut_off() -> None:
    assert len(list(number_like("A1B2C3 " * 500))) <= 120
