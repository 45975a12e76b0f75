"""Part numbers, VINs and plates as keys. Equal keys are the same thing; alike keys are only suggestions."""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations, islice

from crm_core.fitment.makers import maker_of

_NOT_KEY = re.compile(r"[^A-Z0-9]")
_LOOK_ALIKE = {"O": "0", "0": "O", "I": "1", "1": "I"}
_MAX_FLIPS = 2

# How a maker writes its numbers: group sizes and what stands between; the rest of the key follows as a suffix.
_STYLES: dict[str, tuple[tuple[int, ...], str]] = {
    "vag": ((3, 3, 3), " "),
    "toyota": ((5, 5), "-"),
    "bmw": ((2, 2, 1, 3, 3), " "),
    "mercedes": ((1, 3, 3, 2, 2), " "),
    "honda": ((5, 3), "-"),
    "hyundai": ((5, 5), "-"),
}
# Stands before a number, with a sign or space between; a digit must follow, lest the number itself be a label.
_LABEL = re.compile(
    r"""^[\W_]*(?:(?:OE[MN]?|PART|ITEM|REF|原厂|零件|配件|备件|产品)?\s?(?:NO|NUMBER|NUM|NR|编号|件号|号码|号|码|型号)
        |OE[MN]?|P\s?/?\s?N|PART|REF)
        (?:\s*[.:=#№]+\s*|\s+)(?=.*\d)""",
    re.VERBOSE,
)
_PHONE = re.compile(r"(\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}")
_BMW_SPACED = re.compile(r"\d{2}[ .-]\d{2}[ .-]\d[ .-]\d{3}[ .-]\d{3}")
_NOT_OE = re.compile(
    r"""
      \d{3}\s*/\s*\d{2}\s*Z?R\s*\d{2}      # 205/55R16, a tyre
    | [PBCU][0-3][0-9A-F]{3}               # P0300, a fault code
    | \d{1,2}W\s*-?\s*\d{2}                # 5W-30, an oil
    | (19|20)\d{2}\s*款?                    # a model year
    | (19|20)\d{2}[-/.]\d{1,2}([-/.]\d{1,2})?
    | \d\.\d\s*[TL]?                       # a displacement
    """,
    re.VERBOSE,
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领军空海北沈兰济南广成]"
    r"[A-Z][A-Z0-9]{4,5}[A-Z0-9学警港澳挂领]"
)

_EXTERNAL = re.compile(r"[A-Za-z][A-Za-z_]*\s?:\s?[^\s:]+")
_CAR_LABEL = re.compile(r"^(?:VIN|车架号|底盘号|PLATE|车牌号?)\s*[:：]?\s*", re.I)
_MONTH = re.compile(r"(19|20)\d{2}-(0[1-9]|1[0-2])")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
                       strict=True)) | {str(d): d for d in range(10)}  # fmt: skip


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()


def oe_key(text: str) -> str:
    """The canonical key of a part number: NFKC, upper case, only A-Z and 0-9. Empty when nothing is left.

    What only says that a number follows (`OE:`, `零件号 `, `Part No.`) is no part of it.
    """
    plain = _plain(text)
    if not plain.isalnum():
        plain = _LABEL.sub("", plain, count=1)
    return _NOT_KEY.sub("", plain)


def number_keys(text: str) -> set[str]:
    """The keys of everything in a text that may be a part number, in any spelling; at most 200."""
    tokens = re.findall(r"[A-Z0-9]+", _plain(text))[:50]
    keys = {"".join(tokens[i:j]) for i in range(len(tokens)) for j in range(i + 1, min(i + 5, len(tokens)) + 1)}
    likely = (key for key in sorted(keys) if 5 <= len(key) <= 20 and sum(c.isdigit() for c in key) > 2)
    return set(islice(likely, 200))


def oe_display(key: str, brand: str = "") -> str:
    """The number as its maker writes it: `06L115562B` of VW → `06L 115 562 B`. Unknown makers: the key."""
    maker = maker_of(brand)
    style = _STYLES.get(maker.style) if maker else None
    if style is None or len(key) < sum(style[0]):
        return key
    sizes, between = style
    groups, at = [], 0
    for size in sizes:
        groups.append(key[at : at + size])
        at += size
    if key[at:]:
        groups.append(key[at:])
    return between.join(groups)


