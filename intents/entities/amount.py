"""One spoken amount and its value: 23万8, 一千五百八, 十五六万, 三十来万, 八千到一万, 五块二, two hundred thousand.

`AMOUNT` finds the words, `bounds` gives the least and the greatest value they may mean.
"""

from __future__ import annotations

import re

from .numbers import DIGITS, UNITS, number, words_number

_ARABIC = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_DIGIT = "零一二两俩三四五六七八九壹贰叁肆伍陆柒捌玖"
_UNIT = "十百千万亿拾佰仟"
_VAGUE = "来多几余好"  # 三十来万, 一万多, 十几万, 千把块
_HAN_RUN = rf"[{_DIGIT}{_UNIT}半几]"
# 十来万 and 千儿八百 have a word inside; 三点五万 and 23点8万 are decimals spoken.
_HAN = (
    rf"(?:[{_DIGIT}十]+点[{_DIGIT}]+(?=\s?[万千百亿wW])[万千百亿wW]|[万千百]儿?[把八][百千十](?:[来多])?|"
    rf"[万千百]把|{_HAN_RUN}+(?:[来多余]?[万千百亿]+[多来余]?|个亿|[kw](?![A-Za-z]))?[{_DIGIT}]?)"
)
_TAIL = rf"(?:\d{{1,4}}(?:[千百kK](?:\d百?|[{_DIGIT}]百?)?)?(?![\d.:])|{_HAN_RUN}+)"
_MIXED = (
    rf"(?:{_ARABIC}|\d+点\d+(?=\s?[万wW]))\s?[多来几余]?\s?(?:个(?=[万wW]))?"
    rf"(?:[万千百亿wWkK](?![A-Za-z])[多来余]?{_TAIL}?)"
)
_ENGLISH = (
    r"(?:(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|half|an?|\d+(?:\.\d+)?|"
    r"couple of|couple)"
    r"[\s-]+(?:and\s)?){1,4}(?:hundred|thousand|grand|thou|mil|million|k)\b"
    r"(?:(?:\s+and)?[\s-]+(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    r"hundred|thousand)\b)*"
)
SINGLE = rf"(?:{_ENGLISH}|{_MIXED}|{_ARABIC}(?:[多来余](?=\s?[块元万千百]))?|{_HAN})"
_TO = r"\s?(?:到|至|-|~|\bto\b|(?<=\s)and(?=\s))\s?"
AMOUNT = rf"(?:(?<=between\s){SINGLE}\sand\s{SINGLE}|{SINGLE}(?:\s?(?:到|至|-|~|\bto\b)\s?{SINGLE})?)"
_RANGE = re.compile(rf"(?P<low>{SINGLE}){_TO}(?P<high>{SINGLE})", re.I)
_PAIR = re.compile(r"(一二|[一二]两|两三|二三|三四|三五|四五|五六|六七|七八|八九)(?![一二三四五六七八九零])")
_IDIOM = {"千八百": (800, 1000), "百八十": (80, 100), "万八千": (8000, 10000)}


def bounds(words: str) -> tuple[float, float] | None:
    """The least and the greatest value of an amount's words, equal when it is exact; None if it is none."""
    words = words.strip().lower()
    if (match := _RANGE.fullmatch(words)) and not re.search(r"hundred and|thousand and", words):
        return _between(*(re.sub(r"\s+", "", side) for side in match.group("low", "high")))
    words = re.sub(r"(?<![a-z])\s+|\s+(?![a-z])", "", words)
    if found := _IDIOM.get(words.replace("儿", "")):
        return found
    if pair := _PAIR.search(words):
        first, second = (words[: pair.start()] + digit + words[pair.end() :] for digit in pair[0])
        low, high = value(first), value(second)
        return (low, high) if low is not None and high is not None and low < high else None
    if "几" in words:
        return _several(words)
    exact = value(words)
    return (exact, exact) if exact is not None else None


def _between(low: str, high: str) -> tuple[float, float] | None:
    """15-18万 lends the first number its unit; 8000到1万 does not."""
    first, second = value(low), value(high)
    unit = re.search(r"[千万亿wk](?=$)", high)
    if first is not None and second is not None and unit and not re.search(r"[百千万亿wk]", low):
        lent = first * UNITS[unit[0]]
        first = lent if lent <= second else first
    return (first, second) if first is not None and second is not None and first < second else None


def _several(words: str) -> tuple[float, float] | None:
    """十几万 is between 100,000 and 200,000; 几万 alone is no amount."""
    match = re.fullmatch(rf"([{_DIGIT}\d]*[十百千0])几([万千百]?)", words)
    base = value(match[1]) if match else None
    if match is None or base is None:
        return None
    unit = UNITS.get(match[2], 1)
    step = 10 if match[1][-1] in "十0" else UNITS[match[1][-1]]
    return base * unit, (base + step) * unit


def value(words: str) -> float | None:
    """The value of one amount without a range: 三十来万, 千五, 半万, 3.5k, 三点五万."""
    plain = re.sub(r"[来多余把个](?=[百千万亿wk]|$)", "", words.replace("俩", "两"))
    plain = re.sub(r"^半(?=[万百])", lambda m: "五千" if words[1] == "万" else "五十", plain)
    plain = re.sub(r"^(五千)万|^(五十)百", lambda m: str(m[1] or m[2]), plain)
    if re.search(r"[a-z]{2,}", plain):
        return words_number(plain)
    if decimal := re.fullmatch(rf"([{_DIGIT}十\d]+)点([{_DIGIT}\d]+)([万千百亿wk])", plain):
        whole = number(decimal[1])
        part = "".join(str(DIGITS.get(c, c)) for c in decimal[2])
        return None if whole is None else round(float(f"{whole:.0f}.{part}") * UNITS[decimal[3]], 2)
    return number(plain)
