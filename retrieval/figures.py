"""Numbers of a text, with what they measure: money, shares, spans, distances, dates, times, part numbers.

Values are canonical, so that 1.5万公里, 15,000 km and 一万五千公里 are one figure, and so are 3年 and 36 months.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from retrieval.text import number_spans

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_ZH = "零〇一二两三四五六七八九十百千万亿"
_START = "[零〇一二两三四五六七八九十]"
_EN = {word: str(n) for n, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split())
} | {"twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "ninety": "90"}  # fmt: skip

# dimension → (unit as written, how many of the canonical one)
_UNITS: dict[str, dict[str, str]] = {
    "money": {"元": "1", "块钱": "1", "块": "1", "rmb": "1", "yuan": "1", "cny": "1", "毛": "0.1", "usd": "1",
              "dollars": "1", "dollar": "1"},
    "%": {"%": "1", "percent": "1", "per cent": "1", "成": "10"},
    "month": {"个月": "1", "months": "1", "month": "1", "年": "12", "years": "12", "year": "12"},
    "day": {"天": "1", "日": "1", "days": "1", "day": "1", "周": "7", "weeks": "7", "week": "7", "个星期": "7", "星期": "7"},
    "workday": {"个工作日": "1", "工作日": "1", "working days": "1", "working day": "1", "business days": "1"},
    "minute": {"分钟": "1", "minutes": "1", "minute": "1", "mins": "1", "min": "1", "个小时": "60", "小时": "60",
               "hours": "60", "hour": "60", "hrs": "60"},
    "second": {"秒": "1", "seconds": "1", "second": "1"},
    "speed": {"km/h": "1", "公里/小时": "1", "千米/小时": "1", "kph": "1"},
    "km": {"公里": "1", "千米": "1", "km": "1", "kms": "1", "kilometres": "1", "kilometers": "1", "kilometre": "1"},
    "mm": {"毫米": "1", "mm": "1", "厘米": "10", "cm": "10", "米": "1000", "metres": "1000", "meters": "1000", "m": "1000"},
    "inch": {"寸": "1", "英寸": "1", "inch": "1", "inches": "1"},
    "ml": {"毫升": "1", "ml": "1", "升": "1000", "litres": "1000", "liters": "1000", "litre": "1000", "l": "1000"},
    "gram": {"克": "1", "g": "1", "公斤": "1000", "千克": "1000", "kg": "1000", "吨": "1000000"},
    "volt": {"伏": "1", "伏特": "1", "v": "1", "volts": "1", "volt": "1", "kv": "1000"},
    "amp": {"安培": "1", "安": "1", "amps": "1", "amp": "1", "a": "1", "ah": "1", "安时": "1"},
    "watt": {"瓦": "1", "w": "1", "千瓦": "1000", "kw": "1000"},
    "kwh": {"kwh": "1", "度电": "1", "千瓦时": "1"},
    "hp": {"马力": "1", "匹": "1", "hp": "1"},
    "newton-metre": {"牛米": "1", "牛·米": "1", "n·m": "1", "n.m": "1", "nm": "1"},
    "kpa": {"kpa": "1", "千帕": "1", "bar": "100", "巴": "100", "mpa": "1000", "兆帕": "1000"},
    "psi": {"psi": "1"},
    "degree": {"摄氏度": "1", "°c": "1", "度": "1", "°": "1", "degrees": "1"},
    "turbo": {"t": "1"},
    "off": {"折": "1"},
    "times": {"次": "1", "times": "1"},
}  # fmt: skip
_DIMENSION = {unit: (kind, Decimal(size)) for kind, units in _UNITS.items() for unit, size in units.items()}
_UNIT = "|".join(re.escape(unit) for unit in sorted(_DIMENSION, key=len, reverse=True))
# A Latin unit is not the beginning of a word or a code: 5w-30, 12 months, 3 A-pillars.
_ENDS = r"(?:(?<=[^a-z])|(?![a-z0-9]|[-/]\d|-[a-z]))"
_PLAIN = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"\s*(?:[百千万亿]|k(?![a-z]))"

# Nobody writes a longer number; what goes on and on is no number, and must not take long to find out.
_ZH_NUMBER = re.compile(
    rf"百分之(?P<percent>{_START}[{_ZH}]{{0,14}})"
    rf"|(?P<clock>{_START}[十一二三四五六七八九]{{0,8}})点(?=半|钟|[一二三四五]?十?[一二三四五六七八九]?分|$|[^{_ZH}])"
    rf"|(?P<plain>{_START}[{_ZH}]{{0,14}}(?:点[{_ZH}]{{1,14}})?)(?=半?\s*(?:个?半?(?:{_UNIT})|毛|个|号|月|分|岁|巴|档|挡|缸|期|台|辆|条|只|根|套|桶|倍))"
    rf"|(?P<bare>{_START}[{_ZH}]{{0,14}}[百千万亿][{_ZH}]{{0,14}})"
)
_EN_NUMBER = re.compile(rf"\b(?P<n>{'|'.join(sorted(_EN, key=len, reverse=True))})(?=\s+(?:{_UNIT}){_ENDS})")
_HALF = re.compile(
    r"(?<!\d)(?P<n>\d+)\s*(?P<a>个?)半?(?P<unit>年|个?月|天|小时|个小时|升|公里|万)半|(?<!\d)(?P<m>\d+)个半(?P<unit2>月|小时)"
)
_DATE = re.compile(r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})日?")
_DAY = re.compile(r"(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?")
_TIME = re.compile(r"(?<![\d.])(?P<h>\d{1,2})(?::(?P<min>\d{2})|点(?:(?P<half>半)|(?P<min2>\d{1,2})分?)?)")
_RANGE = re.compile(
    rf"(?<![a-z\d.])(?P<a>{_PLAIN})(?P<as>{_SCALE})?\s*(?P<au>{_UNIT})?\s*(?:[-~–—至到]|to)\s*(?P<b>{_PLAIN})(?P<bs>{_SCALE})?"
    rf"\s*(?P<unit>{_UNIT}){_ENDS}"
)
_MEASURE = re.compile(
    rf"(?<![a-z\d.])(?P<n>{_PLAIN})(?P<s>{_SCALE})?(?P<tail>\d)?\s*(?P<unit>{_UNIT}){_ENDS}"
)
_HEADED = re.compile(rf"[(\[](?P<unit>{_UNIT})[)\]]\s*:?\s*(?P<n>{_PLAIN})(?P<s>{_SCALE})?(?![\d.%])")
_NUMBER = re.compile(
    rf"(?:(?P<sign>[¥$€])\s*)?(?<![a-z\d.])(?P<n>{_PLAIN})(?P<s>\s*[十百千万亿]|k(?![a-z]))?(?P<tail>\d(?!\d))?(?![\d])"
)
_CODE = re.compile(r"(?:(?<![a-z])[a-z]+[-./]?\d|(?<!\d)\d+(?:\.\d+)?[-/]?[a-z])[a-z0-9\-./]*")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as `kind` and canonical `value`; `written` is its number alone, `words` how the text has it."""

    kind: str
    value: str
    written: str
    words: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.value}"


