"""The words of a fitment question → typed candidates for an exact catalogue look-up.

Nothing here is a verdict. Similar words only narrow what is looked up, or asked back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from retrieval.data import load_yaml
from retrieval.lexicon import Lexicon, Mention
from retrieval.text import clean, number_keys

_YEAR = re.compile(r"(?<![\d.])((?:19|20)\d{2}|\d{2}(?=\s*(?:款|年)))\s*(?:款|年款|年|my\b)?(?![\d])")
_DISPLACEMENT = re.compile(r"(?<![\d.])(\d\.\d)\s*(t(?:si|fsi|d|di)?|l)?(?![a-z\d])")
_GENERATION = re.compile(r"(?<![a-z\d])([bce]\d{1,2}|mk\s?\d)(?![a-z\d])")
_NUMBERED = re.compile(r"(?:golf|高尔夫|高)\s?([4-8])(?!\d)")  # the number is the generation
_MODEL_YEAR = re.compile(r"(?<![\d.])(?:19|20)?\d{2}\s*(?:款|年)")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_VIN = re.compile(r"(?<![a-z\d])[a-hj-npr-z\d]{17}(?![a-z\d])")
_TRIM = re.compile(r"(?<![a-z\d])(\d{3}\s?tsi|\d{2}\s?tfsi|gti|gts|[sr]-?line|rs|m运动)(?![a-z\d])")
# What may stand beside a part's name and makes it no other part.
_BESIDE_PART = re.compile(
    r"总成|套装|套件|全套|原厂件?|正厂件?|副厂件?|品牌件?|进口|国产|新的?|[一两二三四2-4][套副对个只片条根支块组桶瓶]|\d{1,2}w-?\d{2}|\d(?:\.\d)?\s?(?:升|l(?![a-z]))|[全半]?合成|矿物|[的轮侧边和、前后左右]"
    r"|(?<![a-z])(?:genuine|original|oem|aftermarket|new|set|kit|pair|of|the|a|an|my|and|both|some|s|assembly|axle|side)(?![a-z])"
)
_BEFORE, _AFTER = 14, 8  # characters around a part in which its position is said

Catalogue = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class VehicleQuery:
    """A vehicle as said; what was not said is empty. Fields match the catalogue's own question."""

    brand: str = ""
    series: str = ""
    generation: str = ""
    year: int | None = None
    displacement: str = ""
    trim: str = ""
    vin: str = ""


@dataclass(frozen=True, slots=True)
class PartQuery:
    """A part as said: a number, or a category with a position (`front`, `rear_left`, ...).

    `choices` are the positions to ask for when none was said and the part exists in several.
    """

    oe: str = ""
    category: str = ""
    position: str = ""
    words: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """Candidates in the order they were said; several vehicles mean the question is open between them."""

    vehicles: tuple[VehicleQuery, ...]
    parts: tuple[PartQuery, ...]


def read_wording(text: str, catalogue: Catalogue | None = None) -> Wording:
    """Vehicles and parts named in `text` (Chinese, English or mixed, slang included).

    `catalogue` adds a deployment's own series, `{brand: {series: [aliases]}}`.
    """
    low = clean(text).lower()
    vin = _VIN.search(low)
    rest = _VIN.sub(" ", low)
    vehicles = _vehicles(rest, vin.group().upper() if vin else "", catalogue)
    numbers = [PartQuery(oe=key, words=key) for key in number_keys(_without_names(rest))]
    return Wording(vehicles, (*numbers, *_parts(rest)))


def part_named(words: str) -> PartQuery | None:
    """The part that these words are a name of; None where they name another one: 雨刮电机 is no 雨刮片."""
    low = clean(words).lower()
    found = next(iter(_parts(low)), None)
    if found is None:
        return None
    left = low.replace(found.words, " ", 1)
    for said, _ in _position_words():
        left = _place(said).sub(" ", left)
    return None if re.search(r"[^\W_]", _BESIDE_PART.sub(" ", left)) else found


# -- vehicles


def _vehicles(low: str, vin: str, catalogue: Catalogue | None) -> tuple[VehicleQuery, ...]:
    found = _series(low, catalogue)
    details = VehicleQuery(
        generation=(_first(_GENERATION, low) or _first(_NUMBERED, low)).upper().replace(" ", ""),
        year=_year(low),
        displacement=_displacement(low),
        trim=_first(_TRIM, low).upper().replace(" ", ""),
        vin=vin,
    )
    if not found:
        brand = next((name for name, words in _brands().items() if any(_said(w, low) for w in words)), "")
        known = VehicleQuery(brand=brand)
        return (_merged(known, details),) if details != VehicleQuery() or brand else ()
    return tuple(_merged(VehicleQuery(brand=brand, series=name), details) for brand, name in found)


def _merged(named: VehicleQuery, details: VehicleQuery) -> VehicleQuery:
    return VehicleQuery(
        named.brand, named.series, details.generation, details.year, details.displacement, details.trim,
        details.vin,
    )  # fmt: skip


def _series(low: str, catalogue: Catalogue | None) -> list[tuple[str, str]]:
    """(brand, series) said, the longest words first; shorter words inside longer ones do not count."""
    hits: list[tuple[int, int, str, str]] = []
    for word, brand, name in _all_series(catalogue):
        hits += [(m.start(), m.end(), brand, name) for m in _finder(word).finditer(low)]
    hits.sort(key=lambda hit: (hit[0] - hit[1], hit[0]))
    kept: list[tuple[int, int, str, str]] = []
    for hit in hits:
        if all(hit[1] <= other[0] or hit[0] >= other[1] for other in kept):
            kept.append(hit)
    named = list(dict.fromkeys((brand, name) for _, _, brand, name in sorted(kept)))
    brands = {brand for brand, words in _brands().items() if any(_said(w, low) for w in words)}
    fitting = [pair for pair in named if pair[0] in brands]
    return fitting or named


