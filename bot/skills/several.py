"""One sentence, several reminders: at two hours of the day, or for the whole team. Always shown first."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.base import joined
from bot.cards.tasks import repeat_words
from bot.conversation.gate import Act, Step, after
from bot.conversation.pending import Draft
from bot.conversation.talk import Talk
from crm_core.kernel.registry import Result
from crm_core.org.messages import FindColleagues, PersonView
from crm_core.tasks.messages import AddTask, AddTasks, TaskView
from crm_core.tasks.repeats import first_after

NAMES = 6


def each_hour(talk: Talk, draft: Draft, reminder: AddTask) -> Step:
    """每天早上9点和下午3点: a series for each hour."""
    rules = draft.text("repeat").split("\n")
    firsts = [first_after(rule, talk.now, talk.actor.zone) for rule in rules]
    tasks = tuple(reminder.model_copy(update={"repeat_rule": rule, "due_at": first})
                  for rule, first in zip(rules, firsts, strict=True) if first is not None)  # fmt: skip
    slots = [(talk.voice.label("field", "when"), _series(talk, task), "") for task in tasks]
    title = talk.voice.say("card.confirm_reminders", n=len(tasks), title=reminder.title)
    return _shown(AddTasks(tasks=tasks), title, slots)


def _series(talk: Talk, task: AddTask) -> str:
    first = talk.voice.say("task.first", when=talk.voice.when(task.due_at))
    return joined(repeat_words(talk.voice, task.repeat_rule), first)


def team(talk: Talk, reminder: AddTask) -> Step:
    """提醒大家: everybody of the manager's unit, himself among them."""
    everybody: list[PersonView] = [p for p in talk.ask(FindColleagues()) if p.unit.startswith(talk.actor.unit)]
    others = [p for p in everybody if p.id != talk.actor.id]
    if talk.actor.role not in ("manager", "admin"):
        talk.say("task.team_not_yours")
        return None
    if not others:
        talk.say("task.team_empty")
        return None
    own = reminder.model_copy(update={"kind": "reminder"})
    tasks = (own, *(reminder.model_copy(update={"assignee_id": p.id, "kind": "todo", "customer_id": None}) for p in others))
    rule = repeat_words(talk.voice, reminder.repeat_rule) if reminder.repeat_rule else ""
    slots = [(talk.voice.label("field", "assignee"), _names(talk, others), ""),
             (talk.voice.label("field", "when"), rule or talk.voice.when(reminder.due_at), "")]  # fmt: skip
    return _shown(AddTasks(tasks=tasks), talk.voice.say("card.confirm_team", n=len(others), title=reminder.title), slots)


def _names(talk: Talk, people: Sequence[PersonView]) -> str:
    """Some of them by name, the others counted."""
    names = talk.voice.say("task.name_joint").join(p.name for p in people[:NAMES])
    more = len(people) - NAMES
    return talk.voice.say("task.and_more", names=names, n=more) if more > 0 else names


def _shown(command: AddTasks, title: str, slots: Sequence[tuple[str, str, str]]) -> Act:
    return Act(command, title, slots=slots, told=frozenset({"title", "due_at"}), confirm=True)


@after(AddTasks)
def added(talk: Talk, command: AddTasks, result: Result, draft: Draft | None) -> None:
    """How many, for whom or when."""
    views: list[TaskView] = result.view
    undo = talk.take_back(result.undo_id)
    others = [v for v in views if v.assignee_id != talk.actor.id]
    if others:
        talk.say("task.team_told", *undo, n=len(others), title=views[0].title, when=talk.voice.when(views[0].due_at))
    else:
        rules = talk.voice.say("repeat.and").join(repeat_words(talk.voice, v.repeat_rule) for v in views)
        talk.say("task.several", *undo, title=views[0].title, rules=rules)
