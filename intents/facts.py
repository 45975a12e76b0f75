"""What a question about a customer's past wants to know: his last service, what he spent, what was promised to him."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from .data import LANGUAGES, lists

_LATIN = re.compile(r"[a-z]")


@dataclass(frozen=True, slots=True)
class FactAsked:
    """`kind`: due (what comes next), service, order, quote, spend, visit, test_drive, promise, complaint, owner or car.

    `count`: how often; `every`: all of them rather than the newest; `this_year`: nothing older.
    """

    kind: str
    count: bool = False
    every: bool = False
    this_year: bool = False


def fact_asked(text: str) -> FactAsked | None:
    """The fact a question asks for, by its words (`{zh,en}/lists/facts.yaml`); None when it asks for no such thing."""
    said = " ".join(text.lower().split())
    for language in LANGUAGES:
        words = lists(language, "facts")
        kind = next((name for name, held in words["kinds"].items() if _holds(held, said)), None)
        if kind is not None:
            newest = _holds(words["newest"], said)
            return FactAsked(kind, _holds(words["count"], said), _holds(words["all"], said) and not newest,
                             _holds(words["this_year"], said))  # fmt: skip
    return None


def is_only_fact(topic: str) -> bool:
    """Whether a topic is just the word for a kind of fact (保养, service), and not a thing of its own (刹车片)."""
    said = topic.strip().lower()
    return not said or any(
        said in held for language in LANGUAGES for held in lists(language, "facts")["kinds"].values()
    )


def _holds(words: list[str], said: str) -> bool:
    return any(_pattern(word).search(said) for word in words)


@cache
def _pattern(word: str) -> re.Pattern[str]:
    """A Latin word stands by itself; a Chinese one anywhere."""
    held = re.escape(word)
    return re.compile(rf"\b{held}\b" if _LATIN.match(word) else held)
