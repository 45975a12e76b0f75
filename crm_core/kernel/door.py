"""What no message may hold, whoever made it: text no database can keep, numbers and times beyond any meaning."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, TypeVar

from crm_core.kernel.errors import Invalid
from crm_core.kernel.registry import Message

M = TypeVar("M", bound=Message)
# PostgreSQL keeps no zero character, and half a surrogate pair is no text at all.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_INTEGERS = range(-(2**63), 2**63)
_YEARS = range(1900, 2200)


def sound(message: M) -> M:
    """The message without characters that cannot be kept.

    Raises Invalid, naming the field, for an integer beyond 64 bits, an instant without a zone, and a year
    before 1900 or after 2199.
    """
    mended = {}
    for name, value in message.__dict__.items():
        kept = _sound(value, name)
        if kept is not value:
            mended[name] = kept
    return message.model_copy(update=mended) if mended else message


def _sound(value: Any, field: str) -> Any:
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else _mended(value)
    if isinstance(value, int):
        if value not in _INTEGERS:
            raise Invalid(field)
    elif isinstance(value, date):
        if value.year not in _YEARS or (isinstance(value, datetime) and value.tzinfo is None):
            raise Invalid(field)
    elif isinstance(value, tuple):
        kept = tuple(_sound(item, field) for item in value)
        return value if all(a is b for a, b in zip(kept, value, strict=True)) else kept
    elif isinstance(value, dict):
        pairs = {_sound(key, field): _sound(item, field) for key, item in value.items()}
        return value if pairs == value else pairs
    elif isinstance(value, Message):
        return sound(value)
    return value


def _mended(text: str) -> str:
    return _UNKEEPABLE.sub("", text) if _UNKEEPABLE.search(text) else text
