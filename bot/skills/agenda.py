"""What there is to do: one tidy list of a day or span."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.cards.appointments import appointment_lines
from bot.cards.base import instead_of, joined
from bot.cards.tasks import agenda_card, reminders_card
from bot.conversation.gate import Step, skill
from bot.conversation.pending import Draft
from bot.conversation.slots import read_when
from bot.conversation.talk import Talk
from crm_core.appointments.messages import Appointments
from crm_core.followups.messages import FollowupView, MyFollowups
from crm_core.leads.messages import LeadView, MyLeads
from crm_core.tasks.messages import MyTasks, TaskView

MANY = 12
_REMINDERS = re.compile(r"(看看|查看)?我?的?(所有|全部)?(的)?提醒[。.]?|(show )?(all )?my reminders[.]?", re.I)


@skill("my_tasks")
def my_tasks(talk: Talk, draft: Draft) -> Step:
    """One tidy list: overdue, appointments, tasks, follow-ups and leads to call; of one day or span."""
    when = read_when(draft.value("when") or draft.value("period"), talk.actor.zone)
    if when is None and _REMINDERS.fullmatch(talk.text.strip()):
        _reminders(talk)
        return None
    start, end = _span(talk, when.start if when else None, when.end if when else None)
    tasks: list[TaskView] = talk.ask(MyTasks(end=end))
    followups: list[FollowupView] = talk.ask(MyFollowups(until=end))
    new = _new_leads(talk)
    calling = {lead.id for lead in new}
    groups = [
        ("overdue", [*(_task_line(talk, t) for t in tasks if t.overdue),
                     *(_followup_line(talk, f) for f in followups if f.state == "missed")]),
        ("unsettled", _unsettled(talk, start)),
        ("appointments", appointment_lines(talk.voice, talk.ask(Appointments(start=start, end=end)))),
        ("tasks", [_task_line(talk, t) for t in tasks if not t.overdue and _within(t.due_at, start)]),
        ("followups", [_followup_line(talk, f) for f in followups
                       if f.state != "missed" and f.lead_id not in calling]),
        ("leads", [_lead_line(talk, lead) for lead in new]),
    ]  # fmt: skip
    count = sum(len(entries) for _, entries in groups)
    if not count:
        talk.say("agenda.nothing", day=talk.voice.day(start.astimezone(ZoneInfo(talk.actor.zone)).date()))
        return None
    day = talk.voice.day(start.astimezone(ZoneInfo(talk.actor.zone)).date())
    talk.show(agenda_card(talk.voice, talk.voice.say("card.agenda", day=day, n=count), groups))
    return None


def _reminders(talk: Talk) -> None:
    """All that is still to come, also later than today; each opens with its buttons."""
    tasks: list[TaskView] = talk.ask(MyTasks(limit=MANY))
    if tasks:
        talk.show(reminders_card(talk.voice, tasks))
    else:
        talk.say("task.none_open")


def _span(talk: Talk, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    """The span asked about; today when none was named."""
    midnight = talk.voice.here.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    start = start or midnight
    return start, end or start + timedelta(days=1)


def _unsettled(talk: Talk, start: datetime) -> list[tuple[str, str]]:
    """Appointments before the span of which nobody has said how they went; only while it has begun."""
    if start > talk.now:
        return []
    return appointment_lines(talk.voice, talk.ask(Appointments(end=start)))


def _within(due: datetime | None, start: datetime) -> bool:
    return due is None or due >= start


def _task_line(talk: Talk, task: TaskView) -> tuple[str, str]:
    name = task.customer_name if task.customer_name not in task.title else ""
    return talk.voice.when(task.due_at), joined(task.title, name, instead_of(talk.voice, task.for_name))


def _followup_line(talk: Talk, followup: FollowupView) -> tuple[str, str]:
    return talk.voice.when(followup.due_at), joined(followup.title, followup.customer_name,
                                                      instead_of(talk.voice, followup.for_name))  # fmt: skip


def _new_leads(talk: Talk) -> list[LeadView]:
    """Leads to call; what else follows them is not listed beside."""
    return [v for v in talk.ask(MyLeads(limit=20)) if v.state == "new" and v.owner_id == talk.actor.id]


def _lead_line(talk: Talk, lead: LeadView) -> tuple[str, str]:
    return talk.voice.when(lead.first_call_due), joined(lead.name, lead.vehicle,
                                                        instead_of(talk.voice, lead.for_name))  # fmt: skip
