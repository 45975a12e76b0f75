"""Parts of `bench understanding` beside the utterances: the classifier on any examples, calibration, start, memory."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from intents import ExampleClassifier, configure, embed
from intents.calibrate import Trial
from intents.config import Encoder
from intents.ranker import ranker

ASKED = 40  # of each label at most
LEVELS = (0.45, 0.6, 0.7, 0.83, 0.9, 0.95)
Example = tuple[str, str]


def classifier(path: Path, *, labels: int = 16, shots: int = 20, seeds: int = 3) -> list[dict[str, Any]]:
    """Accuracy on some labels of a file of {"text", "label"} lines, and how well the other labels are told apart.

    `shots` examples of each of `labels` labels drawn by chance are learnt; the rest is asked about. One line a seed.
    """
    by: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        by[row["label"]].append(row["text"])
    names = embed.available((embed.QUICK, embed.SLOW))
    configure(encoders={name: _remembering(name) for name in names})  # the seeds share most texts
    return [_seed(by, labels, shots, seed) for seed in range(seeds)]


def _remembering(name: str) -> Encoder:
    """The bundled model, asked once for each text."""
    import numpy as np

    encode, known = embed.bundled(name), dict[str, Any]()

    def read(texts: Sequence[str]) -> Any:
        new = list(dict.fromkeys(text for text in texts if text not in known))
        known.update(zip(new, encode(new), strict=True)) if new else None
        return np.vstack([known[text] for text in texts])

    return read


def _seed(by: dict[str, list[str]], labels: int, shots: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    many = sorted(label for label, texts in by.items() if len(texts) > shots + 5)
    known = set(chance.sample(many, min(labels, len(many))))
    learnt: list[Example] = []
    asked: list[Example] = []
    for label in sorted(known):
        texts = chance.sample(by[label], len(by[label]))
        learnt += [(text, label) for text in texts[:shots]]
        asked += [(text, label) for text in texts[shots : shots + ASKED]]
    foreign = [text for label in sorted(by) if label not in known for text in by[label][:ASKED]]
    begun = time.process_time()
    model = ExampleClassifier().fit(learnt)
    fitted = time.process_time() - begun
    answers = list(zip(model.predict_many([text for text, _ in asked]), (label for _, label in asked), strict=True))
    unsure = [confidence for _, confidence in model.predict_many(foreign)]
    return {
        "item": f"seed {seed}", "learnt": len(learnt), "asked": len(asked), "foreign": len(foreign),
        "accuracy": round(sum(said == label for (said, _), label in answers) / len(answers), 3),
        "auroc": round(_auroc([p for (_, p), _ in answers], unsure), 3), "fit_cpu_s": round(fitted, 1),
    }  # fmt: skip


def _auroc(above: Sequence[float], below: Sequence[float]) -> float:
    """How often a confidence of the first kind is higher than one of the second; a tie is half."""
    if not above or not below:
        return 1.0
    ranked = sorted([(p, 1) for p in above] + [(p, 0) for p in below])
    total, lower, at = 0.0, 0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        first = sum(kind for _, kind in ranked[at:end])
        second = end - at - first
        total += first * (lower + second / 2)
        lower, at = lower + second, end
    return total / (len(above) * len(below))


def calibration() -> list[dict[str, Any]]:
    """What the ranker's confidence is worth: for each level, what it lets through of the cross-validation."""
    model = ranker()
    sure = [(model.confidence(trial.score), trial) for trial in model.trials]
    return [_level(level, sure) for level in LEVELS]


def _level(level: float, sure: Sequence[tuple[float, Trial]]) -> dict[str, Any]:
    passed = [trial for confidence, trial in sure if confidence >= level]
    known = [trial for _, trial in sure if trial.known]
    let_in = [trial for trial in passed if trial.known]
    return {
        "item": f"from {level}", "examples": len(sure),
        "known_through": _share(len(let_in), len(known)),
        "right_of_them": _share(sum(t.right for t in let_in), len(let_in)),
        "unforeseen_through": _share(len(passed) - len(let_in), len(sure) - len(known)),
    }  # fmt: skip


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0


_START = """
import json, resource, sys, time
wall, cpu = time.perf_counter(), time.process_time()
from datetime import datetime
from intents import understand
now = datetime.fromisoformat("2026-11-21T14:20:00+08:00")
understand("张伟13800138000想看ES6", now=now)
first = time.perf_counter() - wall, time.process_time() - cpu
for text in json.load(sys.stdin):
    understand(text, now=now)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({"wall_s": first[0], "cpu_s": first[1], "peak_mb": peak}))
"""


def start(texts: Sequence[str]) -> list[dict[str, Any]]:
    """A fresh process: seconds until the first message is read, and its memory after all of them."""
    ranker()  # trained and kept: the fresh process finds it
    done = subprocess.run(
        [sys.executable, "-c", _START], input=json.dumps(list(texts)), capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    return [{"item": "fresh process", "messages": len(texts), **{k: round(v, 2) for k, v in found.items()}}]
