"""Which names of cars stand in what was said, and of which brand. Pure."""

from __future__ import annotations

import re
import unicodedata

from crm_core.fitment.makers import maker_key, maker_of
from crm_core.fitment.normalise import word_key
from crm_core.vehicles.rules import ModelLike

MAX_NAME = 24
MAX_BRAND = 16
# What may stand beside a name of one character.
_ASIDE = frozenset("的款代年能要有装用换前后左右纯插混看买开台辆这那")
# What is said around a name and names nothing.
_AROUND = re.compile(r"全新|新款|老款|国产|进口|系列|(?:19|20)?\d{2}(?=款)|(?:19|20)\d{2}|[新老款代车型的年]")


def names_in(words: str) -> dict[str, str]:
    """Every piece of the words that may be a name, as a key, with the key of what stands before it.

    A few hundred at most. Letters and digits that run together are one name: no X5 is in CX-5, no ES6 in ES600.
    """
    key, starts, ends = _places(words)
    found: dict[str, str] = {}
    for i in starts:
        for j in ends:
            if i < j <= i + MAX_NAME and not (j == i + 1 and _is_part_of_a_word(key, i)):
                found.setdefault(key[i:j], key[:i])
    return found


def _places(words: str) -> tuple[str, list[int], list[int]]:
    """The key of the words, and where in it a name may begin and end."""
    text = unicodedata.normalize("NFKC", words).lower()[:400]
    at = [i for i, c in enumerate(text) if c.isalnum()][:60]
    key = "".join(text[i] for i in at)
    apart = {k for k in range(1, len(at)) if at[k] > at[k - 1] + 1 or not (key[k - 1 : k + 1].isascii())}
    starts = [k for k in range(len(key)) if k == 0 or k in apart or _after_year(key, k)]
    ends = [k for k in range(1, len(key) + 1) if k == len(key) or k in apart or _before_year(key, k)]
    return key, starts, ends


def _after_year(key: str, at: int) -> bool:
    """`2018golf`, `18golf`: the digits are a year."""
    return key[at].isalpha() and re.search(r"(?<![a-z0-9])(?:\d\d)?\d\d$", key[:at]) is not None


def _before_year(key: str, at: int) -> bool:
    """`golf2018`: a name ends before a year."""
    return key[at - 1].isalpha() and re.match(r"(?:19|20)\d\d(?!\d)", key[at:]) is not None


def _is_part_of_a_word(key: str, at: int) -> bool:
    """A name of one character (汉) is no part of a longer word (汉兰达, 武汉)."""
    before, after = key[at - 1 : at], key[at + 1 : at + 2]
    return (_is_han(before) and before not in _ASIDE) or (_is_han(after) and after not in _ASIDE)


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def is_named(model: ModelLike, said: str) -> bool:
    """Whether everything said for a series is a name of this model: 宋Pro is no 宋, though 宋 stands in it."""
    left = _AROUND.sub("", word_key(said))
    names = (model.brand, model.brand_en, model.series, model.series_en, *model.aliases, model.generation,
             model.trim, model.displacement, model.engine_code)  # fmt: skip
    for name in sorted({word_key(name) for name in names} - {""}, key=len, reverse=True):
        left = left.replace(name, "")
    return not left


def is_of_brand(model: ModelLike, said: str) -> bool:
    """Whether the model may be of the brand said. Names in another script that nobody knows do not compare."""
    ours = [name for name in (model.brand, model.brand_en) if name]
    wanted = word_key(said)
    if not wanted or not ours:
        return True
    keys = [word_key(name) for name in ours]
    if any(wanted in key or key in wanted for key in keys):
        return True
    if maker_of(said) and any(maker_of(name) for name in ours):
        return maker_key(said) in {maker_key(name) for name in ours}
    return wanted.isascii() not in {key.isascii() for key in keys}


def brand_at_end(before: str) -> str:
    """The longest name of a maker that a key ends with: what stands right before a car's name."""
    for size in range(min(len(before), MAX_BRAND), 1, -1):
        if maker_of(before[-size:]):
            return before[-size:]
    return ""
