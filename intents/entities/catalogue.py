"""The gazetteer of cars: names and type codes of brands and series, ready for search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..data import lists
from .gazetteer import key, matcher

GLUED = r"(?:max|pro|ultra|plus|dm-?i|ev|phev)"  # typed without a blank: su7max
Found = tuple[int, int, str, str]  # start, end, brand, series ("" for a brand alone)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`series` may stand alone; `guarded` only behind their brand; `plain` where a car is spoken of."""

    brands: dict[str, str]
    series: dict[str, tuple[str, str]]
    of_brand: dict[str, dict[str, str]]
    plain: frozenset[str]
    brand_words: re.Pattern[str]
    series_words: re.Pattern[str]
    guarded_words: re.Pattern[str]
    codes: tuple[tuple[re.Pattern[str], str, str], ...]
    codes_of_brand: dict[str, tuple[tuple[re.Pattern[str], str], ...]]


def spellings(series: str, aliases: list[str] | None) -> list[str]:
    """All names of a series, and the plural of those that are words (Accords)."""
    names = [series, *(aliases or ())]
    return [*names, *(f"{n}s" for n in names if re.fullmatch(r"[A-Z][a-z]{3,}", n) and n[-1] != "s")]


@cache
def catalogue() -> Catalogue:
    brands: dict[str, str] = {}
    series: dict[str, tuple[str, str]] = {}
    of_brand: dict[str, dict[str, str]] = {}
    names: list[str] = []
    guarded: list[str] = []
    plain: set[str] = set()
    for brand, entry in lists("zh", "vehicles").items():
        brands.update((key(name), brand) for name in (brand, *entry["names"]))
        plain.update(map(key, entry.get("plain_words", ())))
        alone, own = set(entry.get("only_with_brand", ())), of_brand.setdefault(brand, {})
        for title, aliases in entry["series"].items():
            for name in spellings(title, aliases):
                own.setdefault(key(name), title)
                (guarded if name in alone else names).append(name)
                rest = name[len(brand) :].strip() if name.startswith(brand) else ""
                if rest and rest not in names:  # 阿维塔12 is Avatr 12, too
                    own.setdefault(key(rest), title)
                    guarded.append(rest)
                if name not in alone:
                    series.setdefault(key(name), (brand, title))
    words = [name for brand, entry in lists("zh", "vehicles").items() for name in (brand, *entry["names"])]
    patterns = matcher(words), matcher(names, GLUED), matcher(guarded, GLUED)
    return Catalogue(brands, series, of_brand, frozenset(plain), *patterns, *_codes())


def _codes() -> tuple[Any, Any]:
    alone, behind = [], {}
    for brand, entry in lists("zh", "vehicles").items():
        codes = [(_code(pattern), series) for pattern, series in entry.get("codes", ())]
        alone += [(pattern, brand, series) for pattern, series in codes]
        more = [(_code(pattern), series) for pattern, series in entry.get("codes_with_brand", ())]
        if codes or more:
            behind[brand] = (*codes, *more)
    return tuple(alone), behind


def _code(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9.-]){pattern}(?![A-Za-z0-9]|\.\d)", re.I)


# 皇冠酒店, A4纸 and 东风路 are no cars.
_ELSE = re.compile(
    r"(?:路(?!况|试|上)|街|大厦|酒店|宾馆|小区|大桥|机场|广场|纸|航班|高速(?!上)|页面|链接|处理器|公交|手机|点评|风情|数字|系列|双钻|村|镇|银行|"
    r"地铁|学校|中学|大学|医院|超市|号线)"
)


def named(text: str) -> Iterator[Found]:
    """Brands with their series, type codes, series alone, brands alone; the firmer reading first."""
    for found in _named(text):
        if not _ELSE.match(text, found[1]):
            yield found


def _named(text: str) -> Iterator[Found]:
    known = catalogue()
    brand_hits = list(known.brand_words.finditer(text))
    for hit in brand_hits:
        brand = known.brands[key(hit[0])]
        if follow := _of_brand(text, hit.end(), brand):
            yield hit.start(), follow[0], brand, follow[1]
    for pattern, brand, series in known.codes:
        for match in pattern.finditer(text):
            yield match.start(), match.end(), brand, _filled(series, match)
    for match in known.series_words.finditer(text):
        if key(match[0]) not in known.plain or spoken_of(text, match.start(), match.end()):
            yield match.start(), match.end(), *known.series[key(match[0])]
    for hit in brand_hits:
        if key(hit[0]) not in known.plain or spoken_of(text, hit.start(), hit.end()):
            yield hit.start(), hit.end(), known.brands[key(hit[0])], ""


_BETWEEN = re.compile(r"[\s的]{0,2}")


def _of_brand(text: str, at: int, brand: str) -> tuple[int, str] | None:
    """The brand's own series right behind it: 大众M6 is none, while 深蓝S7 and 问界M7 are."""
    known = catalogue()
    gap = _BETWEEN.match(text, at)
    at = gap.end() if gap else at
    for pattern in (known.series_words, known.guarded_words):
        if follow := pattern.match(text, at):
            own = known.of_brand[brand]
            title = own.get(key(follow[0])) or own.get(key(brand + follow[0]))
            if title:
                return follow.end(), title
    for code, series in known.codes_of_brand.get(brand, ()):
        if follow := code.match(text, at):
            return follow.end(), _filled(series, follow)
    return None


def _filled(series: str, match: re.Match[str]) -> str:
    return series.replace("{1}", match[1].upper()) if "{1}" in series else series


_BEFORE = re.compile(
    r"(?:试驾|试乘|试|看看|看|买|订|定|提|换|选|开|台|辆|款|部|喜欢|考虑|关注|中意|对比|意向|车型|我的|他的|她的|的|是|要|有|问|,)\s?$"
)
_AFTER = re.compile(
    r"\s*$|\s?[,.!?;、]|\s|的(?=配置|保养|价格|报价|现车|优惠|配件|落地|车)|了|吗|呢|吧|和|跟|还|有|现|落|多少|几|怎|什么|做|保养|报价|试|优惠|能|可|到|也|都|行|车|"
    r"\d{2,4}款|新款|汽车"
)
_PLAINLY = re.compile(r"(?:有现车|有没有现车|现车|落地|试驾|汽车|4s|车主|\d{2,4}款)", re.I)


_LATIN_AFTER = re.compile(r"\s(?:in stock|available|price|test drive|quote|\d{4}|\d\.\d)", re.I)


def spoken_of(text: str, start: int, end: int) -> bool:
    """Whether an everyday word is a car here: wanted, tried or asked about, and not part of a longer word."""
    if _PLAINLY.match(text, end) or _LATIN_AFTER.match(text, end):
        return True
    if text[start].isascii():  # an Explorer, but neither explorer nor Focus at the start of a sentence
        return (
            text[start].isupper()
            and start > 0
            and text[start - 1] == " "
            and not text[:start].rstrip().endswith(".")
        )
    return bool(_BEFORE.search(text[max(0, start - 4) : start]) and _AFTER.match(text, end))
