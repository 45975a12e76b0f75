"""Other cars of the same series: what drives them, which body and tuning they have. Pure.

The petrol car's filter is not the hybrid's: what was said of the drive or body excludes models of another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from crm_core.fitment.normalise import word_key
from crm_core.vehicles.rules import ModelLike

# Letters that one maker counts its generations with: F30, G20; W205, V205.
_ONE_SCHEME = ("efgu", "wsvxzh")
_WORDS = re.compile(r"[a-z0-9]+|[^\W_]")
M = TypeVar("M", bound=ModelLike)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The words of `variants.yaml`, ready to be found in a text."""

    fuels_of: dict[str, frozenset[str]]
    fuel_names: dict[str, str]
    pattern: re.Pattern[str]


def variant_words(text: str) -> tuple[str, ...]:
    """The words of a text that make a car another one of its series, as said: `2019款CRV混动机滤` → `混动`."""
    return tuple(dict.fromkeys(match[0].strip() for match in _vocabulary().pattern.finditer(_plain(text))))


def of_variant(models: Iterable[M], said: str) -> list[M]:
    """The models that are not another variant than the one said."""
    words = variant_words(said)
    return [m for m in models if all(_is(m, word) for word in words) and not _of_another_generation(m, _plain(said))]


def _of_another_generation(model: ModelLike, said: str) -> bool:
    """高尔夫8 is no Golf of generation 7, 迈腾B7 no B8: a generation written as ours is, and not ours."""
    ours = word_key(model.generation)
    if ours.isdigit():
        names = (re.escape(_plain(name)) for name in (model.series, model.series_en, *model.aliases) if name)
        found = re.findall(rf"(?:{'|'.join(names)})\s?([1-9])(?![\d.a-z年月座门台个])", said)
    elif len(ours) > 1 and ours[0].isalpha() and ours[1:].isdigit():
        alike = next((letters for letters in _ONE_SCHEME if ours[0] in letters), ours[0])
        found = re.findall(rf"(?<![a-z0-9])[{alike}]\d{{{len(ours) - 1}}}(?![a-z0-9])", said)
    else:
        return False
    return bool(found) and ours not in found


def _is(model: ModelLike, word: str) -> bool:
    """Whether the model is what the word says, by its names or by its fuel; an unknown fuel may be any."""
    key = word_key(word)
    if _names(model, key):
        return True
    fuels = _vocabulary().fuels_of.get(key)
    fuel = _vocabulary().fuel_names.get(word_key(model.fuel), word_key(model.fuel))
    return fuels is not None and (not fuel or fuel in fuels)


def _names(model: ModelLike, key: str) -> bool:
    names = (model.series, model.series_en, model.trim, model.generation, model.displacement, *model.aliases)
    if len(key) == 1:
        return any(key in _WORDS.findall(_plain(name)) for name in names)
    return any(key in word_key(name) for name in names)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


@cache
def _vocabulary() -> _Vocabulary:
    import yaml

    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "variants.yaml").read_text(encoding="utf-8"))
    fuels_of = {word_key(word): frozenset(one["fuels"]) for one in loaded["drives"] for word in one["words"]}
    names = {word_key(name): fuel for fuel, said in loaded["fuels"].items() for name in said}
    words = [word for one in loaded["drives"] for word in one["words"]] + loaded["bodies"]
    return _Vocabulary(fuels_of, names, _pattern(words, loaded["letters"], loaded["before_parts"]))


def _pattern(words: Sequence[str], letters: Sequence[str], parts: Sequence[str]) -> re.Pattern[str]:
    """Latin words whole; one letter only right behind a name; none that begins the name of a part."""
    ordered = sorted(words, key=len, reverse=True)
    latin = "|".join(re.escape(word) for word in ordered if word.isascii())
    han = "|".join(re.escape(word) for word in ordered if not word.isascii())
    behind = rf"(?:(?<=[\u4e00-\u9fff])|(?<=[a-z\u4e00-\u9fff] ))(?:{'|'.join(letters)})(?![a-z0-9'-])"
    no_part = rf"(?!\s*(?:{'|'.join(map(re.escape, parts))}))"
    return re.compile(rf"(?:(?<![a-z])(?:{latin})(?![a-z])|(?:{han})){no_part}|{behind}")
