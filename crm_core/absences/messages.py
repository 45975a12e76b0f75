"""Who is away, when, and who does his work meanwhile. The public vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from crm_core.kernel.registry import Command, Event, Question, View

Kind = Literal["leave", "out"]
What = Literal["lead", "task", "followup", "appointment"]


class SetAbsence(Command):
    """Away from `start` (now) until `end`: on leave, or out on the road with the phone at hand.

    Without `person_id` the actor himself; others by who may. `deputy_id` stands in for him this once.
    """

    end: datetime
    kind: Kind = "leave"
    start: datetime | None = None
    person_id: str | None = None
    deputy_id: str | None = None


class EndAbsence(Command):
    """Back: one absence, also one that has not begun; without `absence_id` all that hold now."""

    absence_id: str | None = None
    person_id: str | None = None


class ResumeAbsence(Command):
    """Still away after all; the inverse of EndAbsence."""

    absence_ids: tuple[str, ...]


class SetDeputy(Command):
    """Who stands in for a person whenever he is away; None: nobody in particular."""

    deputy_id: str | None
    person_id: str | None = None


class AbsenceBegun(Event):
    absence_id: str


class AbsenceOver(Event):
    absence_id: str


class WorkLine(View):
    """A piece of work that was passed on: `about` is what is to be done and `at` when; `kind` of an appointment."""

    what: What
    id: str
    about: str
    customer_name: str
    at: datetime | None
    owner_name: str
    done: bool
    kind: str = ""


class AbsenceView(View):
    """An absence. `moved` is what somebody else does meanwhile; `over` says that he is back, or never left."""

    id: str
    kind: str
    person_id: str
    person_name: str
    start: datetime
    end: datetime
    deputy_id: str | None
    deputy_name: str
    over: bool
    begun: bool
    moved: tuple[WorkLine, ...] = ()


class AbsenceCard(Question):
    """One absence, for whoever is away, stands in, or looks after him: AbsenceView."""

    absence_id: str


class Absences(Question):
    """Who of the colleagues is away in a span, by its beginning: list[AbsenceView]. `person_id` narrows."""

    start: datetime | None = None
    end: datetime | None = None
    person_id: str | None = None


class WorkLines(Question):
    """Records named as `task:ID`, as far as the actor may know of them: list[WorkLine]."""

    subjects: tuple[str, ...]
