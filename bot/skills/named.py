"""Whom and what a reminder is about: 取消盘库的提醒, 提醒林佳给我资料, move the report reminder to 6pm."""

from __future__ import annotations

import re

from bot.conversation.gate import Need
from bot.conversation.pending import Draft
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.customers.messages import CustomerLine, FindCustomers
from crm_core.org.messages import FindColleagues, PersonView
from crm_core.tasks.messages import MyTasks, TaskView

_TAIL = re.compile(r"(?:的|了|吧|这件事|这个事|的事){1,8}$|(?: (?:any ?more|again|please)){1,8}$", re.I)
_THIS = re.compile(
    r"^(?:这个|那个|这条|那条|这|那|它|所有|全部|this|that|it|the|these|all|one|the one|this one)?$", re.I
)
_WORD = re.compile(r"[a-z0-9]{2,}|[\u4e00-\u9fff]+", re.I)
_SMALL = frozenset(
    {"the", "my", "to", "of", "about", "for", "with", "and", "reminder", "reminders", "提醒", "我的"}
)
_REMINDS = re.compile(r"(?:提醒|通知|叫)(?:一下|下)?(?!我)|\bremind\b(?! me)", re.I)
_TO_WHOM = re.compile(r"(?:^|[,，])(?:给|帮|跟|和|找|替|催|联系|回访|拜访|跟进)([\u4e00-\u9fff]{2,4})")
MANY = 200


def named_task(talk: Talk, draft: Draft) -> str | Need | None:
    """The open reminder that was named: its id, or one question when several fit.

    Empty when none was named (这个, or nothing); None after saying that there is none about that.
    """
    said = _TAIL.sub("", draft.text("text").strip())
    if _THIS.match(said) or "task" in draft.chosen:
        return draft.chosen.get("task", "")
    mine: list[TaskView] = talk.ask(MyTasks(limit=MANY))
    fits = {task.id: len(_parts(said) & _parts(task.title)) for task in mine}
    best = max(fits.values(), default=0)
    found = [task for task in mine if best and fits[task.id] == best]
    if not found:
        talk.say("task.none_about", what=said)
        return None
    # The occurrences of a series have one title: the next one stands for all of them.
    if len({task.title for task in found}) == 1:
        return found[0].id
    return Need("task", "which_reminder", {}, tuple(chip(task, draft) for task in found[:3]))


def colleague_named(talk: Talk, title: str) -> tuple[PersonView, str] | None:
    """提醒林佳给我资料: the colleague a reminder is for, and what it says to him."""
    for person in talk.ask(FindColleagues()) if _REMINDS.search(talk.text) else ():
        if person.id != talk.actor.id and title.lower().startswith(person.name.lower()):
            words = title[len(person.name) :].strip(" ,，:：").removeprefix("to ")
            return (person, words) if words else None
    return None


def customer_named(talk: Talk, title: str) -> str | None:
    """给方小圆发资料: the customer with exactly the name a reminder speaks of, when there is one and only one."""
    found = _TO_WHOM.search(title)
    if found is None:
        return None
    # Where the name ends is not told: the longest one that somebody has.
    for end in range(len(found[1]), 1, -1):
        name = found[1][:end]
        lines: list[CustomerLine] = talk.ask(FindCustomers(words=name, limit=3, near=False))
        same = [line for line in lines if line.name == name]
        if same:
            return same[0].id if len(same) == 1 else None
    return None


def chip(task: TaskView, draft: Draft) -> Button:
    """A task to choose."""
    return Button(task.title[:30], "draft.pick", {"t": draft.token, "slot": "task", "id": task.id})


def _parts(text: str) -> frozenset[str]:
    """Latin words, and pairs of Chinese characters."""
    parts = set()
    for run in _WORD.findall(text.lower()):
        parts |= {run} if run[0].isascii() else {run[i : i + 2] for i in range(len(run) - 1)}
    return frozenset(parts - _SMALL)
