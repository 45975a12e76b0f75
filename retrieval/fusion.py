"""Dense and lexical scores of the visible faces into one ranking of pieces.

Scores are fused by their absolute values: rank fusion with a lexical leg destroys cross-language search.
Example questions are weighed apart from texts: any two questions resemble each other, so one leads to its
piece only when it is very near.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from retrieval.lexical import ExampleIndex, LexicalIndex
from retrieval.models import Matrix
from retrieval.store import ChunkRow, Scope
from retrieval.text import Lang
from retrieval.vectors import Face, VectorIndex

if TYPE_CHECKING:
    from retrieval.phrasebook import Aid

LEXICAL_SHARE = 0.3
_LEAD = 0.2  # an example question must score so much higher than a text to count the same
_CANDIDATES = 64
_AIDED = 1.5  # what likeness to a meaning counts beside likeness to the question itself
_PLAIN = (0.4, 0.8)  # the nearer a text is to the question's own words, the less its likely meaning counts
_FIRST = 5  # documents offered first:
_OWN, _OTHER = 3, 1  # at least so many of them in the asker's language and in the other, where there are any
_STAND_IN = 0.45  # the cosine of a typical good hit: words stand in for a vector that is not there yet


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An example question and documents that are not there, for telling what would be found without them."""

    example: str = ""
    documents: Collection[str] = ()


NOTHING = LeftOut()


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about one hit of one question."""

    dense: float  # weighted cosine of the piece's text, -1..1
    lexical: float  # agreement in words, 0..1
    example: float  # agreement with the nearest example question, 0..1.3; 0 when there is none
    crossing: bool  # question and text are in different languages
    aided: float = 0.0  # what the question's likely meaning adds
    covered: float = 0.0  # share, by rarity, of the question's words that the piece has
    unknown: float = 0.0  # share of the question's words that no piece has


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
    unknown: float

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
        aid: Aid | None = None,
        left_out: LeftOut = NOTHING,
    ) -> list[Ranked]:
        """Pieces best first, at most `count`. Without a vector the words decide alone.

        `aid` is what the question may mean besides what it says; `left_out` is treated as if nobody had
        written it.
        """
        if not self._pieces or count < 1:
            return []
        asked = self._words.question_tokens(question)
        words = self._words.scores(asked, lang)
        wide = max(_CANDIDATES, count)
        alike = self._examples.scores(asked, wide)
        best = {int(at) for at in np.argsort(-words, kind="stable")[:wide]}
        best |= {self._asked_at[example] for example in alike}
        near: dict[str, float] = {}
        if vector is not None:
            near, more = self._near(vector, vectors, aid, 2 * wide)
            best |= more
            keys = [face.key for at in best for face in self._faces_of(at) if face.key not in near]
            near |= vectors.among(vector, self.scope, keys)
        about = _About(asked, lang, near, alike, left_out.example, self._words.unknown(asked))
        kept = [at for at in sorted(best) if self._pieces[at].text.row.document not in left_out.documents]
        ranked = [self._ranked(at, float(words[at]), about) for at in kept]
        if aid is not None and vector is not None:
            ranked = self._aided(ranked, aid, vectors)
        return sorted(ranked, key=lambda hit: (-hit.fused, hit.row.id))[:count]

    def _near(
        self, vector: Matrix, vectors: VectorIndex, aid: Aid | None, count: int
    ) -> tuple[dict[str, float], set[int]]:
        """Cosines of the faces nearest to a question, and the pieces near it or near its likely meaning."""
        near = vectors.nearest(vector, self.scope, count)
        keys = set(near)
        if aid is not None:
            keys |= set(vectors.nearest(_direction(vector, aid), self.scope, count))
        return near, {self._at[key] for key in keys if key in self._at}

    def _aided(self, ranked: Sequence[Ranked], aid: Aid, vectors: VectorIndex) -> list[Ranked]:
        """With what the likely meaning adds to each; nothing when a text has the question's own words."""
        low, high = _PLAIN
        best = max((hit.fused for hit in ranked), default=high)
        step = _AIDED * min(max((high - best) / (high - low), 0.0), 1.0)
        if not step:
            return list(ranked)
        near: dict[str, float] = {}
        for lang, vector in aid.vectors.items():
            keys = [f"{hit.row.id}#0" for hit in ranked if hit.row.lang == lang]
            near |= vectors.among(vector, self.scope, keys)
        return [_with_aid(hit, step * near.get(f"{hit.row.id}#0", 0.0)) for hit in ranked]

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
            covered=self._words.coverage(about.asked, at),
            unknown=about.unknown,
        )
        fused = max(signals.dense + LEXICAL_SHARE * words, signals.example - _LEAD)
        return Ranked(row, fused, signals)


def _with_aid(hit: Ranked, added: float) -> Ranked:
    return Ranked(hit.row, hit.fused + added, replace(hit.signals, aided=added))


def _direction(vector: Matrix, aid: Aid) -> Matrix:
    """A unit vector between a question and what it may mean in either language."""
    total = vector + _AIDED * sum(aid.vectors.values())
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), np.float32)


def mixed(ranked: Sequence[Ranked], lang: Lang) -> list[Ranked]:
    """The same hits, with documents of both languages among the first five; the best one stays the best.

    With many notes in the one language and few in the other, the many would leave the few no place.
    """
    own = _best_documents(ranked, lambda hit: hit.row.lang == lang, _OWN)
    other = _best_documents(ranked, lambda hit: hit.row.lang != lang, _OTHER)
    awaited = own | other
    first: set[str] = set()
    taken, later = [], []
    for hit in ranked:
        name = hit.row.document
        if name not in first and len(first) + len(awaited - first - {name}) >= _FIRST:
            later.append(hit)
            continue
        first.add(name)
        taken.append(hit)
    return taken + later


def _best_documents(ranked: Sequence[Ranked], chosen: Callable[[Ranked], bool], count: int) -> set[str]:
    names = dict.fromkeys(hit.row.document for hit in ranked if chosen(hit))
    return set(list(names)[:count])
