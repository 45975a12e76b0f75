"""Scores into a probability-like number and into bands, by thresholds kept as data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from retrieval.data import load_yaml
from retrieval.fusion import Signals
from retrieval.text import Lang

Band = Literal["answer", "did_you_mean", "unknown"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One language pair: a logistic combination of signals and the two thresholds on it."""

    weights: Mapping[str, float]
    answer: float
    did_you_mean: float


class Calibration:
    """Weights and thresholds by language pair, such as `zh-en`: a Chinese question, an English text."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._pairs = {
            name: Pair(pair["weights"], float(pair["answer"]), float(pair["did_you_mean"]))
            for name, pair in data["pairs"].items()
        }

    def score(self, signals: Signals, margin: float, asked: Lang, found: Lang) -> float:
        """0..1: how likely the hit answers the question."""
        weights = self._pairs[f"{asked}-{found}"].weights
        total = weights["bias"] + sum(
            weights[name] * value for name, value in features(signals, margin).items()
        )
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))

    def band(self, score: float, asked: Lang, found: Lang) -> Band:
        pair = self._pairs[f"{asked}-{found}"]
        if score >= pair.answer:
            return "answer"
        return "did_you_mean" if score >= pair.did_you_mean else "unknown"


def features(signals: Signals, margin: float) -> dict[str, float]:
    """The inputs of the logistic combination, each within about 0..1."""
    return {
        "dense": signals.dense,
        "lexical": signals.lexical,
        "coverage": signals.coverage,
        "margin": min(margin, 0.3),
    }


@cache
def calibration() -> Calibration:
    """The calibration that ships with the package (`data/bands.yaml`)."""
    return Calibration(load_yaml("bands.yaml"))
