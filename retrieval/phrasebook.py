"""The phrasebook: how people describe a matter at the counter → what workshop texts call it.

A lexicon knows words. `地板油踩下去像吹口哨` shares none with "boost loss", and no small model knows that it is one.
A question near a phrase of an entry is therefore also asked in the words of that entry's meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retrieval.data import HERE, load_yaml
from retrieval.lexical import LexicalIndex
from retrieval.models import Matrix
from retrieval.text import Lang

if TYPE_CHECKING:
    from retrieval.centring import Centring

VECTORS = HERE / "phrasebook.npz"
_LANGS: tuple[Lang, ...] = ("zh", "en")
_WORDS = 0.3  # what shared words add to the likeness of a question and a phrase
_FLOOR = 0.3  # less like than this says nothing
_ENTRIES = 3  # at most so many meanings are followed
_WARMTH = 0.1  # how fast a meaning counts less than the nearest one
_STEP = 127  # vectors ship as bytes, each scaled to its largest column, and are made unit vectors again


@dataclass(frozen=True, slots=True)
class Aid:
    """What a question may mean besides what it says.

    `vectors` are weighted sums of meanings: one to compare the texts of each language with.
    """

    vectors: Mapping[Lang, Matrix]


class Phrasebook:
    """Entries with the vectors of one model. Immutable."""

    def __init__(
        self, entries: Sequence[Mapping[str, Any]], phrases: Matrix, meanings: Mapping[Lang, Matrix]
    ) -> None:
        said = phrases_of(entries)
        self._langs = [lang for _, lang, _ in said]
        self._entry = np.array([entry for entry, _, _ in said], np.intp)
        self._starts = np.flatnonzero(np.diff(self._entry, prepend=-1))
        self._words = LexicalIndex([text for _, _, text in said], self._langs)
        self._phrases, self._meanings = phrases, meanings

    def centred(self, centring: Centring) -> Phrasebook:
        """The same book among vectors centred like this."""
        made = object.__new__(Phrasebook)
        made._langs, made._entry, made._starts, made._words = (
            self._langs,
            self._entry,
            self._starts,
            self._words,
        )
        made._phrases = centring.questions(self._phrases, self._langs)
        made._meanings = {lang: _apart(centring, rows, lang) for lang, rows in self._meanings.items()}
        return made

    def aid(self, question: str, lang: Lang, vector: Matrix) -> Aid | None:
        """The meanings of the phrases most like a question (`vector` is its own, centred); None when none is near."""
        near = self._phrases @ vector + _WORDS * self._words.scores(
            self._words.question_tokens(question), lang
        )
        likeness = np.maximum.reduceat(near, self._starts)
        top = np.argsort(-likeness, kind="stable")[:_ENTRIES]
        top = top[likeness[top] > _FLOOR]
        if not len(top):
            return None
        best = float(likeness[top[0]])
        weights = (likeness[top] - _FLOOR) * np.exp((likeness[top] - best) / _WARMTH)
        return Aid({at: self._sum(at, top, weights) for at in _LANGS})

    def _sum(self, lang: Lang, top: NDArray[np.intp], weights: NDArray[Any]) -> Matrix:
        return np.asarray(weights @ self._meanings[lang][top], np.float32)


def phrases_of(entries: Sequence[Mapping[str, Any]]) -> list[tuple[int, Lang, str]]:
    """(entry, language, phrase) of every phrase, in order."""
    return [(at, lang, text) for at, entry in enumerate(entries) for lang in _LANGS for text in entry[lang]]


@cache
def phrasebook(model_id: str) -> Phrasebook | None:
    """The book that ships with the package, for this model; None when its vectors do not ship."""
    family = model_id.partition("/")[0]
    if not VECTORS.exists():
        return None
    with np.load(VECTORS, allow_pickle=False) as data:
        if f"{family}|phrases" not in data.files:
            return None
        phrases, *meanings = (_unit(data[f"{family}|{name}"]) for name in ("phrases", *_LANGS))
    return Phrasebook(load_yaml("phrasebook.yaml"), phrases, dict(zip(_LANGS, meanings, strict=True)))


def _apart(centring: Centring, rows: Matrix, lang: Lang) -> Matrix:
    """Meanings without what all have in common: that would only lead to whatever text is near everything."""
    centred = centring.passages(rows, [lang] * len(rows))
    return np.asarray(centred - centred.mean(axis=0), np.float32)


def packed(rows: Matrix) -> NDArray[np.int8]:
    """Vectors as they ship."""
    scaled = rows / np.abs(rows).max(axis=1, keepdims=True) * _STEP
    return np.asarray(np.round(scaled), np.int8)


def _unit(rows: NDArray[np.int8]) -> Matrix:
    wide = rows.astype(np.float32)
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True), np.float32)
