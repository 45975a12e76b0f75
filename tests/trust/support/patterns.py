"""Every regular expression of ours, as it is compiled while all rooms are loaded and words are read; and texts made
to make each of them slow.

Run as a program it writes the patterns as JSON, so that nothing a test run has compiled before is missed.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[3]
ROOMS = ("bot", "crm_core", "intents", "retrieval", "schedulers")
SAMPLES = (
    "给张伟的凯美瑞2020款再降8000,明天下午三点前跟进,电话13800138000,沪A12345,LFV3A23C1J3100001",
    "下周每周一早上九点提醒我给李总打电话", "every other Monday remind me to call",
    "follow up with Mr Chen on Friday at 3pm about the ES6, take 5,000 off, 13800138000",
    "前刹车片和机油滤清器适配2018款迈腾1.8T吗 04465-02220", "预算20到25万,落地不超过三十万", "他说太贵了怎么回\n> 便宜点",
)  # fmt: skip


@dataclass(frozen=True)
class Pattern:
    """One regular expression and the module that compiled it."""

    where: str
    pattern: str
    flags: int


def patterns() -> list[Pattern]:
    """All of them, each once."""
    said = subprocess.run([sys.executable, "-m", "tests.trust.support.patterns"], cwd=HOME, capture_output=True, text=True,
                          check=True)  # fmt: skip
    return [Pattern(**one) for one in json.loads(said.stdout)]


def scanned(pattern: Pattern) -> bool:
    """Whether it is looked for anywhere in a text. One that must fit from the beginning cannot begin at each place."""
    file, _, line = pattern.where.rpartition(":")
    if not file:
        return True
    source = (HOME / file).read_text(encoding="utf-8")
    above = [one for one in source.splitlines()[: int(line)] if re.match(r"\s*[A-Za-z_]\w*(?:: [^=]+)? = ", one)]
    named = re.match(r"\s*([A-Za-z_]\w*)", above[-1]) if above else None
    if named is None or "re.compile" not in source:
        return True
    where = source if named[1].startswith("_") else _sources()
    uses = re.findall(rf"\b{named[1]}\.(search|finditer|findall|sub|subn|split|match|fullmatch)\(", where)
    return not uses or bool(set(uses) - {"match", "fullmatch"})


@cache
def _sources() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for room in ROOMS for path in sorted((HOME / room).rglob("*.py")))


def slow_texts(pattern: Pattern, length: int) -> Iterator[str]:
    """Texts that go on with what the pattern likes, and end with what it does not."""
    likes = list(dict.fromkeys([*_alphabet(pattern), "1", "a", "一", " ", "\n"]))[:8]
    heads = ("", *(_head(pattern),))
    for head in dict.fromkeys(heads):
        for a in likes:
            yield head + a * length + "\x01"
        for a, b in zip(likes, [*likes[1:], likes[0]], strict=True):
            yield head + (a + b) * (length // 2) + "\x01"


def _alphabet(pattern: Pattern) -> Iterator[str]:
    """A character for each literal and class in the pattern."""
    for kind, value in _nodes(_parsed(pattern)):
        if kind == "LITERAL":
            yield chr(value)
        elif kind == "RANGE":
            yield chr(value[0])
        elif kind == "CATEGORY":
            yield {"DIGIT": "7", "SPACE": " "}.get(str(value).rpartition("_")[2], "w")
        elif kind in ("ANY", "NOT_LITERAL"):
            yield "x"


def _head(pattern: Pattern) -> str:
    """The literals a pattern begins with, which must stand there before anything repeats."""
    found = []
    for kind, value in _parsed(pattern):
        if str(kind) != "LITERAL":
            break
        found.append(chr(value))
    return "".join(found)


def _parsed(pattern: Pattern) -> Any:
    parser = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
    return parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)


def _nodes(tree: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, tuple) and tree and type(tree[0]).__name__ == "_NamedIntConstant":
        yield str(tree[0]), tree[1] if len(tree) > 1 else None
        yield from _nodes(tree[1:])
    elif isinstance(tree, list | tuple) or type(tree).__name__ == "SubPattern":
        for inner in tree:
            yield from _nodes(inner)


# The other process


def _record() -> list[dict[str, Any]]:
    found: dict[tuple[str, int], str] = {}
    compile_ = re._compile  # type: ignore[attr-defined]

    def compiled(pattern: Any, flags: Any) -> Any:
        made = compile_(pattern, flags)
        if isinstance(made.pattern, str) and (where := _caller()):
            found.setdefault((made.pattern, made.flags), where)
        return made

    re._compile = compiled  # type: ignore[attr-defined]
    _load()
    return [{"where": where, "pattern": pattern, "flags": flags} for (pattern, flags), where in found.items()]


def _caller() -> str:
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename == re.__file__:
        frame = frame.f_back  # type: ignore[assignment]
    place = Path(frame.f_code.co_filename) if frame is not None else Path()
    inside = place.is_relative_to(HOME) and place.relative_to(HOME).parts[0] in ROOMS
    return f"{place.relative_to(HOME)}:{frame.f_lineno}" if inside else ""


def _load() -> None:
    for room in ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if ".migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    from datetime import UTC, datetime

    from crm_core.kernel.phones import parse_phone
    from intents import understand

    parse_phone("13800138000")
    for words in SAMPLES:
        for role in ("rep", "manager", "customer"):
            understand(words, role=role, now=datetime(2026, 3, 14, 2, tzinfo=UTC))


if __name__ == "__main__":
    print(json.dumps(_record()))