def looks_like_oe(text: str) -> bool:
    """Whether a word may be a part number, and is not a VIN, phone, plate, year, tyre, fault code or oil."""
    word = _plain(text).strip()
    key = oe_key(word)
    if not 7 <= len(key) <= 15 or sum(c.isdigit() for c in key) < 4:
        return False
    if _BMW_SPACED.fullmatch(word):
        return True
    return not (_NOT_OE.fullmatch(word) or _PHONE.fullmatch(word) or _PLATE.fullmatch(plate_key(word)))


def part_said(text: str) -> dict[str, str]:
    """What a text names a part by: `category` for an external id (`aces:1684`), `oe` when it may be a number, else
    `words`."""
    said = text.strip()
    if external := external_said(said):
        return {"category": external}
    key = oe_key(said)
    number = len(key) >= 5 and sum(c.isdigit() for c in key) >= 3 and not any(c > "\u2e7f" for c in _plain(said))
    return {"oe": said} if number or is_short_number(said) else {"words": said}


def is_short_number(text: str) -> bool:
    """One word of letters and digits such as `PF48` or `OF-1`, which names no part in words."""
    plain = _plain(text).strip()
    return len(plain) > 3 and re.fullmatch(r"[A-Z]{1,6}[-./]?\d[A-Z0-9./-]*", plain) is not None


def vehicle_said(text: str) -> dict[str, str]:
    """What a text names a vehicle by: `external_id`, `vin`, `plate` or `words`."""
    said = _CAR_LABEL.sub("", text.strip())
    if external := external_said(said):
        return {"external_id": external}
    if vin_key(said):
        return {"vin": said}
    return {"plate": said} if _PLATE.fullmatch(plate_key(said)) else {"words": said}


def external_said(text: str) -> str:
    """`ACES: 7541` as `aces:7541`; empty for what is no id of another catalogue."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not _EXTERNAL.fullmatch(plain) or _LABEL.match(plain.upper()):
        return ""
    table, _, id_ = plain.partition(":")
    return f"{table.strip().lower()}:{id_.strip()}"


def look_alikes(key: str) -> list[str]:
    """Keys that differ only in letter O against digit 0, or I against 1, in up to two places. Suggestions only."""
    places = [i for i, c in enumerate(key) if c in _LOOK_ALIKE]
    found = []
    for count in range(1, _MAX_FLIPS + 1):
        for chosen in combinations(places, count):
            letters = list(key)
            for i in chosen:
                letters[i] = _LOOK_ALIKE[letters[i]]
            found.append("".join(letters))
    return found


def family(key: str) -> str:
    """The number without its revision letters: other revisions of it start with this."""
    return re.sub(r"[A-Z]{1,2}$", "", key) or key


def vin_key(text: str) -> str:
    """The VIN as 17 characters without I, O and Q; empty when it is none."""
    key = oe_key(text)
    return key if _VIN.fullmatch(key) else ""


def vin_suggestion(text: str) -> str:
    """The VIN meant by one typed with I, O or Q, which no VIN holds; empty when it is none, or right already."""
    key = oe_key(text)
    meant = key.translate(str.maketrans("OQI", "001"))
    return meant if meant != key and _VIN.fullmatch(meant) else ""


def vin_check_digit(vin: str) -> str:
    """The check digit (ninth character) this VIN should have."""
    total = sum(weight * _VIN_VALUES[c] for weight, c in zip(_VIN_WEIGHTS, vin, strict=True))
    return "X" if total % 11 == 10 else str(total % 11)


def vin_advice(vin: str) -> bool:
    """Whether to ask for another look at the VIN: its check digit is wrong where one is prescribed.

    Chinese (L) and North American (1-5) makers must use it; elsewhere it often means nothing. Never a block.
    """
    return vin[0] in "L12345" and vin[8] != vin_check_digit(vin)


def plate_key(text: str) -> str:
    """A plate without dots, dashes and spaces, in upper case: `沪A·8K206` → `沪A8K206`."""
    return "".join(c for c in _plain(text) if c.isalnum())


def word_key(text: str) -> str:
    """Names of brands, series and trims for comparing: NFKC, lower case, letters and digits of any script."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def valid_month(text: str) -> bool:
    """Empty, or a month such as `2018-05`."""
    return not text or _MONTH.fullmatch(text) is not None
