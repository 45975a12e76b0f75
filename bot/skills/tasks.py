"""Tasks and reminders: made in words, done, put off, listed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards.tasks import repeat_words, task_card
from bot.conversation.gate import Act, Need, Step, Tier, after, pass_through, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.presses import verb
from bot.conversation.slots import When, read_when
from bot.conversation.talk import Talk
from bot.ports import Button
from bot.skills.leads import ask_outcome
from bot.skills.named import chip, colleague_named, customer_named, named_task
from bot.skills.recent import another_time, reminder_written, shown
from bot.skills.several import each_hour, team
from bot.skills.unmute import unmute
from crm_core.customers.messages import LogContact
from crm_core.followups.messages import MuteFollowup, SnoozeFollowup
from crm_core.kernel.registry import Result
from crm_core.leads.messages import LatestLead, LeadCard, LeadView, MarkContacted, MyLeads
from crm_core.tasks.messages import (
    AddTask,
    CompleteTask,
    MuteTask,
    MyTasks,
    SnoozeTask,
    StopSeries,
    TaskCard,
    TaskView,
)

NINE = time(9)
_MOVES = re.compile(r"改|挪|\b(?:move|reschedule)\b", re.I)


@skill("remind_me", tier=Tier.OWN)
def remind_me(talk: Talk, draft: Draft) -> Step:
    """A reminder for the actor himself, or for the colleague it names."""
    when = read_when(draft.value("when"), talk.actor.zone)
    if when is None:
        return Need("when", "remind_when")
    due = _due(talk, when)
    rule = _rule(talk, draft, due)
    if draft.text("choice") == "team":
        return team(talk, AddTask(title=draft.text("text")[:200], due_at=due, repeat_rule=rule))
    other = colleague_named(talk, draft.text("text"))
    if other is not None:
        return Act(AddTask(title=other[1][:200], due_at=due, assignee_id=other[0].id, repeat_rule=rule))
    who = customer(talk, draft, required=False)
    if isinstance(who, Need):
        return who
    who = who or customer_named(talk, draft.text("text"))
    name = (talk.memory.focus_name(talk.now) or "") if who else ""
    title = draft.text("text") or (talk.voice.say("task.contact", name=name) if name else talk.voice.say("task.plain"))
    reminder = AddTask(title=title[:200], kind="reminder", due_at=due, customer_id=who, repeat_rule=rule)
    return each_hour(talk, draft, reminder) if "\n" in draft.text("repeat") else Act(reminder)


def _rule(talk: Talk, draft: Draft, due: datetime) -> str:
    """How it repeats, at the clock of its first time, which may have been corrected meanwhile."""
    rule = draft.text("repeat").partition("\n")[0]
    if not rule:
        return ""
    days = [part for part in rule.split(";") if not part.startswith(("BYHOUR", "BYMINUTE"))]
    local = due.astimezone(ZoneInfo(talk.actor.zone))
    return ";".join([*days, f"BYHOUR={local.hour}", f"BYMINUTE={local.minute}"])


def _due(talk: Talk, when: When) -> datetime:
    """When to remind; later today when only today was said and nine o'clock is over."""
    due = when.reminder(talk.actor.zone)
    if due < talk.now and when.vague and when.end is not None and when.end > talk.now:
        return talk.now + timedelta(hours=1)
    return due


@after(AddTask)
def task_added(talk: Talk, command: AddTask, result: Result, draft: Draft | None) -> None:
    """Whose it is and when it comes."""
    view = result.view
    buttons = talk.take_back(result.undo_id, draft if command.kind == "reminder" else None)
    if not isinstance(view, TaskView):
        talk.say("done.plain", *buttons)
    elif not talk.is_staff:
        talk.say("task.customer_passed_on")
    elif view.assignee_id == talk.actor.id:
        talk.about("task", view.id, view.title)
        _say_reminder(talk, view, buttons)
    else:
        talk.say("task.passed_on", *buttons, title=view.title, who=view.assignee_name)


def _say_reminder(talk: Talk, view: TaskView, buttons: tuple[Button, ...]) -> None:
    """When it comes: by which rule, at once when its time has passed, or when."""
    when = talk.voice.when(view.due_at)
    if view.repeat_rule:
        talk.say("task.repeats", *buttons, title=view.title, rule=repeat_words(talk.voice, view.repeat_rule), when=when)
    elif view.due_at is not None and view.due_at <= talk.now:
        talk.say("task.due_now", *buttons, title=view.title)
    else:
        talk.say("task.reminder", *buttons, title=view.title, when=when)


