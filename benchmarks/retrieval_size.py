"""What a large knowledge base costs a question, and what a fresh process costs a start."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import retrieval_systems as systems
from benchmarks.retrieval_sets import TENANT, Question, recall, times
from retrieval.embeddings import BundledEmbeddings
from retrieval.knowledge import KnowledgeBase
from retrieval.models import Matrix
from retrieval.store import ChunkRow, MemoryStore, content_hash
from retrieval.text import sentences
from retrieval.vectors import EmbeddingCache, faces_of

NOISE = 0.7  # how far a made-up vector lies from the real one it was made of
ROOT = Path(__file__).parents[1]


def many(rows: Sequence[ChunkRow], asked: Sequence[Question], count: int) -> dict[str, Any]:
    """Ask everything among `count` pieces: the notes, and others of their sentences shuffled, with made-up vectors."""
    padding = _padding(rows, count - len(rows))
    store = MemoryStore([*rows, *padding])
    vectoriser = BundledEmbeddings()
    store.save_vectors(_vectors(rows, padding, vectoriser))
    with tempfile.TemporaryDirectory() as home:
        base = KnowledgeBase(store, directory=Path(home), vectoriser=vectoriser)
        begun, cpu = time.perf_counter(), time.process_time()
        base.refresh(TENANT)
        built = {
            "index_s": round(time.perf_counter() - begun, 1),
            "index_cpu_s": round(time.process_time() - cpu, 1),
        }
        replies = systems.ask_all(systems.ours(base, rows), [q for q in asked if q.ids])
        base.close()
    # A shuffled piece is no note, but it may hold the very sentence: recall is only told for what it is.
    return {"item": f"{count} pieces", **built, **recall(replies), **times(replies)}


def _padding(rows: Sequence[ChunkRow], count: int) -> list[ChunkRow]:
    chance = random.Random(7)
    by: dict[str, list[str]] = {}
    for row in rows:
        by.setdefault(row.lang, []).extend(sentences(row.text))
    made = []
    for number in range(max(count, 0)):
        row = chance.choice(rows)
        text = " ".join(chance.sample(by[row.lang], min(3, len(by[row.lang]))))
        made.append(
            replace(row, id=f"pad{number}", document=f"pad{number}", text=f"{number} {text}", questions=())
        )
    return made


def _vectors(
    rows: Sequence[ChunkRow], padding: Sequence[ChunkRow], vectoriser: BundledEmbeddings
) -> dict[str, Matrix]:
    """Recorded vectors of the notes, and for the padding those of notes moved by chance."""
    faces = [face.text for face in faces_of(rows)]
    known = EmbeddingCache(vectoriser).embed(faces)
    chance = np.random.default_rng(7)
    real = np.vstack([known[text] for text in faces])
    moved = real[chance.integers(len(real), size=len(padding))]
    step = chance.normal(size=moved.shape).astype(np.float32)
    moved = moved + NOISE * step / np.linalg.norm(step, axis=1, keepdims=True)
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    texts = [face.text for face in faces_of(padding)]
    made: Mapping[str, Matrix] = known | dict(zip(texts, moved.astype(np.float32), strict=True))
    return {content_hash(vectoriser.model_id, text): vector for text, vector in made.items()}


def start(notes: Sequence[Path]) -> dict[str, Any]:
    """A fresh process: importing, indexing notes whose vectors are kept, the first and the next answer, memory."""
    done = subprocess.run(
        [sys.executable, "-c", _FRESH, *map(str, notes)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"item": "fresh process", **found}


_FRESH = """
import json, resource, sys, time
begun = time.perf_counter()
from pathlib import Path
from benchmarks import retrieval_sets as sets, retrieval_systems as systems
from benchmarks.retrieval import SHIPPED
from retrieval.knowledge import KnowledgeBase
from retrieval.store import MemoryStore
from retrieval.vectors import FileVectorCache
rows = sets.pieces(map(Path, sys.argv[1:]))
base = KnowledgeBase(MemoryStore(rows), shipped=[FileVectorCache(SHIPPED)])
took = {"import_s": time.perf_counter() - begun}
for name, work in (("index_s", lambda: base.refresh(sets.TENANT)),
                   ("first_s", lambda: base.search("刹车皮多薄要换", systems.scope_of(rows))),
                   ("next_s", lambda: base.search("火嘴多久换一次", systems.scope_of(rows)))):
    begun = time.perf_counter()
    work()
    took[name] = time.perf_counter() - begun
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({key: round(value, 3) for key, value in took.items()} | {"rss_mb": round(rss)}))
"""
