"""Every phrasing beside the grammar: what it must be read as, and what it must not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from intents import Understanding, load_schema, understand

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 21, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
Case = tuple[str, str, str, dict[str, Any]]


class _Words(yaml.SafeLoader):
    """Reads yes and no as words."""


_Words.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:bool"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _files() -> list[Path]:
    return sorted(HERE.glob("??/*.yaml"))


def _load(path: Path) -> dict[str, Any]:
    return dict(yaml.load(path.read_text(encoding="utf-8"), Loader=_Words))


def _cases(kind: str) -> Iterator[Any]:
    for path in _files():
        for intent, block in _load(path).items():
            for item in block[kind]:
                text, role, slots = _case(item, block.get("as", "rep"))
                yield pytest.param(intent, role, text, slots, id=f"{path.parent.name}-{intent}-{text}")


def _case(item: Any, role: str) -> tuple[str, str, dict[str, Any]]:
    if isinstance(item, str):
        return item, role, {}
    if isinstance(item, list):
        return item[0], role, dict(item[1])
    slots = {name: value for name, value in item.items() if name not in ("say", "as")}
    return item["say"], item.get("as", role), slots


def _named(understanding: Understanding) -> dict[str, dict[str, Any]]:
    return {c.intent: {n: s.value for n, s in c.slots.items()} for c in understanding.commands}


def _slot(slots: dict[str, Any], path: str) -> Any:
    name, _, field = path.partition(".")
    value = slots.get(name)
    return value.get(field) if field and isinstance(value, dict) else value


@pytest.mark.parametrize(("intent", "role", "text", "slots"), list(_cases("say")))
def test_is_understood(intent: str, role: str, text: str, slots: dict[str, Any]) -> None:
    found = understand(text, role=role, now=NOW, rank=False)
    named = _named(found)
    assert intent in named, f"{found.outcome}: {sorted(named)}; {found.why}"
    assert {path: _slot(named[intent], path) for path in slots} == slots


@pytest.mark.parametrize(("intent", "role", "text", "slots"), list(_cases("near")))
def test_near_miss_is_not_taken_for_it(intent: str, role: str, text: str, slots: dict[str, Any]) -> None:
    assert intent not in _named(understand(text, role=role, now=NOW))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_intent_has_phrasings_and_near_misses(language: str) -> None:
    blocks: dict[str, Any] = {}
    for path in HERE.glob(f"{language}/*.yaml"):
        blocks.update(_load(path))
    assert set(load_schema()) == set(blocks)
    short = [i for i, b in blocks.items() if len(b["say"]) < 8 or len(b["near"]) < 3]
    assert short == []


def test_test_data_mirrors_the_sentence_files() -> None:
    from intents.data import sentence_files

    for language in ("zh", "en"):
        assert {p.name for p in sentence_files(language)} == {p.name for p in HERE.glob(f"{language}/*.yaml")}
