"""Moods: words that turn an order into talk about it (don't, if, he asked whether, yesterday, how do I).

A mood forbids the writes within its reach, unless its words belong to the sentence that was recognised
(不买了 of a lost deal) or to free text that it quotes (记一下:他不要黑色).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from .data import lists
from .fill import CUT
from .mask import MARK, Masked
from .schema import load_schema

REACHES = ("front", "after", "clause", "condition", "sentence", "inside")
_FRONT = 4  # how many light characters may stand between such a word and what it denies
_END = re.compile(r"[.!?;。\n]")
_LEAD = {"zh": 4, "en": 16}  # a condition stands at the head of its clause when no more comes before it


@dataclass(frozen=True, slots=True)
class Mood:
    """Words [start, end) of a message that speak about [first, last): nothing there is an order."""

    name: str
    start: int
    end: int
    first: int
    last: int
    front: bool
    spared: frozenset[str]
    strict: bool = False  # also when the sentence has a place for the words, as for a time that lies behind

    def forbids(self, intent: str, own: Sequence[bool], begin: int, stop: int) -> bool:
        """Whether a sentence at [begin, stop) is no order; `own` marks the characters it accounts for."""
        if intent in self.spared or (not self.strict and all(own[self.start : self.end])):
            return False
        if self.front:
            before = 0 <= begin - self.end <= _FRONT and self.first <= begin < self.last
            return before or begin <= self.start < stop
        return any(own[max(self.first, begin) : min(self.last, stop)])


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    reach: str
    patterns: tuple[re.Pattern[str], ...]
    spared: frozenset[str]
    strict: bool


def moods(masked: Masked, language: str) -> list[Mood]:
    """Every mood of a message."""
    text = _with_past(masked, language)
    bounds = [0, *sorted({m.end() for m in CUT.finditer(text)} | set(masked.breaks)), len(text)]
    found = []
    for rule in _rules(language):
        for match in (hit for pattern in rule.patterns for hit in pattern.finditer(text)):
            first, last = _reach(rule.reach, match, text, bounds, language)
            spans = match.span("words") if "words" in match.re.groupindex else match.span()
            front = rule.reach == "front"
            found.append(Mood(rule.name, *spans, first, last, front, rule.spared, rule.strict))
    return found


def _reach(reach: str, match: re.Match[str], text: str, bounds: list[int], language: str) -> tuple[int, int]:
    start, end = match.span()
    clause = _clause(start, bounds)
    if reach == "inside":
        return start, end
    if reach in ("front", "after"):
        return start, clause[1] if clause[1] > end else _clause(max(start, end - 1), bounds)[1]
    if reach == "sentence":
        stop = _END.search(text, end)
        return start, stop.start() if stop else len(text)
    if reach == "condition" and not _concludes(text[end : clause[1]], language):
        return _condition(start, clause, text, bounds, language)
    return clause


def _condition(
    start: int, clause: tuple[int, int], text: str, bounds: list[int], language: str
) -> tuple[int, int]:
    """如果他来,就推到谈判 also speaks about the clause after it, or the one before when none follows."""
    if start - clause[0] > _LEAD[language]:
        return clause
    if clause[1] < len(text) and not _END.match(text, clause[1] - 1):
        return clause[0], _clause(clause[1], bounds)[1]
    return _clause(max(clause[0] - 1, 0), bounds)[0], clause[1]


def _clause(index: int, bounds: list[int]) -> tuple[int, int]:
    start = max((b for b in bounds if b <= index), default=0)
    return start, min((b for b in bounds if b > index), default=bounds[-1])


def _concludes(rest: str, language: str) -> bool:
    return language == "zh" and bool(re.search(r"就|才|肯定|一定|便", rest))


def _with_past(masked: Masked, language: str) -> str:
    """The masked text with times that lie behind (昨天, last week) as one character of their own."""
    past = _past(language)
    text = list(masked.text)
    for index, span in masked.spans.items():
        if span.kind == "when" and past.search(span.words.lower()):
            text[index] = _PAST
    return "".join(text)


_PAST = "\ue0ff"


@cache
def _past(language: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, lists(language, "moods")["past_times"])))


@cache
def _rules(language: str) -> tuple[_Rule, ...]:
    return tuple(read(name, entry, language) for name, entry in lists(language, "moods")["moods"].items())


def read(name: str, entry: dict[str, Any], language: str) -> _Rule:
    """One mood of the data; raises ValueError for an unknown reach, intent or fragment."""
    if entry["reach"] not in REACHES:
        raise ValueError(f"{name}: reach must be one of {', '.join(REACHES)}")
    even = set(entry.get("even", ()))
    spared = {*lists(language, "moods")["always_spared"], *entry.get("spare", ())} - even
    if unknown := (spared | even) - set(load_schema()):
        raise ValueError(f"{name}: unknown intents {sorted(unknown)}")
    says = tuple(re.compile(_regex(say)) for say in entry["say"])
    reads = {intent for intent, spec in load_schema().items() if not spec.writes}
    return _Rule(name, entry["reach"], says, frozenset(spared | reads), bool(entry.get("strict")))


def _regex(say: str) -> str:
    """A regular expression in which @past is a time that lies behind and @who a person."""
    return say.replace("@past", _PAST).replace("@who", f"[{MARK['person']}{MARK['pronoun']}]")
