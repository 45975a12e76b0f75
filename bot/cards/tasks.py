"""Cards about tasks: reminders, things to do, questions from colleagues and their answers."""

from __future__ import annotations

from calendar import month_abbr
from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any

from bot.cards.base import PRIMARY, Easel, button, heading, instead_of, joined, lines, out, pushed
from bot.cards.part_answers import verdict_buttons, verdict_fields
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.kernel.access import Actor
from crm_core.tasks.messages import TaskCard, TaskView

GRACE = timedelta(minutes=10)
OPEN = ("open", "pending", "todo", "new")
SELLERS = ("rep", "manager")


@pushed("task", "task_due", "task_new", "question", "question_late", subject="task")
def task(easel: Easel, task_id: str, params: dict[str, Any]) -> Outbound:
    """The task as it stands."""
    view: TaskView = easel.ask(TaskCard(task_id=task_id))
    kind = params.get("kind", "task")
    title = easel.voice.say("push.question_late.title", who=params.get("who", ""), title=view.title)
    card = task_card(easel.voice, view, easel.actor, kind="question" if view.kind == "question" else kind,
                     extra=verdict_buttons(easel, view), title=title if kind == "question_late" else "")  # fmt: skip
    image = {"url": f"/media/{view.image_id}", "alt": view.title} if view.image_id else None
    return Outbound(card=card, image=image)


@pushed("answer", "answer_taken_back")
def answer(easel: Easel, task_id: str, params: dict[str, Any]) -> Outbound:
    """A colleague answered what this person asked, or took the answer back."""
    view: TaskView = easel.ask(TaskCard(task_id=task_id))
    voice, verdict = easel.voice, verdict_fields(easel, view)
    if view.state == "open":
        title = voice.say("push.answer_taken_back.title", by=params.get("by", ""))
        return out(Card("answer_taken_back", title, lines(voice, ("question", view.title)),
                        note=voice.say("push.answer_taken_back.text"), tone="bad", subject=f"task:{view.id}"))  # fmt: skip
    asked = lines(voice, ("question", view.title)) if view.kind == "question" else ()
    card = Card("answer", voice.say("card.answer", who=view.assignee_name or voice.say("common.colleague")),
                (*asked, *verdict, *lines(voice, ("answer", view.answer))),
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
            ("for", instead_of(voice, view.for_name)),
            ("repeat", repeat_words(voice, view.repeat_rule) if view.repeat_rule else ""),
            ("found" if view.kind == "question" else "text", view.text if view.text != view.title else ""),
            ("due", joined(voice.when(view.due_at), voice.say("task.overdue") if _late(voice, view) else "")),
            ("who", view.assignee_name if view.assignee_id != actor.id else ""),
            ("asker", view.asker_name if view.asker_id not in (None, actor.id, view.assignee_id)
             and view.asker_name != view.customer_name else ""),
            ("answer", view.answer),
        ),
        buttons=(_buttons(voice, view, actor) if mine else ()) + extra,
        status=None if open_now else voice.label("state", view.state),
        tone=None if open_now else "good",
        subject=f"task:{view.id}",
    )


def _late(voice: Voice, view: TaskView) -> bool:
    """Not when it has just come."""
    return view.overdue and view.due_at is not None and voice.now - view.due_at > GRACE


def _buttons(voice: Voice, view: TaskView, actor: Actor) -> tuple[Button, ...]:
    sells = view.from_customer and view.customer_id and actor.role in SELLERS
    suggest = (button(voice, "suggest", "suggest.show", customer=view.customer_id, task=view.id),) if sells else ()
    if view.kind == "question":
        help_ = button(voice, "related", "related.show", task=view.id)
        return (button(voice, "answer", "task.answer", PRIMARY, task=view.id), *suggest, help_)
    if view.from_visitor:  # what he is told goes to the chat he wrote in; nobody has his number
        done = button(voice, "done", "task.done", task=view.id)
        return (button(voice, "answer", "task.answer", PRIMARY, task=view.id), done)
    return (
        *suggest,
        button(voice, "done", "task.done", PRIMARY, task=view.id),
        button(voice, "hour_later", "task.snooze", task=view.id, to="hour"),
        button(voice, "tomorrow", "task.snooze", task=view.id, to="tomorrow"),
        *(() if view.muted else (button(voice, "mute", "task.mute", task=view.id),)),
    )


_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKDAYS = "MO,TU,WE,TH,FR"


def repeat_words(voice: Voice, rule: str) -> str:
    """`每周一 09:00`, `every Mon at 9 am`: a rule in words."""
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    n, on = int(parts.get("INTERVAL", 1)), _on_days(voice, parts)
    if parts["FREQ"] == "WEEKLY" and on and n == 1:
        every = voice.say("repeat.each", days=on)
    else:
        key = f"repeat.{parts['FREQ'].lower()}" + ("_n" if n > 1 else "")
        every = joined(voice.say(key, n=n), on, by=voice.say("repeat.joint"))
    clock = voice.clock(time(int(parts.get("BYHOUR", 9)), int(parts.get("BYMINUTE", 0))))
    return voice.say("repeat.at", every=every, clock=clock)


def _on_days(voice: Voice, parts: dict[str, str]) -> str:
    """The days of the week or the month of a rule."""
    if days := parts.get("BYDAY"):
        if days == _WORKDAYS:
            return voice.say("repeat.workday")
        return voice.say("repeat.and").join(voice.say(f"repeat.day_{_DAYS.index(day)}") for day in days.split(","))
    dates = parts.get("BYMONTHDAY", "")
    if not dates:
        return ""
    dates = dates.split(",")[-1] if "BYSETPOS" in parts else dates
    if dates == "-1":
        return voice.say("repeat.last_day")
    month = int(parts.get("BYMONTH", 0))
    if month:
        name = f"{month}月" if voice.lang == "zh" else month_abbr[month]
        return voice.say("repeat.month_date", month=name, date=dates)
    return voice.say("repeat.date", date=voice.say("repeat.and").join(dates.split(",")))


def reminders_card(voice: Voice, views: Sequence[TaskView]) -> Card:
    """What is to come, one line each: when or how often, and what; a line opens it."""
    fields = tuple(
        Field(repeat_words(voice, view.repeat_rule) if view.repeat_rule else voice.when(view.due_at), view.title)
        for view in views
    )
    buttons = tuple(
        Button(view.title[:40], "task.open", {"task": view.id}, line=place) for place, view in enumerate(views)
    )
    return Card("reminders", voice.say("card.reminders", n=len(views)), fields, buttons)


def agenda_card(voice: Voice, title: str, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> Card:
    """One tidy list: groups of (when, what); empty groups are left out."""
    fields = []
    for key, entries in groups:
        for index, (when, what) in enumerate(entries):
            label = joined(voice.say(f"agenda.{key}") if index == 0 else "", when)
            fields.append(Field(label, what, emph=key == "overdue"))
    return Card("agenda", title, tuple(fields))
