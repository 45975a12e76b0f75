"""Notes and questions that search is measured on, and the figures of a run."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.data import load_yaml
from retrieval.documents import learn
from retrieval.store import ChunkRow
from retrieval.text import language

TENANT = "bench"
FALSE_ANSWERS = 0.1  # of the unanswerable questions that may be answered


@dataclass(frozen=True, slots=True)
class Question:
    """`ids` name the notes that answer it; none: nothing does."""

    text: str
    ids: tuple[str, ...]
    lang: str
    kind: str
    split: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What one system found for one question: notes best first, its own score, wall and CPU milliseconds."""

    question: Question
    notes: tuple[str, ...]
    score: float
    wall_ms: float
    cpu_ms: float

    @property
    def rank(self) -> int | None:
        """The place of the first right note, from 0; None when it was not found."""
        return next((at for at, note in enumerate(self.notes) if note in self.question.ids), None)


def questions(path: Path) -> list[Question]:
    """Questions of a file of JSON lines `{"q", "ids", "lang", "kind", "split"}`, or of YAML `[{q, ids}]`.

    What is not said is taken from the text: its language; `unanswerable` without ids; one split, `all`.
    """
    if path.suffix in (".yaml", ".yml"):
        rows = load_yaml(path)
    else:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [_question(row) for row in rows]


def _question(row: dict[str, Any]) -> Question:
    kind = row.get("kind") or ("colloquial" if row["ids"] else "unanswerable")
    return Question(
        row["q"], tuple(row["ids"]), row.get("lang") or language(row["q"]), kind, row.get("split") or "all"
    )


def pieces(paths: Iterable[Path]) -> list[ChunkRow]:
    """The pieces of all notes below these paths, or in YAML `[{id, text}]`; a note is named by its file's stem."""
    rows: list[ChunkRow] = []
    for path in paths:
        if path.suffix in (".yaml", ".yml"):
            rows += [
                ChunkRow(n["id"], TENANT, n["id"], n["text"], lang=language(n["text"]), audience="public")
                for n in load_yaml(path)
            ]
        else:
            rows += [row for document in learn(path) for row in document.rows(TENANT)]
    return rows


def breakdown(replies: Sequence[Reply]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Figures of each split, and in it of each kind and language."""
    splits: dict[str, list[Reply]] = defaultdict(list)
    for reply in replies:
        splits[reply.question.split].append(reply)
    for split, found in sorted(splits.items()):
        yield split, recall(found) | abstention(found) | times(found)
        kinds = sorted({(r.question.kind, r.question.lang) for r in found if r.question.ids})
        for kind, lang in kinds:
            chosen = [r for r in found if (r.question.kind, r.question.lang) == (kind, lang)]
            yield (
                f"{split} · {kind} · {lang}",
                recall(chosen) | abstention(_with_unanswerable(chosen, found, lang)),
            )


def _with_unanswerable(chosen: Sequence[Reply], found: Sequence[Reply], lang: str) -> list[Reply]:
    """These, and the unanswerable questions in their language to tell them from."""
    return [*chosen, *(r for r in found if not r.question.ids and r.question.lang == lang)]


def recall(replies: Sequence[Reply]) -> dict[str, Any]:
    ranks = [reply.rank for reply in replies if reply.question.ids]
    if not ranks:
        return {"items": len(replies)}
    return {
        "items": len(replies),
        "recall_1": _share(sum(rank == 0 for rank in ranks), len(ranks)),
        "recall_5": _share(sum(rank is not None and rank < 5 for rank in ranks), len(ranks)),
        "mrr": round(sum(1 / (1 + rank) for rank in ranks if rank is not None) / len(ranks), 3),
    }


def abstention(replies: Sequence[Reply]) -> dict[str, Any]:
    """How well the score tells questions with an answer from those without, and what is answered at a fixed risk."""
    good = [r.score for r in replies if r.question.ids]
    bad = [r.score for r in replies if not r.question.ids]
    if not good or not bad:
        return {}
    mark = sorted(bad, reverse=True)[min(math.floor(FALSE_ANSWERS * len(bad)), len(bad) - 1)]
    answered = [r for r in replies if r.question.ids and r.score > mark]
    return {
        "auroc": round(auroc(good, bad), 3),
        "answered": _share(len(answered), len(good)),
        "right": _share(sum(r.rank == 0 for r in answered), len(good)),
    }


def auroc(good: Sequence[float], bad: Sequence[float]) -> float:
    """How often a score of the first kind is higher than one of the second; a tie is half."""
    wins = sum((a > b) + 0.5 * (a == b) for a in good for b in bad)
    return wins / (len(good) * len(bad))


def times(replies: Sequence[Reply]) -> dict[str, Any]:
    wall = sorted(reply.wall_ms for reply in replies)
    cpu = sorted(reply.cpu_ms for reply in replies)
    return {
        "p50_ms": round(_quantile(wall, 0.5), 1),
        "p95_ms": round(_quantile(wall, 0.95), 1),
        "cpu_ms": round(sum(cpu) / len(cpu), 1),
        "cpu_p95": round(_quantile(cpu, 0.95), 1),
    }


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(math.ceil(share * len(ordered)), len(ordered)) - 1]


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3)
