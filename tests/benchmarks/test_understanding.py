"""The parts of `bench understanding` that judge: accepted values, the area under the curve, names that are spoilt."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from benchmarks import understanding_names as spoilt
from benchmarks import understanding_parts as parts
from benchmarks.understanding import _choices


@pytest.mark.parametrize(
    ("expected", "accepted"),
    [
        (5, [5]),
        (None, [None]),
        ({"any": [1, None]}, [1, None]),
        ({"series": "汉"}, [{"series": "汉"}]),
        ({"series": {"any": ["汉", "汉DM"]}}, [{"series": "汉"}, {"series": "汉DM"}]),
        ({"any": [{"series": {"any": ["L7", "理想L7"]}}, "L7"]}, [{"series": "L7"}, {"series": "理想L7"}, "L7"]),
    ],
)
def test_what_is_accepted_may_be_listed_anywhere(expected: object, accepted: list[object]) -> None:
    assert _choices(expected) == accepted


@pytest.mark.parametrize(
    ("above", "below", "area"),
    [([0.9, 0.8], [0.1], 1.0), ([0.1], [0.9, 0.8], 0.0), ([0.5], [0.5], 0.5), ([0.9, 0.3], [0.5], 0.5), ([], [0.5], 1.0)],
)
def test_the_area_under_the_curve(above: list[float], below: list[float], area: float) -> None:
    assert parts._auroc(above, below) == area


@pytest.mark.parametrize("kind", ["homophone", "pinyin", "typo"])
def test_a_spoilt_name_is_another_text(kind: str) -> None:
    chance = random.Random(3)
    names = [spoilt._name(chance) for _ in range(50)]
    changed = [spoilt.KINDS[kind](name, chance) != name for name in names]
    assert sum(changed) >= 48, "a letter may be replaced by itself"


def test_the_classifier_is_measured_on_a_file(tmp_path: Path) -> None:
    rows = [{"text": f"{word}{n}号", "label": word} for word in ("保养", "试驾", "报价", "天气") for n in range(30)]
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    (line,) = parts.classifier(path, labels=3, shots=5, seeds=1)
    assert (line["learnt"], line["asked"], line["foreign"]) == (15, 75, 30)
    assert line["accuracy"] == 1.0
