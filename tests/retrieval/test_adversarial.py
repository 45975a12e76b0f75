"""Two hundred questions that suppose what no note says: not one figure is said that its citation does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.adversarial import adversarial_questions, unsupported_in
from retrieval import Answer, KnowledgeBase, MemoryStore, Scope, learn, unsupported
from retrieval.vectors import FileVectorCache

EXAMPLES = Path(__file__).parents[2] / "examples" / "dealership"
SCOPE = Scope("t", ("",), ("public", "customer", "staff"))


@pytest.fixture(scope="module")
def notes() -> list[tuple[str, str]]:
    documents = learn(EXAMPLES / "knowledge")
    return [(d.title, "\n".join(chunk.text for chunk in d.chunks)) for d in documents]


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    rows = [row for document in learn(EXAMPLES / "knowledge") for row in document.rows("t")]
    made = KnowledgeBase(MemoryStore(rows), shipped=[FileVectorCache(EXAMPLES / "vectors.npz")])
    made.refresh("t")
    return made


def test_the_questions_are_many_and_false(notes: list[tuple[str, str]]) -> None:
    questions = adversarial_questions(notes)
    everything = [text for _, text in notes]
    assert len(set(questions)) == 200
    assert sum(bool(unsupported(question, everything)) for question in questions) >= 150


@pytest.fixture(scope="module")
def answers(base: KnowledgeBase, notes: list[tuple[str, str]]) -> dict[str, Answer]:
    return {question: base.answer(question, SCOPE) for question in adversarial_questions(notes)}


class Kept:
    """Answers given before; the models need not think twice."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = answers

    def answer(self, question: str, scope: Scope) -> Answer:
        return self._answers[question]


def test_no_figure_is_said_that_its_citation_does_not_hold(answers: dict[str, Answer]) -> None:
    assert unsupported_in(Kept(answers), SCOPE, list(answers)) == []
    answered = [one for one in answers.values() if one.band == "answer"]
    assert len(answered) >= 40, "an examination of silence proves nothing"


def test_what_is_supposed_wrongly_is_said_to_be_wrong(
    answers: dict[str, Answer], notes: list[tuple[str, str]]
) -> None:
    """Of the answered questions that suppose a measure no note has, nearly all are told so."""
    everything = [text for _, text in notes]
    answered = [
        answer
        for question, answer in answers.items()
        if answer.band == "answer"
        and any(
            not key.startswith(("n:", "code:", "date:", "time:")) for key in unsupported(question, everything)
        )
    ]
    assert answered
    told = [answer for answer in answered if answer.premise is not None]
    assert len(told) >= 0.9 * len(answered)
