"""What time, and what else happens, does to conversations at a desk."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from crm_core.kernel.registry import on_timer, reacts, timers_about
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import LeadCreated, LeadTouched
from crm_core.servicedesk.handlers import BACK, QUEUE, end, policy_of, tell_nobody
from crm_core.servicedesk.tables import ServiceSession

timers_about("service", ServiceSession)


@reacts(LeadCreated)
@reacts(LeadTouched)
def is_a_lead(event: LeadCreated | LeadTouched, uow: Uow) -> None:
    """A visitor who left his number at the desk is followed by the lead's rep from now on."""
    if uow.actor.kind != "visitor":
        return
    mine = select(ServiceSession).where(col(ServiceSession.person_id) == uow.actor.id)
    for row in uow.rows(mine):
        uow.touch(row, lead_id=event.lead_id)


def _still(timer: Timer, uow: Uow, state: str) -> ServiceSession | None:
    row = uow.seize(ServiceSession, timer.subject.removeprefix("service:"))
    return row if row is not None and row.state == state and row.turn == int(timer.payload["turn"]) else None


@on_timer(QUEUE)
def nobody_came(timer: Timer, uow: Uow) -> None:
    """He waited long enough: the assistant is back, and somebody is to call him."""
    row = _still(timer, uow, "queue")
    if row is not None:
        end(uow, row)
        tell_nobody(uow, row)


@on_timer(BACK)
def nobody_writes(timer: Timer, uow: Uow) -> None:
    """A conversation in which nobody has written for a while is over."""
    row = _still(timer, uow, "person")
    if row is None:
        return
    last = max(row.since, row.said_at or row.since)
    until = last + timedelta(minutes=policy_of(uow, row).back_after_minutes)
    if until <= uow.now:
        end(uow, row)
    else:
        uow.timer(BACK, until, subject=timer.subject, key=f"{BACK}:{row.id}:{row.turn}:{uow.now.timestamp():.0f}",
                  turn=row.turn)  # fmt: skip
