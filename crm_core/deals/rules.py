"""Pipelines as data, and the moves they allow. Pure decisions over plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


class PipelinePolicy(_Data):
    """`pipelines.yaml`."""

    default: str
    pipelines: dict[str, Pipeline]

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
class Standing:
    """What of a stage's work is still to do, and whether the deal stays too long."""

    todo: tuple[Todo, ...]
    days: int
    slow: bool


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


def standing(stage: Stage | None, since: datetime, now: datetime, seen: Mapping[str, bool]) -> Standing:
    """How a deal stands in its stage at `now`."""
    stay = max(now - since, timedelta())
    slow = stage is not None and stay > timedelta(days=stage.expected_days)
    return Standing(open_todo(stage, seen), stay.days, slow)


def level_of(said: str) -> str | None:
    """`h`, `A级`, `level b` → H, A, B; None when it is no level."""
    bare = said.strip().upper().removesuffix("级").removesuffix("类").removeprefix("LEVEL").strip()
    return bare if bare in LEVELS else None


def _plain(text: str) -> str:
    return text.strip().lower().replace("_", " ").replace("-", " ").removesuffix("阶段")
