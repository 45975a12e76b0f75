"""Checks of this room's data files, as `file:line: problem` texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .data import LANGUAGES, ROOT, DataError, lines_of, load, relative, sentence_files
from .schema import load_schema

TESTS = ROOT.parent / "tests" / "intents"
SAYINGS, NEAR = 8, 3  # phrasings and near misses an intent and language must be tested with

def validate() -> list[str]:
    """Every problem found in the schema, the sentences, the word lists and the examples; empty when sound."""
    try:
        load_schema()
    except DataError as error:
        return [str(error)]
    found: list[str] = []
    for language in LANGUAGES:
        found += _sentences(language)
        found += _guards(language)
        found += _moods(language)
        found += _coverage(language)
        found += _tested(language)
    return found


def _moods(language: str) -> Iterator[str]:
    from .moods import read

    path = ROOT / language / "lists" / "moods.yaml"
    for name, entry in load(path)["moods"].items():
        try:
            read(name, entry, language)
        except (ValueError, KeyError, re.error) as error:
            yield f"{relative(path)}:{lines_of(path)[('moods', name)]}: {error}"


def _tested(language: str) -> Iterator[str]:
    """Beside a source tree: enough phrasings and near misses for each intent, in the file its sentences mirror."""
    for path in sentence_files(language):
        mirror = TESTS / language / path.name
        if not TESTS.is_dir():
            continue
        if not mirror.is_file():
            yield f"{relative(path)}:1: no tests in tests/intents/{language}/{path.name}"
            continue
        shown, lines = load(mirror), lines_of(mirror)
        for intent in load(path):
            for kind, least in (("say", SAYINGS), ("near", NEAR)):
                count = len((shown.get(intent) or {}).get(kind, ()))
                if count < least:
                    line = lines.get((intent, kind), lines.get((intent,), 1))
                    yield f"tests/intents/{language}/{path.name}:{line}: {intent}: {count} of {least} `{kind}`"


def _sentences(language: str) -> Iterator[str]:
    from .grammar import read_file

    for path in sentence_files(language):
        try:
            for pattern in read_file(path, language):
                re.compile(pattern.regex)
        except DataError as error:
            yield str(error)
        except re.error as error:
            yield f"{relative(path)}:1: {pattern.source!r}: {error}"


def _guards(language: str) -> Iterator[str]:
    from .grammar import expand

    path = ROOT / language / "lists" / "guards.yaml"
    for name, rule in load(path).items():
        named = [] if rule["intents"] == "writes" else list(rule["intents"])
        unknown = [i for i in (*named, *rule.get("except", ())) if i not in load_schema()]
        if unknown:
            yield f"{relative(path)}:{lines_of(path)[(name,)]}: unknown intents {unknown}"
        for index, say in enumerate(rule["say"]):
            try:
                expand(say, language)
            except ValueError as error:
                yield f"{relative(path)}:{lines_of(path)[(name, 'say', index)]}: {error}"


def _coverage(language: str) -> Iterator[str]:
    """Each intent needs sentences (or reply words) and examples for the ranker."""
    spoken = {intent for path in sentence_files(language) for intent in load(path)}
    spoken |= {"confirm", "refuse", "cancel"}
    path = ROOT / language / "lists" / "examples.yaml"
    shown = load(path)
    for intent in load_schema():
        if intent not in spoken:
            yield f"intents/{language}:1: no sentence for {intent}"
        if intent not in shown and intent not in ("confirm", "refuse", "cancel"):
            yield f"{relative(path)}:1: no example for {intent}"
    for intent in shown:
        if intent not in load_schema():
            yield f"{relative(path)}:{lines_of(path)[(intent,)]}: unknown intent {intent}"
