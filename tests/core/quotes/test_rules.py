"""Prices as said and as listed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.quotes.rules import Price, discount_problem, price_said


@pytest.mark.parametrize(
    ("said", "listed", "price"),
    [
        (200, [], Price(200, 0)),
        (200, [180], Price(200, 0)),
        (200, [210], Price(210, 10)),
        (200, [300, 210, 180], Price(210, 10)),
        (200, [200, 300], Price(200, 0)),
    ],
)
def test_the_list_price_just_above_is_meant(said: int, listed: list[int], price: Price) -> None:
    assert price_said(said, listed) == price


@given(st.integers(1, 10**9), st.lists(st.integers(1, 10**9), max_size=6))
def test_the_customer_pays_what_was_said(said: int, listed: list[int]) -> None:
    price = price_said(said, listed)
    assert price.list_fen - price.discount_fen == said
    assert price.discount_fen >= 0


@pytest.mark.parametrize(
    ("amount", "problem"),
    [(0, "error.amount_not_positive"), (100, "error.amount_too_high"), (99, None), (1, None)],
)
def test_discount_problem(amount: int, problem: str | None) -> None:
    assert discount_problem(amount, 100) == problem
