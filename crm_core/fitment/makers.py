"""Whose number a part number is: makers under all their names, and how each writes its numbers."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

MAX_KEY = 60


@dataclass(frozen=True, slots=True)
class Maker:
    """One numbering, of one maker or of several that share it."""

    key: str
    style: str = ""
    parts_only: bool = False


@lru_cache(maxsize=2_048)
def maker_of(brand: str) -> Maker | None:
    """The maker known under this name, in any language; None for a name nobody knows."""
    return _makers().get(_name_key(brand))


@lru_cache(maxsize=2_048)
def maker_key(brand: str) -> str:
    """What a brand is compared by: `大众`, `VW` and `Audi` are `vag`; an unknown brand is itself; empty stays empty."""
    known = maker_of(brand)
    return known.key if known else _name_key(brand)[:MAX_KEY]


def _name_key(brand: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", brand).lower() if c.isalnum())


@cache
def _makers() -> dict[str, Maker]:
    import yaml

    text = (Path(__file__).parent / "makers.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return {
        _name_key(str(name)): Maker(key, entry.get("style", ""), entry.get("parts_only", False))
        for key, entry in loaded.items()
        for name in entry["names"]
    }
