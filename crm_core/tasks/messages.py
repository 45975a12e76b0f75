"""Tasks and reminders: something a person does, with an end. The public vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from crm_core.kernel.registry import Command, Event, Question, View

Kind = Literal["reminder", "todo", "question", "followup", "handoff"]


class AddTask(Command):
    """Something to do. Without `assignee_id` the actor himself; with `role`, the right person of that role.

    `repeat_rule` is an RFC 5545 rule with its clock (`FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0`); `due_at` is then
    the first time.
    """

    title: str
    kind: Kind = "todo"
    due_at: datetime | None = None
    assignee_id: str | None = None
    role: str | None = None
    customer_id: str | None = None
    text: str = ""
    subject: str = ""
    repeat_rule: str = ""


class AddTasks(Command):
    """Several at once, of one sentence: the team's, or one at each of two hours."""

    tasks: tuple[AddTask, ...]


class DropTasks(Command):
    """What is open of them is cancelled; the inverse of AddTasks."""

    task_ids: tuple[str, ...]


class CompleteTask(Command):
    """Done; with `again_at` the next occurrence is made."""

    task_id: str
    text: str = ""
    again_at: datetime | None = None


class SnoozeTask(Command):
    """Remind again at another time; one that has passed is reminded of at once."""

    task_id: str
    until: datetime


class MuteTask(Command):
    """It stays to be done, but nobody is reminded of it any more."""

    task_id: str


class RestoreTask(Command):
    """The time a task had, and whether it reminds; the inverse of SnoozeTask and MuteTask."""

    task_id: str
    due_at: datetime | None
    version: int


class StopSeries(Command):
    """It comes no more: what is open of a series is cancelled, and nothing follows."""

    task_id: str


class ResumeSeries(Command):
    """It comes again; the inverse of StopSeries."""

    task_ids: tuple[str, ...]


class CancelTask(Command):
    """Not needed any more; the inverse of AddTask."""

    task_id: str


class ReopenTask(Command):
    """Not done after all; the inverse of CompleteTask."""

    task_id: str
    version: int


class AskColleague(Command):
    """Hand a question to the right person of a role (tech, service, warehouse, finance, manager).

    The answer comes back to the asker. `found` is what was found so far, `image_id` a picture the actor sent, which the
    colleague sees with the question.
    """

    question: str
    role: str = "tech"
    found: str = ""
    customer_id: str | None = None
    image_id: str = ""


class AnswerQuestion(Command):
    """The colleague answers; the asker is told."""

    task_id: str
    text: str


class TaskAdded(Event):
    task_id: str


class TaskDone(Event):
    task_id: str


class TakeBackAnswer(Command):
    """The answer was wrong: the question is open again, and who asked hears of it. Only whoever gave it may."""

    task_id: str
    version: int


class AnswerTakenBack(Event):
    task_id: str


class QuestionAnswered(Event):
    """A colleague answered a question; the asker is told."""

    task_id: str


class TaskView(View):
    """A task. `fallback`: nobody holds the wanted `role`, so it went to a manager. `for_name` is on leave.

    `from_customer`: the customer himself asked; `from_visitor`: somebody of the web page or a bot asked, who is no
    customer yet and can be reached here alone.
    `image_id`: the picture that is asked about.
    """

    id: str
    ref: str
    title: str
    kind: str
    text: str
    state: str
    due_at: datetime | None
    assignee_id: str
    assignee_name: str
    asker_id: str | None
    asker_name: str
    customer_id: str | None
    customer_name: str
    answer: str
    overdue: bool
    version: int
    role: str = ""
    fallback: bool = False
    for_name: str = ""
    repeat_rule: str = ""
    muted: bool = False
    from_customer: bool = False
    image_id: str = ""
    from_visitor: bool = False


class TaskCard(Question):
    """One task: TaskView."""

    task_id: str


class MyTasks(Question):
    """What this person has to do in a span, overdue first: list[TaskView]."""

    start: datetime | None = None
    end: datetime | None = None
    open_only: bool = True
    limit: int = 30
