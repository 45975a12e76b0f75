"""Numbers that identify: phone, VIN, plate, OE number. Each is tried before anything else is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ..types import Span
from .numbers import DIGITS

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_HAN_DIGIT = "零〇一二三四五六七八九幺"
_ANY_DIGIT = rf"[\d{_HAN_DIGIT}]"
_PHONE = re.compile(
    rf"(?<![\dA-Za-z{_HAN_DIGIT}])(?:\(?(?:\+|00)?86\)?[- ]?)?(?P<n>[1一幺][3-9三四五六七八九](?:[ .-]?{_ANY_DIGIT}){{9}})"
    rf"(?![\dA-Za-z{_HAN_DIGIT}])"
)
_MAX_GAPS = 3  # 138 0013 8000 and 138-00-138-000 are phones, a row of figures with more gaps is a table
_FOREIGN = re.compile(r"(?<![\w+])\+[1-9](?:[ ()-]?\d){6,14}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")
_SOUNDS_LIKE = {
    "月": "粤",
    "越": "粤",
    "奥": "粤",
    "户": "沪",
    "护": "沪",
    "晶": "京",
    "敬": "京",
    "速": "苏",
    "这": "浙",
}
_PLATE = re.compile(
    rf"(?P<province>[{_PROVINCES}{''.join(_SOUNDS_LIKE)}])\s?(?P<city>[A-HJ-Za-hj-z])\s?[·•.\- ]?\s?"
    rf"(?P<rest>(?:[DdFf]\s?)?(?:[A-Za-z0-9{_HAN_DIGIT}]){{4}}[A-Za-z0-9{_HAN_DIGIT}挂学警港澳])(?![A-Za-z0-9])"
)
_VIN = re.compile(r"(?<![A-Za-z0-9])[A-Z0-9](?:[ -]?[A-Z0-9]){16}(?![A-Za-z0-9])", re.I)
_VIN_CUE = re.compile(
    r"(?:vin|车架号码?|架子号|架号|大架号?|车辆识别(?:代)?[码号]|底盘号)\s?(?:是|为|:|码|number|no\.?|is)?\s*$",
    re.I,
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))
_MISREAD = str.maketrans("OQI", "001")  # a VIN has no letters O, Q and I
_NO_LETTER = str.maketrans("OI", "01")  # a plate has none of O and I
_VAG = re.compile(
    r"(?<![A-Za-z0-9])([0-9][A-Z0-9]{2})[ .-]?(\d{3})[ .-]?(\d{3})(?:[ .-]?([A-Z]{1,2}))?(?![A-Za-z0-9])",
    re.I,
)
# Makers' own groupings with blanks: BMW 11 42 7 566 327, Mercedes A 000 420 98 02, VW fluids G 052 182 A2.
_GROUPED = re.compile(
    r"(?<![A-Za-z0-9.])(?:\d{2} \d{2} \d \d{3} \d{3}|A ?\d{3} ?\d{3} ?\d{2} ?\d{2}|G ?\d{3} ?\d{3} ?[A-Z]\d)(?![A-Za-z0-9])",
    re.I,
)
_OE = re.compile(r"(?<![A-Za-z0-9.+_@])([A-Z0-9]{2,}(?:[-.][A-Z0-9]+){0,3})(?![A-Za-z0-9_@])", re.I)
_NOT_OE = re.compile(
    r"\d{1,2}W-?\d{2}|\d{3}/?\d{2}Z?R\d{2}[A-Z]?|[PCBU][0-3][0-9A-F]{3}|(?:19|20)\d\d(?:[-.]\d{1,2}){0,2}|"
    r"\d+(?:\.\d+)?(?:KM|MM|CM|L|ML|KW|NM|RMB|W|K|KWH|MAH|YUAN|BUCKS|MILES)|DOT\d|\d{1,2}\.\d{1,2}|\d{1,2}-\d{1,2}|"
    r"(?:SF|JD|YT|ZTO|JT)\d{9,}",
    re.I,
)
_OE_CUE = re.compile(
    r"(?:OEM?|oe|零件|配件|件|原厂|part|parts?)\s*(?:号码?|编号|number|no\.?)?\s*[:#是]?\s*$", re.I
)
_OTHER_CODE = re.compile(
    r"(?:微信|威信|wx|vx|v信|wechat|qq|账号|账户|用户名|密码|验证码|订单|合同|发票|快递|运单|顺丰|单|身份证|卡)\s?(?:号码?|id)?"
    r"\s*[:是]?\s*$",
    re.I,
)
# References as people see them (L-8F3KQ); no vowels, so that no word is one.
_REF = re.compile(r"(?<![A-Z0-9-])([ADFLOPQRT]-[2-9BCDFGHJKLMNPQRSTVWXYZ]{4,5})(?![A-Z0-9-])", re.I)


def canonical(code: str) -> str:
    """The key of a code: upper case letters and digits only (a plate keeps its province)."""
    return re.sub(r"[^A-Z0-9\u4e00-\u9fff]", "", code.upper())


def _figures(words: str) -> str:
    """Spoken digits as figures: 幺三八 is 138."""
    return "".join(str(DIGITS[char]) if char in DIGITS else char for char in words)


def find_codes(text: str) -> Iterator[Span]:
    """Phones, VINs, plates, OE numbers and references in normalised text; they may overlap."""
    yield from phones(text)
    yield from vins(text)
    yield from plates(text)
    yield from oe_numbers(text)
    for match in _REF.finditer(text):
        if any(c.isdigit() for c in match[1]) or match[1].isupper():
            yield Span("ref", match.start(), match.end(), match[1].upper(), match[0])


def phones(text: str) -> Iterator[Span]:
    """Mainland mobiles as 11 digits; others as E.164."""
    for match in _PHONE.finditer(text):
        gaps = re.findall(r"[ .-]", match["n"])
        if len(gaps) <= _MAX_GAPS and not _GROUPED.fullmatch(match[0]):
            yield Span("phone", match.start(), match.end(), re.sub(r"\D", "", _figures(match["n"])), match[0])
    for match in (*_FOREIGN.finditer(text), *_LANDLINE.finditer(text)):
        import phonenumbers

        try:
            parsed = phonenumbers.parse(match[0], "CN")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(parsed) and not match[0].replace(" ", "").startswith("+86"):
            e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            yield Span("phone", match.start(), match.end(), e164, match[0])


def vins(text: str) -> Iterator[Span]:
    """VINs in any case and grouping. O, Q and I are read as 0 and 1, with what was typed beside."""
    for match in _VIN.finditer(text):
        typed = canonical(match[0])
        key = typed.translate(_MISREAD)
        if any(c.isalpha() for c in typed) and _is_vin(
            key, match[0], bool(_VIN_CUE.search(text, 0, match.start()))
        ):
            others = (typed,) if typed != key else ()
            yield Span("vin", match.start(), match.end(), key, match[0], others)


def _is_vin(key: str, words: str, announced: bool) -> bool:
    """Written in one piece it ends in figures, one of which may be misread; in groups it must be announced or agree
    with its check digit."""
    digits = sum(c.isdigit() for c in key)
    if announced or (len(words) == 17 and key == words.upper()):
        return digits >= 4
    if len(words) == 17 and key[0] == "L" and digits >= 8 and sum(c.isdigit() for c in key[-5:]) >= 4:
        return True
    return key[-4:].isdigit() and digits >= 8 and (checks(key) or (len(words) == 17 and key[0] == "L"))


def checks(vin: str) -> bool:
    """Whether the ninth character of a VIN agrees with the others (GB 16735, ISO 3779)."""
    if re.search(r"[IOQ]", vin):
        return False
    values = (int(c) if c.isdigit() else _VIN_VALUES[c] for c in vin)
    rest = sum(value * weight for value, weight in zip(values, _VIN_WEIGHTS, strict=True)) % 11
    return vin[8] == ("X" if rest == 10 else str(rest))


def plates(text: str) -> Iterator[Span]:
    """Number plates, spoken digits and a province heard wrongly (月B12345) included."""
    for match in _PLATE.finditer(text):
        rest = canonical(_figures(match["rest"])).translate(_NO_LETTER)
        misheard = match["province"] in _SOUNDS_LIKE
        if sum(c.isdigit() for c in rest) >= (4 if misheard else 2):
            province = _SOUNDS_LIKE.get(match["province"], match["province"])
            yield Span("plate", match.start(), match.end(), province + match["city"].upper() + rest, match[0])


def oe_numbers(text: str) -> Iterator[Span]:
    """Part numbers of makers: letters and digits mixed, or digits in a maker's grouping, or announced."""
    for match in _VAG.finditer(text):
        if any(c.isalpha() for c in match[1]) or match[4]:
            yield Span("oe", match.start(), match.end(), canonical(match[0]), match[0])
    for match in _GROUPED.finditer(text):
        yield Span("oe", match.start(), match.end(), canonical(match[0]), match[0])
    for match in _OE.finditer(text):
        before = text[max(0, match.start() - 12) : match.start()]
        if _is_oe(match[1], bool(_OE_CUE.search(before))) and not _OTHER_CODE.search(before):
            yield Span("oe", match.start(), match.end(), canonical(match[1]), match[1])


