"""Recall on invented counter-language questions; the floor sits a little under what is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.retrieval_sets import TENANT, pieces, questions, recall
from benchmarks.retrieval_systems import ask_all, ours
from retrieval import KnowledgeBase, MemoryStore

DATA = Path(__file__).parent / "data"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "first", "five"), [("questions.yaml", 0.78, 0.92), ("fresh.yaml", 0.66, 0.88)]
)
def test_recall_on_counter_language(asked: str, first: float, five: float) -> None:
    rows = pieces([DATA / "notes.yaml"])
    base = KnowledgeBase(MemoryStore(rows))
    base.refresh(TENANT)
    found = recall(ask_all(ours(base, rows), questions(DATA / asked)))
    assert found["recall_1"] >= first
    assert found["recall_5"] >= five
