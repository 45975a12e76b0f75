"""Measure and calibrate search on question sets.

    python -m retrieval.calibrate priors                       # mean vectors of generic workshop text
    python -m retrieval.calibrate measure NOTES QUESTIONS      # recall@1/5, MRR, abstention by language pair
    python -m retrieval.calibrate ship DOCUMENTS OUT.npz       # vectors of documents, keyed by content hash
    python -m retrieval.calibrate fit NOTES QUESTIONS          # weights and thresholds → data/bands.yaml

NOTES is YAML `[{id, text}]`; QUESTIONS is YAML `[{q, ids}]`, where no ids means "nothing here answers it".
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from retrieval.calibration import features
from retrieval.data import HERE, load_yaml
from retrieval.documents import learn
from retrieval.knowledge import Hit
from retrieval.lexicon import lexicon
from retrieval.search import SearchIndex
from retrieval.text import Lang, language

_FALSE_ANSWERS = 0.1  # share of unanswerable questions that may be answered
_LOST = 0.05  # share of answerable questions that may fall below "did you mean"


@dataclass(frozen=True, slots=True)
class Case:
    """One question with its hits; `rank` is None when no note answers it."""

    asked: Lang
    hits: list[Hit]
    rank: int | None
    answerable: bool


def build_priors(target: Path = HERE / "priors.npz") -> None:
    """Write the mean vectors of templates filled with the lexicon's words, per language."""
    from retrieval.embeddings import BundledEmbeddings

    vectoriser = BundledEmbeddings()
    forms = load_yaml("priors.yaml")
    arrays: dict[str, Any] = {}
    for lang in ("zh", "en"):
        words = [standard[lang] for standard in lexicon().standard.values() if standard.get(lang)][::2]
        for kind, embed in (("questions", vectoriser.questions), ("passages", vectoriser.passages)):
            shapes = forms[lang][kind]
            rows = embed([shapes[i % len(shapes)].format(word) for i, word in enumerate(words)])
            arrays[f"{vectoriser.model_id}|{kind}.{lang}"] = rows.mean(axis=0).astype(np.float32)
    np.savez_compressed(target, **arrays)


def ship_vectors(documents: Path, target: Path) -> int:
    """Write the vectors of all documents below a path, so that a first start need not embed them."""
    from retrieval.embeddings import BundledEmbeddings
    from retrieval.vectors import EmbeddingCache, FileVectorCache, faces_of

    rows = [row for document in learn(documents) for row in document.rows("shipped")]
    cache = EmbeddingCache(BundledEmbeddings(), FileVectorCache(target))
    return len(cache.embed([face.text for face in faces_of(rows)]))


def run(notes: Path, questions: Path) -> list[Case]:
    """Ask every question of an index over the notes."""
    index = SearchIndex()
    listed = load_yaml(notes)
    index.index(listed)
    names = [note["id"] for note in listed]
    return [_ask(index, names, case["q"], case["ids"]) for case in load_yaml(questions)]


def _ask(index: SearchIndex, names: Sequence[str], question: str, wanted: Sequence[str]) -> Case:
    hits = index.hits(question, 10)
    found = [names[int(hit.row.document)] for hit in hits]
    ranks = [found.index(name) for name in wanted if name in found]
    return Case(language(question), hits, min(ranks, default=99) if wanted else None, bool(wanted))


def measure(cases: Sequence[Case]) -> dict[str, dict[str, float]]:
    """Recall@1, recall@5 and MRR by language pair, and the AUROC of abstention by asked language."""
    groups: dict[str, list[int]] = defaultdict(list)
    for case in cases:
        if case.rank is not None:
            pair = f"{case.asked}-{case.hits[min(case.rank, len(case.hits) - 1)].row.lang}"
            groups[pair].append(case.rank)
            groups["all"].append(case.rank)
    out = {
        name: {
            "n": len(ranks),
            "recall@1": float(np.mean([rank < 1 for rank in ranks])),
            "recall@5": float(np.mean([rank < 5 for rank in ranks])),
            "mrr": float(np.mean([1 / (1 + rank) for rank in ranks])),
        }
        for name, ranks in sorted(groups.items())
    }
    for lang in ("zh", "en"):
        asked = [case for case in cases if case.asked == lang and case.hits]
        out[f"abstain-{lang}"] = {"n": len(asked), "auroc": _auroc(asked)}
    return out


def _auroc(cases: Sequence[Case]) -> float:
    good = [case.hits[0].score for case in cases if case.answerable]
    bad = [case.hits[0].score for case in cases if not case.answerable]
    wins = [(a > b) + 0.5 * (a == b) for a in good for b in bad]
    return float(np.mean(wins)) if wins else float("nan")


def fit(cases: Sequence[Case], target: Path = HERE / "bands.yaml") -> None:
    """Fit one logistic combination for same-language and one for crossing hits, with thresholds."""
    pairs: dict[str, Any] = {}
    for asked in ("zh", "en"):
        for found in ("zh", "en"):
            same = asked == found
            chosen = [case for case in cases if case.hits and (case.hits[0].row.lang == case.asked) == same]
            weights = _logistic(chosen)
            pairs[f"{asked}-{found}"] = {"weights": weights, **_thresholds(chosen, weights)}
    head = "# Written by `python -m retrieval.calibrate fit`: by language asked in and language found.\n"
    target.write_text(head + yaml.safe_dump({"pairs": pairs}, sort_keys=False), encoding="utf-8")


def _inputs(case: Case) -> dict[str, float]:
    first, *rest = case.hits
    margin = first.ranked.fused - (rest[0].ranked.fused if rest else 0.0)
    return features(first.ranked.signals, margin)


def _logistic(cases: Sequence[Case]) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression

    rows = [_inputs(case) for case in cases]
    names = list(rows[0])
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000)
    model.fit([[row[name] for name in names] for row in rows], [case.rank == 0 for case in cases])
    weights = dict(zip(names, model.coef_[0], strict=True))
    bias = {"bias": round(float(model.intercept_[0]), 3)}
    return bias | {name: round(float(weight), 3) for name, weight in weights.items()}


def _thresholds(cases: Sequence[Case], weights: dict[str, float]) -> dict[str, float]:
    def score(case: Case) -> float:
        total = weights["bias"] + sum(weights[name] * value for name, value in _inputs(case).items())
        return float(1 / (1 + np.exp(-total)))

    bad = [score(case) for case in cases if case.rank != 0]
    good = [score(case) for case in cases if case.answerable]
    answer = float(np.quantile(bad, 1 - _FALSE_ANSWERS))
    low = min(answer, float(np.quantile(good, _LOST)))
    return {"answer": round(answer, 3), "did_you_mean": round(low, 3)}


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit code is 2 when it is not understood."""
    match list(arguments):
        case ["priors"]:
            build_priors()
        case ["ship", documents, target]:
            print(ship_vectors(Path(documents), Path(target)), "vectors")
        case ["measure", notes, questions]:
            for name, values in measure(run(Path(notes), Path(questions))).items():
                print(f"{name:12}", "  ".join(f"{key} {value:.3g}" for key, value in values.items()))
        case ["fit", notes, questions]:
            fit(run(Path(notes), Path(questions)))
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
