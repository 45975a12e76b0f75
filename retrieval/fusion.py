"""Dense and lexical scores of the visible faces into one ranking of pieces.

Scores are fused by their absolute values: rank fusion with a lexical leg destroys cross-language search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.lexical import LexicalIndex
from retrieval.models import Matrix
from retrieval.store import ChunkRow, Scope
from retrieval.text import Lang
from retrieval.vectors import Face, VectorIndex

LEXICAL_SHARE = 0.3
_CANDIDATES = 64
_STAND_IN = 0.45  # the cosine of a typical good hit: words stand in for a vector that is not there yet


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about one hit of one question; the input of calibration."""

    dense: float  # weighted cosine, -1..1
    lexical: float  # agreement in words, 0..1
    coverage: float  # share of the question's words found, 0..1
    crossing: bool  # question and text are in different languages


@dataclass(frozen=True, slots=True)
class Ranked:
    """A piece with its fused score; `signals` belong to its best face."""

    row: ChunkRow
    fused: float
    signals: Signals


class Tier:
    """The faces one scope may see, with their words indexed. Immutable."""

    def __init__(self, scope: Scope, faces: Sequence[Face]) -> None:
        self.scope = scope
        self.faces = list(faces)
        self._at = {face.key: at for at, face in enumerate(self.faces)}
        self._lexical = LexicalIndex([face.text for face in self.faces], [f.row.lang for f in self.faces])

    def rank(
        self, question: str, lang: Lang, vector: Matrix | None, vectors: VectorIndex, count: int
    ) -> list[Ranked]:
        """Pieces best first, at most `count`. Without a vector the words decide alone."""
        if not self.faces or count < 1:
            return []
        asked = self._lexical.question_tokens(question)
        words = self._lexical.scores(asked, lang)
        wide = max(_CANDIDATES, 4 * count)
        best = [int(at) for at in np.argsort(-words, kind="stable")[:wide]]
        dense = self._dense(vector, vectors, best, wide)
        found: dict[str, Ranked] = {}
        for at in {*best, *dense}:
            ranked = self._ranked(at, dense.get(at), float(words[at]), asked, lang)
            held = found.get(ranked.row.id)
            if held is None or ranked.fused > held.fused:
                found[ranked.row.id] = ranked
        return sorted(found.values(), key=lambda hit: (-hit.fused, hit.row.id))[:count]

    def _dense(
        self, vector: Matrix | None, vectors: VectorIndex, best: list[int], wide: int
    ) -> dict[int, float]:
        if vector is None:
            return {}
        near = vectors.nearest(vector, self.scope, wide)
        rest = [self.faces[at].key for at in best if self.faces[at].key not in near]
        near |= vectors.among(vector, self.scope, rest)
        return {self._at[key]: score for key, score in near.items() if key in self._at}

    def _ranked(self, at: int, dense: float | None, words: float, asked: Sequence[str], lang: Lang) -> Ranked:
        row = self.faces[at].row
        signals = Signals(
            dense=_STAND_IN * words if dense is None else dense,
            lexical=words,
            coverage=self._lexical.coverage(asked, at),
            crossing=row.lang != lang,
        )
        fused = signals.dense + LEXICAL_SHARE * words
        return Ranked(row, fused, signals)
