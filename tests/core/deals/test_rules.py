"""Pipelines: what moves forward, what blocks, and what YAML may say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_core.deals.rules import (
    DwellRule,
    Limit,
    Pipeline,
    PipelinePolicy,
    blocking,
    forward_to,
    level_of,
    limit_of,
    median,
    open_todo,
    standing,
)  # fmt: skip
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.policies import Policies

NOW = datetime(2026, 3, 14, 2, tzinfo=UTC)
CAR = Policies().model("pipelines", PipelinePolicy).named("car_sale")


@pytest.mark.parametrize(
    ("current", "cause", "target"),
    [
        ("new", "lead_contacted", "contacted"),
        ("contacted", "lead_contacted", None),
        ("quote", "test_drive_done", None),
        ("new", "test_drive_done", "test_drive"),
        ("test_drive", "quote_made", "quote"),
        ("contract", "discount_applied", None),
        ("a stage of an older policy", "quote_made", "quote"),
    ],
)
def test_events_move_forward_only(current: str, cause: str, target: str | None) -> None:
    stage = forward_to(CAR, current, cause)  # type: ignore[arg-type]
    assert (stage.key if stage else None) == target


def _strict() -> Pipeline:
    data = CAR.model_dump()
    data["stages"][0]["before"][0]["block"] = True
    return Pipeline.model_validate(data)


@pytest.mark.parametrize(
    ("current", "target", "contact", "blocked"),
    [("new", "quote", False, True), ("new", "quote", True, False), ("quote", "new", False, False)],
)
def test_only_blocking_work_blocks_and_only_forward(
    current: str, target: str, contact: bool, blocked: bool
) -> None:
    assert bool(blocking(_strict(), current, target, {"contact": contact})) is blocked


def test_work_the_data_shows_as_done_is_not_still_to_do() -> None:
    assert [t.key for t in open_todo(CAR.stage("new"), {"contact": False})] == ["first_call"]
    assert open_todo(CAR.stage("new"), {"contact": True}) == ()


def test_a_stage_is_slow_after_its_limit() -> None:
    stage, limit = CAR.stage("new"), Limit(timedelta(days=1), "expected")
    assert not standing(stage, NOW - timedelta(days=1), NOW, {}, limit).slow
    assert standing(stage, NOW - timedelta(days=1, seconds=1), NOW, {}, limit).slow
    assert not standing(stage, NOW - timedelta(days=9), NOW, {}, None).slow


@pytest.mark.parametrize(
    ("hours", "samples", "middle"),
    [([1, 2, 3, 4, 50], 5, 3), ([50, 1, 4, 2], 4, 3), ([1, 2, 3, 4], 5, None), ([], 1, None), ([7], 1, 7)],
)
def test_the_median_needs_enough_stays(hours: list[int], samples: int, middle: int | None) -> None:
    found = median([timedelta(hours=h) for h in hours], samples)
    assert found == (None if middle is None else timedelta(hours=middle))


@pytest.mark.parametrize(
    ("usual_hours", "days", "by"),
    [
        (None, 3, "expected"),
        (24, 1.5, "team"),
        (48, 3, "expected"),  # 1.5 times is no shorter than what is expected
        (240, 3, "expected"),
        (2, 1, "team"),  # nobody is hurried within a day
    ],
)
def test_the_limit_is_the_shorter_of_two(usual_hours: int | None, days: float, by: str) -> None:
    stage = CAR.stage("contacted")
    assert stage is not None
    usual = None if usual_hours is None else timedelta(hours=usual_hours)
    assert limit_of(stage, usual, DwellRule()) == Limit(timedelta(days=days), by)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "level"), [("H", "H"), ("b级", "B"), ("level c", "C"), ("AA", None), ("", None)]
)
def test_level_of(said: str, level: str | None) -> None:
    assert level_of(said) == level


@pytest.mark.parametrize(
    ("broken", "line", "says"),
    [
        ("default: nothing\npipelines: {}\n", 1, "default pipeline"),
        ("default: a\npipelines:\n  a:\n    name: {zh: 甲, en: a}\n    stages: []\n", 5, "at least 2"),
    ],
)
def test_a_wrong_pipeline_is_named_with_file_and_line(
    tmp_path: Path, broken: str, line: int, says: str
) -> None:
    (tmp_path / "pipelines.yaml").write_text(broken, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        Policies(tmp_path).model("pipelines", PipelinePolicy)
    assert error.value.where == f"pipelines.yaml:{line}"
    assert says in error.value.what
