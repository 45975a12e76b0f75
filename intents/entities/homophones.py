"""Car names typed by sound: 凯美锐 for 凯美瑞, 雅格 for 雅阁. The typed word sounds alike and shares a character."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ..data import lists
from .catalogue import Found, catalogue

_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
# Two characters say little: something beside them must speak of a car.
_BEFORE = re.compile(r"(?:试驾|试乘|看看|看|买|订|换|开|台|辆|款|有没有|想要|和|跟|与|或|对比|新|老)\s?$")
_AFTER = re.compile(
    r"\s?(?:\d\.\d|\d{2,4}\s?款|\d{3}|[A-Z]{2,}|现车|落地|混动|双擎|的?(?:报价|配件|试驾|现车)|顶配|低配)",
    re.I,
)


@cache
def _sounds(char: str) -> str:
    """The toneless reading of a character, n and ng, s and sh alike; itself when it has none."""
    from pypinyin import Style, lazy_pinyin

    sound = lazy_pinyin(char, style=Style.NORMAL)[0]
    return re.sub(r"(?<=[zcs])h", "", sound).removesuffix("g") if sound.isascii() else sound


@cache
def _index() -> dict[tuple[str, ...], tuple[str, str, str]]:
    """Readings of the Chinese names that are no everyday words -> the name, its brand and series."""
    known = catalogue()
    found: dict[tuple[str, ...], tuple[str, str, str]] = {}
    for name, (brand, series) in known.series.items():
        if _HAN.fullmatch(name) and name not in known.plain:
            found.setdefault(tuple(map(_sounds, name)), (name, brand, series))
    return found


@cache
def _common() -> frozenset[str]:
    return frozenset(lists("zh", "people")["never_in_names"]) | frozenset("小大好新老天年人上下中不")


def heard(text: str) -> Iterator[Found]:
    """Names in normalised text that only sound like a car's; the longest at each place."""
    sizes = sorted({len(sounds) for sounds in _index()}, reverse=True)
    for run in _HAN.finditer(text):
        sounds = tuple(map(_sounds, run[0]))
        at = 0
        while at < len(sounds) - 1:
            hit = next(
                (h for size in sizes if (h := _hit(text, run.start() + at, sounds[at : at + size], size))),
                None,
            )
            if hit:
                yield hit
                at += hit[1] - hit[0]
            else:
                at += 1


def _hit(text: str, start: int, sounds: tuple[str, ...], size: int) -> Found | None:
    entry = _index().get(sounds) if len(sounds) == size else None
    if entry is None:
        return None
    name, brand, series = entry
    typed = text[start : start + size]
    odd = [char for char, right in zip(typed, name, strict=True) if char != right]
    if not odd or len(odd) == size or _common() & set(odd):
        return None
    return (
        (start, start + size, brand, series) if size > 2 or _beside_a_car(text, start, start + size) else None
    )


_AND = re.compile(r"\s?(?:和|跟|与|或者?|还是|对比)\s?")


def _beside_a_car(text: str, start: int, end: int) -> bool:
    """Behind a surname it is somebody's name: 李思雨 wants no 思域."""
    if text[start - 1 : start] in lists("zh", "people")["surnames"] and start:
        return False
    joined = _AND.match(text, end)
    car = joined and catalogue().series_words.match(text, joined.end())
    return bool(car or _BEFORE.search(text[max(0, start - 4) : start]) or _AFTER.match(text, end))
