"""Vehicles: brand, series and generation, model year, displacement, trim."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..data import lists
from ..types import Lexicon, Span
from .gazetteer import key, matcher

_YEAR = (
    r"(?P<year>(?<!\d)(?:19[89]|20[0-4])\d|(?<![\d.])[0-3]\d(?=\s?款))\s?(?:年款|"
    r"年产|年|款|出厂|model year|model)?的?"
)
_DISPLACEMENT = (
    r"(?P<disp>(?<![\d.])[0-6]\.\d\s?(?:TFSI|TSI|TDI|TD|T|L|i)?(?![\d%万折])|(?<!\d)"
    r"\d{3}\s?TSI|(?<!\d)(?:20|28|30|35|40|45|50|55|60)\s?TFSI)"
)
_TRIM = (
    r"(?P<trim>(?:四驱|两驱|手动|自动|插混|混动|纯电|长续航|标准续航|高性能|智驾|"
    r"运动|豪华|尊贵|进取|舒适|旗舰|领先|精英|尊享|时尚|风尚|"
    r"科技|都市|性能|至尊|顶配|低配|中配|高配|限量|行政|尊荣|卓越|先锋|悦享|智享|"
    r"星耀|雅致){1,3}(?:版|型|款)|顶配|高配|低配|中配|"
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
_LEFT = [re.compile(rf"{p}\s?(?:的)?\s?$", re.I) for p in (_YEAR, _DISPLACEMENT, _TRIM)]
_RIGHT = [re.compile(rf"[\s,]?(?:的)?{p}", re.I) for p in (_YEAR, _DISPLACEMENT, _TRIM)]
_YEAR_ALONE = re.compile(
    r"(?<!\d)(?P<year>(?:19[89]|20[0-4])\d|[0-3]\d)\s?款(?:的)?(?:\s?" + _DISPLACEMENT + r")?(?:的)?"
)


@dataclass(slots=True)
class _Catalogue:
    series: dict[str, tuple[str, str]] = field(default_factory=dict)
    brands: dict[str, str] = field(default_factory=dict)
    guarded: set[str] = field(default_factory=set)


@cache
def _catalogue() -> _Catalogue:
    found = _Catalogue()
    for brand, entry in lists("zh", "vehicles").items():
        for name in (brand, *entry["names"]):
            found.brands[key(name)] = brand
        guarded = set(entry.get("only_with_brand", ()))
        found.guarded |= {key(name) for name in guarded}
        for series, aliases in entry["series"].items():
            for name in _spellings(series, aliases):
                found.series.setdefault(key(name), (brand, series))
    return found


def _spellings(series: str, aliases: list[str] | None) -> list[str]:
    """All names of a series, and the plural of those that are words (Accords)."""
    names = [series, *(aliases or ())]
    return [
        *names,
        *(f"{name}s" for name in names if re.fullmatch(r"[A-Z][a-z]{3,}", name) and name[-1] != "s"),
    ]


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    names: list[str] = []
    brands: list[str] = []
    guarded: list[str] = []
    for brand, entry in lists("zh", "vehicles").items():
        brands += [brand, *entry["names"]]
        alone = set(entry.get("only_with_brand", ()))
        for series, aliases in entry["series"].items():
            for name in _spellings(series, aliases):
                (guarded if name in alone else names).append(name)
    return matcher(names), matcher(brands), matcher(guarded)


def find_vehicles(text: str, lexicon: Lexicon | None = None) -> Iterator[Span]:
    """Vehicles with what is said around them; a brand or a model year alone counts as well."""
    taken: list[Span] = []
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
    catalogue, (series, brands, guarded) = _catalogue(), _patterns()
    for word, brand, name in lexicon.series if lexicon else ():
        for match in matcher([word]).finditer(text):
            yield match.start(), match.end(), _value(brand, name)
    for match in _GOLF.finditer(text):
        digit = match["zh"] or match["en"]
        value = {**_value("大众", "高尔夫"), "generation": int(_HAN_DIGIT.get(digit, digit))}
        yield match.start(), match.end(), value
    brand_hits = list(brands.finditer(text))
    for hit in brand_hits:
        brand = catalogue.brands[key(hit[0])]
        after = re.compile(r"[\s的]{0,2}").match(text, hit.end())
        at = after.end() if after else hit.end()
        follow = series.match(text, at) or guarded.match(text, at)
        if follow and (found := _series_of(brand, follow[0])):
            yield hit.start(), follow.end(), _value(brand, found)
    for match in series.finditer(text):
        brand, name = catalogue.series[key(match[0])]
        yield match.start(), match.end(), _value(brand, name)
    for hit in brand_hits:
        yield hit.start(), hit.end(), {"brand": catalogue.brands[key(hit[0])]}


def _series_of(brand: str, words: str) -> str | None:
    """The brand's own series of that name: 大众M6 is none, while 深蓝S7 and 问界M7 are."""
    for series, aliases in lists("zh", "vehicles")[brand]["series"].items():
        names = {key(name) for name in (series, *(aliases or ()))}
        if key(words) in names or key(brand + words) in names:
            return str(series)
    return None


def _value(brand: str, series: str) -> dict[str, Any]:
    return {"brand": brand, "series": series} if brand else {"series": series}


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
    """A number after the car is its year only when it says so (2018款, 2018 model)."""
    return "year" in match.groupdict() and "款" not in match[0] and "model" not in match[0].lower()


def _known(match: re.Match[str], value: dict[str, Any]) -> bool:
    names = {"year": "year", "disp": "displacement", "trim": "trim"}
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
    return found


@cache
def brand_names() -> frozenset[str]:
    return frozenset(_catalogue().brands)
