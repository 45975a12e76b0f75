"""Cards about tasks: reminders, things to do, questions from colleagues and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards.base import PRIMARY, Easel, button, heading, joined, lines, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.kernel.access import Actor
from crm_core.tasks.messages import TaskCard, TaskView

OPEN = ("open", "pending", "todo", "new")


@pushed("task", "task_due", "task_new", "question", subject="task")
def task(easel: Easel, task_id: str, params: dict[str, Any]) -> Outbound:
    """The task as it stands."""
    view: TaskView = easel.ask(TaskCard(task_id=task_id))
    kind = params.get("kind", "task")
    return out(task_card(easel.voice, view, easel.actor, kind="question" if view.kind == "question" else kind))


@pushed("answer")
def answer(easel: Easel, task_id: str, params: dict[str, Any]) -> Outbound:
    """A colleague answered what this person asked."""
    view: TaskView = easel.ask(TaskCard(task_id=task_id))
    voice = easel.voice
    card = Card("answer", voice.say("card.answer", who=view.assignee_name or voice.say("common.colleague")),
                lines(voice, ("question", view.text or view.title), ("answer", view.answer)),
                tone="good", subject=f"task:{view.id}")  # fmt: skip
    return out(card)


def task_card(
    voice: Voice, view: TaskView, actor: Actor, *, kind: str = "task", extra: tuple[Button, ...] = (), title: str = ""
) -> Card:
    """One task; its assignee has the buttons while it is open."""
    open_now = view.state in OPEN
    mine = open_now and view.assignee_id == actor.id
    said = title or heading(voice, kind, f"card.task_{view.kind}", title=view.title, asker=view.asker_name)
    return Card(
        kind=kind,
        title=said,
        fields=lines(
            voice,
            ("what", view.title if view.title not in said else ""),
            ("customer", view.customer_name),
            ("text", view.text if view.text != view.title else ""),
            ("due", joined(voice.when(view.due_at), voice.say("task.overdue") if view.overdue and open_now else "")),
            ("who", view.assignee_name if view.assignee_id != actor.id else ""),
            ("asker", view.asker_name if view.asker_id not in (None, actor.id, view.assignee_id)
             and view.asker_name != view.customer_name else ""),
            ("answer", view.answer),
        ),
        buttons=(_buttons(voice, view) if mine else ()) + extra,
        status=None if open_now else voice.label("state", view.state),
        tone=None if open_now else "good",
        subject=f"task:{view.id}",
    )


def _buttons(voice: Voice, view: TaskView) -> tuple[Button, ...]:
    if view.kind == "question":
        return (button(voice, "answer", "task.answer", PRIMARY, task=view.id),)
    return (
        button(voice, "done", "task.done", PRIMARY, task=view.id),
        button(voice, "hour_later", "task.snooze", task=view.id, to="hour"),
        button(voice, "tomorrow", "task.snooze", task=view.id, to="tomorrow"),
    )


def agenda_card(voice: Voice, title: str, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> Card:
    """One tidy list: groups of (when, what); empty groups are left out."""
    fields = []
    for key, entries in groups:
        for index, (when, what) in enumerate(entries):
            label = joined(voice.say(f"agenda.{key}") if index == 0 else "", when)
            fields.append(Field(label, what, emph=key == "overdue"))
    return Card("agenda", title, tuple(fields))