def chinese_number(words: str) -> Decimal:
    """三万五千 → 35000, 一万五 → 15000, 二十 → 20, 一二三 → 123, 三点五 → 3.5. Raises ValueError on anything else."""
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
    before = words[-2:-1]
    if digit and before in _SCALES and before != "十":
        digit *= _SCALES[before] // 10  # 一万五, 三百八
    return Decimal(total + section + digit)


def read_figures(text: str) -> list[Figure]:
    """Every figure of `text`; what one reading has taken no other reads again."""
    low = _spelled_out(unicodedata.normalize("NFKC", text).lower())
    found: list[Figure] = []
    low = _take(_DATE, low, found, _date)
    low = _take(_DAY, low, found, lambda m: [_figure("date", f"{int(m['m'])}-{int(m['d'])}", m)])
    low = _take(_TIME, low, found, _time)
    low = _take(_RANGE, low, found, _range)
    low = _part_numbers(low, found)
    low = _take(_HEADED, low, found, lambda m: [_measure(m["n"], m["s"], m["unit"], m.group())])
    low = _take(_MEASURE, low, found, lambda m: [_measure(m["n"], m["s"], m["unit"], m.group(), m["tail"])])
    low = _take(
        _CODE, low, found, lambda m: [_figure("code", re.sub(r"[^A-Z0-9.]", "", m.group().upper()), m)]
    )
    _take(_NUMBER, low, found, _number)
    return found


