"""Who may read which document. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

AUDIENCES = ("public", "customer", "staff")


def audiences_of(kind: str) -> tuple[str, ...]:
    """The audiences a person of this kind belongs to: visitors read public notes, colleagues all."""
    return {"staff": AUDIENCES, "job": AUDIENCES, "customer": ("public", "customer")}.get(kind, ("public",))


def places_of(unit: str) -> list[str]:
    """The unit and everything above it, and the whole group (empty)."""
    parts = [part for part in unit.split(".") if part]
    return ["", *("".join(f"{part}." for part in parts[: n + 1]) for n in range(len(parts)))]


def digest_of(parts: Iterable[object]) -> str:
    """What tells one version of a document from another."""
    return hashlib.sha256(repr(list(parts)).encode()).hexdigest()


def compared(before: Iterable[str], after: Iterable[str]) -> dict[str, int]:
    """How many pieces came, went and stayed, by their hashes."""
    old, new = Counter(before), Counter(after)
    return {"added": (new - old).total(), "removed": (old - new).total(), "same": (old & new).total()}
