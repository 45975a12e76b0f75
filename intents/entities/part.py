"""Parts: the standard name behind workshop words (火嘴 is 火花塞), with its place (左前轮的刹车皮, front brake pads)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from ..data import lists
from ..types import Lexicon, Span
from .gazetteer import alternation, key, matcher


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for part, words in lists("zh", "parts").items():
        for word in _words(part, words):
            names.setdefault(key(word), part)
    return names


def _plurals(words: list[str]) -> list[str]:
    return [f"{word}s" for word in words if not word.endswith("s")]


def _words(part: str, entry: dict[str, list[str]]) -> list[str]:
    return [part, *entry["zh"], *entry["en"], *_plurals(entry["en"])]


@cache
def _places() -> dict[str, str]:
    """What people say for a place -> the place as part names have it."""
    return {
        word: place
        for by_place in lists("zh", "places").values()
        for place, said in by_place.items()
        for word in said
    }


@cache
def _pattern() -> re.Pattern[str]:
    han = alternation(word for word in _places() if not word.isascii())
    latin = alternation(word for word in _places() if word.isascii())
    words = [word for part, entry in lists("zh", "parts").items() for word in _words(part, entry)]
    core = matcher([word for word in words if len(word) > 1]).pattern
    short = "".join(word for word in words if len(word) == 1)
    return re.compile(
        r"(?:前(?:轮|、|/|和)?(?=后)|左(?:边|、|/|和)?(?=右)|\bfront (?:and|&) (?=rear )|\bleft (?:and|&) (?=right ))?"
        rf"(?:(?P<place>(?:{han})的?|\b(?:{latin})\s)?(?P<part>{core})|(?P<beside>{han})(?P<short>[{short}](?![压子])))"
        r"(?:总成)?(?!\s(?:pressure|light\b|warning|cleaning)|灯亮|压力|险)",
        re.IGNORECASE,
    )


_GRADE = re.compile(
    r"(?<![A-Za-z0-9.])\d{1,2}W-?\d{2}(?:的?\s?(?P<oil>机油|(?:engine )?oil))?(?![A-Za-z0-9])", re.I
)


def find_parts(text: str, lexicon: Lexicon | None = None) -> Iterator[Span]:
    """Value: the standard name in the language of the words, the other language's among the alternatives."""
    for word, name in lexicon.parts if lexicon else ():
        for match in matcher([word]).finditer(text):
            yield Span("part", match.start(), match.end(), name, match[0])
    for match in _GRADE.finditer(text):
        latin = bool(match["oil"]) and match["oil"].isascii()
        yield Span(
            "part",
            match.start(),
            match.end(),
            "engine oil" if latin else "机油",
            match[0],
            ("机油",) if latin else (),
        )
    for match in _pattern().finditer(text):
        yield _span(match)


# What follows a part's name and makes it the name of another: 刹车片报警线, oil filter housing.
_LONGER = re.compile(
    r"(?:报警线|感应线|传感器|螺丝|螺栓|螺母|支架|桩头|接头|插头|线束|开关|继电器|控制(?:单元|模块|器)|电机|马达|轴承|密封圈|油封|卡扣|卡子"
    r"|修理包|镜片|灯泡|喷水?嘴|油?壶|油?冷器|散热器|油?底壳|滤网|皮带|齿轮|拉[索线]|弹簧|胶套|防尘套|护板|座(?![椅位])|套(?![装餐件])"
    r"|盖(?!了)|壳(?!牌)|管(?![用理够不])|罩|垫(?!付))"
    r"|\s(?:terminal|socket|housing|sensor|bulb|cap|bracket|bolt|screw|nut|motor|pump|switch|relay|gasket|seal|hose|pipe|cover|clip"
    r"|warning wire|wire)s?\b",
    re.IGNORECASE,
)


def _span(match: re.Match[str]) -> Span:
    longer = _LONGER.match(match.string, match.end())
    if longer:
        whole = match.string[match.start() : longer.end()]
        return Span("part", match.start(), longer.end(), whole, whole)
    words: dict[str, Any] = match.groupdict()
    said = words["part"] or words["short"]
    place = (words["place"] or words["beside"] or "").strip().rstrip("的")
    han = _places().get(place.lower(), "") + _names()[key(said)]
    if not said.isascii():
        return Span("part", match.start(), match.end(), han, match[0])
    english = " ".join(filter(None, (place, said))).lower()
    return Span("part", match.start(), match.end(), english, match[0], (han,))


def standard_part(words: str) -> str | None:
    """The catalogue's Chinese standard name (with its place) for anybody's words in either language."""
    span = next(find_parts(words), None)
    if span is None:
        return None
    return str(span.alternatives[0] if span.alternatives else span.value)