_TOKEN = re.compile(r"[A-Za-z0-9]+")
_BETWEEN = re.compile(r"[ ._/-]{1,2}")
_MAX_TOKENS, _MAX_WINDOWS = 6, 120


def number_like(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, key) of every stretch that some catalogue may have as a number, the longest of each place first."""
    tokens = list(_TOKEN.finditer(text))
    left = _MAX_WINDOWS
    for first, token in enumerate(tokens):
        ends = [token.end()]
        for before, after in pairwise(tokens[first : first + _MAX_TOKENS]):
            if not _BETWEEN.fullmatch(text, before.end(), after.start()):
                break
            ends.append(after.end())
        for end in reversed(ends):
            key = canonical(text[token.start() : end])
            if left and _may_be_number(key, text[token.start() : end]):
                left -= 1
                yield token.start(), end, key


def _may_be_number(key: str, words: str) -> bool:
    digits = sum(c.isdigit() for c in key)
    if not 5 <= len(key) <= 20 or digits < 3 or _NOT_OE.fullmatch(words) or re.fullmatch(r"1[3-9]\d{9}", key):
        return False
    return digits < len(key) or len(key) >= 7


def known_numbers(text: str, keys: frozenset[str]) -> Iterator[Span]:
    """The numbers of a catalogue that stand in the text, in any spelling."""
    end = 0
    for start, stop, key in number_like(text) if keys else ():
        if key in keys and start >= end:
            end = stop
            yield Span("oe", start, stop, key, text[start:stop], detail="known")


def _is_oe(word: str, announced: bool) -> bool:
    key = canonical(word)
    digits = sum(c.isdigit() for c in key)
    if _NOT_OE.fullmatch(word) or not 5 <= len(key) <= 16 or (len(key) == 16 and not announced):
        return False
    if re.fullmatch(r"1[3-9]\d{9}", key):
        return False
    if announced:
        return digits >= 4 and len(key) >= 6
    if digits == len(key):
        return bool(re.fullmatch(r"\d{5}-\d{5}|\d{5}-\d{3,4}-?\d{0,3}|(?:1[0-2]|[2-9]\d)\d{9}", word))
    mixed = len(key) >= 7 and digits >= 4 and bool(re.search(r"[A-Z]", key))
    return mixed and not re.fullmatch(r"[A-Z]+(?:-[A-Z]+)*", word, re.I)
