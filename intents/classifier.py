"""A small text classifier from examples: characters and sentence vectors, a logistic regression over each.

Training uses scikit-learn; what was learnt are plain arrays, so that predicting and loading need numpy alone.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from . import calibrate, embed
from .normalize import normalise

_MANY = 1000  # examples
_NGRAMS = (1, 2, 3)
_CHARS = "chars"
_STRENGTH = {_CHARS: 20.0, embed.QUICK: 30.0, embed.SLOW: 30.0}
_SLOW_UP_TO = 1500  # examples; more of them are read by the quick encoder alone


class NotFitted(RuntimeError):
    """`predict` was called before `fit`."""


class ExampleClassifier:
    """Learns labels from a few examples each.

    `fit([(text, label), ...])`, then `predict(text)` gives `(label, confidence)` and `rank(text, k)` the k
    likeliest. Three views vote: characters (1- to 3-grams) and, with `embeddings`, the sentence vectors of the
    two bundled models (`embeddings="use"` names one; packages that are missing are left out).

    A confidence is the probability that the label is right where right and wrong are equally frequent and wrong
    means unforeseen text, too: learnt by cross-validation with labels left out. Too few examples for that leave
    the share among the labels. The same examples in the same order give the same classifier.
    """

    def __init__(self, *, embeddings: bool | str = True, seed: int = 0) -> None:
        self.embeddings = embeddings
        self.seed = seed
        self.labels: list[str] = []
        self.calibration: calibrate.Calibration | None = None
        self.trials: list[calibrate.Trial] = []
        self._vocabulary: dict[str, int] = {}
        self._arrays: dict[str, Any] = {}

    def fit(self, examples: Iterable[tuple[str, str]]) -> ExampleClassifier:
        """Train on `(text, label)` pairs; raises ValueError unless there are two labels at least."""
        pairs = list(dict.fromkeys((text.strip(), label) for text, label in examples if text.strip()))
        texts, labels = [t for t, _ in pairs], [label for _, label in pairs]
        self.labels = sorted(set(labels))
        if len(self.labels) < 2:
            raise ValueError("examples of at least two labels are needed")
        self._learn_vocabulary(texts)
        features = {_CHARS: self._matrix(texts)}
        features |= {name: embed.vectors(name, texts) for name in self._encoders(len(texts))}
        for view, rows in features.items():
            coef, bias = _regress(view, rows, labels, self.seed)
            self._arrays[f"{view}_coef"], self._arrays[f"{view}_bias"] = coef, bias
        self._calibrate(features, labels)
        return self

    def predict(self, text: str) -> tuple[str, float]:
        """The likeliest label and its confidence, 0 to 1; 0 for a text without any letter or digit."""
        return self.rank(text, 1)[0]

    def predict_many(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """`predict` of each text; the sentence models read them together, which is several times quicker."""
        views = [[self._by_characters(text) for text in texts]]
        for name in (embed.QUICK, embed.SLOW):
            if f"{name}_coef" in self._arrays and texts:
                rows = embed.vectors(name, texts) @ self._arrays[f"{name}_coef"].T + self._arrays[f"{name}_bias"]
                views.append(list(rows))
        return [self._best(text, sum(scores) / len(views)) for text, *scores in zip(texts, *views, strict=True)]

    def _best(self, text: str, scores: Any) -> tuple[str, float]:
        best = int(scores.argmax())
        sure = float(self._confidences(scores)[best]) if any(map(str.isalnum, text)) else 0.0
        return self.labels[best], sure

    def rank(self, text: str, k: int = 3) -> list[tuple[str, float]]:
        """The k likeliest labels with their confidences, best first."""
        views = self._views(text)
        scores = sum(views) / len(views)
        sure = self._confidences(scores) if any(map(str.isalnum, text)) else scores * 0.0
        return [(self.labels[i], float(sure[i])) for i in scores.argsort(kind="stable")[::-1][:k]]

    def glance(self, text: str) -> tuple[str, float]:
        """The label that the characters alone name first and its share, without any sentence model."""
        shares = _softmax(self._by_characters(text))
        best = int(shares.argmax())
        return self.labels[best], float(shares[best])

    def agree(self, text: str) -> bool:
        """Whether all views name the same label first."""
        return len({int(view.argmax()) for view in self._views(text)}) == 1

    def knows(self, text: str) -> float:
        """The share of the text's pairs of characters that occur in the examples: low for foreign matter."""
        pairs = [piece for piece in _pieces(text) if len(piece) == 2]
        return sum(piece in self._vocabulary for piece in pairs) / len(pairs) if pairs else 0.0

    def confidence(self, score: float) -> float:
        """What a trial's score is worth as a confidence; the score itself when nothing was calibrated."""
        curve = self.calibration
        return 1 / (1 + math.exp(-(curve.slope * score + curve.bias))) if curve else score

    def save(self, path: Path) -> None:
        """Keep what was learnt: arrays and JSON, nothing that could run when it is read again."""
        import numpy as np

        path.parent.mkdir(parents=True, exist_ok=True)
        curve = self.calibration
        meta = {
            "labels": self.labels, "vocabulary": list(self._vocabulary), "embeddings": self.embeddings,
            "calibration": [curve.slope, curve.bias] if curve else None, "trials": self.trials,
        }  # fmt: skip
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez_compressed(file, meta=np.array(json.dumps(meta)), **self._arrays)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> ExampleClassifier:
        """Raises OSError, ValueError or KeyError when the file is missing or is not one of ours."""
        import numpy as np

        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        meta = json.loads(str(arrays.pop("meta")))
        found = cls(embeddings=meta["embeddings"])
        found.labels, found._arrays = meta["labels"], arrays
        found._vocabulary = {piece: index for index, piece in enumerate(meta["vocabulary"])}
        found.calibration = calibrate.Calibration(*meta["calibration"]) if meta["calibration"] else None
        found.trials = [calibrate.Trial(*trial) for trial in meta["trials"]]
        return found

    def _encoders(self, examples: int) -> tuple[str, ...]:
        if isinstance(self.embeddings, str):
            return embed.available((self.embeddings,))
        wanted = (embed.QUICK, embed.SLOW) if examples <= _SLOW_UP_TO else (embed.QUICK,)
        return embed.available(wanted) if self.embeddings else ()

    def _learn_vocabulary(self, texts: Sequence[str]) -> None:
        import numpy as np

        counts: Counter[str] = Counter(piece for text in texts for piece in set(_pieces(text)))
        # Of many examples what occurs once tells nothing but costs most of the training.
        least = 2 if len(texts) > _MANY else 1
        kept = sorted(piece for piece, count in counts.items() if count >= least)
        self._vocabulary = {piece: index for index, piece in enumerate(kept)}
        idf = [math.log((1 + len(texts)) / (1 + counts[piece])) + 1 for piece in self._vocabulary]
        self._arrays = {"idf": np.array(idf, np.float32)}

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
        shape = (len(texts), len(self._vocabulary))
        return csr_matrix((data, columns, ends), shape=shape, dtype="float32")

    def _calibrate(self, features: dict[str, Any], labels: list[str]) -> None:
        def rank(train: Sequence[int], test: Sequence[int]) -> list[tuple[str, float]]:
            known = [labels[i] for i in train]
            scores: Any = 0.0
            for view, rows in features.items():
                coef, bias = _regress(view, rows[train], known, self.seed)
                scores = scores + (rows[test] @ coef.T + bias) / len(features)
            names = sorted(set(known))
            weighed = (_weighed(row) for row in scores)
            return [(names[int(row.argmax())], float(row.max())) for row in weighed]

        self.trials = calibrate.trials(labels, rank, self.seed)
        self.calibration = calibrate.fit(self.trials)

    def _confidences(self, scores: Any) -> Any:
        import numpy as np

        if self.calibration is None:
            return _softmax(scores)
        return 1 / (1 + np.exp(-(self.calibration.slope * _weighed(scores) + self.calibration.bias)))

    def _views(self, text: str) -> list[Any]:
        """A score for each label from each view."""
        views = [self._by_characters(text)]
        for name in (embed.QUICK, embed.SLOW):
            if f"{name}_coef" in self._arrays:
                vector = embed.vectors(name, [text])[0]
                views.append(self._arrays[f"{name}_coef"] @ vector + self._arrays[f"{name}_bias"])
        return views

    def _by_characters(self, text: str) -> Any:
        if not self._arrays:
            raise NotFitted("fit the classifier first")
        indexes, weights = self._row(text)
        return self._arrays["chars_coef"][:, indexes] @ weights + self._arrays["chars_bias"]


