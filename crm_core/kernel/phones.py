"""Phone numbers: mainland mobiles as 11 digits, others as E.164, implausible ones as said."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_KEEP = re.compile(r"[^\d+]")
MAX_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Phone:
    """`value` is the key people are found by; `ok` says whether it can be a real number."""

    value: str
    ok: bool
    said: str


def parse_phone(text: str) -> Phone:
    """Read a number in any spelling (full width, spaces, +86). Never raises."""
    said = text.strip()[:MAX_LENGTH]
    digits = _KEEP.sub("", unicodedata.normalize("NFKC", said))
    mobile = _MOBILE.fullmatch(digits)
    if mobile:
        return Phone(mobile[1], True, said)
    return _other(digits, said)


def _other(digits: str, said: str) -> Phone:
    """Landlines and foreign numbers."""
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, "CN")
    except phonenumbers.NumberParseException:
        return Phone(digits or said, False, said)
    if not phonenumbers.is_valid_number(number) or (
        not digits.startswith("+") and len(digits) > 10 and digits[0] == "1"
    ):
        return Phone(digits or said, False, said)
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), True, said)
