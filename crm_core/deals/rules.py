"""Pipelines as data, and the moves they allow. Pure decisions over plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Check = Literal["contact", "test_drive", "quote", "no_pending_approval"]
Cause = Literal["lead_contacted", "test_drive_done", "quote_made", "approval_requested", "discount_applied"]
LEVELS = ("H", "A", "B", "C")


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Data):
    """The same words in each language."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class Words(_Data):
    """What people say for a stage; the first is its name."""

    zh: list[str] = Field(min_length=1)
    en: list[str] = Field(min_length=1)

    def of(self, language: str) -> str:
        return (self.en if language == "en" else self.zh)[0]


class Todo(Text):
    """Something to be done before a deal moves on; `check` lets it be seen in the data."""

    key: str
    check: Check | None = None
    block: bool = False


class Stage(_Data):
    key: str
    words: Words
    expected_days: int = Field(default=7, ge=1)
    won: bool = False
    before: list[Todo] = []


class Pipeline(_Data):
    """Stages in order, and which event moves a deal forward to which of them."""

    name: Text
    stages: list[Stage] = Field(min_length=2)
    advance: dict[Cause, str] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Pipeline:
        keys = [stage.key for stage in self.stages]
        if len(set(keys)) != len(keys):
            raise ValueError("a stage key is given twice")
        unknown = sorted(set(self.advance.values()) - set(keys))
        if unknown:
            raise ValueError(f"advance names unknown stages: {', '.join(unknown)}")
        return self

    def index(self, key: str) -> int:
        """The place of a stage; -1 when the pipeline has no such stage (any more)."""
        return next((i for i, stage in enumerate(self.stages) if stage.key == key), -1)

    def stage(self, key: str) -> Stage | None:
        at = self.index(key)
        return self.stages[at] if at >= 0 else None

    def find(self, said: str) -> Stage | None:
        """The stage by its key or one of its words in any language."""
        wanted = _plain(said)
        for stage in self.stages:
            if wanted in {_plain(w) for w in (stage.key, *stage.words.zh, *stage.words.en)}:
                return stage
        return None


class DwellRule(_Data):
    """When a deal stays too long: beyond `factor` times what its team usually takes, where at least `samples`
    stays of the last `window_days` tell; stays shorter than `shortest_minutes` were only passed through."""

    factor: float = Field(default=1.5, gt=1)
    samples: int = Field(default=5, ge=1)
    window_days: int = Field(default=180, ge=1)
    shortest_minutes: int = Field(default=60, ge=0)
    per_day: int = Field(default=3, ge=1, description="so many warnings a person a day")


class PipelinePolicy(_Data):
    """`pipelines.yaml`."""

    default: str
    pipelines: dict[str, Pipeline]
    dwell: DwellRule = DwellRule()

    @model_validator(mode="after")
    def _default_exists(self) -> PipelinePolicy:
        if self.default not in self.pipelines:
            raise ValueError(f"the default pipeline {self.default!r} does not exist")
        return self

    def named(self, name: str) -> Pipeline:
        """The pipeline of that name, else the default one."""
        return self.pipelines.get(name) or self.pipelines[self.default]


POLICIES = [("pipelines", PipelinePolicy)]


@dataclass(frozen=True)
class Limit:
    """How long a deal may stay, and by what: `expected` (its pipeline) or `team` (what the team usually takes)."""

    span: timedelta
    by: Literal["expected", "team"]


@dataclass(frozen=True)
class Standing:
    """What of a stage's work is still to do, and whether the deal stays too long."""

    todo: tuple[Todo, ...]
    days: int
    slow: bool


def median(spans: Sequence[timedelta], samples: int) -> timedelta | None:
    """The middle one of enough spans; None when they are too few to tell."""
    if len(spans) < max(samples, 1):
        return None
    ordered = sorted(spans)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def limit_of(stage: Stage, usual: timedelta | None, rule: DwellRule) -> Limit:
    """The shorter of the stage's expected days and `factor` times the usual stay, never less than a day."""
    expected = timedelta(days=stage.expected_days)
    team = max(usual * rule.factor, timedelta(days=1)) if usual is not None else expected
    return Limit(team, "team") if team < expected else Limit(expected, "expected")


def forward_to(pipeline: Pipeline, current: str, cause: Cause) -> Stage | None:
    """Where an event moves a deal; None when it is there or further already."""
    target = pipeline.advance.get(cause)
    if target is None or pipeline.index(target) <= pipeline.index(current):
        return None
    return pipeline.stage(target)


def open_todo(stage: Stage | None, seen: Mapping[str, bool]) -> tuple[Todo, ...]:
    """The work of a stage that the data does not show as done."""
    return tuple(
        todo for todo in (stage.before if stage else ()) if not (todo.check and seen.get(todo.check, False))
    )


def blocking(pipeline: Pipeline, current: str, target: str, seen: Mapping[str, bool]) -> tuple[Todo, ...]:
    """What forbids moving forward from `current` to `target`; moving back is never forbidden."""
    here, there = pipeline.index(current), pipeline.index(target)
    passed: Iterable[Stage] = pipeline.stages[max(here, 0) : there]
    return tuple(todo for stage in passed for todo in open_todo(stage, seen) if todo.block)


def standing(
    stage: Stage | None, since: datetime, now: datetime, seen: Mapping[str, bool], limit: Limit | None
) -> Standing:
    """How a deal stands in its stage at `now`."""
    stay = max(now - since, timedelta())
    return Standing(open_todo(stage, seen), stay.days, limit is not None and stay > limit.span)


def level_of(said: str) -> str | None:
    """`h`, `A级`, `level b` → H, A, B; None when it is no level."""
    bare = said.strip().upper().removesuffix("级").removesuffix("类").removeprefix("LEVEL").strip()
    return bare if bare in LEVELS else None


def _plain(text: str) -> str:
    return text.strip().lower().replace("_", " ").replace("-", " ").removesuffix("阶段")
