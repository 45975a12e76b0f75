"""The parts of `bench retrieval` that judge: what is read, what is counted, and that unseen text is never shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import retrieval as bench
from benchmarks.retrieval_sets import Question, Reply, abstention, auroc, breakdown, pieces, questions, recall


def reply(score: float, notes: str, ids: str = "", split: str = "seen", text: str = "q") -> Reply:
    kind = "plain" if ids else "unanswerable"
    return Reply(Question(text, tuple(ids.split()), "zh", kind, split), tuple(notes.split()), score, 1.0, 1.0)


def test_recall_counts_any_right_note_and_leaves_the_unanswerable_out() -> None:
    found = recall([reply(1, "a b", "b c"), reply(1, "a", "a"), reply(1, "x y", "z"), reply(1, "a")])
    assert (found["items"], found["recall_1"], found["recall_5"], found["mrr"]) == (4, 0.333, 0.667, 0.5)


def test_answered_is_what_ten_in_a_hundred_false_answers_let_through() -> None:
    wrong = [reply(score / 10, "a") for score in range(10)]  # one of ten may be answered: the mark is 0.8
    right = [reply(0.85, "a", "a"), reply(0.95, "x", "a"), reply(0.8, "a", "a"), reply(0.1, "a", "a")]
    assert abstention([*wrong, *right]) == {"auroc": 0.725, "answered": 0.5, "right": 0.25}


@pytest.mark.parametrize(("good", "bad", "area"), [([1], [0], 1.0), ([0], [1], 0.0), ([1, 0], [0.5], 0.5), ([1], [1], 0.5)])
def test_the_area_under_the_curve(good: list[float], bad: list[float], area: float) -> None:
    assert auroc(good, bad) == area


def test_each_split_has_a_line_and_one_for_each_kind_and_language() -> None:
    lines = dict(breakdown([reply(0.9, "a", "a"), reply(0.1, "b"), reply(0.5, "b", "a", "unseen")]))
    assert list(lines) == ["seen", "seen · plain · zh", "unseen", "unseen · plain · zh"]
    assert lines["seen · plain · zh"]["auroc"] == 1.0
    assert lines["unseen"]["recall_1"] == 0.0


def test_questions_are_read_from_lines_and_from_yaml(tmp_path: Path) -> None:
    rows = [{"q": "火嘴多久换", "ids": ["a"], "split": "unseen", "kind": "plain"}, {"q": "horn", "ids": []}]
    lines, listed = tmp_path / "q.jsonl", tmp_path / "q.yaml"
    lines.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    listed.write_text(json.dumps(rows), encoding="utf-8")
    expected = [Question("火嘴多久换", ("a",), "zh", "plain", "unseen"), Question("horn", (), "en", "unanswerable", "all")]
    assert questions(lines) == questions(listed) == expected


def test_a_note_is_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "wiper.md").write_text("# 雨刮\n\n每年更换。\n\n## 清洗\n\n先洗玻璃。\n", encoding="utf-8")
    assert {row.document for row in pieces([tmp_path])} == {"wiper"}


def test_what_went_wrong_is_shown_but_never_of_the_unseen_half(capsys: pytest.CaptureFixture[str]) -> None:
    bench._show([
        reply(0.9, "b", "a", "seen", "shown"), reply(0.9, "b", "a", "unseen", "hidden"),
        reply(0.9, "b", "", "seen", "told"), reply(0.9, "b", "", "unseen", "hidden"),
    ])  # fmt: skip
    said = capsys.readouterr().out
    assert "shown" in said
    assert "told" in said
    assert "hidden" not in said
