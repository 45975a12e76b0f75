"""Scores into a probability-like number and into bands, by weights and marks kept as data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from retrieval.data import load_yaml
from retrieval.text import Lang

Band = Literal["answer", "did_you_mean", "unknown"]


class Marks(NamedTuple):
    """From which score on something is answered, and from which on titles are offered."""

    answer: float
    did_you_mean: float


class Evidence(NamedTuple):
    """What speaks for one hit of one question."""

    fused: float
    gap: float  # its height over the next documents
    covered: float = 0.0  # share, by rarity, of the question's words that the text has
    unknown: float = 0.0  # share of the question's words that no text has


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights and marks by language pair, such as `zh-en`: a Chinese question, an English text."""

    weights: Mapping[str, Mapping[str, float]]
    marks: Mapping[str, Marks]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Calibration:
        """From `{"pairs": {"zh-en": {"weights": {bias, fused, ...}, "answer": ..., "did_you_mean": ...}}}`."""
        pairs = data["pairs"]
        return cls(
            {name: pair["weights"] for name, pair in pairs.items()},
            {name: Marks(float(pair["answer"]), float(pair["did_you_mean"])) for name, pair in pairs.items()},
        )

    def score(self, evidence: Evidence, asked: Lang, found: Lang) -> float:
        """0..1: how likely a hit for which this speaks answers the question."""
        weights = self.weights[f"{asked}-{found}"]
        parts = zip(Evidence._fields, evidence, strict=True)
        total = weights["bias"] + sum(weights.get(name, 0.0) * value for name, value in parts)
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))

    def band(self, score: float, asked: Lang, found: Lang) -> Band:
        marks = self.marks[f"{asked}-{found}"]
        if score >= marks.answer:
            return "answer"
        return "did_you_mean" if score >= marks.did_you_mean else "unknown"

    def with_marks(self, marks: Mapping[str, Marks]) -> Calibration:
        """The same scores with other marks where there are any."""
        return Calibration(self.weights, {**self.marks, **marks})


@cache
def calibration() -> Calibration:
    """The calibration that ships with the package (`data/bands.yaml`)."""
    return Calibration.of(load_yaml("bands.yaml"))


def read_marks(path: Path, model_id: str) -> dict[str, Marks]:
    """A deployment's own marks; none when there is no file, or it was drawn for another model."""
    if not path.is_file():
        return {}
    data = load_yaml(path)
    if data["model"] != model_id:
        return {}
    return {name: Marks(*map(float, pair)) for name, pair in data["marks"].items()}


def write_marks(path: Path, model_id: str, marks: Mapping[str, Marks]) -> None:
    """Keep marks with the model they were drawn for; a reader sees the old file or the new one."""
    import yaml

    data = {"model": model_id, "marks": {name: [round(m, 4) for m in pair] for name, pair in marks.items()}}
    draft = path.with_suffix(".new")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(yaml.safe_dump(data), encoding="utf-8")
    draft.replace(path)