def _regress(view: str, rows: Any, labels: list[str], seed: int) -> tuple[Any, Any]:
    """Coefficients and biases, one row a label in sorted order."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(
        C=_STRENGTH[view], max_iter=150, tol=1e-3, random_state=seed, class_weight="balanced"
    )
    names = sorted(set(labels))
    with threadpool_limits(1):  # so few rows that threads mostly wait for each other
        model.fit(rows, [names.index(label) for label in labels])
    coef, bias = model.coef_, model.intercept_
    if len(coef) == 1:  # the library keeps one row for two classes
        coef, bias = np.vstack([-coef[0] / 2, coef[0] / 2]), np.array([-bias[0] / 2, bias[0] / 2])
    return coef.astype(np.float32), bias.astype(np.float32)


def _pieces(text: str) -> list[str]:
    folded = f" {normalise(text).lower().strip()} "
    return [
        folded[i : i + n] for n in _NGRAMS for i in range(len(folded) - n + 1) if folded[i : i + n].strip()
    ]


def _weighed(scores: Any) -> Any:
    """Each score less what the other labels make doubtful: the score itself plus the logarithm of its share."""
    import numpy as np

    return scores + np.log(_softmax(scores) + 1e-12)


def _softmax(scores: Any) -> Any:
    import numpy as np

    powers = np.exp(scores - scores.max())
    return powers / powers.sum()
