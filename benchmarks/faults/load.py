"""The load: reminders of reps, and leads whose first call has a cadence of its own. All by the core's commands."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.faults.field import DEALER, TENANT, Field
from benchmarks.leads import lead
from bot.conversation.pipeline import body_of
from bot.ports import Inbound, InboundKind
from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.uow import Uow
from crm_core.tasks.messages import AddTask

SPARE_S = 2


@dataclass(frozen=True)
class Load:
    """`reminders` fall due evenly over `seconds` of the shared clock, `ahead` seconds from now; `leads` came in
    over the `back` seconds before now, and their cadence follows by itself."""

    reminders: int
    seconds: float
    ahead: float = SPARE_S
    leads: int = 0
    back: float = 0.0


def bring(field: Field, load: Load, seed: int = 0) -> None:
    """Write it all; who gets what is drawn by the seed."""
    draw, people = random.Random(seed), list(field.people.values())
    with field.core() as core:
        begin = core.now() + timedelta(seconds=load.ahead)
        for number in range(load.reminders):
            due = begin + timedelta(seconds=load.seconds * number / max(load.reminders, 1))
            core.execute(
                AddTask(title=f"给客户{number}回电", kind="reminder", due_at=due), draw.choice(people)
            )
    _bring_leads(field, load, seed)


def _bring_leads(field: Field, load: Load, seed: int) -> None:
    """Each at its own moment of the past, so that the steps of its cadence fall due one after the other."""
    clock = FixedClock(field.clock.now() - timedelta(seconds=load.back))
    with field.core(clock) as core:
        intake = core.intake(TENANT, DEALER)
        for number in range(load.leads):
            core.execute(lead(seed * 100_000 + number), intake)
            clock.advance(seconds=load.back / load.leads)


@dataclass(frozen=True)
class Said:
    """Something a person typed, as a platform's callback brings it; `key` is the platform's own."""

    chat: str
    person_id: str
    key: str
    text: str


def said(field: Field, series: int, count: int) -> list[Said]:
    """Complete reminders to oneself: each, however often it comes, makes one task."""
    people = list(field.people.items())
    found = []
    for number in range(count):
        chat, person = people[number % len(people)]
        text = f"提醒我明天上午{8 + number % 4}点给客户{series}号{number}回电话"
        found.append(Said(chat, person.id, f"said:{series}:{number}", text))
    return found


def receive(core: Core, one: Said) -> bool:
    """Take a callback in, as a channel's door does. False when it was known already."""
    account, _, _native = one.chat.rpartition(":")
    channel, _, name = account.partition(":")
    body = body_of(Inbound(channel, name, one.chat, one.person_id, one.key, InboundKind.TEXT, text=one.text))
    stored = core.chats.receive(
        tenant=TENANT, channel=channel, account=name, chat=one.chat, person_id=one.person_id, dedupe_key=one.key,
        body=body, now=core.now(),
    )  # fmt: skip
    return stored.inbox_id is not None


@dataclass(frozen=True)
class Target:
    """Somebody, and a task of his that messages can be about."""

    person_id: str
    subject: str


def targets(core: Core, field: Field) -> list[Target]:
    """Everybody, each with a task."""
    people = field.people.values()
    return [Target(p.id, f"task:{core.execute(AddTask(title='回访客户'), p).id}") for p in people]


def push(core: Core, to: Sequence[Target], keys: Sequence[str], priority: int) -> None:
    """Messages that are due at once, one for each key, to one after the other, in one unit of work."""
    with core.database.write() as session:
        uow = Uow(session=session, actor=core.system(TENANT), now=core.now(), services=core.services)
        for number, key in enumerate(keys):
            one = to[number % len(to)]
            uow.push(one.person_id, "task_due", subject=one.subject, key=key, priority=priority)
        uow.flush_pushes()
