"""Chinese and colloquial numbers: 一万二, 3万5, 两千五, 二十三万八, 8k, 1.2w."""

from __future__ import annotations

import re

DIGITS = {
    "零": 0,
    "一": 1,
    "壹": 1,
    "二": 2,
    "贰": 2,
    "两": 2,
    "俩": 2,
    "三": 3,
    "叁": 3,
    "四": 4,
    "肆": 4,
    "五": 5,
    "伍": 5,
    "六": 6,
    "陆": 6,
    "七": 7,
    "柒": 7,
    "八": 8,
    "捌": 8,
    "九": 9,
    "玖": 9,
    "幺": 1,
}
UNITS = {
    "十": 10,
    "拾": 10,
    "百": 100,
    "佰": 100,
    "千": 1000,
    "仟": 1000,
    "k": 1000,
    "K": 1000,
    "万": 10000,
    "萬": 10000,
    "w": 10000,
    "W": 10000,
    "亿": 100000000,
}
HAN = "零一二两三四五六七八九十百千万亿半几幺壹贰叁肆伍陆柒捌玖拾佰仟"
_TOKEN = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\d\s]")


def small(words: str) -> int | None:
    """A count below 10,000 as in dates and clocks: 三, 十二, 二十一, 30, 二零二六; None if it is not one."""
    if words.isdigit():
        return int(words)
    if not words or any(c not in DIGITS and c not in "十百千廿卅" for c in words):
        return None
    if all(c in DIGITS for c in words):
        return int("".join(str(DIGITS[c]) for c in words))
    words = words.replace("廿", "二十").replace("卅", "三十")
    value = number(words)
    return int(value) if value is not None else None


def number(words: str) -> float | None:
    """The value of a spoken or mixed number, else None. A trailing digit counts the next lower unit."""
    tokens = _TOKEN.findall(words.replace(" ", ""))
    if not tokens:
        return None
    total, section, current = 0.0, 0.0, None
    last_unit, gap = 0, False
    for token in tokens:
        if token[0].isdigit() or token in DIGITS:
            digit = float(token.replace(",", "")) if token[0].isdigit() else float(DIGITS[token])
            if token == "零":
                gap = True
            elif current is not None and token in DIGITS:
                current = current * 10 + digit
            else:
                current = digit
        elif token in UNITS:
            unit = UNITS[token]
            if unit >= 10000:
                total += (section + (current or 0) if (section or current) else 1) * unit
                section = 0.0
            else:
                section += (current if current is not None else 1) * unit
            current, last_unit, gap = None, unit, False
        elif token == "半" and last_unit:
            section += last_unit / 2
        else:
            return None
    return total + section + _tail(current, last_unit, gap)


def _tail(current: float | None, last_unit: int, gap: bool) -> float:
    """一万二 is 12,000 and 3万5 is 35,000; 一万零二 is 10,002 and 二十三 is 23."""
    if current is None:
        return 0.0
    if last_unit >= 100 and not gap and 0 < current < 10 and current == int(current):
        return current * last_unit / 10
    return current


_ENGLISH: dict[str, float] = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_ENGLISH |= {
    word: 10 * (step + 2)
    for step, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
_ENGLISH |= {"a": 1, "an": 1, "couple": 2, "half": 0.5}
_SCALES = {
    "hundred": 100,
    "thousand": 1000,
    "thou": 1000,
    "grand": 1000,
    "k": 1000,
    "million": 10**6,
    "mil": 10**6,
}


def words_number(words: str) -> float | None:
    """The value of an English number: two hundred thousand, 15 grand, a hundred and eighty, half a million."""
    total = 0.0
    current: float | None = None
    for token in re.findall(r"\d+(?:\.\d+)?|[a-z]+", words.lower().replace(",", "")):
        if token in ("and", "of"):
            continue
        if token in _SCALES:
            scale = _SCALES[token]
            if scale == 100:
                current = (current if current is not None else 1) * scale
            else:
                total += (current if current is not None else 1) * scale
                current = None
        elif token in _ENGLISH or token[0].isdigit():
            spoken = float(token) if token[0].isdigit() else _ENGLISH[token]
            if token in ("a", "an") and current is not None:
                continue  # half a million, and a couple
            current = (current or 0) + spoken if not (token == "couple" and current == 1) else 2
        else:
            return None
    return total + (current or 0)
