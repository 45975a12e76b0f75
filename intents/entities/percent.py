"""Discounts as the factor kept: 九五折 0.95, 优惠5个点 0.95, 百分之五 0.95, 半价 0.5, 5% off 0.95."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..types import Span
from .numbers import DIGITS, HAN, number, words_number

_ZHE = re.compile(
    r"(?<![\d.])(?:打|按|给)?\s?(?P<n>\d{1,2}(?:\.\d)?|[一二三四五六七八九][点.]?[一二三四五六七八九]?|对)\s?折(?!扣|腾|叠|价|旧|让|返)"
)
_HALF = re.compile(r"半价|打?五折扣|half[ -]price|half off|50 ?/ ?50 off", re.I)
_POINTS = re.compile(
    rf"(?P<n>(?<!\d)\d+(?:\.\d+)?|(?<![{HAN}])[{HAN}]+(?:点[{HAN}]+)?)\s?个?(?:百分)?点(?!钟|半|左右|[\d一二三四五六七八九十]|上|下|到|来|去|试|见)"
)
_NUMBER = (
    r"\d+(?:\.\d+)?|(?:five|ten|fifteen|twenty|thirty|forty|fifty|one|two|three|four|six|seven|eight|nine)"
)
_PERCENT = re.compile(
    rf"(?<![\d.A-Za-z])(?P<n>{_NUMBER})\s?(?:%|percent\b|per cent\b|pct\b)"
    r"(?:\s?(?P<off>off|discount|reduction|cheaper|less))?|"
    r"百分之(?P<zh>[零一二两三四五六七八九十百半\d]+(?:[点.][零一二三四五六七八九\d]+)?)",
    re.I,
)
_OFF_CUE = re.compile(
    r"(?:优惠|降|让|减|便宜|下浮|让利|折扣|折让|discount(?: of)?|knock|take|申请|少)\s?(?:了|个|到|掉|他|她)?\s?(?:大概)?$",
    re.I,
)
# A share of something else is no discount: 首付30%, 年息百分之三点五, 电量还剩20%.
_SHARE = re.compile(
    r"(?:首付|利率|利息|年化|年息|月息|费率|息|手续费|占|比例|成数|电量?|电|油|概率|浓度|增长|涨了?|转化率|满意度|剩|达标|完成|"
    r"down ?payment|interest|rate|apr|battery|deposit)\s?(?:只有|还剩|还有|剩下|剩|是|为|付|了|到|of|at|is|:|大概|约)?\s?$",
    re.I,
)


def find_percents(text: str) -> Iterator[Span]:
    """Discounts in normalised text; `value` is the factor of the price that is kept."""
    for match in _ZHE.finditer(text):
        if (kept := _zhe(match["n"])) is not None:
            yield Span("percent", match.start(), match.end(), kept, match[0].strip())
    for match in _HALF.finditer(text):
        yield Span("percent", match.start(), match.end(), 0.5, match[0])
    for match in _POINTS.finditer(text):
        points = _value(match["n"])
        if points is not None and 0 < points <= 30 and _OFF_CUE.search(text[: match.start()]):
            yield Span("percent", match.start(), match.end(), round(1 - points / 100, 4), match[0])
    yield from _hundredths(text)


def _hundredths(text: str) -> Iterator[Span]:
    for match in _PERCENT.finditer(text):
        value = _value(match["n"] or match["zh"])
        before = text[: match.start()]
        if value is None or not 0 < value <= 100 or (_SHARE.search(before) and not match["off"]):
            continue
        off = bool(match["off"]) or value <= 40 or bool(_OFF_CUE.search(before))
        kept = 1 - value / 100 if off else value / 100
        yield Span("percent", match.start(), match.end(), round(kept, 4), match[0])


def _value(words: str) -> float | None:
    """3, 3.5, 三点五, 半, five."""
    if words == "半":
        return 0.5
    if words.isascii():
        return words_number(words)
    whole, point, part = words.replace(".", "点").partition("点")
    base = number(whole)
    if base is None or not point:
        return base
    return float(f"{base:.0f}." + "".join(str(DIGITS.get(c, c)) for c in part))


def _zhe(words: str) -> float | None:
    """95折, 九五折, 9.5折, 九点五折 keep 0.95; 9折 keeps 0.9; 对折 is half."""
    digits = "".join(str(DIGITS.get(c, c)) for c in words if c not in "点.").replace("对", "5")
    if not digits.isdigit() or digits == "0":
        return None
    return round(float(f"0.{digits}"), 4)
