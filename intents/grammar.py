"""Sentence patterns over masked text, compiled once into one linear-time automaton a language.

把{person}<move>到{stage}      {slot} or {kind:slot} · <fragment> · [optional] · (one|other) · ~ a short gap and
                              ~~ a long one of anything but a sentence end · ^ start · $ end
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .data import DataError, lines_of, lists, load, sentence_files
from .mask import KINDS, MARK
from .schema import SLOTS, load_schema

FREE = ("text", "outcome", "reason", "birthday")
_TOKEN = re.compile(
    (
        r"\{(?P<kind>\w+)(?::(?P<slot>\w+))?\}|<(?P<frag>\w+)>|(?P<gap>~~?)|(?P<op>[()"
        r"|\[\]^$]|(?<=[)\]])\?)|(?P<word>[A-Za-z]+)|(?P<char>.)"
    ),
    re.S,
)
_GAPS = {"zh": (6, 20), "en": (14, 45)}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One sentence of the grammar."""

    intent: str
    source: str
    regex: str
    fixed: dict[str, Any] = field(default_factory=dict)
    weight: float = 0.0
    roles: frozenset[str] = frozenset()
    unless: str = ""
    needs: tuple[frozenset[str], ...] = ()

    @property
    def loose(self) -> bool:
        """A cue with the slots it needs, wherever they stand: it may explain little of a rambling message."""
        return bool(self.needs)

    def lacks(self, slots: Container[str]) -> bool:
        return any(not any(name in slots for name in group) for group in self.needs)


@cache
def values(language: str) -> dict[str, dict[str, str]]:
    """Word lists of slots such as stage and level: slot -> word (lower case) -> value."""
    table = lists(language, "values")
    return {
        slot: {str(word).lower(): value for value, words in entries.items() for word in words}
        for slot, entries in table.items()
    }


@cache
def fragments(language: str) -> dict[str, str]:
    return dict(lists(language, "fragments"))


def expand(source: str, language: str, depth: int = 0) -> str:
    """A pattern as a regular expression; raises ValueError for names that do not exist."""
    out: list[str] = []
    for token in _TOKEN.finditer(source):
        out.append(_expand_token(token, language, depth))
    return "".join(out)


def _expand_token(token: re.Match[str], language: str, depth: int) -> str:
    if kind := token["kind"]:
        return _slot(kind, token["slot"] or kind, language)
    if name := token["frag"]:
        if depth > 8 or name not in fragments(language):
            raise ValueError(f"no fragment <{name}>")
        return f"(?:{expand(fragments(language)[name], language, depth + 1)})"
    if gap := token["gap"]:
        return f"(?P<gap_>[^!?;\n。]{{0,{_GAPS[language][len(gap) - 1]}}}?)"
    if op := token["op"]:
        if op == "?" and token.string[token.start() - 1] == "]":
            return ""  # what stands in brackets is optional already
        if op in "^$":
            return f"^{_idle(language)}" if op == "^" else f"{_idle(language)}$"
        return {"(": "(?:", "[": "(?:", "]": ")?"}.get(op, op)
    if word := token["word"]:
        return rf"\b{word.lower()}\b" if language == "en" else word.lower()
    char = token["char"]
    return r"\s+" if char.isspace() and language == "en" else re.escape(char.lower())


def _slot(kind: str, slot: str, language: str) -> str:
    if kind in (*FREE, "person", "who") and slot not in SLOTS:
        raise ValueError(f"no slot {{{kind}:{slot}}}")
    if kind in FREE:
        return f"(?P<{slot}>.+)"
    if kind == "person":
        return f"(?P<{slot}>[{MARK['person']}{MARK['pronoun']}])"
    if kind in MARK and kind not in values(language):
        return f"(?P<{slot}>{MARK[kind]})" if slot in SLOTS else MARK[kind]
    if kind == "who":
        name = f"{_name_char()}{{2,4}}" if language == "zh" else "[a-z]+(?: [a-z]+)?"
        return f"(?P<{slot}>[{MARK['person']}{MARK['pronoun']}]|{name})"
    words = values(language).get(kind)
    if words is None or slot not in SLOTS:
        raise ValueError(f"no slot {{{kind}}}")
    ordered = sorted(words, key=len, reverse=True)
    edge = r"\b" if language == "en" else ""
    listed = f"{edge}(?:{'|'.join(map(re.escape, ordered))}){edge}"
    return f"(?P<{slot}>{MARK[kind]}|{listed})" if kind in MARK else f"(?P<{slot}>{listed})"