def _all_series(catalogue: Catalogue | None) -> Iterable[tuple[str, str, str]]:
    yield from _known_series()
    for brand, series in (catalogue or {}).items():
        for name, aliases in series.items():
            yield from ((word.lower(), brand, name) for word in (name, *aliases))


@cache
def _known_series() -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (str(word).lower(), brand, str(name))
        for brand, data in load_yaml("vehicles.yaml").items()
        for name, aliases in data["series"].items()
        for word in (name, *aliases)
    )


@cache
def _brands() -> dict[str, tuple[str, ...]]:
    return {
        brand: tuple(word.lower() for word in (brand, data["en"], *data["words"]))
        for brand, data in load_yaml("vehicles.yaml").items()
    }


@cache
def _finder(word: str) -> re.Pattern[str]:
    """Latin words and numbers match whole; a one-character Chinese name needs a model's company."""
    body = re.escape(unicodedata.normalize("NFKC", word))
    if len(word) == 1 and not word.isascii():
        return re.compile(rf"{body}(?=\s*(?:ev|dm|plus|pro|\d|的|能|前|后|左|右|装|用|换))")
    return re.compile(rf"(?<![a-z\d]){body}(?![a-z\d])" if word.isascii() else body)


def _said(word: str, low: str) -> bool:
    return _finder(word).search(low) is not None


def _first(pattern: re.Pattern[str], low: str) -> str:
    match = pattern.search(low)
    return match.group(1) if match else ""


def _year(low: str) -> int | None:
    match = _YEAR.search(low)
    if match is None:
        return None
    value = int(match[1])
    return value if value > 100 else 2000 + value


def _displacement(low: str) -> str:
    match = _DISPLACEMENT.search(low)
    if match is None:
        return ""
    return match[1] + ("T" if (match[2] or "").startswith("t") else "L" if match[2] else "")


# -- parts


@cache
def _part_words() -> Lexicon:
    concepts = load_yaml("lexicon.yaml")["concepts"]
    words: dict[str, dict[str, list[str]]] = {}
    for category, data in load_yaml("parts.yaml")["categories"].items():
        known = concepts.get(data.get("concept"), {})
        words[category] = {
            "zh": [category, *known.get("zh", ()), *data.get("zh", ())],
            "en": [*known.get("en", ()), *data.get("en", ())],
        }
    return Lexicon.of(words)


@cache
def _sides() -> dict[str, tuple[str, ...]]:
    categories: dict[str, Any] = load_yaml("parts.yaml")["categories"]
    return {name: tuple(data.get("sides", ())) for name, data in categories.items()}


@cache
def _position_words() -> tuple[tuple[str, str], ...]:
    pairs = [
        (word.lower(), position)
        for position, words in load_yaml("parts.yaml")["positions"].items()
        for word in words
    ]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def _parts(low: str) -> tuple[PartQuery, ...]:
    found: dict[tuple[str, str], PartQuery] = {}
    for mention in _part_words().mentions(low):
        sides = _sides()[mention.concept]
        position = _position(low, mention, sides)
        choices = sides if not position and len(sides) > 1 else ()
        part = PartQuery("", mention.concept, position, mention.words, choices)
        found.setdefault((part.category, part.position), part)
    return tuple(found.values())


def _position(low: str, mention: Mention, sides: Sequence[str]) -> str:
    """The position said right before the part (前刹车片) or inside or after it (brake pads, front)."""
    if not sides:
        return ""
    before = low[max(0, mention.start - _BEFORE) : mention.start]
    inside, after = low[mention.start : mention.end], low[mention.end : mention.end + _AFTER]
    for place, last in ((inside, False), (before, True), (after, False)):
        for said in _positions_in(place, last=last):
            if position := _side(said, sides):
                return position
    return ""


def _side(said: str, sides: Sequence[str]) -> str:
    """The position said, as this part has it; "" when the part has no such place.

    `front_left` of a part known by axles is `front`; `left` of a part that exists at the front only is
    `front_left`; `left` of a part with four places stays `left` and is asked about further.
    """
    if said in sides:
        return said
    wider = [side for side in sides if side in said.split("_")]
    narrower = [side for side in sides if said in side.split("_")]
    if wider:
        return wider[0]
    return narrower[0] if len(narrower) == 1 else said if narrower else ""


def _positions_in(place: str, *, last: bool) -> list[str]:
    """Positions said in `place`, the nearest to the part first."""
    hits: list[tuple[int, str]] = []
    for word, position in _position_words():
        for match in _place(word).finditer(place):
            hits.append((match.start(), position))
            place = place[: match.start()] + "\0" * len(match.group()) + place[match.end() :]
    return [position for _, position in sorted(hits, reverse=last)]


@cache
def _place(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word))


def _without_names(low: str) -> str:
    """Years, displacements, trims and phones out of the way, so that they never join a part number."""
    for pattern in (_PHONE, _DISPLACEMENT, _TRIM, _MODEL_YEAR):
        low = pattern.sub(" ; ", low)
    return low
