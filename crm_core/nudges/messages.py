"""What waits for somebody's press, and nudging him. The public vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from crm_core.kernel.registry import Command, Question, View

What = Literal["lead", "offer", "pool", "approval", "question"]


class Nudge(Command):
    """Bring `lead:ID`, `approval:ID` or `task:ID` up again with whom it waits for; not more often than policy says."""

    subject: str


class WaitingView(View):
    """Something that waits since `since` for a person to act; nobody in particular: `person_id` is None."""

    what: What
    subject: str
    customer_name: str
    about: str
    person_id: str | None
    person_name: str
    since: datetime


class Waiting(Question):
    """Must-know cards nobody has pressed, of those the actor looks after; longest waiting first: list[WaitingView]."""

    person_id: str | None = None
    limit: int = 12
