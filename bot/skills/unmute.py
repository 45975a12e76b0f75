"""Reminders that were switched off come again."""

from __future__ import annotations

from typing import Any

from bot.cards.base import button
from bot.conversation.gate import Need
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Button
from bot.skills.undo import undo_each
from crm_core.followups.messages import FollowupView, MyFollowups, ResumeFollowup
from crm_core.kernel.registry import Command
from crm_core.tasks.messages import MyTasks, RestoreTask, TaskView

MANY = 200
ALL_BACK = "unmute.undo"


def unmute(talk: Talk, draft: Draft) -> Need | None:
    """方小圆恢复提醒: all that was switched off about a customer; without a name the one thing that was, if it is one."""
    who = customer(talk, draft, required=False)
    if isinstance(who, Need):
        return who
    tasks: list[TaskView] = [t for t in talk.ask(MyTasks(limit=MANY)) if t.muted and who in (None, t.customer_id)]
    followups: list[FollowupView] = [f for f in talk.ask(MyFollowups(muted=True)) if who in (None, f.customer_id)]
    name = (talk.memory.focus_name(talk.now) or "") if who else ""
    found: list[tuple[str, Command]] = [
        *((f"{f.customer_name} {f.title}".strip(), ResumeFollowup(followup_id=f.id, version=f.version)) for f in followups),
        *((t.title, RestoreTask(task_id=t.id, due_at=t.due_at, version=t.version)) for t in tasks),
    ]  # fmt: skip
    if not found:
        talk.say("task.none_muted_of" if name else "task.none_muted", name=name)
        return None
    if who is None and len(found) > 1:
        talk.say("task.which_muted", titles=talk.voice.say("task.name_joint").join(title for title, _ in found[:5]))
        return None
    undos = [undo for _, command in found if (undo := talk.do(command).undo_id)]
    titles = talk.voice.say("task.name_joint").join(title for title, _ in found)
    talk.say("task.unmuted", *_take_back(talk, undos), titles=titles)
    return None


def _take_back(talk: Talk, undos: list[str]) -> tuple[Button, ...]:
    """One button takes all of it back."""
    if len(undos) < 2:
        return talk.take_back(undos[0] if undos else None)
    talk.memory.wrote_together(undos)
    return (button(talk.voice, "undo", ALL_BACK, undos=undos),)


@verb(ALL_BACK)
def mute_again(talk: Talk, params: dict[str, Any]) -> None:
    """Each by itself: what has changed or ended since is left as it is."""
    if undo_each(talk, list(reversed(params["undos"]))):
        talk.say("undo.done", what=talk.voice.label("undo", "unmute"))
    else:
        talk.say("press.over")