@cache
def _idle(language: str) -> str:
    """What may stand before and after a whole-message pattern: punctuation and polite words."""
    words = sorted(map(str, lists(language, "noise")), key=len, reverse=True)
    edge = r"\b" if language == "en" else ""
    return rf"""(?:[\s,.;:!?~、()"'-]|{edge}(?:{"|".join(map(re.escape, words))}){edge})*"""


@cache
def _name_char() -> str:
    """A Han character that may stand in somebody's name."""
    never = set(lists("zh", "people")["never_in_names"])
    runs, start = [], 0x4E00
    for point in [*sorted(map(ord, never)), 0xA000]:
        if point > start:
            runs.append(f"{chr(start)}-{chr(point - 1)}")
        start = point + 1
    return f"[{''.join(runs)}]"


def _number_gaps(regex: str) -> str:
    parts = regex.split("(?P<gap_>")
    return parts[0] + "".join(f"(?P<gap_{i}>{part}" for i, part in enumerate(parts[1:]))


def read_file(path: Path, language: str) -> Iterator[Pattern]:
    """Patterns of one sentence file; raises DataError with file and line."""
    for intent, entries in (load(path) or {}).items():
        for index, entry in enumerate(entries):
            row = {"say": entry} if isinstance(entry, str) else entry
            try:
                yield _pattern(intent, row, language)
            except (ValueError, KeyError, re.error) as error:
                line = lines_of(path).get((intent, index), 1)
                raise DataError(path, line, f"{row.get('say', row)!r}: {error}") from error


def _pattern(intent: str, row: dict[str, Any], language: str) -> Pattern:
    if intent not in load_schema():
        raise ValueError(f"no intent {intent}")
    if extra := set(row) - {"say", "set", "weight", "roles", "not", "needs"}:
        raise ValueError(f"unknown keys {sorted(extra)}")
    regex = _number_gaps(expand(row["say"], language))
    unless = nameless(expand(row["not"], language)) if row.get("not") else ""
    return Pattern(
        intent,
        row["say"],
        regex,
        dict(row.get("set", {})),
        float(row.get("weight", 0)),
        frozenset(row.get("roles", ())),
        unless,
        _needs(intent, row.get("needs", ())),
    )


def _needs(intent: str, names: Iterable[str]) -> tuple[frozenset[str], ...]:
    """Slots that must be filled; a|b is one of the two."""
    groups = tuple(frozenset(name.split("|")) for name in names)
    if unknown := frozenset().union(*groups) - set(load_schema()[intent].slots):
        raise ValueError(f"needs unknown slots {sorted(unknown)}")
    return groups


_COUNTED = re.compile(r"\{0,\d+\}\?")


def _sieve(regex: str) -> str:
    """A wider form of a pattern that compiles to a far smaller automaton: nothing named, gaps of any length."""
    return _COUNTED.sub("*", nameless(regex))


def nameless(regex: str) -> str:
    """The same pattern without its named groups, for when only whether it occurs matters."""
    return re.sub(r"\?P<\w+>", "?:", regex)


class Grammar:
    """All patterns of a language: `search` names those that occur in a text, in one pass."""

    def __init__(self, language: str) -> None:
        import re2

        self.patterns = [p for path in sentence_files(language) for p in read_file(path, language)]
        options = re2.Options()
        options.max_mem = 256 << 20
        self._set = re2.Set.SearchSet(options)
        for pattern in self.patterns:
            self._set.Add(_sieve(pattern.regex))
        self._set.Compile()
        self._compiled: dict[int, Any] = {}
        self._unless: dict[int, Any] = {}

    def search(self, text: str) -> Iterator[tuple[Pattern, Any]]:
        for index in self._set.Match(text) or ():
            pattern = self.patterns[index]
            if pattern.unless and self._regex(self._unless, index, pattern.unless).search(text):
                continue
            if match := self._regex(self._compiled, index, pattern.regex).search(text):
                yield pattern, match

    @staticmethod
    def _regex(store: dict[int, Any], index: int, source: str) -> Any:
        import re2

        if index not in store:
            store[index] = re2.compile(source)
        return store[index]


@cache
def grammar(language: str) -> Grammar:
    return Grammar(language)


__all__ = ["KINDS", "Grammar", "Pattern", "expand", "fragments", "grammar", "read_file", "values"]
