"""What happens when a digest is due: whoever still wants it and has something to read gets one message."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_core.delivery.folding import fold_uncertain
from crm_core.insights.habits import Reading, reading_of
from crm_core.insights.handlers import TIMER
from crm_core.insights.messages import DayPlan, DaySummary, WeekReport
from crm_core.insights.rules import falls_on, instant, week_told
from crm_core.kernel.registry import on_timer
from crm_core.kernel.tables import Outbox, Timer
from crm_core.kernel.uow import Priority, Reader, Uow
from crm_core.org.people import absent
from crm_core.rights.actors import load_actor


@on_timer(TIMER)
def send_digest(timer: Timer, uow: Uow) -> None:
    """Everything is looked at again: his wish, the day, his leave; once a day and digest, whatever was planned."""
    digest, day = timer.payload["digest"], date.fromisoformat(timer.payload["on"])
    person_id = timer.subject.rpartition(":")[2]
    actor = load_actor(uow.session, person_id, uow.now, uow.tenant)
    if actor is None:
        return
    reader = Reader(session=uow.session, actor=actor, now=uow.now, services=uow.services)
    one = reading_of(reader, digest)
    if not _stands(one, day, timer.payload["at"], uow.now) or absent(uow, [person_id]):
        return
    key = f"digest:{digest}:{day}"
    if _sent(uow, f"{key}>{person_id}"):
        return
    told = week_told(day) if digest == "weekly" else day
    unsure = fold_uncertain(uow, person_id) if digest != "weekly" else []
    if unsure or one.policy.empty == "line" or _worth(reader, digest, told):
        uow.push(person_id, f"digest_{digest}", key=key, priority=Priority.DIGEST,
                 on=told.isoformat(), language=one.language, unsure=unsure)  # fmt: skip


def _sent(uow: Uow, key: str) -> bool:
    """Whether this day's was made already, by a timer planned for another time."""
    query = select(col(Outbox.id)).where(col(Outbox.dedupe_key) == key)
    return uow.session.execute(query).first() is not None


def _stands(one: Reading, day: date, planned: str, now: datetime) -> bool:
    """Whether it is still due at the instant it was planned for, and not too late for it."""
    if not one.habit.enabled or not falls_on(one.habit, day, one.hours):
        return False
    at = instant(one.habit, day, one.hours, one.zone)
    return at == datetime.fromisoformat(planned) and now <= at + max(one.policy.catch_up, timedelta())


def _worth(reader: Reader, digest: str, day: date) -> bool:
    """Whether there is anything to say."""
    if digest == "morning":
        return bool(reader.ask(DayPlan(on=day)).lines)
    if digest == "evening":
        view: Any = reader.ask(DaySummary(on=day))
        return bool(view.done or view.still_open or view.first)
    if not reader.access.may(reader.actor, "report", "read"):
        return False
    week: Any = reader.ask(WeekReport(on=day))
    return bool(
        week.overdue or week.slow or any(f.count for f in week.figures) or any(s.count for s in week.funnel)
    )
