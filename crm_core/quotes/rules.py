"""Prices and discounts. Pure decisions over integer fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_FEN = 10**13


@dataclass(frozen=True)
class Price:
    """A list price and how much below it was said."""

    list_fen: int
    discount_fen: int


def discount_problem(amount_fen: int, list_fen: int) -> str | None:
    """The text key of what is wrong with an amount off; None when it is above zero and below the price."""
    if amount_fen <= 0:
        return "error.amount_not_positive"
    if amount_fen >= list_fen:
        return "error.amount_too_high"
    return None


def price_said(said_fen: int, list_prices: Sequence[int]) -> Price:
    """A price below the catalogue's is a discount, whatever it is called.

    Of several list prices (trims of one series) the one just above what was said is meant.
    """
    above = [price for price in list_prices if price >= said_fen]
    if not above:
        return Price(said_fen, 0)
    return Price(min(above), min(above) - said_fen)