@skill("complete_task", tier=Tier.OWN)
def complete_task(talk: Talk, draft: Draft) -> Step:
    """What was just shown is done; 已联系 is the first call of the lead spoken of."""
    reference = draft.text("ref").upper()
    mine: list[TaskView] = talk.ask(MyTasks())
    named = [t for t in mine if reference and t.ref == reference] or [t for t in mine if t.id == draft.chosen.get("task")]
    focus = talk.focused("task")
    if focus and not draft.text("person"):
        named = named or [t for t in mine if t.id == focus]
    named = named or [t for t in mine if not draft.text("person") and t.id == shown(talk, "task")]
    if named:
        return Act(CompleteTask(task_id=named[0].id, text=draft.text("text"), again_at=_again(talk, draft)))
    lead = _uncalled_lead(talk, draft)
    if isinstance(lead, Need):
        return lead
    if lead is not None:
        ask_outcome(talk, talk.do(MarkContacted(lead_id=lead.id)))
        return None
    if len(mine) == 1:
        return Act(CompleteTask(task_id=mine[0].id, text=draft.text("text"), again_at=_again(talk, draft)))
    focus = talk.focused("customer")
    if not mine and focus:
        return Act(LogContact(customer_id=focus, outcome="reached"))
    if not mine:
        talk.say("task.none_open")
        return None
    return Need("task", "which_task", {}, tuple(chip(t, draft) for t in mine[:3]))


def _again(talk: Talk, draft: Draft) -> datetime | None:
    """完成了,下周三再提醒我: the next command of the message is when it is to come again."""
    following = draft.rest[0] if draft.rest else {}
    slots = following.get("slots", {})
    if following.get("intent") not in ("snooze", "remind_me") or set(slots) - {"when"}:
        return None
    when = read_when(slots.get("when", {}).get("value"), talk.actor.zone)
    if when is None:
        return None
    draft.rest = draft.rest[1:]
    return _due(talk, when)


def _uncalled_lead(talk: Talk, draft: Draft) -> LeadView | Need | None:
    """The lead whose first call is meant: of the person named, else the one spoken of, else the only new one."""
    if draft.text("person"):
        who = customer(talk, draft)
        if isinstance(who, Need) or who is None:
            return who
        named: LeadView | None = talk.ask(LatestLead(customer_id=who))
        return named if named is not None and named.state == "new" else None
    focus = talk.focused("lead")
    if focus:
        view: LeadView = talk.ask(LeadCard(lead_id=focus))
        if view.state == "new" and view.owner_id == talk.actor.id:
            return view
    new = [v for v in talk.ask(MyLeads(limit=10)) if v.state == "new" and v.owner_id == talk.actor.id]
    return new[0] if len(new) == 1 else None


@after(CompleteTask)
def task_done(talk: Talk, command: CompleteTask, result: Result, draft: Draft | None) -> None:
    title = result.view.title if isinstance(result.view, TaskView) else ""
    talk.memory.focus.pop("task", None)
    key = "task.done_again" if command.again_at is not None else "task.done"
    talk.say(key, *talk.take_back(result.undo_id), title=title, when=talk.voice.when(command.again_at))


@skill("snooze", tier=Tier.OWN)
def snooze(talk: Talk, draft: Draft) -> Step:
    """Put off what was just shown; without a time it is asked for."""
    when = read_when(draft.value("when"), talk.actor.zone)
    if when is None:
        return Need("when", "snooze_when", {}, tuple(_later_chip(talk, draft, to) for to in ("hour", "tomorrow")))
    until = _due(talk, when)
    named = named_task(talk, draft)
    if named is None or isinstance(named, Need):
        return named
    if named:
        return Act(SnoozeTask(task_id=named, until=until))
    written = reminder_written(talk) if _MOVES.search(talk.text) and "task" not in draft.chosen else None
    if written is not None:
        written.fill({"when": another_time(talk, written, draft.slots["when"])})
        pass_through(talk, written)
        return None
    visit = shown(talk, "appointment") if _MOVES.search(talk.text) else None
    if visit:
        pass_through(talk, Draft("move_appointment", {"when": draft.slots["when"]}, {"appointment": visit}))
        return None
    followup = shown(talk, "followup")
    if followup and "task" not in draft.chosen:
        return Act(SnoozeFollowup(followup_id=followup, until=until))
    task = _task_meant(talk, draft)
    if isinstance(task, Need):
        return task
    if task is not None:
        return Act(SnoozeTask(task_id=task, until=until))
    name, customer_id = talk.memory.focus_name(talk.now), talk.focused("customer")
    if customer_id and _MOVES.search(talk.text):
        pass_through(talk, Draft("move_appointment", {"when": draft.slots["when"]}, {"person": customer_id}))
        return None
    title = talk.voice.say("task.contact", name=name) if name else talk.voice.say("task.plain")
    return Act(AddTask(title=title, kind="reminder", due_at=until, customer_id=customer_id))


