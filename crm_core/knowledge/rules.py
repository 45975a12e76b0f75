"""Who may read which document, and the words of one's own workshop. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

AUDIENCES = ("public", "customer", "staff")

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Concept = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Words(BaseModel):
    """What people call a concept, by language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: tuple[Word, ...] = ()
    en: tuple[Word, ...] = ()


class LexiconPolicy(BaseModel):
    """`lexicon.yaml`: concepts with their words, and groups of concepts that never answer for each other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    concepts: dict[Concept, Words] = {}
    confusable: tuple[tuple[Concept, ...], ...] = ()


POLICIES = [("lexicon", LexiconPolicy)]


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


def edition_key(tenant: str, source: str) -> str:
    """Under which the last edition of a document that was removed is kept; a digest, as sources may name people."""
    return f"edition:{tenant}:{hashlib.sha256(source.encode()).hexdigest()[:32]}"