def figures(text: str) -> set[str]:
    """Canonical figures: `n:680`, `money:680`, `%:5`, `month:36`, `km:15000`, `date:2026-11-21`, `code:5W30`."""
    return {figure.key for figure in read_figures(text)}


def _spelled_out(low: str) -> str:
    """Numbers in words as digits; idioms such as 一般 and 统一 stay words, 半年 and 一年半 become numbers."""

    def digits(match: re.Match[str]) -> str:
        if match["percent"]:
            return f"{_plain(chinese_number(match['percent']))}%"
        if match["clock"]:
            return f"{_plain(chinese_number(match['clock']))}点"
        return _plain(chinese_number(match["plain"] or match["bare"]))

    low = _EN_NUMBER.sub(lambda m: _EN[m["n"]], _ZH_NUMBER.sub(digits, low))
    low = re.sub(r"(?<!\d)(?<!\d\s)(?<![点个])半(?=年|小时|天)|\bhalf an?(?= (?:year|hour|day))", "0.5", low)
    return _HALF.sub(lambda m: f"{m['n'] or m['m']}.5{m['unit'] or '个' + m['unit2']}", low)


def _take(
    pattern: re.Pattern[str], low: str, found: list[Figure], read: Callable[[re.Match[str]], list[Figure]]
) -> str:
    """Add what `read` makes of each match, and blank the match so that nothing reads it twice."""
    for match in pattern.finditer(low):
        found.extend(read(match))
    return pattern.sub(lambda match: " " * len(match.group()), low)


def _part_numbers(low: str, found: list[Figure]) -> str:
    """Part numbers and phones; digits alone with a unit after them are an amount."""
    counted = re.compile(rf"\s*(?:[万亿]|{_UNIT}){_ENDS}")
    for key, start, end in number_spans(low):
        if low[start:end].isdigit() and counted.match(low, end):
            continue
        found.append(Figure("code", key, key, low[start:end]))
        low = low[:start] + " " * (end - start) + low[end:]
    return low


def _figure(kind: str, value: str, match: re.Match[str]) -> Figure:
    return Figure(kind, value, value, match.group().strip())


def _date(match: re.Match[str]) -> list[Figure]:
    year, month, day = int(match["y"]), int(match["m"]), int(match["d"])
    return [_figure("date", f"{year:04}-{month}-{day}", match), _figure("date", f"{month}-{day}", match)]


def _time(match: re.Match[str]) -> list[Figure]:
    minute = 30 if match["half"] else int(match["min"] or match["min2"] or 0)
    return [_figure("time", f"{int(match['h'])}:{minute:02}", match)]


def _range(match: re.Match[str]) -> list[Figure]:
    """Both ends measure the same: 10–12 mm, 3到5年, 3-6 万公里."""
    first_scale = match["as"] or ("" if match["au"] else match["bs"])
    return [
        _measure(match["a"], first_scale, match["au"] or match["unit"], match.group()),
        _measure(match["b"], match["bs"], match["unit"], match.group()),
    ]


def _measure(number: str, scale: str | None, unit: str, words: str, tail: str | None = None) -> Figure:
    kind, size = _DIMENSION[unit]
    written = _scaled(number, scale, tail)
    return Figure(kind, _plain(written * size), _plain(written), words.strip())


def _number(match: re.Match[str]) -> list[Figure]:
    value = _plain(_scaled(match["n"], match["s"], match["tail"]))
    return [Figure("money" if match["sign"] else "n", value, value, match.group().strip())]


def _scaled(number: str, scale: str | None, tail: str | None = None) -> Decimal:
    """3万 → 30000, 3万5 → 35000, 18k → 18000."""
    said = (scale or "").strip()
    times = 1000 if said == "k" else _SCALES.get(said, 1)
    value = Decimal(number.replace(",", "")) * times
    return value + int(tail) * times // 10 if tail and times > 1 else value


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def measured(text: str) -> Iterator[Figure]:
    """The figures that measure something: not codes, bare numbers or times of day."""
    return (figure for figure in read_figures(text) if figure.kind not in ("code", "n", "time"))
