"""What sounds like a command and is none: negation, hypothesis, report, past, a tale of somebody else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from .data import lists
from .grammar import expand, nameless
from .mask import MARK
from .schema import load_schema


@dataclass(frozen=True, slots=True)
class _Guards:
    """All guards of a language in one automaton, each with the intents it forbids and its name."""

    automaton: Any
    rules: tuple[tuple[frozenset[str], str], ...]


# 别忘了提醒我 asks for it; nothing is denied.
# 按他说的办 and "what he asked" only name what is decided upon; nobody's words are reported.
_URGING = re.compile(
    r"(?:千万|可)?(?:别|不要|勿)忘(?:了|记)?|\b(?:don't|dont|do not) forget(?: to)?\b|"
    rf"[按照听依](?:{MARK['pronoun']}|{MARK['person']}|客户)(?:说|讲|要)?的|"
    rf"\bwhat (?:he|she|they|[{MARK['pronoun']}{MARK['person']}]) (?:asked|asks|wants|wanted|said|says)(?: for)?"
)


@cache
def _guards(language: str) -> _Guards:
    import re2

    writes = frozenset(name for name, spec in load_schema().items() if spec.writes)
    automaton, rules = re2.Set.SearchSet(re2.Options()), []
    for name, rule in lists(language, "guards").items():
        intents = writes if rule["intents"] == "writes" else frozenset(rule["intents"])
        for say in rule["say"]:
            automaton.Add(nameless(expand(say, language)))
            rules.append((intents - frozenset(rule.get("except", ())), name))
    automaton.Compile()
    return _Guards(automaton, tuple(rules))


def guards(text: str, language: str) -> dict[str, str]:
    """Intents that this stretch must not be read as, with the reason: negation, hypothesis, report, past."""
    found, blocked = _guards(language), dict[str, str]()
    for index in found.automaton.Match(_URGING.sub("", text)) or ():
        intents, why = found.rules[index]
        blocked.update(dict.fromkeys(intents, why))
    return blocked


@cache
def told(language: str) -> re.Pattern[str]:
    """The beginning of what somebody else said, thinks or wants."""
    words = nameless(expand(lists(language, "fragments")["told"], language))
    return re.compile(rf"[\s,.;:!?]*(?:{words})")
