"""What an order may be. Pure."""

from __future__ import annotations

KINDS = ("car", "parts", "service")
# In the order in which they usually follow one another; cancelled ends it at any time.
STATES = ("placed", "confirmed", "in_production", "in_transit", "arrived", "delivered", "cancelled")
OPEN = STATES[:5]


def total_of(lines: tuple[tuple[str, int, int], ...]) -> int:
    """The sum of the lines in fen; a line's amount is for all of its quantity."""
    return sum(amount for _, _, amount in lines)
