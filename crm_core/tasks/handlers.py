"""Changes of tasks. What is done or cancelled never fires."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select

from crm_core.customers.tables import Customer
from crm_core.followups.lookup import place_of, times
from crm_core.followups.rules import due
from crm_core.kernel.errors import Conflict, Invalid, NotFound
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Blob
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import person_name
from crm_core.org.tables import Person
from crm_core.tasks import several as several
from crm_core.tasks import timing as timing
from crm_core.tasks.lifecycle import arm, close, follow, new_task, open_task
from crm_core.tasks.messages import (
    AddTask,
    AnswerQuestion,
    AnswerTakenBack,
    AskColleague,
    CancelTask,
    CompleteTask,
    QuestionAnswered,
    ReopenTask,
    StopSeries,
    TakeBackAnswer,
    TaskDone,
)  # fmt: skip
from crm_core.tasks.people import colleague, person_about, role_key
from crm_core.tasks.queries import IMAGE, task_view
from crm_core.tasks.repeats import rule_problem
from crm_core.tasks.tables import Task

MAX_TITLE, MAX_TEXT = 400, 4000


@handles(AddTask)
def add_task(cmd: AddTask, uow: Uow) -> Result:
    """For the actor himself, a colleague, or the right person of a role. A due time that passed fires at once."""
    uow.must("task", "create")
    title = clean_text(cmd.title)[:MAX_TITLE]
    if not title:
        raise Invalid("title", "error.empty")
    if cmd.repeat_rule and (problem := rule_problem(cmd.repeat_rule) or (None if cmd.due_at else "error.bad_repeat")):
        raise Invalid("repeat", problem)
    person, role, fallback = _assignee(cmd, uow)
    row = new_task(uow, person, kind=cmd.kind, title_enc=title, text_enc=clean_text(cmd.text)[:MAX_TEXT] or None,
                   due_at=cmd.due_at, customer_id=_customer_id(uow, cmd.customer_id), subject=cmd.subject[:80], role=role,
                   fallback=fallback, asker_id=uow.actor.id, repeat_rule=cmd.repeat_rule)  # fmt: skip
    uow.change("title", None, title)
    uow.change("due_at", None, cmd.due_at, "instant")
    if person.id != uow.actor.id:
        uow.push(person.id, "task_new", subject=f"task:{row.id}", key=f"task:{row.id}:new", role=role,
                 priority=Priority.MUST_KNOW, by=uow.actor.name, fallback=fallback)  # fmt: skip
    undo = uow.undoable(StopSeries(task_id=row.id) if row.series_id else CancelTask(task_id=row.id), "task")
    return Result(id=row.id, view=task_view(row, uow), undo_id=undo)


def _assignee(cmd: AddTask, uow: Uow) -> tuple[Person, str, bool]:
    if cmd.assignee_id is None and cmd.role:
        role = role_key(cmd.role)
        person, fallback = person_about(uow, role, _unit(uow, cmd.customer_id), cmd.customer_id)
        return person, role, fallback
    if cmd.assignee_id not in (None, uow.actor.id) and not uow.access.may(uow.actor, "person", "read"):
        raise NotFound(resource="person")
    return colleague(uow, cmd.assignee_id or uow.actor.id), "", False


def _customer_id(uow: Uow, customer_id: str | None) -> str | None:
    return uow.get(Customer, customer_id, "customer", "read").id if customer_id else None


def _unit(uow: Uow, customer_id: str | None) -> str:
    """Where the work belongs: at the customer's dealer, else at the actor's."""
    if customer_id is None or customer_id == uow.actor.customer_id:
        return uow.actor.unit
    return uow.get(Customer, customer_id, "customer", "read").unit


@handles(CompleteTask)
def complete_task(cmd: CompleteTask, uow: Uow) -> Result:
    """Done; `again_at` makes the next occurrence. A question done with a text is answered."""
    row = open_task(uow, cmd.task_id)
    text = clean_text(cmd.text)[:MAX_TEXT]
    if row.kind == "question" and text:
        return _answer(uow, row, text)
    close(uow, row, "done")
    if text:
        uow.cipher.put(row, "answer", text)
    if cmd.again_at is not None:
        _again(uow, row, cmd)
    follow(uow, row)
    uow.emit(TaskDone(task_id=row.id))
    undo = uow.undoable(ReopenTask(task_id=row.id, version=row.version), "task_done")
    return Result(id=row.id, view=task_view(row, uow), undo_id=undo)


def _again(uow: Uow, row: Task, cmd: CompleteTask) -> None:
    """The next occurrence of a reminder is a row of its own."""
    person = colleague(uow, cast(str, row.owner_id))
    uow.change("due_at", row.due_at, cmd.again_at, "instant")
    new_task(uow, person, kind=row.kind, title_enc=uow.reveal(row, "title"), text_enc=uow.reveal(row, "text") or None,
             due_at=cmd.again_at, customer_id=row.customer_id, subject=row.subject, role=row.role,
             asker_id=row.asker_id, previous_id=row.id)  # fmt: skip


@handles(CancelTask)
def cancel_task(cmd: CancelTask, uow: Uow) -> Result:
    """Not needed any more. Who asked for it may cancel it too."""
    row = uow.seize(Task, cmd.task_id)
    if row is not None and row.tenant == uow.tenant and row.asker_id == uow.actor.id:
        if row.state != "open":
            raise Conflict("error.task_over", state=row.state)
    else:
        row = open_task(uow, cmd.task_id)
    close(uow, row, "cancelled")
    follow(uow, row)
    undo = uow.undoable(ReopenTask(task_id=row.id, version=row.version), "task_cancelled")
    return Result(id=row.id, view=task_view(row, uow), undo_id=undo)


@handles(ReopenTask)
def reopen_task(cmd: ReopenTask, uow: Uow) -> Result:
    """Open again; the next occurrence that its completion made is taken back with it."""
    row = uow.seize(Task, cmd.task_id)
    if row is None or row.tenant != uow.tenant or row.asker_id != uow.actor.id:
        row = uow.get(Task, cmd.task_id, "task", "write")
    uow.expect(row, cmd.version)
    if row.state == "open":
        raise Conflict("error.changed_since")
    task = cast(Any, Task)
    if row.series_id is None:
        for following in uow.rows(select(Task).where(task.previous_id == row.id, task.state == "open")):
            close(uow, following, "cancelled")
    uow.change("state", row.state, "open")
    uow.touch(row, state="open", done_at=None)
    if row.due_at is not None and row.due_at > uow.now:
        arm(uow, row)
    uow.audit("reopen", "task", row.id)
    uow.refresh(f"task:{row.id}")
    return Result(id=row.id, view=task_view(row, uow))


@handles(AskColleague)
def ask_colleague(cmd: AskColleague, uow: Uow) -> Result:
    """A question to the right person of a role; a role nobody holds goes to the manager, and that is said."""
    uow.must("task", "create")
    question = clean_text(cmd.question)[:MAX_TITLE]
    if not question:
        raise Invalid("question", "error.empty")
    subject = _picture(uow, cmd.image_id)
    role = role_key(cmd.role)
    customer_id = cmd.customer_id or uow.actor.customer_id
    unit = _unit(uow, customer_id)
    person, fallback = person_about(uow, role, unit, customer_id)
    policy = times(uow, unit).tasks
    row = new_task(
        uow, person, kind="question", title_enc=question, text_enc=clean_text(cmd.found)[:MAX_TEXT] or None,
        due_at=due(uow.now, policy.answer_within, policy.clock, place_of(uow, unit)), customer_id=customer_id,
        role=role, fallback=fallback, asker_id=uow.actor.id, subject=subject,
    )  # fmt: skip
    uow.change("assignee", None, person.name, "person")
    uow.push(person.id, "question", subject=f"task:{row.id}", key=f"task:{row.id}:question", role=role,
             priority=Priority.MUST_KNOW, by=uow.actor.name, fallback=fallback)  # fmt: skip
    undo = uow.undoable(CancelTask(task_id=row.id), "question")
    return Result(id=row.id, view=task_view(row, uow), undo_id=undo)


def _picture(uow: Uow, image_id: str) -> str:
    """What a question about a picture is about: one the actor sent himself. Raises NotFound."""
    if not image_id:
        return ""
    blob = uow.session.get(Blob, image_id)
    if blob is None or blob.tenant != uow.tenant or blob.person_id != uow.actor.id:
        raise NotFound(resource="image")
    return f"{IMAGE}{blob.id}"


@handles(AnswerQuestion)
def answer_question(cmd: AnswerQuestion, uow: Uow) -> Result:
    """The asker gets the answer."""
    row = open_task(uow, cmd.task_id)
    text = clean_text(cmd.text)[:MAX_TEXT]
    if not text:
        raise Invalid("text", "error.empty")
    return _answer(uow, row, text)


def _answer(uow: Uow, row: Task, text: str) -> Result:
    uow.cipher.put(row, "answer", text)
    close(uow, row, "done")
    if row.asker_id != uow.actor.id:
        uow.push(row.asker_id, "answer", subject=f"task:{row.id}", key=f"task:{row.id}:answer", text=text,
                 priority=Priority.MUST_KNOW, by=person_name(uow, uow.actor.id),
                 question=uow.reveal(row, "title"))  # fmt: skip
    uow.emit(TaskDone(task_id=row.id))
    uow.emit(QuestionAnswered(task_id=row.id))
    return Result(id=row.id, view=task_view(row, uow))


@handles(TakeBackAnswer)
def take_back_answer(cmd: TakeBackAnswer, uow: Uow) -> Result:
    """The words go, and with them what they left behind."""
    reopened = uow.call(ReopenTask(task_id=cmd.task_id, version=cmd.version))
    row = uow.get(Task, reopened.id, "task", "write")
    if row.owner_id != uow.actor.id:
        raise NotFound(resource="task")
    uow.cipher.put(row, "answer", None)
    if row.asker_id != uow.actor.id:
        uow.push(row.asker_id, "answer_taken_back", subject=f"task:{row.id}", priority=Priority.MUST_KNOW,
                 key=f"task:{row.id}:answer_taken_back:{row.version}", by=uow.actor.name,
                 question=uow.reveal(row, "title"))  # fmt: skip
    uow.emit(AnswerTakenBack(task_id=row.id))
    return Result(id=row.id, view=task_view(row, uow))
