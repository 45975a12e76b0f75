"""Does the evidence contain every figure of an answer? Numbers, money, dates, times, part numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from retrieval.text import number_spans

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_ZH = "零〇一二两三四五六七八九十百千万亿"
_START = "[零〇一二两三四五六七八九十]"
_ZH_NUMBER = re.compile(
    rf"百分之(?P<percent>{_START}[{_ZH}]*)"
    rf"|(?P<clock>{_START}[十一二三四五六七八九]*)点(?=半|钟|[一二三四五]?十?[一二三四五六七八九]?分|$|[^{_ZH}])"
    rf"|(?P<plain>{_START}[{_ZH}]*(?:点[{_ZH}]+)?)(?=半?\s*(?:元|块|毛|公里|千米|米|厘米|毫米|年|个|天|日|号|月|升|度|伏|安|次|折|分|小时|"
    r"周|岁|公斤|千克|克|寸|马力|匹|巴|档|挡|缸|期|台|辆|条|只|根|套|桶|倍))"
)
_DATE = re.compile(r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})日?")
_DAY = re.compile(r"(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?")
_TIME = re.compile(r"(?<![\d.])(?P<h>\d{1,2})(?::(?P<min>\d{2})|点(?:(?P<half>半)|(?P<min2>\d{1,2})分?)?)")
_NUMBER = re.compile(
    r"(?P<sign>[¥$€])?\s*(?<![a-z\d.])(?P<n>\d+(?:,\d{3})*(?:\.\d+)?)(?P<scale>\s*[十百千万亿]|k(?![a-z]))?"
    r"\s*(?P<unit>%|元|块|rmb|yuan|cny|usd|dollars?)?(?![\d])"
)
_CODE = re.compile(r"(?:[a-z]+[-./]?\d|\d+[-/]?[a-z])[a-z0-9\-./]*")
_COUNTED = re.compile(r"\s*(?:元|块|公里|米|年|个|天|万|亿|%|km|yuan|rmb)")
_MONEY = frozenset({"元", "块", "rmb", "yuan", "cny", "usd", "dollar", "dollars"})


def chinese_number(words: str) -> Decimal:
    """三万五千 → 35000, 二十 → 20, 一二三 → 123, 三点五 → 3.5. Raises ValueError on anything else."""
    whole, point, part = words.partition("点")
    if point:
        return Decimal(f"{chinese_number(whole)}.{''.join(str(_DIGITS[char]) for char in part)}")
    if not words or any(char not in _ZH for char in words):
        raise ValueError(f"not a number: {words!r}")
    if not any(char in _SCALES for char in words):
        return Decimal("".join(str(_DIGITS[char]) for char in words))
    total = section = digit = 0
    for char in words:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif _SCALES[char] < 10_000:
            section += (digit or (0 if section else 1)) * _SCALES[char]
            digit = 0
        else:
            total = (total + section + digit) * _SCALES[char]
            section = digit = 0
    return Decimal(total + section + digit)


def figures(text: str) -> set[str]:
    """Canonical figures: `n:680`, `money:680`, `%:5`, `date:2026-11-21`, `time:17:30`, `code:5W30`."""
    low = _spelled_out(unicodedata.normalize("NFKC", text).lower())
    found: set[str] = set()
    low = _take(_DATE, low, found, _date)
    low = _take(_DAY, low, found, lambda m: [f"date:{int(m['m'])}-{int(m['d'])}"])
    low = _take(_TIME, low, found, _time)
    for key, start, end in number_spans(low):
        if low[start:end].isdigit() and _COUNTED.match(low, end):
            continue
        found.add(f"code:{key}")
        low = low[:start] + " " * (end - start) + low[end:]
    low = _take(_CODE, low, found, lambda m: [f"code:{re.sub(r'[^A-Z0-9]', '', m.group().upper())}"])
    _take(_NUMBER, low, found, _number)
    return found


def unsupported(answer: str, evidence: Iterable[str]) -> list[str]:
    """Figures of `answer` that occur nowhere in `evidence`; empty when all are supported.

    A bare number is supported by the same number with any unit; a price only by a price.
    """
    known: set[str] = set()
    for text in evidence:
        known |= figures(text)
    known |= {f"n:{figure.partition(':')[2]}" for figure in known if figure.startswith(("money:", "%:"))}
    return sorted(figures(answer) - known)


def supported(answer: str, evidence: Sequence[str]) -> bool:
    """Whether every number, price, date, time and part number of `answer` is in its evidence."""
    return not unsupported(answer, evidence)


def _spelled_out(low: str) -> str:
    """Chinese numerals before a unit as digits; idioms such as 一般 and 统一 stay words."""

    def digits(match: re.Match[str]) -> str:
        if match["percent"]:
            return f"{_plain(chinese_number(match['percent']))}%"
        if match["clock"]:
            return f"{_plain(chinese_number(match['clock']))}点"
        return _plain(chinese_number(match["plain"]))

    return _ZH_NUMBER.sub(digits, low)


def _take(
    pattern: re.Pattern[str], low: str, found: set[str], read: Callable[[re.Match[str]], list[str]]
) -> str:
    """Add what `read` makes of each match, and blank the match so that nothing reads it twice."""
    for match in pattern.finditer(low):
        found.update(read(match))
    return pattern.sub(lambda match: " " * len(match.group()), low)


def _date(match: re.Match[str]) -> list[str]:
    year, month, day = int(match["y"]), int(match["m"]), int(match["d"])
    return [f"date:{year:04}-{month}-{day}", f"date:{month}-{day}"]


def _time(match: re.Match[str]) -> list[str]:
    minute = 30 if match["half"] else int(match["min"] or match["min2"] or 0)
    return [f"time:{int(match['h'])}:{minute:02}"]


def _number(match: re.Match[str]) -> list[str]:
    value = Decimal(match["n"].replace(",", ""))
    scale = (match["scale"] or "").strip()
    value *= 1000 if scale == "k" else _SCALES.get(scale, 1)
    unit = match["unit"] or ""
    kind = "%" if unit == "%" else "money" if unit in _MONEY or match["sign"] else "n"
    return [f"{kind}:{_plain(value)}"]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
