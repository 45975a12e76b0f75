"""From a classifier's score to a probability of being right, learnt from text it was not trained on.

In each fold some labels are left out altogether, so that their examples stand for what nobody foresaw: without
them a classifier only learns how sure it is among the labels it knows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

FOLDS = 4
MAX_LABELS = 48  # beyond these a sample of the labels tells as much
_Rank = Callable[[Sequence[int], Sequence[int]], Sequence[tuple[str, float]]]


class Fold(NamedTuple):
    """Numbers of the examples to train on and to test on; `absent` are the labels left out of training."""

    train: list[int]
    test: list[int]
    absent: frozenset[str]


class Trial(NamedTuple):
    """One example asked about: its score, whether its label was trained on, and whether the answer was right."""

    score: float
    known: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """`1 / (1 + exp(-(slope * score + bias)))`: how probable it is that an answer with this score is right.

    Right and wrong answers (unforeseen text among them) are taken to be equally frequent.
    """

    slope: float
    bias: float


def folds(labels: Sequence[str], seed: int = 0) -> Iterator[Fold]:
    """Splits in which each label is left out once and each example of the others is tested once."""
    chance = random.Random(seed)
    names = sorted(set(labels))
    chance.shuffle(names)
    names = names[:MAX_LABELS]
    chosen = [i for i, label in enumerate(labels) if label in set(names)]
    part = _parts(chosen, labels, chance)
    for number in range(FOLDS):
        absent = frozenset(names[number::FOLDS])
        if len(names) - len(absent) < 2:
            continue
        tested = {i for i in chosen if labels[i] in absent or part[i] == number}
        yield Fold([i for i in chosen if i not in tested], sorted(tested), absent)


def _parts(chosen: Sequence[int], labels: Sequence[str], chance: random.Random) -> dict[int, int]:
    """The fold each example is tested in; an only example of its label is always trained on (-1)."""
    part = dict.fromkeys(chosen, -1)
    for label in sorted({labels[i] for i in chosen}):
        own = [i for i in chosen if labels[i] == label]
        chance.shuffle(own)
        if len(own) > 1:
            part |= {index: place % FOLDS for place, index in enumerate(own)}
    return part


def trials(labels: Sequence[str], rank: _Rank, seed: int = 0) -> list[Trial]:
    """What `rank(train, test)`, the best label and score of each test example, gets right in every fold."""
    found = []
    for fold in folds(labels, seed):
        for index, (label, score) in zip(fold.test, rank(fold.train, fold.test), strict=True):
            known = labels[index] not in fold.absent
            found.append(Trial(score, known, known and label == labels[index]))
    return found


def fit(asked: Sequence[Trial]) -> Calibration | None:
    """The curve through the trials; None when there is nothing to tell right from wrong by."""
    if len({trial.right for trial in asked}) < 2:
        return None
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500)
    model.fit([[trial.score] for trial in asked], [trial.right for trial in asked])
    slope, bias = float(model.coef_[0][0]), float(model.intercept_[0])
    return Calibration(slope, bias) if slope > 0 else None
