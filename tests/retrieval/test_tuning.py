"""Marks drawn from questions of one's own: what is tried, what is learnt, when it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval import ChunkRow, KnowledgeBase, MemoryStore, Scope
from retrieval.calibration import Calibration, Evidence, Marks, calibration, read_marks, write_marks
from retrieval.tuning import Trial, fit_weights, marks_of, own_marks, trials

from .conftest import HashVectoriser

SCOPE = Scope("t1", ("",), ("public",))
FLAT = Calibration({"zh-zh": {"bias": 0.0, "fused": 1.0, "gap": 0.0}}, {"zh-zh": Marks(0.9, 0.1)})


def trial(fused: float, right: bool, gap: float = 0.0) -> Trial:
    return Trial("zh", "zh", Evidence(fused, gap), right, answerable=right)


def test_a_question_is_tried_with_and_without_its_answer() -> None:
    rows = [
        ChunkRow("pads", "t1", "pads", "刹车片三毫米更换", questions=("刹车皮多薄要换",), audience="public"),
        ChunkRow("oil", "t1", "oil", "机油一万公里更换", audience="public"),
    ]
    base = KnowledgeBase(MemoryStore(rows), vectoriser=HashVectoriser())
    base.refresh("t1")
    without, with_ = trials(base, SCOPE, [("刹车皮多薄要换", ("pads",))])
    assert (without.answerable, without.right) == (False, False)
    assert (with_.answerable, with_.right) == (True, True)
    assert with_.evidence.fused > without.evidence.fused
    asked_itself = base.ranked("刹车皮多薄要换", SCOPE)[1][0].fused
    assert with_.evidence.fused < asked_itself, "its own example question must not count"
    assert len(trials(base, SCOPE, [("天气", ())])) == 1


def test_weights_tell_right_from_wrong() -> None:
    group = [trial(0.8 + n / 100, True, 0.2) for n in range(20)] + [
        trial(0.2 + n / 100, False) for n in range(20)
    ]
    weights = fit_weights([group])
    learnt = Calibration({"zh-zh": weights}, {})
    assert learnt.score(Evidence(0.9, 0.2), "zh", "zh") > 0.5 > learnt.score(Evidence(0.2, 0.0), "zh", "zh")


def test_marks_let_through_few_false_answers_and_lose_few_questions() -> None:
    tried = [trial(n / 100, False) for n in range(100)] + [trial(2 + n / 100, True) for n in range(100)]
    marks = marks_of(tried, FLAT, ("zh", "zh"))
    assert marks is not None
    passed = [t for t in tried if FLAT.score(t.evidence, "zh", "zh") >= marks.answer]
    assert sum(not t.right for t in passed) == 5
    assert marks.did_you_mean <= marks.answer


def test_few_questions_change_nothing_and_many_change_more() -> None:
    def own(count: int) -> float:
        tried = [trial(0.1, False)] * count + [trial(3.0, True)] * count
        found = own_marks(tried, FLAT)
        return found["zh-zh"].answer if found else FLAT.marks["zh-zh"].answer

    assert own(5) == 0.9
    assert own(400) < own(40) < 0.9


def test_marks_are_kept_for_one_model(tmp_path: Path) -> None:
    path = tmp_path / "search" / "t1.yaml"
    write_marks(path, "model:1", {"zh-zh": Marks(0.61, 0.3)})
    assert read_marks(path, "model:1") == {"zh-zh": Marks(0.61, 0.3)}
    assert read_marks(path, "model:2") == {}
    assert read_marks(tmp_path / "none.yaml", "model:1") == {}


@pytest.mark.parametrize(("answer", "band"), [(0.0, "answer"), (1.0, "did_you_mean")])
def test_a_deployment_answers_by_its_own_marks(tmp_path: Path, answer: float, band: str) -> None:
    path = tmp_path / "t1.yaml"
    row = ChunkRow("pads", "t1", "pads", "刹车片三毫米更换", audience="public")
    KnowledgeBase(MemoryStore([row]), vectoriser=HashVectoriser(), marks=path).keep_marks(
        {"zh-zh": Marks(answer, 0.0)}
    )
    base = KnowledgeBase(MemoryStore([row]), vectoriser=HashVectoriser(), marks=path)
    assert base.search("刹车片", SCOPE, 1)[0].band == band
    assert base.calibration().marks["en-en"] == calibration().marks["en-en"]