def _later_chip(talk: Talk, draft: Draft, to: str) -> Button:
    label = talk.voice.say("button.hour_later" if to == "hour" else "button.tomorrow")
    return Button(label, "draft.pick", {"t": draft.token, "slot": "when", "value": later(talk, to).isoformat(),
                                        "words": label})  # fmt: skip


def _task_meant(talk: Talk, draft: Draft) -> str | Need | None:
    """The task chosen, on the card shown last, spoken of, or the only one there is."""
    known = draft.chosen.get("task") or shown(talk, "task") or talk.focused("task")
    if known:
        return known
    mine: list[TaskView] = talk.ask(MyTasks(limit=4))
    if len(mine) > 1:
        return Need("task", "which_reminder", {}, tuple(chip(t, draft) for t in mine[:3]))
    return mine[0].id if mine else None


@after(SnoozeTask)
def snoozed(talk: Talk, command: SnoozeTask, result: Result, draft: Draft | None) -> None:
    """When it comes again."""
    undo = talk.take_back(result.undo_id)
    if command.until <= talk.now:
        title = result.view.title if isinstance(result.view, TaskView) else ""
        talk.say("task.due_now", *undo, title=title)
    else:
        talk.say("task.snoozed", *undo, when=talk.voice.when(command.until))


@skill("mute_task", tier=Tier.OWN)
def mute(talk: Talk, draft: Draft) -> Step:
    """No more reminders of what was named, else of what was just shown; of a series none at all. Or again after all."""
    if draft.text("choice") == "on":
        return unmute(talk, draft)
    named = named_task(talk, draft)
    if named is None or isinstance(named, Need):
        return named
    if named:
        return Act(_quiet(talk, named))
    followup = shown(talk, "followup")
    if followup and "task" not in draft.chosen:
        return Act(MuteFollowup(followup_id=followup))
    task = _task_meant(talk, draft)
    if isinstance(task, Need):
        return task
    if task is None:
        talk.say("task.none_open")
        return None
    return Act(_quiet(talk, task))


def _quiet(talk: Talk, task_id: str) -> MuteTask | StopSeries:
    view: TaskView = talk.ask(TaskCard(task_id=task_id))
    return StopSeries(task_id=task_id) if view.repeat_rule else MuteTask(task_id=task_id)


@verb("task.mute")
def press_mute(talk: Talk, params: dict[str, Any]) -> None:
    """Don't remind again."""
    perform(talk, _quiet(talk, str(params["task"])))


@after(MuteTask)
def muted(talk: Talk, command: MuteTask, result: Result, draft: Draft | None) -> None:
    """It stays on the list."""
    talk.say("task.muted", *talk.take_back(result.undo_id), title=result.view.title)


@after(StopSeries)
def stopped(talk: Talk, command: StopSeries, result: Result, draft: Draft | None) -> None:
    """It comes no more."""
    talk.say("task.stopped", *talk.take_back(result.undo_id), title=result.view.title)


@verb("task.done")
def press_done(talk: Talk, params: dict[str, Any]) -> None:
    """Done."""
    perform(talk, CompleteTask(task_id=params["task"]))


@verb("task.snooze")
def press_snooze(talk: Talk, params: dict[str, Any]) -> None:
    """In an hour, or at nine tomorrow."""
    perform(talk, SnoozeTask(task_id=params["task"], until=later(talk, params["to"])))


def later(talk: Talk, to: str) -> datetime:
    """The instant a snooze button means."""
    if to == "hour":
        return (talk.now + timedelta(hours=1)).replace(second=0, microsecond=0)
    tomorrow = talk.voice.here.date() + timedelta(days=1)
    return datetime.combine(tomorrow, NINE, ZoneInfo(talk.actor.zone)).astimezone(UTC)


@verb("task.open")
def press_open(talk: Talk, params: dict[str, Any]) -> None:
    """Show one task."""
    view: TaskView = talk.ask(TaskCard(task_id=params["task"]))
    talk.about("task", view.id, view.title)
    talk.show(task_card(talk.voice, view, talk.actor))


@verb("task.answer")
def press_answer(talk: Talk, params: dict[str, Any]) -> None:
    """The next sentence is the answer."""
    pass_through(talk, Draft("add_note", chosen={"task": params["task"]}))


@verb("task.answer_with")
def press_answer_with(talk: Talk, params: dict[str, Any]) -> None:
    """The sentence just typed is the answer."""
    said = {"value": params["text"], "words": params["text"]}
    pass_through(talk, Draft("add_note", {"text": said}, {"task": params["task"]}))
