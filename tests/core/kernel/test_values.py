"""Phones and money as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.kernel.ids import short_ref
from crm_core.kernel.money import fen, yuan
from crm_core.kernel.phones import MAX_LENGTH, parse_phone


@pytest.mark.parametrize(
    ("said", "value", "ok"),
    [
        ("13800138000", "13800138000", True),
        ("138 0013 8000", "13800138000", True),
        ("138-0013-8000", "13800138000", True),
        ("+86 13800138000", "13800138000", True),
        ("8613800138000", "13800138000", True),
        ("１３８００１３８０００", "13800138000", True),
        ("电话:13800138000", "13800138000", True),
        ("021-58881234", "+862158881234", True),
        ("+49 30 901820", "+4930901820", True),
        ("1380013800", "1380013800", False),
        ("138001380000", "138001380000", False),
        ("12800138000", "12800138000", False),
        ("abc", "abc", False),
        ("", "", False),
    ],
)
def test_phones(said: str, value: str, ok: bool) -> None:
    phone = parse_phone(said)
    assert (phone.value, phone.ok) == (value, ok)


@given(st.text(max_size=300))
def test_no_text_is_too_strange_for_a_phone(said: str) -> None:
    assert len(parse_phone(said).said) <= MAX_LENGTH


@pytest.mark.parametrize(
    ("said", "amount"),
    [("5000", 500_000), (0.1, 10), ("1234.505", 123_451), (Decimal("-3.2"), -320), (0, 0)],
)
def test_yuan_to_fen(said: Decimal | float | str, amount: int) -> None:
    assert fen(said) == amount


@pytest.mark.parametrize("said", ["nan", "inf", "-Infinity", "much", "", "1,000"])
def test_what_is_no_amount(said: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        fen(said)


@given(st.integers(-(10**14), 10**14))
def test_fen_and_back(amount: int) -> None:
    assert fen(yuan(amount).replace(",", "")) == amount


def test_references_can_be_read_aloud() -> None:
    made = {short_ref("L") for _ in range(500)}
    assert len(made) > 490
    assert all(ref.startswith("L-") and not set(ref[2:]) & set("01AEIOUL") for ref in made)
