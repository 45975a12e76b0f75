"""500 pieces one may not see, 200 questions made of their own words: none may show in anything that is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from retrieval import ChunkRow, KnowledgeBase, MemoryStore, Scope

from .conftest import HashVectoriser

ASKER = Scope.within("t1", "g.east.d1.", ("customer", "public"))
SUBJECTS = (
    "刹车片底价",
    "机油进货价",
    "返利政策",
    "evaporator cost",
    "dealer margin",
    "火花塞返点",
    "内部折扣",
    "warranty reserve",
)


def _row(key: str, text: str, **more: object) -> ChunkRow:
    return ChunkRow(key, "t1", key, text, title=text[:12], **{"audience": "public", **more})  # type: ignore[arg-type]


def _canaries() -> list[ChunkRow]:
    """Of every reason not to be seen: staff only, another dealer, another region, another tenant."""
    rows = []
    for n in range(500):
        text = f"CANARY{n} {SUBJECTS[n % len(SUBJECTS)]} 是 {1000 + n} 元"
        row = _row(f"canary{n}", text, questions=(f"CANARY{n} {SUBJECTS[n % len(SUBJECTS)]}多少",))
        hidden = (
            replace(row, audience="staff"),
            replace(row, unit="g.east.d2."),
            replace(row, unit="g.west."),
            replace(row, tenant="t2"),
        )
        rows.append(hidden[n % len(hidden)])
    return rows


SEEN = [_row(f"seen{n}", f"{subject}请向前台咨询") for n, subject in enumerate(SUBJECTS)]
QUESTIONS = [
    *(
        f"{subject}{ending}"
        for subject in SUBJECTS
        for ending in ("", "多少", "是多少元", " CANARY", " how much")
    ),
    *(f"CANARY{n} {SUBJECTS[n % len(SUBJECTS)]}多少" for n in range(0, 500, 5)),
    *(f"{1000 + n} 元" for n in range(0, 480, 8)),
]


@pytest.fixture(scope="module", params=["kept vectors", "chroma"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    directory: Path | None = tmp_path_factory.mktemp("index") if request.param == "chroma" else None
    made = KnowledgeBase(MemoryStore([*_canaries(), *SEEN]), directory=directory, vectoriser=HashVectoriser())
    made.refresh("t1")
    made.refresh("t2")
    return made


def test_there_are_two_hundred_questions() -> None:
    assert len(QUESTIONS) == 200


def test_nothing_hidden_is_found_counted_told_or_suggested(base: KnowledgeBase) -> None:
    for question in QUESTIONS:
        hits = base.search(question, ASKER, 600)
        assert {hit.row.id for hit in hits} <= {row.id for row in SEEN}
        assert len(hits) <= len(SEEN)
        answer = base.answer(question, ASKER)
        assert "CANARY" not in "".join([answer.text, *answer.suggestions, *map(str, answer.citations)])


def test_what_is_hidden_changes_no_score(base: KnowledgeBase) -> None:
    """Not even by how rare it makes a word or how it moves a ranking."""
    alone = KnowledgeBase(MemoryStore(SEEN), vectoriser=HashVectoriser())
    for question in QUESTIONS[:40]:
        with_hidden = [(hit.row.id, hit.ranked.signals.lexical) for hit in base.search(question, ASKER, 600)]
        without = [(hit.row.id, hit.ranked.signals.lexical) for hit in alone.search(question, ASKER, 600)]
        assert sorted(with_hidden) == sorted(without)


@pytest.mark.parametrize(
    "question", ["' OR 1=1 --", '{"$ne": ""}', "tenant:t2", "audience=staff", "CANARY" * 200]
)
def test_a_question_cannot_widen_its_scope(base: KnowledgeBase, question: str) -> None:
    assert {hit.row.id for hit in base.search(question, ASKER, 600)} <= {row.id for row in SEEN}
