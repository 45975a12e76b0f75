"""Cards: data drawn from the present state of a record, for one person in his language."""

from __future__ import annotations

from bot.cards.draw import draw

__all__ = ["draw"]
