"""Vehicles: brand, series and generation, model year, displacement, trim."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from ..types import Lexicon, Span
from .catalogue import catalogue, named
from .gazetteer import key, matcher
from .homophones import heard

_YEAR = (
    r"(?P<year>(?<!\d)(?:19[89]|20[0-4])\d|(?<![\d.])[0-3]\d(?=\s?款))\s?(?:年款|"
    r"年产|年|款|出厂|model year|model)?的?"
)
_DISPLACEMENT = (
    r"(?P<disp>(?<![\d.])[0-6]\.\d\s?(?:TFSI|TSI|TDI|TD|T|L|i)?(?![\d%万折])|(?<!\d)"
    r"\d{3}\s?TSI|(?<!\d)(?:20|28|30|35|40|45|50|55|60)\s?TFSI)"
)
_GRADE = (
    r"四驱|两驱|后驱|手动|自动|插混|混动|纯电|增程|长续航|标准续航|高性能|智驾|运动|豪华|尊贵|进取|舒适|旗舰|领先|精英|尊享|时尚|"
    r"风尚|科技|都市|性能|至尊|限量|行政|尊荣|卓越|先锋|悦享|智享|星耀|雅致|冠军|荣耀|领航|畅享|锐享|智慧|智联|智能|经典|奢华|"
    r"典藏|周年|纪念|耀夜|曜夜|尊驭|锐动|锐|激光雷达|[五六七5-7]座|M"
)
_TRIM = (
    rf"(?P<trim>(?:\d{{2,3}}\s?)?(?:{_GRADE}){{1,4}}(?:版|型|款|套装)|\d{{3}}\s?(?:{_GRADE}){{1,2}}|"
    r"(?:\d座)?[顶低中高]配|猎装|旅行版|锐混动|双擎|DM-?[ip]\b|e:?HEV|PHEV|"
    r"(?:Max|Pro|Ultra|Premium|Luxury|Sport|Comfort|Long Range|Performance|Standard "
    r"Range|AWD|RWD|Plus|Highline|Comfortline)(?![A-Za-z]))"
)
_GOLF = re.compile(
    (
        r"高(?P<zh>[4-8])(?![\d.万年])(?:代)?|(?:高尔夫|golf)\s?(?:mk\s?|第)?(?P<en>[4-8七八六五四]"
        r")(?![\d.]|\s?(?:万|月|点|号|年|个|折|[ap]m))(?:代)?"
    ),
    re.I,
)
_HAN_DIGIT = {"四": "4", "五": "5", "六": "6", "七": "7", "八": "8"}
# 24年的雅阁 was made in 2024, 开了10年的雅阁 is ten years old.
_MADE_IN = r"(?<![\d.了])(?P<year>0[5-9]|1\d|2[0-7])年(?:产|买|上牌)?的"
_GENERATION = r"(?P<gen>(?:B[5-9]|C[6-8]|[EFG]\d\d|W[12]\d\d|MK\s?\d)(?![A-Za-z0-9]))"
_LEFT = [re.compile(rf"{p}\s?(?:的)?\s?$", re.I) for p in (_YEAR, _MADE_IN, _DISPLACEMENT, _TRIM)]
_RIGHT = [re.compile(rf"[\s,]?(?:的)?{p}", re.I) for p in (_YEAR, _GENERATION, _DISPLACEMENT, _TRIM)]
_ENGINE_NEXT = re.compile(r"\s?[0-6]\.\d\s?(?:T|L)(?![A-Za-z0-9])", re.I)
_YEAR_ALONE = re.compile(
    r"(?<!\d)(?P<year>(?:19[89]|20[0-4])\d|[0-3]\d)\s?款(?:的)?(?:\s?" + _DISPLACEMENT + r")?(?:的)?"
)


# A vehicle by its number in a catalogue of others: aces:7541.
_EXTERNAL = re.compile(r"(?<![A-Za-z0-9:])aces\s?[:#]\s?(?P<id>\d{1,9})(?!\d)", re.I)


def find_vehicles(text: str, lexicon: Lexicon | None = None) -> Iterator[Span]:
    """Vehicles with what is said around them; a brand, a model year or a catalogue's number alone counts as well."""
    taken = [Span("vehicle", match.start(), match.end(), {"external_id": f"aces:{match['id']}"}, match[0])
             for match in _EXTERNAL.finditer(text)]  # fmt: skip
    yield from taken
    for start, end, value in _cores(text, lexicon):
        if any(start < span.end and span.start < end for span in taken):
            continue
        span = _extend(text, start, end, value)
        taken.append(span)
        yield span
    for match in _YEAR_ALONE.finditer(text):
        span = Span("vehicle", match.start(), match.end(), _details(match, {}), match[0])
        if not any(span.overlaps(other) for other in taken):
            yield span


