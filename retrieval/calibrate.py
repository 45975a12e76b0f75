"""What ships with the package: centres of languages, vectors of documents and phrases, weights and marks.

    python -m retrieval.calibrate priors                       # mean vectors of generic workshop text
    python -m retrieval.calibrate phrases                      # vectors of the phrasebook
    python -m retrieval.calibrate ship DOCUMENTS OUT.npz       # vectors of documents, keyed by content hash
    python -m retrieval.calibrate fit NOTES QUESTIONS ...      # weights and marks → data/bands.yaml

NOTES is YAML `[{id, text}]` and QUESTIONS is YAML `[{q, ids}]`, where no ids means "nothing here answers it";
or both are the same folder of documents, which are asked their own example questions. Several sets count alike.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from retrieval.calibration import Calibration, Evidence
from retrieval.data import HERE, load_yaml
from retrieval.documents import learn
from retrieval.knowledge import KnowledgeBase
from retrieval.lexicon import lexicon
from retrieval.phrasebook import VECTORS, packed, phrases_of
from retrieval.search import rows_of
from retrieval.store import AUDIENCES, MemoryStore, Scope
from retrieval.tuning import Asked, Trial, fit_weights, marks_of, trials

TENANT = "calibration"
_SMALLEST = 20  # trials of a set that count in a language pair
# Across languages no words are shared, so that none can be missing.
_SIGNALS: dict[bool, tuple[str, ...]] = {True: Evidence._fields, False: ("fused", "gap")}


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


def ship_phrases(target: Path = VECTORS) -> int:
    """Write the vectors of the phrasebook for both bundled readers of texts."""
    from retrieval.embeddings import BundledEmbeddings, FastEmbeddings

    entries = load_yaml("phrasebook.yaml")
    phrases = [text for _, _, text in phrases_of(entries)]
    arrays: dict[str, Any] = {}
    for vectoriser in (BundledEmbeddings(), FastEmbeddings()):
        arrays[f"{vectoriser.model_id}|phrases"] = packed(vectoriser.questions(phrases))
        for lang in ("zh", "en"):
            meanings = [entry["means"][lang] for entry in entries]
            arrays[f"{vectoriser.model_id}|{lang}"] = packed(vectoriser.passages(meanings))
    np.savez_compressed(target, **arrays)
    return len(phrases)


def ship_vectors(documents: Path, target: Path) -> int:
    """Write the vectors of all documents below a path, so that a first start need not embed them."""
    from retrieval.embeddings import BundledEmbeddings
    from retrieval.vectors import EmbeddingCache, FileVectorCache, faces_of

    rows = [row for document in learn(documents) for row in document.rows("shipped")]
    cache = EmbeddingCache(BundledEmbeddings(), FileVectorCache(target))
    return len(cache.embed([face.text for face in faces_of(rows)]))


def fit(sets: Sequence[tuple[Path, Path]], target: Path = HERE / "bands.yaml") -> None:
    """Weights and marks from sets of notes and questions; the same for both directions across languages."""
    groups = [_trials(notes, questions) for notes, questions in sets]
    pairs: dict[str, Any] = {}
    for same in (True, False):
        chosen = [[t for t in group if (t.asked == t.found) == same] for group in groups]
        kept = [group for group in chosen if len(group) >= _SMALLEST]
        weights = fit_weights(kept, _SIGNALS[same])
        marks = _marks(kept, weights)
        for name in ("zh-zh", "en-en") if same else ("zh-en", "en-zh"):
            pairs[name] = {"weights": weights, **marks}
    head = "# Written by `python -m retrieval.calibrate fit`: by language asked in and language found.\n"
    target.write_text(head + yaml.safe_dump({"pairs": pairs}, sort_keys=False), encoding="utf-8")


def _trials(notes: Path, questions: Path) -> list[Trial]:
    """Trials of one set: YAML, or a folder of documents with their own example questions."""
    if notes.is_dir():
        documents = learn(notes)
        rows = [row for document in documents for row in document.rows(TENANT)]
        asked: list[Asked] = [(q, (document.id,)) for document in documents for q in document.questions]
    else:
        rows = [row for n in load_yaml(notes) for row in rows_of(n["id"], n["text"], TENANT)]
        asked = [(case["q"], tuple(case["ids"])) for case in load_yaml(questions)]
    base = KnowledgeBase(MemoryStore(rows))
    base.refresh(TENANT)
    return trials(base, Scope(TENANT, ("",), AUDIENCES), asked)


def _marks(groups: Sequence[Sequence[Trial]], weights: dict[str, float]) -> dict[str, float]:
    """The middle of what each set alone would choose."""
    shape = Calibration({"zh-zh": weights}, {})
    found = []
    for group in groups:
        same = [replace(trial, asked="zh", found="zh") for trial in group]
        if (marks := marks_of(same, shape, ("zh", "zh"))) is not None:
            found.append(marks)
    answer, low = (float(np.median(column)) for column in zip(*found, strict=True))
    return {"answer": round(answer, 3), "did_you_mean": round(min(answer, low), 3)}


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit code is 2 when it is not understood."""
    match list(arguments):
        case ["priors"]:
            build_priors()
        case ["phrases"]:
            print(ship_phrases(), "phrases")
        case ["ship", documents, target]:
            print(ship_vectors(Path(documents), Path(target)), "vectors")
        case ["fit", *sets] if sets and len(sets) % 2 == 0:
            paths = [Path(name) for name in sets]
            fit(list(zip(paths[::2], paths[1::2], strict=True)))
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
