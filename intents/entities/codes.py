"""Numbers that identify: phone, VIN, plate, OE number. Each is tried before anything else is read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..types import Span

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PHONE = re.compile(r"(?<![\dA-Za-z])(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?![\dA-Za-z])")
_FOREIGN = re.compile(r"(?<![\w+])\+[1-9](?:[ ()-]?\d){6,14}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")
_PLATE = re.compile(
    rf"([{_PROVINCES}])\s?([A-HJ-Za-hj-z])\s?[·•.\- ]?\s?([DdFf]?[A-HJ-NP-Za-hj-np-z0-9]"
    rf"{{4}}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳])(?![A-Za-z0-9])"
)
_VIN = re.compile(r"(?<![A-Za-z0-9])([A-HJ-NPR-Za-hj-npr-z0-9]{17})(?![A-Za-z0-9])")
_VAG = re.compile(
    (
        r"(?<![A-Za-z0-9])([0-9][A-Z0-9]{2})[ .-]?(\d{3})[ .-]?(\d{3})(?:[ .-]?([A-Z]"
        r"{1,2}))?(?![A-Za-z0-9])"
    ),
    re.I,
)
_OE = re.compile(r"(?<![A-Za-z0-9.+])([A-Z0-9]{2,}(?:[-.][A-Z0-9]+){0,3})(?![A-Za-z0-9])", re.I)
_NOT_OE = re.compile(
    r"\d{1,2}W-?\d{2}|\d{3}/?\d{2}Z?R\d{2}[A-Z]?|[PCBU][0-3][0-9A-F]{3}|(?:19|20)\d\d(?:[-.]\d{1,2}){0,2}|"
    r"\d+(?:\.\d+)?(?:KM|MM|CM|L|ML|KW|NM|RMB|W|K)|DOT\d|\d{1,2}\.\d{1,2}|\d{1,2}-\d{1,2}",
    re.I,
)
_OE_CUE = re.compile(
    (
        r"(?:OEM?|oe|零件|配件|件|原厂|part|parts?)\s*(?:号码?|编号|number|no\.?)?\s*[::#是]"
        r"?\s*$"
    ),
    re.I,
)


# References as people see them (L-8F3KQ); no vowels, so that no word is one.
_REF = re.compile(r"(?<![A-Z0-9-])([ADFLOPQRT]-[2-9BCDFGHJKLMNPQRSTVWXYZ]{4,5})(?![A-Z0-9-])", re.I)


def canonical(code: str) -> str:
    """The key of a code: upper case letters and digits only (a plate keeps its province)."""
    return re.sub(r"[^A-Z0-9\u4e00-\u9fff]", "", code.upper())


def find_codes(text: str) -> Iterator[Span]:
    yield from phones(text)
    for match in _VIN.finditer(text):
        key = canonical(match[1])
        if any(c.isalpha() for c in key) and sum(c.isdigit() for c in key) >= 4:
            yield Span("vin", match.start(), match.end(), key, match[0])
    for match in _PLATE.finditer(text):
        if sum(c.isdigit() for c in match[3]) >= 2:
            yield Span("plate", match.start(), match.end(), canonical(match[0]), match[0])
    yield from oe_numbers(text)
    for match in _REF.finditer(text):
        if any(c.isdigit() for c in match[1]) or match[1].isupper():
            yield Span("ref", match.start(), match.end(), match[1].upper(), match[0])


def phones(text: str) -> Iterator[Span]:
    """Mainland mobiles as 11 digits; others as E.164."""
    for match in _PHONE.finditer(text):
        yield Span("phone", match.start(), match.end(), re.sub(r"\D", "", match[1]), match[0])
    for match in (*_FOREIGN.finditer(text), *_LANDLINE.finditer(text)):
        import phonenumbers

        try:
            parsed = phonenumbers.parse(match[0], "CN")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(parsed) and not match[0].replace(" ", "").startswith("+86"):
            e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            yield Span("phone", match.start(), match.end(), e164, match[0])


def oe_numbers(text: str) -> Iterator[Span]:
    """Part numbers of makers: letters and digits mixed, or digits in a maker's grouping, or announced."""
    for match in _VAG.finditer(text):
        if any(c.isalpha() for c in match[1]) or match[4]:
            yield Span("oe", match.start(), match.end(), canonical(match[0]), match[0])
    for match in _OE.finditer(text):
        if _is_oe(match[1], bool(_OE_CUE.search(text[: match.start()]))):
            yield Span("oe", match.start(), match.end(), canonical(match[1]), match[1])


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
        return bool(re.fullmatch(r"\d{5}-\d{5}|\d{5}-\d{3,4}-?\d{0,3}|[2-9]\d{10}", word))
    mixed = len(key) >= 7 and digits >= 4 and bool(re.search(r"[A-Z]", key))
    return mixed and not re.fullmatch(r"[A-Z]+(?:-[A-Z]+)*", word, re.I)
