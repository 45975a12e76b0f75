"""The lexicon takes the words of one's own workshop; a mistake in them is told with its file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_core.kernel.check import policy_problems
from crm_core.kernel.settings import Settings
from retrieval.lexicon import configure, lexicon


@pytest.fixture
def restored() -> Iterator[None]:
    yield
    configure({})


@pytest.mark.usefixtures("restored")
def test_own_words_are_added_to_those_that_ship() -> None:
    before = lexicon().standard["brake_pad"]
    configure({"brake_pad": {"zh": ["刹车皮子"]}, "hull": {"zh": ["隐形膜衣", "透明膜衣"], "en": ["clear hull film"]}},
              [["hull", "brake_pad"]])  # fmt: skip
    assert lexicon().rewrite("换刹车皮子") == "换刹车片"
    assert lexicon().rewrite("贴透明膜衣") == "贴隐形膜衣"
    assert lexicon().concepts("Is clear hull film worth it?") == ["hull"]
    assert lexicon().standard["brake_pad"] == before
    assert "brake_pad" in lexicon().rivals("hull")
    configure({})
    assert lexicon().concepts("透明膜衣") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("concepts:\n  brake_pad: {zh: [刹车皮子, '']}\n", 2),
        ("concepts:\n  coating:\n    zh: [镀晶]\n    fr: [x]\n", 4),
        ("confusable:\n  - [brake_pad, Brake Disc]\n", 2),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "lexicon.yaml").write_text(text, encoding="utf-8")
    problems = policy_problems(Settings(_env_file=None, data_dir=tmp_path, policies=tmp_path))
    assert any(problem.startswith(f"lexicon.yaml:{line}:") or f"lexicon.yaml:{line}:" in problem for problem in problems)


def test_good_words_are_no_problem(tmp_path: Path) -> None:
    (tmp_path / "lexicon.yaml").write_text("concepts:\n  coating: {zh: [镀晶]}\n", encoding="utf-8")
    assert policy_problems(Settings(_env_file=None, data_dir=tmp_path, policies=tmp_path)) == []
