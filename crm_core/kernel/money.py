"""Money is integer fen plus a currency; people say yuan."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation


def fen(yuan: Decimal | int | float | str) -> int:
    """Yuan to fen, rounded half up. Raises ValueError for what is no finite number."""
    try:
        amount = Decimal(str(yuan))
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {yuan!r}") from error
    if not amount.is_finite():
        raise ValueError(f"not an amount: {yuan!r}")
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def yuan(amount_fen: int) -> str:
    """`800000` → `8,000`; `123450` → `1,234.50`."""
    whole, cents = divmod(abs(amount_fen), 100)
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{whole:,}" + (f".{cents:02d}" if cents else "")
