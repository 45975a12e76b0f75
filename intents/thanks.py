"""Messages of courtesy: thanks and farewells, which ask for nothing."""

from __future__ import annotations

import re
from functools import cache

from .data import lists
from .normalize import normalise

_BETWEEN = re.compile(r"[\s,.;:!?。、~\"()🙏😊👍]+")


def only_thanks(text: str) -> bool:
    """Whether a whole message is thanks or a farewell, in either language, with at most words around it."""
    plain = _BETWEEN.sub(" ", normalise(text).lower()).strip()
    return 0 < len(plain) <= 60 and any(_whole(language).fullmatch(plain) is not None for language in ("zh", "en"))


@cache
def _whole(language: str) -> re.Pattern[str]:
    raw = lists(language, "thanks")
    words, around = (_any(raw[name]) for name in ("words", "around"))
    space = " ?" if language == "zh" else "(?: |$)"
    # Possessive: whatever is repeated is taken one way only, so that no message makes it slow.
    return re.compile(f"(?:{around}{space})*+{words}{space}(?:(?:{words}|{around}){space})*+")


def _any(words: list[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, sorted(map(str, words), key=len, reverse=True)))})"
