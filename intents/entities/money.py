"""Money as it is spoken: 落地23万8, 优惠八千, 便宜两千五, 一百二十五块五, 万把块, 15-18万, RMB 238,000, 5 grand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..types import Span
from .amount import AMOUNT, bounds
from .numbers import DIGITS, number

_CURRENCY = r"(?:块钱|块大洋|块|元人民币|元整|圆整|元|圆|人民币|RMB\b|yuan\b|CNY\b|bucks\b|kuai\b|大洋)"
_SIGN = r"(?:[¥$]|(?<![A-Za-z])(?:RMB|CNY)|人民币)"
_CUES = {
    "discount": (
        r"优惠|便宜|降价|降|减|让利|让价|让|抹掉|抹|砍|少收|少|折让|现金折扣|直降|立减|申请|再给|下浮|补贴|"
        r"discount(?: of)?|knock(?:ing)?(?: off)?(?: another)?|take|off by|cut|save|reduce(?: it)?(?: by)?|"
        r"(?:price|quote|offer)(?: down)? by|by (?:another|a further)|minus"
    ),
    "deposit": r"定金|订金|押金|deposit(?: of)?|首付|down ?payment(?: of)?",
    "price": (
        r"落地价?|报价?|裸车价?|售价|价格|总价|车价|提车价|卖|开价|成交价|成交|全款|包牌|预算|"
        r"price|quote|at|for|budget(?: of)?|worth|total|otd|all[ -]in"
    ),
    "limit": (
        r"按|同意|批准|approve|grant|(?:好的?|可以|行|ok),|最多|不超过|不能超过|别超过|上限|最高|至多|只能|只给|顶多|批|最大|"
        r"at most|as far as|max(?:imum)?(?: of)?|up to|no more than|limit(?: of)?|only"
    ),
    "amount": (
        r"一共|总共|合计|共计|收费|加价|剩余|剩下|尾款|余款|月供|花了|花费|付了|交了|打了|到账|贷款?|折价|返现|返|"
        r"退|赔|保费|工时费|差价|还差|欠|收了|值|转账|哦不,?|不对,?|balance|"
        r"paid|pay|make it|(?:let's )?(?:do|say)"
    ),
}
_CUE = "|".join(_CUES.values())
# What may stand between a cue and its figure: 便宜他三千, 预算大概20万, 报价: 12800.
_GAP = (
    r"(?:到|价|了|个|他|她|您|你|我|大概|大约|差不多|也就|不到|将近|接近|至少|是|为|至|掉|过|在|要|"
    r"about |around |of |another |(?:[^\W\d_]){0,2}|:){0,2}?\s?"
)
_NO_TIME = (
    r"(?![\d年月日号点小天周星款公里个台次条只人辆折%.:T期座匹]|"
    r"\s?(?:分钟|小时|折|am\b|pm\b|days?|hours?|weeks?|minutes?|%|percent))"
)
_SMALL = (  # 五块二, 一百二十五块五毛, 12元8角5分, 八毛钱
    r"(?P<yuan>[\d零一二两三四五六七八九十百千万.]{1,20})\s?[块元圆](?P<jiao>[\d一二两三四五六七八九])"
    r"(?:[毛角](?:(?P<fen>[\d一二两三四五六七八九])分?)?(?![天年月])|(?![\d个只条套件台次人天点月年号块万千百折%.片副]))(?:钱|整)?"
)
_CENTS = r"(?<![\d.])(?P<mao>[\d一二两三四五六七八九])[毛角](?P<rest>[\d一二两三四五六七八九])?分?(?:钱|整)?(?!线|度|落|病)"
_WITH_UNIT = re.compile(
    rf"(?P<sign>{_SIGN}\s?(?P<a>{AMOUNT}))(?:{_CURRENCY})?|"
    rf"(?<![A-Za-z\d.\-])(?P<c>{AMOUNT})\s?[多来把余]?\s?{_CURRENCY}(?!\w*面包)|"
    rf"(?<![A-Za-z\d.\-])(?P<b>{AMOUNT})(?![A-Za-z\d])",
    re.I,
)
_DECIMALS = re.compile(f"{_SMALL}|{_CENTS}")
_AFTER_CUE = re.compile(
    rf"(?P<cue>{_CUE})\s?{_GAP}(?P<n>{AMOUNT})(?:米(?![\d其色白长高宽]))?{_NO_TIME}", re.I
)
_OFF = re.compile(
    rf"(?P<n>(?<![A-Za-z\d.\-]){AMOUNT})\s?(?:yuan|rmb|¥)?\s?(?:off\b|discount|cheaper|less\b|reduction|rebate)",
    re.I,
)
_AT_MOST = re.compile(
    rf"(?P<n>(?<![A-Za-z\d.\-]){AMOUNT})\s?(?:(?:yuan|rmb|块钱?|元)\s?)?"
    r"(?:at most|max\b|tops\b|maximum|封顶|顶天|为限|以内|以下|之内)",
    re.I,
)
# A round figure that somebody gives, or finds too much or enough: 给他5000, 8000太多, give him 5000, 8000 is too much.
_GIVEN = re.compile(
    rf"(?:(?:给|许|准)(?:[^\W\d打发约做看跟回报让优便降减到]{{1,4}}?)?|(?<![A-Za-z])give (?:[a-z]{{2,10}} )?)"
    rf"(?P<n>{AMOUNT}){_NO_TIME}", re.I
)
_JUDGED = re.compile(
    rf"(?<![A-Za-z\d.\-])(?P<n>{AMOUNT})\s?(?:也|就|还|都|实在|确实|有点|是|真)?"
    r"(?:(?=(?:还是|或者?|\s?\bor)\s?\d)|太多|太高|太狠|太大|太猛|太少|太低|多了|高了|狠了|少了|不够|够了|顶天|"
    r"(?:is |'s |was )?(?:way |far |a bit |just )*"
    r"(?:too (?:much|high|many|low|little)|more than enough|enough)\b)", re.I
)
_OTHERWISE = re.compile(rf"(?<=\d)\s?(?:还是|或者?|要么|\bor)\s?(?P<n>{AMOUNT}){_NO_TIME}", re.I)
_LEAST_ROUND, _ROUND = 500, 100
_UP_TO_300 = r"\d{1,3}(?:\.\d{1,2})?"
_IN_WAN = re.compile(  # a car's price in ten thousands without the word: 落地22.8, 预算15到20
    r"(?P<cue>落地价?|裸车价?|提车价?|车价|全款|包牌|预算|otd|报价?|开价|做到)"
    r"(?:大概|大约|差不多|在|要|是|能|到|了|:)?\s?"
    rf"(?P<n>{_UP_TO_300})(?:\s?(?:到|至|-|~)\s?(?P<m>{_UP_TO_300}))?"
    r"(?:个(?![月小半人]))?(?![\d.:A-Za-z%万千百块元折点号月年日款台辆个份套次条,人座天]|\s?(?:点|折|号|月|个月))"
)
_ALWAYS_WAN = ("落地", "裸车", "提车", "车价", "全款", "包牌", "预算", "otd")
_DOWN_TO = re.compile(r"(?:到|至|\bto)\s?$", re.I)
_KINDS = [(kind, re.compile(pattern, re.I)) for kind, pattern in _CUES.items()]
_KIND_AFTER = re.compile(
    r"(?:的|块钱?的?|元的?)?(?:(?P<discount>优惠|折扣|让利)|(?P<deposit>定金|订金|押金|首付|deposit))"
)
_NOT_MONEY = re.compile(
    r"\s?[多来余]?(?:公里|千米|km|米(?!其林|色|白)|升|毫升|L\b|天|年|号|点(?!钱)|小时|个月|个(?!点)|分钟|次|条|台|辆|人|款|折|%|"
    r"percent|平|岁|度|转|寸|后公里|期|座|匹|马力|牛|缸|速|挡|档|版|系|瓦|伏|安时|kw|kg|mm|nm|"
    r"(?:kilomet|mile|day|week|month|hour|minute|people|time|piece|unit|thank|seat|car|customer)\w*)",
    re.I,
)


class Money(float):
    """An amount in yuan; `kind` is price, discount, deposit, limit or amount, `words` what was said.

    A range (两三千, 15-18万) is its lower end, the upper one is among the `alternatives`.
    """

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
    from ..extract import blank
    from ..normalize import readable
    from .codes import find_codes
    from .distance import find_distances
    from .percent import find_percents
    from .vehicle import find_vehicles

    plain = readable(text)
    if (bare := bare_amount(plain)) is not None:
        return Money.of(Span("money", 0, len(text), bare, text.strip(), _bare_high(plain), detail="amount"))
    others = [s for find in (find_codes, find_vehicles, find_percents, find_distances) for s in find(plain)]
    span = min(find_money(blank(plain, others)), key=lambda s: s.start, default=None)
    return Money.of(span) if span else None


def bare_amount(text: str) -> float | int | None:
    """The amount when the whole text is a number: an answer to 'how much?'."""
    read = _bare_bounds(text)
    return tidy(read[0]) if read else None


def _bare_high(text: str) -> tuple[float | int, ...]:
    read = _bare_bounds(text)
    return (_whole(read[1]),) if read and read[1] > read[0] else ()


def _bare_bounds(text: str) -> tuple[float, float] | None:
    trimmed = text.strip(" ,.!。")
    if match := _DECIMALS.fullmatch(trimmed):
        exact = _decimal(match)
        return None if exact is None else (exact, exact)
    words = re.sub(rf"^{_SIGN}\s?|[多来把余]?\s?{_CURRENCY}$", "", trimmed, flags=re.I).strip()
    words = re.sub(r"(?:左右|上下|出头|多|吧)$", "", words)
    if not re.fullmatch(AMOUNT, words, re.I) or words in _WORDS or re.search(r"\d{9}", words):
        return None
    return bounds(words)


_WORDS = frozenset(("万一", "百", "千", "万", "千万", "十万个", "亿", "半", "一半"))


def find_money(text: str) -> Iterator[Span]:
    """Amounts in normalised text, without overlaps; the longer words win."""
    taken: list[Span] = []
    for pattern, kind in ((_OFF, "discount"), (_AT_MOST, "limit")):
        for match in pattern.finditer(text):
            if (read := bounds(match["n"])) and not _is_word(match["n"]):
                taken.append(_span(text, match.start("n"), match.end("n"), kind, read))
    taken += [*_decimals(text), *_cued(text), *_with_unit(text), *_in_wan(text), *_weighed(text)]
    seen: list[Span] = []
    for span in sorted(taken, key=lambda s: (s.start - s.end, s.start)):
        if not any(span.overlaps(other) for other in seen):
            seen.append(span)
            yield span


def _decimals(text: str) -> Iterator[Span]:
    for match in _DECIMALS.finditer(text):
        if (exact := _decimal(match)) is not None:
            kind = _kind_of(text, match.start(), match.end())
            yield _span(text, match.start(), match.end(), kind, (exact, exact))


def _decimal(match: re.Match[str]) -> float | None:
    """五块二 is 5.2, 两毛五 is 0.25."""
    if match["mao"]:
        return round((number(match["mao"]) or 0) / 10 + (number(match["rest"] or "零") or 0) / 100, 2)
    yuan = number(match["yuan"])
    if yuan is None:
        return None
    return round(yuan + (number(match["jiao"]) or 0) / 10 + (number(match["fen"] or "零") or 0) / 100, 2)


def _with_unit(text: str) -> Iterator[Span]:
    """Amounts that show by themselves that they are money: a sign, a currency, or ten thousands."""
    for match in _WITH_UNIT.finditer(text):
        name = next(n for n in "acb" if match[n])
        words, read = match[name], bounds(match[name])
        if read is None or _NOT_MONEY.match(text, match.end()) or not _shows_money(words, name):
            continue
        kind = _kind_of(text, match.start(), match.end())
        yield _span(text, match.start(), match.end(), kind, read)


def _shows_money(words: str, name: str) -> bool:
    """一百 and 8千 are amounts by themselves, 百 in 百公里, 千 in 千万别, 2018 and 三十 are not."""
    if name in "ac":
        return name == "a" or (
            words not in _WORDS and any(c.isascii() or c in DIGITS or c in "十百千万亿" for c in words)
        )
    if _is_word(words) or (
        words[0] in "百千十" and not re.match(r"十[万几来多一二三四五六七八九]+万", words)
    ):
        return False
    return bool(_HAS_UNIT.search(words) or _GROUPED.fullmatch(words))


_HAS_UNIT = re.compile(r"[\d一二两俩三四五六七八九十半]\s?[多来几余个]?\s?[万千百亿wk]|[hgtm][a-z]{2,}", re.I)


_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d\d)?")  # 189,900 is no count of anything else


def _is_word(words: str) -> bool:
    return words in _WORDS or words[0] in "几零"


def _cued(text: str) -> Iterator[Span]:
    for match in _AFTER_CUE.finditer(text):
        words, read = match["n"], bounds(match["n"])
        if read is None or _is_word(words) or not _big_enough(words, read[1]):
            continue
        if _NOT_MONEY.match(text, match.end()):
            continue
        kind = next(kind for kind, cue in _KINDS if cue.fullmatch(match["cue"]))
        if kind == "discount" and _DOWN_TO.search(text[: match.start("n")]):
            kind = "price"
        yield _span(text, match.start("n"), match.end("n"), kind, read)


def _weighed(text: str) -> Iterator[Span]:
    """Round figures that are given, judged, or named as the other choice."""
    for pattern in (_GIVEN, _JUDGED, _OTHERWISE):
        for match in pattern.finditer(text):
            words, read = match["n"], bounds(match["n"])
            if read is None or _is_word(words) or read[1] < _LEAST_ROUND or read[0] % _ROUND:
                continue
            if not _NOT_MONEY.match(text, match.end("n")):
                yield _span(text, match.start("n"), match.end("n"), "limit", read)


_TO_ANOTHER = re.compile(rf"(?P<n>{AMOUNT})(?=[吧,;.!。]|\s*$)", re.I)


def more_money(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Beside an amount a round figure right after another name is one, too: 给王丽优惠3000,李娜5000."""
    if not any(span.kind == "money" for span in spans):
        return
    for person in (span for span in spans if span.kind == "person"):
        match = _TO_ANOTHER.match(text, person.end)
        read = bounds(match["n"]) if match else None
        if match and read and read[0] >= _LEAST_ROUND and not read[0] % _ROUND:
            yield _span(text, match.start("n"), match.end("n"), "limit", read)


