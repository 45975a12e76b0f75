"""Tasks and reminders: made in words, done, put off, listed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards.appointments import appointment_lines
from bot.cards.base import joined
from bot.cards.tasks import agenda_card, task_card
from bot.conversation.gate import Act, Need, Step, Tier, after, pass_through, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import customer
from bot.conversation.presses import verb
from bot.conversation.slots import When, read_when
from bot.conversation.talk import Talk
from bot.ports import Button
from bot.skills.leads import ask_outcome
from crm_core.appointments.messages import Appointments
from crm_core.customers.messages import LogContact
from crm_core.followups.messages import MyFollowups
from crm_core.kernel.registry import Result
from crm_core.leads.messages import LatestLead, LeadCard, LeadView, MarkContacted, MyLeads
from crm_core.tasks.messages import AddTask, CompleteTask, MyTasks, SnoozeTask, TaskCard, TaskView

NINE = time(9)
LOOK_BACK = timedelta(days=7)


@skill("remind_me", tier=Tier.OWN)
def remind_me(talk: Talk, draft: Draft) -> Step:
    """A reminder for the actor himself."""
    when = read_when(draft.value("when"), talk.actor.zone)
    if when is None:
        return Need("when", "remind_when")
    due = _due(talk, when)
    if due < talk.now:
        talk.say("error.past_time")
        return Need("when", "remind_when")
    who = customer(talk, draft, required=False)
    if isinstance(who, Need):
        return who
    name = (talk.memory.focus_name(talk.now) or "") if who else ""
    title = draft.text("text") or (talk.voice.say("task.contact", name=name) if name else talk.voice.say("task.plain"))
    return Act(AddTask(title=title[:200], kind="reminder", due_at=due, customer_id=who))


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
        talk.say("task.reminder", *buttons, title=view.title, when=talk.voice.when(view.due_at))
    else:
        talk.say("task.passed_on", *buttons, title=view.title, who=view.assignee_name)


@skill("complete_task", tier=Tier.OWN)
def complete_task(talk: Talk, draft: Draft) -> Step:
    """What was just shown is done; 已联系 is the first call of the lead spoken of."""
    reference = draft.text("ref").upper()
    mine: list[TaskView] = talk.ask(MyTasks())
    named = [t for t in mine if reference and t.ref == reference] or [t for t in mine if t.id == draft.chosen.get("task")]
    focus = talk.focused("task")
    if focus and not draft.text("person"):
        named = named or [t for t in mine if t.id == focus]
    if named:
        return Act(CompleteTask(task_id=named[0].id, text=draft.text("text")))
    lead = _uncalled_lead(talk, draft)
    if isinstance(lead, Need):
        return lead
    if lead is not None:
        ask_outcome(talk, talk.do(MarkContacted(lead_id=lead.id)))
        return None
    if len(mine) == 1:
        return Act(CompleteTask(task_id=mine[0].id, text=draft.text("text")))
    focus = talk.focused("customer")
    if not mine and focus:
        return Act(LogContact(customer_id=focus, outcome="reached"))
    if not mine:
        talk.say("task.none_open")
        return None
    return Need("task", "which_task", {}, tuple(_chip(t, draft) for t in mine[:3]))


def _chip(task: TaskView, draft: Draft) -> Button:
    return Button(task.title[:30], "draft.pick", {"t": draft.token, "slot": "task", "id": task.id})


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
    talk.say("task.done", *talk.take_back(result.undo_id), title=title)


@skill("snooze", tier=Tier.OWN)
def snooze(talk: Talk, draft: Draft) -> Step:
    """Put off what was just shown."""
    when = read_when(draft.value("when"), talk.actor.zone)
    if when is None:
        return Need("when", "remind_when")
    until = _due(talk, when)
    task_id = draft.chosen.get("task") or talk.focused("task")
    if task_id:
        return Act(SnoozeTask(task_id=task_id, until=until))
    mine: list[TaskView] = talk.ask(MyTasks(limit=4))
    if len(mine) == 1:
        return Act(SnoozeTask(task_id=mine[0].id, until=until))
    if mine:
        return Need("task", "which_task", {}, tuple(_chip(t, draft) for t in mine[:3]))
    name = talk.memory.focus_name(talk.now)
    title = talk.voice.say("task.contact", name=name) if name else talk.voice.say("task.plain")
    return Act(AddTask(title=title, kind="reminder", due_at=until, customer_id=talk.focused("customer")))


@after(SnoozeTask)
def snoozed(talk: Talk, command: SnoozeTask, result: Result, draft: Draft | None) -> None:
    talk.say("task.snoozed", when=talk.voice.when(command.until))


@skill("my_tasks")
def my_tasks(talk: Talk, draft: Draft) -> Step:
    """One tidy list: overdue, appointments, tasks, follow-ups and leads to call; of one day or span."""
    when = read_when(draft.value("when") or draft.value("period"), talk.actor.zone)
    start, end = _span(talk, when.start if when else None, when.end if when else None)
    tasks: list[TaskView] = talk.ask(MyTasks(end=end))
    groups = [
        ("overdue", [_task_line(talk, t) for t in tasks if t.overdue]),
        ("unsettled", _unsettled(talk, start)),
        ("appointments", appointment_lines(talk.voice, talk.ask(Appointments(start=start, end=end)))),
        ("tasks", [_task_line(talk, t) for t in tasks if not t.overdue and _within(t.due_at, start)]),
        ("followups", [(talk.voice.when(f.due_at), joined(f.title, f.customer_name))
                       for f in talk.ask(MyFollowups(until=end))]),
        ("leads", _leads_to_call(talk)),
    ]  # fmt: skip
    count = sum(len(entries) for _, entries in groups)
    if not count:
        talk.say("agenda.nothing", day=talk.voice.day(start.astimezone(ZoneInfo(talk.actor.zone)).date()))
        return None
    day = talk.voice.day(start.astimezone(ZoneInfo(talk.actor.zone)).date())
    talk.show(agenda_card(talk.voice, talk.voice.say("card.agenda", day=day, n=count), groups))
    return None


def _span(talk: Talk, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    """The span asked about; today when none was named."""
    midnight = talk.voice.here.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    start = start or midnight
    return start, end or start + timedelta(days=1)


def _unsettled(talk: Talk, start: datetime) -> list[tuple[str, str]]:
    """Appointments before the span of which nobody has said how they went; only while it has begun."""
    if start > talk.now:
        return []
    return appointment_lines(talk.voice, talk.ask(Appointments(start=start - LOOK_BACK, end=start)))


def _within(due: datetime | None, start: datetime) -> bool:
    return due is None or due >= start


def _task_line(talk: Talk, task: TaskView) -> tuple[str, str]:
    return talk.voice.when(task.due_at), joined(task.title, task.customer_name if task.customer_name not in task.title
                                                else "")  # fmt: skip


def _leads_to_call(talk: Talk) -> list[tuple[str, str]]:
    new = [v for v in talk.ask(MyLeads(limit=20)) if v.state == "new" and v.owner_id == talk.actor.id]
    return [(talk.voice.when(v.first_call_due), joined(v.name, v.vehicle)) for v in new]


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
