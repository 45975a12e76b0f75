"""Per-language centring: multilingual vectors cluster by language first, and the mean carries that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from retrieval.data import HERE
from retrieval.models import Matrix
from retrieval.text import Lang

if TYPE_CHECKING:
    from retrieval.embeddings import Block

_PRIOR_WEIGHT = 20  # a language's own mean counts as much as the prior once it has this many texts
_MIN_WITHOUT_PRIOR = 8  # fewer texts than this have no meaningful mean of their own

Means = Mapping[str, Matrix]


@cache
def prior(model_id: str) -> dict[str, Matrix]:
    """Means of generic workshop text, by `passages.zh`, `questions.en`, ...; empty for unknown models."""
    path = HERE / "priors.npz"
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as data:
        head = model_id.partition("/")[0] + "|"
        return {name[len(head) :]: data[name] for name in data.files if name.startswith(head)}


@dataclass(frozen=True, slots=True)
class Centring:
    """Means per language, of passages and of questions apart, and the columns of each model."""

    blocks: tuple[Block, ...]
    means: Means = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        model_id: str,
        blocks: tuple[Block, ...],
        passages: tuple[Matrix, Sequence[Lang]],
        questions: tuple[Matrix, Sequence[Lang]] | None = None,
    ) -> Centring:
        """Means of a deployment's own passages and example questions, shrunk towards the prior."""
        known = prior(model_id)
        means: dict[str, Matrix] = dict(known)
        for kind, texts in (("passages", passages), ("questions", questions)):
            if texts is None or (kind == "questions" and known):
                continue  # example questions were read as passages: good enough only where no prior is
            for lang in ("zh", "en"):
                rows = texts[0][[said == lang for said in texts[1]]]
                mean = _shrunk(rows, known.get(f"{kind}.{lang}"))
                if mean is not None:
                    means[f"{kind}.{lang}"] = mean
        return cls(blocks, means)

    def passages(self, matrix: Matrix, langs: Sequence[Lang]) -> Matrix:
        return self._apply("passages", matrix, langs)

    def questions(self, matrix: Matrix, langs: Sequence[Lang]) -> Matrix:
        """Centred questions; without a mean of questions the vectors are left as they are."""
        return self._apply("questions", matrix, langs)

    def _apply(self, kind: str, matrix: Matrix, langs: Sequence[Lang]) -> Matrix:
        if not len(matrix):
            return matrix
        centred = matrix.copy()
        for lang in ("zh", "en"):
            mean = self.means.get(f"{kind}.{lang}")
            if mean is not None and f"questions.{lang}" in self.means:
                centred[[said == lang for said in langs]] -= mean
        for block in self.blocks:
            columns = centred[:, block.start : block.stop]
            norms = np.linalg.norm(columns, axis=1, keepdims=True)
            columns *= np.sqrt(block.share) / np.maximum(norms, 1e-9)
        return centred


def _shrunk(rows: Matrix, known: Matrix | None) -> Matrix | None:
    if not len(rows):
        return known
    if known is None:
        return rows.mean(axis=0) if len(rows) >= _MIN_WITHOUT_PRIOR else None
    total: Matrix = rows.sum(axis=0) + _PRIOR_WEIGHT * known
    return (total / (len(rows) + _PRIOR_WEIGHT)).astype(np.float32)
