"""What facts add up to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from crm_core.histories.messages import Fact

_KM = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{2,6})\s*(?:公里|km\b|kilomet(?:er|re)s?\b)", re.I)
_WAN_KM = re.compile(r"(\d{1,2}(?:\.\d)?)\s*万\s*(?:多)?\s*公里")


def km_said(text: str) -> int | None:
    """The mileage a text names, when it names exactly one."""
    found = {int(m[1].replace(",", "")) for m in _KM.finditer(text)}
    found |= {round(float(m[1]) * 10_000) for m in _WAN_KM.finditer(text)}
    return found.pop() if len(found) == 1 else None


def newest_first(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """By day, then by instant; of one day the record with more to say comes first."""
    return tuple(sorted(facts, key=lambda f: (f.on, f.at is not None and f.at.timestamp(), f.id), reverse=True))


def bought(facts: Iterable[Fact], since: date | None = None) -> list[Fact]:
    """Orders that count as money spent: not cancelled, placed on or after a day."""
    return [f for f in facts if f.kind == "order" and f.state != "cancelled" and (since is None or f.on >= since)]


def spent(orders: Iterable[Fact]) -> tuple[int, int]:
    """(fen of what was delivered, fen of what is still under way)."""
    paid = {True: 0, False: 0}
    for fact in orders:
        paid[fact.state == "delivered"] += (fact.amount_fen or 0) if fact.state != "cancelled" else 0
    return paid[True], paid[False]


def days_of(facts: Iterable[Fact]) -> list[date]:
    """The days something happened on, newest first, each once."""
    return sorted({fact.on for fact in facts}, reverse=True)
