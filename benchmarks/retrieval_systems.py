"""What is asked: our search, and beside it plain BM25 and plain Chroma over one embedder's vectors."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.retrieval_sets import TENANT, Question, Reply
from retrieval import models
from retrieval.chroma import open_client
from retrieval.knowledge import KnowledgeBase
from retrieval.store import AUDIENCES, ChunkRow, Scope
from retrieval.text import tokens

DEPTH = 10
Found = list[tuple[str, float]]  # notes with scores, best first; a note may stand there several times
Search = Callable[[str], Found]


def scope_of(rows: Sequence[ChunkRow]) -> Scope:
    """The scope that may see all of these."""
    return Scope(TENANT, tuple(sorted({"", *(row.unit for row in rows)})), AUDIENCES)


def ours(base: KnowledgeBase, rows: Sequence[ChunkRow]) -> Search:
    scope = scope_of(rows)
    return lambda question: [(hit.row.document, hit.score) for hit in base.search(question, scope, 3 * DEPTH)]


def plain_bm25(rows: Sequence[ChunkRow]) -> Search:
    """BM25 over single and paired characters and whole words, as published; no lexicon."""
    import bm25s

    index = bm25s.BM25()
    index.index([tokens(row.faces[0]) for row in rows], show_progress=False)

    def search(question: str) -> Found:
        asked = [token for token in dict.fromkeys(tokens(question)) if token in index.vocab_dict]
        scores = index.get_scores(asked) if asked else np.zeros(len(rows), np.float32)
        best = np.argsort(-scores, kind="stable")[: 3 * DEPTH]
        return [(rows[at].document, float(scores[at])) for at in best if scores[at] > 0]

    return search


def plain_chroma(rows: Sequence[ChunkRow], directory: Path) -> Search:
    """Chroma's own ranking: the cosine of multilingual-e5-small, nothing added."""
    client = open_client(directory)
    config = {"hnsw": {"space": "cosine"}}
    collection = client.create_collection("plain", embedding_function=None, configuration=config)
    vectors = models.e5_passages([row.faces[0] for row in rows])
    for start in range(0, len(rows), 1000):
        names = [str(at) for at in range(start, min(start + 1000, len(rows)))]
        collection.add(ids=names, embeddings=vectors[start : start + 1000])

    def search(question: str) -> Found:
        vector = models.e5_queries([question])
        got: Any = collection.query(query_embeddings=vector, n_results=min(3 * DEPTH, len(rows)))
        pairs = zip(got["ids"][0], got["distances"][0], strict=True)
        return [(rows[int(name)].document, 1.0 - float(distance)) for name, distance in pairs]

    return search


def ask_all(search: Search, asked: Sequence[Question]) -> list[Reply]:
    """Every question once, after one that nobody counts."""
    search("你好 hello")
    return [_ask(search, question) for question in asked]


def _ask(search: Search, question: Question) -> Reply:
    wall, cpu = time.perf_counter(), time.process_time()
    found = search(question.text)
    cpu_ms, wall_ms = (time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000
    notes = tuple(dict.fromkeys(note for note, _ in found))[:DEPTH]
    return Reply(question, notes, found[0][1] if found else 0.0, wall_ms, cpu_ms)
