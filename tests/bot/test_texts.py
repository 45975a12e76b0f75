"""The two languages say the same things, and every text the code asks for is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from bot.conversation.gate import skills
from bot.texts import Texts, problems
from bot.texts.texts import HERE, placeholders
from crm_core.appointments.messages import Kind
from intents.schema import load_schema

BOT = HERE.parent
SAYING = {"say", "heading"}
TEXTS = Texts.load()


def test_languages_agree() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("zh", "en", "complaint"),
    [
        ("a: 甲\n", "b: B\n", r"en\.yaml:1: b is missing in zh\.yaml"),
        ("a: '{n}只{x}'\n", "a: '{x} {y}'\n", r"en\.yaml:1: a has \['x', 'y'\], expected \['x'\]"),
        ("a: {b: 甲}\n", "a:\n  b: A\n  c: C\n", r"en\.yaml:3: a\.c is missing in zh\.yaml"),
        ("a: 甲\na: 乙\n", "a: A\n", r"zh\.yaml:2: a \(twice\)"),
    ],
)
def test_problems_have_file_and_line(tmp_path: Path, zh: str, en: str, complaint: str) -> None:
    (tmp_path / "zh.yaml").write_text(zh, encoding="utf-8")
    (tmp_path / "en.yaml").write_text(en, encoding="utf-8")
    assert any(re.search(complaint, problem) for problem in problems(tmp_path)), problems(tmp_path)


def test_plural_forms_count_as_one_text(tmp_path: Path) -> None:
    (tmp_path / "zh.yaml").write_text("a: '{n}天'\n", encoding="utf-8")
    (tmp_path / "en.yaml").write_text("a: {one: '{n} day', other: '{n} days'}\n", encoding="utf-8")
    assert problems(tmp_path) == []
    texts = Texts(tmp_path)
    assert [texts.say("a", "en", n=n) for n in (1, 2)] == ["1 day", "2 days"]


def _said() -> list[tuple[str, str]]:
    """Every literal key given to `say` or `heading`, and to `Need` and `button`, with its file."""
    found = []
    for path in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found += [(key, path.name) for key in _keys_of(node)]
    return found


def _keys_of(call: ast.Call) -> list[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    words = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if name in SAYING:
        return [w for w in words if "." in w]
    if name == "Need" and len(words) > 1:
        return [f"ask.{words[1]}"]
    return [f"button.{words[0]}"] if name == "button" and words and "." not in words[0] else []


def test_every_key_said_exists() -> None:
    known = set(TEXTS.keys("")) | {k.removesuffix(".other") for k in TEXTS.keys("")}
    missing = [(key, file) for key, file in _said() if key not in known]
    assert len(_said()) > 150
    assert missing == []


def test_the_time_of_every_kind_of_appointment_is_asked_for() -> None:
    assert [kind for kind in get_args(Kind) if f"ask.when_{kind}" not in TEXTS.keys("ask.")] == []


def test_every_intent_of_the_contract_is_answered() -> None:
    control = {"confirm", "refuse", "cancel"}
    assert set(load_schema()) - control <= set(skills)


def test_every_intent_has_a_name() -> None:
    silent = {"confirm", "refuse", "cancel", "undo", "help", "greet"}
    assert [i for i in load_schema() if i not in silent and not TEXTS.has(f"intent.{i}")] == []


def test_placeholders_ignore_escaped_braces() -> None:
    assert placeholders("{a} {{b}} {c:>3}") == {"a", "c"}


def test_every_error_has_its_words() -> None:
    """A key an error is raised with is a text; else people would hear only that it did not work."""
    root = Path(__file__).parents[2]
    sources = [p for room in ("bot", "crm_core") for p in (root / room).rglob("*.py")]
    used = {key for p in sources for key in re.findall(r'"(error\.[a-z_]+)"', p.read_text(encoding="utf-8"))}
    assert used
    assert sorted(key for key in used if not Texts.load().has(key)) == []
