"""BM25 over concept-aware tokens, in memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.lexicon import Lexicon, lexicon
from retrieval.text import Lang

Scores = NDArray[np.float32]

_CROSSING = 0.8  # shared concepts alone say less than shared words
_CLOSELY = 300
_PSEUDO = 0.35  # doubt, in unseen concepts: one shared concept is not full coverage of a question


class LexicalIndex:
    """How well each text answers a question by its words, 0..1, in either language."""

    def __init__(self, texts: Sequence[str], langs: Sequence[Lang], words: Lexicon | None = None) -> None:
        self._words = words or lexicon()
        found = [self._words.tokens(text) for text in texts]
        self._sets = [frozenset(said) for said in found]
        self._df = Counter(token for said in self._sets for token in said)
        self._langs = np.asarray(langs, dtype="U2")
        self._bm25 = _bm25(found)

    def question_tokens(self, question: str) -> list[str]:
        return list(dict.fromkeys(self._words.tokens(question)))

    def scores(self, asked: Sequence[str], lang: Lang) -> Scores:
        """(n,) scores 0..1: the geometric mean of BM25 relative to the best text and of coverage.

        A text in the other language can share concepts only, so it is compared over those, with its like.
        """
        concepts = [token for token in asked if token.startswith("c:")]
        same = self._langs == lang
        own = _relative(np.where(same, self._raw(asked), np.float32(0)))
        other = _relative(np.where(same, np.float32(0), self._raw(concepts)))
        scores = np.zeros(len(self._sets), np.float32)
        weights = self._weights(asked)
        for at in _best(own):
            scores[at] = math.sqrt(float(own[at]) * self._covered(weights, int(at)))
        weights = self._weights(concepts)
        for at in _best(other):
            covered = self._covered(weights, int(at), _PSEUDO * self.rarity(""))
            scores[at] = _CROSSING * math.sqrt(float(other[at]) * covered)
        return scores

    def coverage(self, asked: Sequence[str], at: int) -> float:
        """Share (0..1, by rarity) of the asked tokens that occur in text `at`; unseen words count."""
        return self._covered(self._weights(asked), at)

    def unknown(self, asked: Sequence[str]) -> float:
        """Share (0..1) of the asked words that occur in no text at all."""
        words = [token for token in asked if token.isalpha() and len(token) > 1]
        return sum(token not in self._df for token in words) / max(len(words), 1)

    def _weights(self, asked: Sequence[str]) -> dict[str, float]:
        return {token: self.rarity(token) for token in asked}

    def _covered(self, weights: dict[str, float], at: int, doubt: float = 0.0) -> float:
        total = sum(weights.values()) + doubt
        held = sum(weight for token, weight in weights.items() if token in self._sets[at])
        return held / total if total else 0.0

    def _raw(self, asked: Sequence[str]) -> Scores:
        known = [token for token in asked if token in self._df]
        if self._bm25 is None or not known:
            return np.zeros(len(self._sets), np.float32)
        return np.asarray(self._bm25.get_scores(known), np.float32)

    def rarity(self, token: str) -> float:
        """How much a token tells: the fewer texts hold it, the more."""
        return math.log(1 + (len(self._sets) + 1) / (self._df.get(token, 0) + 0.5))


class ExampleIndex:
    """How alike a question and each of many example questions are in words, 0..1; 1 for the same words."""

    def __init__(self, examples: Sequence[str], texts: LexicalIndex) -> None:
        """`texts` tell how rare a word is: example questions are too few and too alike to say."""
        self._rarity = texts.rarity
        found = [texts.question_tokens(example) for example in examples]
        self._sets = [frozenset(said) for said in found]
        self._weights = [sum(map(self._rarity, said)) for said in self._sets]
        self._known = frozenset(token for said in self._sets for token in said)
        self._bm25 = _bm25(found)

    def scores(self, asked: Sequence[str], count: int) -> dict[int, float]:
        """The likeness of up to `count` examples that share words with the question, by their places."""
        known = [token for token in asked if token in self._known]
        if self._bm25 is None or not known:
            return {}
        raw = np.asarray(self._bm25.get_scores(known), np.float32)
        near = np.argpartition(-raw, count)[:count] if len(raw) > count else np.arange(len(raw))
        weight = sum(map(self._rarity, asked))
        return {int(at): self._dice(known, weight, int(at)) for at in near if raw[at] > 0}

    def _dice(self, known: Sequence[str], weight: float, at: int) -> float:
        shared = sum(self._rarity(token) for token in known if token in self._sets[at])
        return 2 * shared / (weight + self._weights[at])


def _bm25(found: list[list[str]]) -> Any:
    if not any(found):
        return None
    import bm25s

    index = bm25s.BM25(method="lucene", k1=1.2, b=0.6)
    index.index(found, show_progress=False)
    return index


def _best(scores: Scores) -> NDArray[np.intp]:
    """Positions of the positive scores, the best few hundred: coverage is counted for these only."""
    if len(scores) > _CLOSELY:
        top = np.argpartition(-scores, _CLOSELY)[:_CLOSELY]
        return np.asarray(top[scores[top] > 0], np.intp)
    return np.flatnonzero(scores)


def _relative(scores: Scores) -> Scores:
    best = float(scores.max(initial=0.0))
    return scores / np.float32(best) if best > 0 else scores
