"""What sounds like a command and is none: negation, hypothesis, report, past, a tale of somebody else."""

from __future__ import annotations

import re
from functools import cache

from .data import lists
from .grammar import expand, nameless
from .schema import load_schema


@cache
def _guards(language: str) -> list[tuple[re.Pattern[str], frozenset[str], str]]:
    rows = []
    for name, rule in lists(language, "guards").items():
        intents = (
            frozenset(i for i, s in load_schema().items() if s.writes)
            if rule["intents"] == "writes"
            else frozenset(rule["intents"])
        )
        intents -= frozenset(rule.get("except", ()))
        rows += [(re.compile(nameless(expand(say, language))), intents, name) for say in rule["say"]]
    return rows


def guards(text: str, language: str) -> dict[str, str]:
    """Intents that this stretch must not be read as, with the reason: negation, hypothesis, report, past."""
    blocked: dict[str, str] = {}
    for pattern, intents, why in _guards(language):
        if pattern.search(text):
            blocked.update(dict.fromkeys(intents, why))
    return blocked


@cache
def told(language: str) -> re.Pattern[str]:
    """The beginning of what somebody else said, thinks or wants."""
    words = nameless(expand(lists(language, "fragments")["told"], language))
    return re.compile(rf"[\s,.;:!?]*(?:{words})")