def _cores(text: str, lexicon: Lexicon | None) -> Iterator[tuple[int, int, dict[str, Any]]]:
    if lexicon and lexicon.series:
        table, words = _own(lexicon.series)
        for match in words.finditer(text):
            yield match.start(), match.end(), _value(*table[key(match[0])])
    for match in _GOLF.finditer(text):
        digit = match["zh"] or match["en"]
        value = {**_value("大众", "高尔夫"), "generation": int(_HAN_DIGIT.get(digit, digit))}
        yield match.start(), match.end(), value
    for start, end, brand, series in named(text):
        yield start, end, _value(brand, series)
    for start, end, brand, series in heard(text):
        yield start, end, _value(brand, series)


@lru_cache(maxsize=64)
def _own(series: tuple[tuple[str, str, str], ...]) -> tuple[dict[str, tuple[str, str]], re.Pattern[str]]:
    return {key(word): (brand, name) for word, brand, name in series}, matcher(word for word, _, _ in series)


_TOO_SHORT = re.compile(r"[A-Za-z]{0,2}[\s-]?\d{0,3}[A-Za-z]?|.")


def dealer_names(names: Iterable[tuple[str, str, str]]) -> tuple[tuple[str, str, str], ...]:
    """Of a dealer's (word, brand, series) those for a `Lexicon`: not read already, and no mere 320, B8 or C级."""
    guarded = {name for own in catalogue().of_brand.values() for name in own}
    return tuple(
        (word, brand, series)
        for word, brand, series in names
        if not _TOO_SHORT.fullmatch(word) and key(word) not in guarded and not _is_read(word)
    )


def _is_read(word: str) -> bool:
    return any(span.end - span.start == len(word) for span in find_vehicles(word))


def _value(brand: str, series: str) -> dict[str, Any]:
    return {name: word for name, word in (("brand", brand), ("series", series)) if word}


def _extend(text: str, start: int, end: int, value: dict[str, Any]) -> Span:
    """The core grown over year, displacement and trim on both sides, as long as something new is found."""
    value, grown = dict(value), True
    while grown:
        grown = False
        for left, right in zip(_LEFT, _RIGHT, strict=True):
            before, after = left.search(text, 0, start), right.match(text, end)
            if before and not _known(before, value):
                value, start, grown = _details(before, value), before.start(), True
            if after and after.end() > end and not _known(after, value) and not _bare_year(after):
                value, end, grown = _details(after, value), after.end(), True
    while end > start and text[end - 1] in " 的":
        end -= 1
    return Span("vehicle", start, end, value, text[start:end])


def _bare_year(match: re.Match[str]) -> bool:
    """A number after the car is its year only when it says so (2018款, 2018 model), or an engine follows (2019 1.2T)."""
    if "year" not in match.groupdict() or "款" in match[0] or "model" in match[0].lower():
        return False
    return not (len(match["year"]) == 4 and _ENGINE_NEXT.match(match.string, match.end()))


def _known(match: re.Match[str], value: dict[str, Any]) -> bool:
    names = {"year": "year", "disp": "displacement", "trim": "trim", "gen": "generation"}
    return any(names[group] in value for group in match.groupdict())


def _details(match: re.Match[str], value: dict[str, Any]) -> dict[str, Any]:
    found, groups = dict(value), match.groupdict()
    if year := groups.get("year"):
        number = int(year)
        found["year"] = number if number > 100 else 2000 + number
    if disp := groups.get("disp"):
        plain = disp.replace(" ", "").upper()
        found["displacement"] = plain if not re.fullmatch(r"\d\.\d(?:L)?", plain) else plain.rstrip("L") + "L"
    if trim := groups.get("trim"):
        found["trim"] = trim
    if generation := groups.get("gen"):
        found["generation"] = generation.replace(" ", "").upper()
    return found


@cache
def brand_names() -> frozenset[str]:
    """Every name of a brand as it is looked up."""
    return frozenset(catalogue().brands)
