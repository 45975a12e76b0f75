"""Numbers and codes that identify somebody, found in whatever spelling people, or those who hide, give them.

Full-width and other compatibility forms, invisible characters, Chinese numerals and separators hide nothing: a text is
looked at in one plain spelling, and what is found is masked where it stood.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_FIGURES = dict(zip("零〇一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0012234567891123456789", strict=True))
_GAP = r"[\s\-._·*/、,,]{0,2}"
_MOBILE = re.compile(rf"(?<![0-9A-Za-z])(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)")
_VIN = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Za-z]*\d[0-9A-Za-z]*\d)(?=[0-9A-Za-z]*[A-Za-z])[0-9A-HJ-NPR-Za-hj-npr-z]{17}"
                  r"(?![0-9A-Za-z])")  # fmt: skip
_PLATE = re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][\s·.]?"
                    r"[0-9A-Za-z]{5,6}(?![0-9A-Za-z])")  # fmt: skip
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_PERSONAL = (_MAIL, _VIN, _MOBILE, _PLATE)
HIDDEN = "***"


def without_personal(text: str) -> str:
    """The text with a mark for every mobile number, VIN, plate and address of mail in it."""
    plain, places = _plain(text)
    out, last = [], 0
    for start, end in _found(plain):
        begin, stop = places[start], places[end - 1] + 1
        if begin >= last:
            out += [text[last:begin], HIDDEN]
            last = stop
    return "".join([*out, text[last:]])


def _found(plain: str) -> Iterator[tuple[int, int]]:
    """Places in order; of two that overlap the first, and of two that begin together the longer."""
    spans = {match.span() for pattern in _PERSONAL for match in pattern.finditer(plain)}
    return iter(sorted(spans, key=lambda span: (span[0], -span[1])))


def _plain(text: str) -> tuple[str, list[int]]:
    """One spelling of the text, and for each of its characters where it stood."""
    if text.isascii():
        return text, list(range(len(text)))
    plain, places = [], []
    for place, character in enumerate(text):
        if unicodedata.category(character) == "Cf":
            continue
        for one in unicodedata.normalize("NFKC", character):
            plain.append(_FIGURES.get(one, one))
            places.append(place)
    return "".join(plain), places
