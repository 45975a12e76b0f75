"""Answered questions that help with the next one. The public vocabulary."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from crm_core.kernel.registry import Command, Question, View


class SolvedCaseView(View):
    """A question and its answer, without names, phones, VINs or plates; `ref` is the task it came from."""

    id: str
    ref: str
    question: str
    answer: str
    author_name: str
    at: datetime


class SolvedCases(Question):
    """The newest answered questions of the actor's dealer, for colleagues: list[SolvedCaseView]."""

    limit: int = Field(default=200, ge=1, le=1000)


class ForgetCase(Command):
    """It is not to be shown any more; what was published from it stays until it is removed there."""

    case_id: str


class RewordAnswer(Command):
    """Other words for an answer that waits to be published: DraftView. Raises NotFound, Conflict, Invalid."""

    draft_id: str
    text: str
