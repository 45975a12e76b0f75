"""The validator counts the tests beside the sentences, and names file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from intents import checks


def test_too_few_phrasings_and_a_missing_mirror_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for path in checks.sentence_files("zh"):
        if path.name != "replies.yaml":
            (tmp_path / "zh").mkdir(exist_ok=True)
            (tmp_path / "zh" / path.name).write_text("undo: {say: [撤销], near: []}\n", encoding="utf-8")
    monkeypatch.setattr(checks, "TESTS", tmp_path)
    found = list(checks._tested("zh"))
    assert any(line.endswith("no tests in tests/intents/zh/replies.yaml") for line in found)
    assert "tests/intents/zh/leads.yaml:1: hand_over: 0 of 8 `say`" in found


def test_a_mood_that_reaches_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"moods": {"negation": {"reach": "far", "say": ["别"]}}}
    monkeypatch.setattr(checks, "load", lambda path: broken)
    ((message),) = checks._moods("zh")
    assert message.startswith("intents/zh/lists/moods.yaml:")
    assert "reach must be one of" in message
