"""Which catalogue models fit what was said. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from crm_core.fitment.normalise import word_key

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)|(?<!\d)(\d{2})\s*款")
_DISPLACEMENT = re.compile(r"(?<![\d.])(\d\.\d)\s*([TLtl])?(?![\d.])")
_DIGITS = re.compile(r"\d+")


class ModelLike(Protocol):
    """What these rules read of a model."""

    brand: str
    brand_en: str
    series: str
    series_en: str
    aliases: list[str]
    generation: str
    year: int | None
    engine: str
    engine_code: str
    displacement: str
    fuel: str
    trim: str
    from_month: str
    to_month: str


M = TypeVar("M", bound=ModelLike)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said about a vehicle; empty is unknown."""

    generation: str = ""
    year: int | None = None
    displacement: str = ""
    engine: str = ""
    trim: str = ""


def read_words(words: str) -> Said:
    """Year and displacement in free words such as `2018款迈腾1.8T`."""
    year = _YEAR.search(words)
    displacement = _DISPLACEMENT.search(words)
    return Said(
        year=None if year is None else int(year[1] or f"20{year[2]}"),
        displacement="" if displacement is None else displacement[1] + (displacement[2] or "").upper(),
    )


def name_keys(model: ModelLike) -> set[tuple[str, str]]:
    """(kind, key) of every name of the model: its series in each language and its aliases; its brand."""
    series = {word_key(name) for name in (model.series, model.series_en, *model.aliases)}
    brands = {word_key(name) for name in (model.brand, model.brand_en)}
    found = {("series", name[:80]) for name in series if name} | {
        ("brand", name[:80]) for name in brands if name
    }
    return found | {("both", (b + s)[:80]) for b in brands for s in series if b and s}


def narrow(models: Iterable[M], said: Said) -> list[M]:
    """The models that contradict nothing that was said, best first.

    Generation, displacement and year exclude, and so does an engine where the catalogue knows another one. A trim
    that no model carries is not held against any: it may be an equipment level the catalogue does not list.
    """
    left = [m for m in models if _agrees(m, said)]
    if said.engine:
        named = [m for m in left if _named(word_key(said.engine), _engine_keys(m))]
        left = named or [m for m in left if not any(_engine_keys(m))]
    if said.trim:
        left = [m for m in left if _named(word_key(said.trim), _trim_keys(m))] or left
    return sorted(left, key=lambda m: (said.year is not None and m.year != said.year, -(m.year or 0)))


def _agrees(model: ModelLike, said: Said) -> bool:
    return (
        (not said.generation or _same_generation(model.generation, said.generation))
        and (said.year is None or _built_in(model, said.year))
        and (not said.displacement or _same_displacement(model, said.displacement))
    )


def _same_generation(ours: str, said: str) -> bool:
    """`7`, `7代`, `MK7`, `高7` are one generation; an unknown one is not excluded."""
    a, b = word_key(ours), word_key(said)
    if not a or a == b or a in b or b in a:
        return True
    digits_a, digits_b = _DIGITS.findall(a), _DIGITS.findall(b)
    return a.isdigit() and digits_a == digits_b


def _built_in(model: ModelLike, year: int) -> bool:
    """The model year, or a year in which it was built: people mean either. Unknown years exclude nothing."""
    if model.year == year:
        return True
    if not model.from_month:
        return model.year is None
    last = int(model.to_month[:4]) if model.to_month else 9999
    return int(model.from_month[:4]) <= year <= last


def _same_displacement(model: ModelLike, said: str) -> bool:
    """`1.8` fits 1.8T and 1.8L; `1.8T` fits only 1.8T; `330TSI` is a badge and compared with the trim."""
    ours, wanted = word_key(model.displacement), word_key(said)
    if not wanted[:2].isdigit() or len(wanted) > 3:
        return _named(wanted, _trim_keys(model))
    return ours == wanted or (wanted.isdigit() and ours.rstrip("tl") == wanted) or (
        ours.isdigit() and wanted.rstrip("tl") == ours
    )  # fmt: skip


def _trim_keys(model: ModelLike) -> list[str]:
    return [word_key(model.trim)]


def _engine_keys(model: ModelLike) -> list[str]:
    return [word_key(model.engine), word_key(model.engine_code), word_key(model.displacement)]


def _named(wanted: str, keys: list[str]) -> bool:
    return any(key and (wanted in key or key in wanted) for key in keys)


def model_name(model: ModelLike, language: str = "zh") -> str:
    """What people read: `大众 迈腾 B8 2018款 1.8T 330TSI`."""
    english = language == "en"
    brand = (english and model.brand_en) or model.brand
    series = (english and model.series_en) or model.series
    year = "" if model.year is None else (str(model.year) if english else f"{model.year}款")
    trim = "" if model.trim == model.displacement else model.trim
    return " ".join(
        part for part in (brand, series, model.generation, year, model.displacement, trim) if part
    )
