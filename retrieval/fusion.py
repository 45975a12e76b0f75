"""Dense and lexical scores of the visible faces into one ranking of pieces.

Scores are fused by their absolute values: rank fusion with a lexical leg destroys cross-language search.
Example questions are weighed apart from texts: any two questions resemble each other, so one leads to its
piece only when it is very near.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.lexical import ExampleIndex, LexicalIndex
from retrieval.models import Matrix
from retrieval.store import ChunkRow, Scope
from retrieval.text import Lang
from retrieval.vectors import Face, VectorIndex

LEXICAL_SHARE = 0.3
_LEAD = 0.2  # an example question must score so much higher than a text to count the same
_CANDIDATES = 64
_STAND_IN = 0.45  # the cosine of a typical good hit: words stand in for a vector that is not there yet


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about one hit of one question."""

    dense: float  # weighted cosine of the piece's text, -1..1
    lexical: float  # agreement in words, 0..1
    example: float  # agreement with the nearest example question, 0..1.3; 0 when there is none
    crossing: bool  # question and text are in different languages


@dataclass(frozen=True, slots=True)
class Ranked:
    """A piece with its fused score and what that was made of."""

    row: ChunkRow
    fused: float
    signals: Signals


@dataclass(slots=True)
class _Piece:
    """A piece's own text and its example questions, by their places in the two lexical indexes."""

    text: Face
    examples: list[tuple[int, Face]]


@dataclass(frozen=True, slots=True)
class _About:
    """A question, and what was found near it."""

    asked: Sequence[str]
    lang: Lang
    near: Mapping[str, float]  # cosines by face
    alike: Mapping[int, float]  # agreement in words by example question
    ignoring: str

    def likeness(self, number: int, example: Face) -> float:
        """0..1.3 like a text's own score; the same words stand in for a vector that is not there yet."""
        words = self.alike.get(number, 0.0)
        return self.near.get(example.key, words) + LEXICAL_SHARE * words


class Tier:
    """The faces one scope may see, with their words indexed. Immutable."""

    def __init__(self, scope: Scope, faces: Sequence[Face]) -> None:
        self.scope = scope
        self.faces = list(faces)
        self._pieces: list[_Piece] = []
        self._at: dict[str, int] = {}
        examples: list[Face] = []
        for face in self.faces:
            if face.is_text:
                self._pieces.append(_Piece(face, []))
            else:
                self._pieces[-1].examples.append((len(examples), face))
                examples.append(face)
            self._at[face.key] = len(self._pieces) - 1
        texts = [piece.text for piece in self._pieces]
        self._words = LexicalIndex([face.text for face in texts], [face.row.lang for face in texts])
        self._examples = ExampleIndex([face.text for face in examples], self._words)
        self._asked_at = [self._at[face.key] for face in examples]

    def rank(
        self,
        question: str,
        lang: Lang,
        vector: Matrix | None,
        vectors: VectorIndex,
        count: int,
        ignoring: str = "",
    ) -> list[Ranked]:
        """Pieces best first, at most `count`. Without a vector the words decide alone.

        `ignoring` is an example question to leave out: what would be found had nobody written it.
        """
        if not self._pieces or count < 1:
            return []
        asked = self._words.question_tokens(question)
        words = self._words.scores(asked, lang)
        wide = max(_CANDIDATES, count)
        alike = self._examples.scores(asked, wide)
        best = {int(at) for at in np.argsort(-words, kind="stable")[:wide]}
        best |= {self._asked_at[example] for example in alike}
        near = {} if vector is None else vectors.nearest(vector, self.scope, 2 * wide)
        best |= {self._at[key] for key in near if key in self._at}
        if vector is not None:
            keys = [face.key for at in best for face in self._faces_of(at) if face.key not in near]
            near |= vectors.among(vector, self.scope, keys)
        about = _About(asked, lang, near, alike, ignoring)
        ranked = [self._ranked(at, float(words[at]), about) for at in best]
        return sorted(ranked, key=lambda hit: (-hit.fused, hit.row.id))[:count]

    def _faces_of(self, at: int) -> list[Face]:
        piece = self._pieces[at]
        return [piece.text, *(face for _, face in piece.examples)]

    def _ranked(self, at: int, words: float, about: _About) -> Ranked:
        piece = self._pieces[at]
        row = piece.text.row
        examples = [about.likeness(n, face) for n, face in piece.examples if face.text != about.ignoring]
        signals = Signals(
            dense=about.near.get(piece.text.key, _STAND_IN * words),
            lexical=words,
            example=max(examples, default=0.0),
            crossing=row.lang != about.lang,
        )
        fused = max(signals.dense + LEXICAL_SHARE * words, signals.example - _LEAD)
        return Ranked(row, fused, signals)
