"""Recall on invented counter-language questions; the floor sits a little under what is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.calibrate import measure, run

DATA = Path(__file__).parent / "data"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("questions", "first", "five"), [("questions.yaml", 0.78, 0.92), ("fresh.yaml", 0.66, 0.88)]
)
def test_recall_on_counter_language(questions: str, first: float, five: float) -> None:
    found = measure(run(DATA / "notes.yaml", DATA / questions))
    assert found["all"]["recall@1"] >= first
    assert found["all"]["recall@5"] >= five
