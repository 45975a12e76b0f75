"""Amounts as they are spoken, and numbers that are no money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents import parse_money
from intents.entities.money import find_money, find_percents


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("一万二", 12000), ("3万5", 35000), ("两千五", 2500), ("二十三万八", 238000), ("23万8", 238000),
        ("8k", 8000), ("1.2w", 12000), ("1w5", 15000), ("一万零二", 10002), ("12万8千", 128000), ("八百八", 880),
        ("两百五十", 250), ("¥12,800", 12800), ("落地23万8", 238000), ("便宜两千", 2000), ("优惠8000", 8000),
        ("定金5000元", 5000), ("8千块", 8000), ("十万零五百", 100500), ("8000", 8000), ("6千", 6000),
        ("request 8000 off", 8000), ("5000 at most", 5000), ("up to 5000", 5000), ("12k off", 12000),
    ],
)  # fmt: skip
def test_amounts(text: str, amount: float) -> None:
    assert parse_money(text) == amount


@pytest.mark.parametrize(
    "text", ["2018款迈腾1.8T", "13800138000", "ES6", "3点", "万一", "九五折", "跑了3万公里", "", "06L115562B"]
)
def test_no_amount(text: str) -> None:
    assert parse_money(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("优惠8000", "discount"),
        ("落地23万8", "price"),
        ("定金5000元", "deposit"),
        ("最多让5000", "limit"),
        ("优惠到21万", "price"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert [span.detail for span in find_money(text)] == [kind]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("打九五折", 0.95),
        ("95折", 0.95),
        ("9折", 0.9),
        ("8.8折", 0.88),
        ("优惠5个点", 0.95),
        ("5% off", 0.95),
        ("打98折", 0.98),
    ],
)
def test_percent_is_the_factor_kept(text: str, kept: float) -> None:
    assert [span.value for span in find_percents(text)] == [kept]


@given(st.integers(min_value=1, max_value=9), st.integers(min_value=1, max_value=9))
def test_a_trailing_digit_counts_the_next_lower_unit(high: int, low: int) -> None:
    assert parse_money(f"{high}万{low}") == high * 10000 + low * 1000
    assert (
        parse_money(f"{'零一二三四五六七八九'[high]}千{'零一二三四五六七八九'[low]}")
        == high * 1000 + low * 100
    )