def _big_enough(words: str, value: float) -> bool:
    return value >= 100 or any(c in words for c in "万千百wWkK")


def _in_wan(text: str) -> Iterator[Span]:
    for match in _IN_WAN.finditer(text):
        low, high = float(match["n"]), float(match["m"] or match["n"])
        always = match["cue"].lower().startswith(_ALWAYS_WAN)
        if 3 <= low <= high < 300 and (always or "." in match["n"]):
            end = match.end("m" if match["m"] else "n")
            yield _span(text, match.start("n"), end, "price", (round(low * 10000, 2), round(high * 10000, 2)))


def _kind_of(text: str, start: int, end: int) -> str:
    before = text[max(0, start - 8) : start]
    if _DOWN_TO.search(before):
        return "price"
    hits = [(hit.end(), kind) for kind, cue in _KINDS for hit in cue.finditer(before)]
    if not hits and (after := _KIND_AFTER.match(text, end)):
        return str(after.lastgroup)
    return max(hits)[1] if hits else "amount"


def _span(text: str, start: int, end: int, kind: str, read: tuple[float, float]) -> Span:
    low, high = read
    others = (_whole(high),) if high > low else ()
    return Span("money", start, end, _whole(low), text[start:end].strip(), others, kind)


def _whole(value: float) -> float | int:
    """Whole yuan as int, so that JSON shows 8000 and not 8000.0."""
    return int(value) if value == int(value) else round(value, 4)


def tidy(value: float | None) -> float | int | None:
    return None if value is None else _whole(value)
