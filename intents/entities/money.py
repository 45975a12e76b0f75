"""Money, discounts and percentages as they are spoken: 落地23万8, 优惠八千, 便宜两千五, 打九五折, 让3个点."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..types import Span
from .numbers import DIGITS, HAN, number

_NUM = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_SPOKEN = rf"(?:{_NUM}\s?[万千百wWkK](?:\s?[零\d一二两三四五六七八九半][{HAN}\d]*)?|[{HAN}]+|{_NUM})"
_CURRENCY = r"(?:块钱|块|元人民币|元|圆|人民币|RMB|rmb|yuan|CNY|大洋|米(?!其林))"
_CUES = {
    "discount": (
        r"优惠|便宜|降价|降|减|让利|让价|让|抹掉|抹|砍|少收|少|折让|现金折扣|直降|"
        r"立减|申请|再给|下浮|discount(?: of)?|knock(?:ing)?|take|off by|cut|save|"
        r"reduce(?: it)?(?: by)?|minus"
    ),
    "deposit": r"定金|订金|押金|deposit(?: of)?|首付|down ?payment(?: of)?",
    "price": (
        r"落地价?|报价?|裸车价?|售价|价格|总价|车价|卖|开价|成交价|成交|全款|包牌|"
        r"预算|price|quote|at|for|budget(?: of)?|worth|total"
    ),
    "limit": (
        r"按|同意|批准|(?:好的?|可以|行|ok),|最多|不超过|不能超过|上限|最高|至多|只能|只给|顶多|批|最大|at most|max(?:imum)"
        r"?(?: of)?|up to|no more than|limit(?: of)?|only"
    ),
}
_WITH_UNIT = re.compile(
    rf"(?P<sign>[¥$])\s?(?P<a>{_NUM}\s?[万千wWkK]?)|"
    rf"(?P<b>(?<![A-Za-z\d.\-])(?:\d+(?:\.\d+)?)\s?(?:[万wW](?:\s?(?:\d(?:千|百|"
    rf"k)?|[{HAN}]+))?|[千百kK](?:\s?\d(?![\d年月日号点]))?))(?![A-Za-z\d])\s?{_CURRENCY}?|"
    rf"(?P<c>(?<![A-Za-z\d.\-]){_SPOKEN})\s?{_CURRENCY}(?!\w*面包)|"
    rf"(?P<d>(?<![{HAN}])[{HAN}]*[一二两三四五六七八九十][万千百][{HAN}]*)",
)
_AFTER_CUE = re.compile(
    (
        rf"(?P<cue>{'|'.join(_CUES.values())})\s?(?:到|价|了|个|他|她|您|大概|差不多|"
        rf"是|为|至|掉|过|(?:[^\W\d_]){{0,2}}|:)??\s?(?P<n>{_SPOKEN})(?![\d年月日号点小天周星款公里个台次"
        rf"条只人辆折%.T]|\s?(?:分钟|小时|折|am|pm|days?|hours?|weeks?|minutes?|%))"
    ),
    re.I,
)
_OFF = re.compile(
    (
        rf"(?P<n>{_NUM}\s?[kKwW]?)\s?(?:yuan|rmb|¥)?\s?(?:off\b|discount|cheaper|less\b|"
        rf"reduction|rebate)"
    ),
    re.I,
)
_AT_MOST = re.compile(
    (
        rf"(?P<n>(?<![A-Za-z\d.\-]){_NUM}\s?[kKwW万千]?)\s?(?:(?:yuan|rmb)\s?)?(?:at "
        rf"most|max\b|tops\b|maximum|封顶|顶天|为限|以内)"
    ),
    re.I,
)
_DOWN_TO = re.compile(r"(?:到|至|\bto)\s?$", re.I)
_KINDS = [(kind, re.compile(pattern, re.I)) for kind, pattern in _CUES.items()]
_NOT_MONEY = re.compile(
    (
        r"\s?多?(?:公里|km|米|升|L\b|天|年|号|点|小时|个月|分钟|次|条|台|辆|人|款|"
        r"折|%|平|岁|kg|度|转|寸|后公里)"
    ),
    re.I,
)
_FRACTION_ZHE = re.compile(
    r"(?<![\d.])(?:打|按|给)?\s?(?P<n>\d{1,2}(?:\.\d)?|[一二三四五六七八九][点.]"
    r"?[一二三四五六七八九]?)\s?折(?!扣)"
)
_POINTS = re.compile(
    rf"(?P<n>\d+(?:\.\d+)?|[{HAN}]+)\s?个?(?:百分)?点(?!钟|半|左右|[\d一二三四五六七八九十]"
    rf"|上|下|到|来|去|试|见)"
)
_PERCENT = re.compile(
    (
        r"(?P<n>\d+(?:\.\d+)?)\s?(?:%|percent|pct)(?P<off>\s?(?:off|discount|reduction|"
        r"cheaper))?|百分之(?P<zh>[零一二三四五六七八九十\d.]+)"
    ),
    re.I,
)
_OFF_CUE = re.compile(
    (
        r"(?:优惠|降|让|减|便宜|下浮|让利|折扣|折让|discount(?: of)?|申请)\s?(?:了|"
        r"个|到)?\s?$"
    ),
    re.I,
)


class Money(float):
    """An amount in yuan; `kind` is price, discount, deposit, limit or amount, `words` what was said."""

    kind: str
    words: str
    alternatives: tuple[float, ...]

    @classmethod
    def of(cls, span: Span) -> Money:
        money = cls(span.value)
        money.kind, money.words, money.alternatives = span.detail, span.words, span.alternatives
        return money

    @property
    def value(self) -> float:
        return float(self)


def parse_money(text: str) -> Money | None:
    """The first amount of money in `text`, in yuan; a bare number counts when it is all there is."""
    from ..normalize import normalise

    plain = normalise(text)
    span = next(iter(sorted(find_money(plain), key=lambda s: s.start)), None)
    if span is None and (bare := bare_amount(plain)) is not None:
        span = Span("money", 0, len(text), bare, text, detail="amount")
    return Money.of(span) if span else None


def bare_amount(text: str) -> float | int | None:
    """The amount when the whole text is a number: an answer to 'how much?'."""
    words = re.sub(rf"{_CURRENCY}$", "", text.strip(" .,!。")).strip()
    plain = re.fullmatch(_SPOKEN, words) and words != "万一" and not re.search(r"\d{9}", words)
    return tidy(number(words)) if plain else None


def find_money(text: str) -> Iterator[Span]:
    taken: list[Span] = []
    for match in _OFF.finditer(text):
        taken.append(_span(text, match.start("n"), match.end("n"), "discount"))
    for match in _AT_MOST.finditer(text):
        taken.append(_span(text, match.start("n"), match.end("n"), "limit"))
    for match in _WITH_UNIT.finditer(text):
        name = str(match.lastgroup)
        name = name if name != "sign" else "a"
        words = match["a"] or match["b"] or match["c"] or match["d"]
        if _NOT_MONEY.match(text, match.end()) or number(words) is None or _just_a_word(text, match, name):
            continue
        taken.append(_span(text, match.start(name), match.end(), _kind_before(text, match.start()), words))
    for match in _AFTER_CUE.finditer(text):
        words = match["n"]
        if number(words) is None or _NOT_MONEY.match(text, match.end()) or not _big_enough(words):
            continue
        kind = next(kind for kind, cue in _KINDS if cue.fullmatch(match["cue"]))
        if kind == "discount" and _DOWN_TO.search(text[: match.start("n")]):
            kind = "price"
        taken.append(_span(text, match.start("n"), match.end("n"), kind))
    seen: list[Span] = []
    for span in sorted(taken, key=lambda s: (s.start - s.end, s.start)):
        if not any(span.overlaps(other) for other in seen):
            seen.append(span)
            yield span


def _just_a_word(text: str, match: re.Match[str], name: str) -> bool:
    """一百 and 八千 are amounts, 百 in 百公里 or 千 in 千万别 is not; 万一 is a word."""
    words = match[name]
    if name == "d":
        return words in {"百", "千", "万", "千万", "万一", "十万个"} or words[0] in "百千万" or "几" in words
    return name == "c" and not any(c.isdigit() or c in DIGITS or c == "十" for c in words)


def _big_enough(words: str) -> bool:
    value = number(words) or 0
    return value >= 100 or any(c in words for c in "万千百wWkK")


def _kind_before(text: str, start: int) -> str:
    before = text[max(0, start - 8) : start]
    if _DOWN_TO.search(before):
        return "price"
    hits = [(hit.end(), kind) for kind, cue in _KINDS for hit in cue.finditer(before)]
    return max(hits)[1] if hits else "amount"


def _span(text: str, start: int, end: int, kind: str, words: str | None = None) -> Span:
    value = tidy(number(words if words is not None else text[start:end].replace("yuan", "")))
    return Span("money", start, end, value, text[start:end].strip(), detail=kind)


def tidy(value: float | None) -> float | int | None:
    """Whole yuan as int, so that JSON shows 8000 and not 8000.0."""
    if value is None:
        return None
    return int(value) if value == int(value) else round(value, 4)


def find_percents(text: str) -> Iterator[Span]:
    """Discounts as the factor kept: 九五折 0.95, 优惠5个点 0.95, 5% off 0.95."""
    for match in _FRACTION_ZHE.finditer(text):
        if (kept := _zhe(match["n"])) is not None:
            yield Span("percent", match.start(), match.end(), kept, match[0].strip())
    for match in _POINTS.finditer(text):
        value = number(match["n"])
        if value is not None and 0 < value <= 30 and _OFF_CUE.search(text[: match.start()]):
            yield Span("percent", match.start(), match.end(), round(1 - value / 100, 4), match[0])
    for match in _PERCENT.finditer(text):
        value = float(match["n"]) if match["n"] else number(match["zh"])
        if value is not None and 0 < value <= 100:
            off = bool(match["off"]) or value <= 40 or bool(_OFF_CUE.search(text[: match.start()]))
            kept = 1 - value / 100 if off else value / 100
            yield Span("percent", match.start(), match.end(), round(kept, 4), match[0])


def _zhe(words: str) -> float | None:
    """95折, 九五折, 9.5折, 九点五折 keep 0.95; 9折 keeps 0.9."""
    digits = "".join(str(DIGITS.get(c, c)) for c in words if c not in "点.")
    if not digits.isdigit() or digits == "0":
        return None
    return round(float(f"0.{digits}"), 4)
