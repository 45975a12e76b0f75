"""Starting, moving and ending cadences: the one place where their timers are made."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from crm_core.followups.lookup import Facts, place_of, record_of
from crm_core.followups.rules import Planned, Sop, plan
from crm_core.followups.sop import turn_of
from crm_core.followups.tables import Followup
from crm_core.followups.traits import level_of
from crm_core.kernel.ids import short_ref
from crm_core.kernel.uow import Priority, Reader, Uow
from crm_core.leads.tables import Lead

STEP, NUDGE, AGAIN = "followup_step", "followup_nudge", "followup_again"


def sop_named(reader: Reader, name: str, unit: str) -> Sop | None:
    """The cadence as it holds for a unit; None when there is none of that name."""
    policy = f"sop/{name}"
    if policy not in reader.policies.documents:
        return None
    return reader.policies.model(policy, Sop, unit=unit)


def sops(reader: Reader, unit: str) -> list[Sop]:
    """Every cadence as it holds for a unit."""
    return [reader.policies.model(policy, Sop, unit=unit) for policy in reader.policies.names("sop")]


def turns(uow: Uow, sop: str, subject: str) -> list[Followup]:
    """Every cadence of this name there was about a record, the open one among them."""
    record = record_of(uow, subject)
    if record is not None and uow.is_new(type(record[0]), record[0].id):
        return [row for row in uow.made(Followup) if row.sop == sop and row.subject == subject]
    row = cast(Any, Followup)
    return uow.rows(select(Followup).where(row.tenant == uow.tenant, row.sop == sop, row.subject == subject))


def running(uow: Uow, sop: str, subject: str) -> Followup | None:
    """The open cadence of this name about a record."""
    return next((row for row in turns(uow, sop, subject) if row.state == "open"), None)


def start(
    uow: Uow, sop: Sop, subject: str, facts: Facts, occurrence: str, at: datetime | None = None
) -> Followup | None:
    """Start a cadence at `at` (now). It keeps the rules it started with. None: it has no rhythm for this level."""
    own = sop.at_level(level_of(uow, facts)) if sop.by_level else sop
    if own is None:
        return None
    row = uow.new(
        Followup, ref=short_ref("F"), sop=sop.name, sop_digest=uow.policies.documents[f"sop/{sop.name}"].digest,
        plan=own.model_dump(mode="json", exclude_defaults=True), subject=subject, occurrence=occurrence,
        customer_id=facts.customer_id, owner_id=facts.owner_id, unit=facts.unit, lead_id=facts.lead_id,
        deal_id=facts.deal_id, started_at=at or uow.now,
    )  # fmt: skip
    _arm_all(uow, row, own)
    if subject.startswith("lead:"):
        _show_on_lead(uow, row)
    uow.audit("start", "followup", row.id, sop=sop.name, subject=subject)
    return row


def move(uow: Uow, row: Followup, at: datetime) -> None:
    """Begin again from `at`: what was ahead is off, the rhythm counts anew. Muted stays muted."""
    uow.cancel_timers(f"followup:{row.id}")
    uow.touch(row, started_at=at, current_step=-1, snoozed_until=None)
    _arm_all(uow, row, sop_of(row))
    uow.audit("move", "followup", row.id)
    uow.refresh(f"followup:{row.id}")


def _arm_all(uow: Uow, row: Followup, sop: Sop) -> None:
    steps = plan(sop, row.started_at, place_of(uow, row.unit), uow.now if sop.repeats else None)
    row.due_at = deadline(steps)
    for planned in steps:
        if not _too_late(planned, steps, uow.now):
            _arm(uow, row, planned)


def _too_late(planned: Planned, steps: list[Planned], now: datetime) -> bool:
    """Begun so late that it counts as missed at once, nothing reminds of it before."""
    missed = [p.at for p in steps if p.step.do == "miss" and p.at <= now]
    return bool(missed) and planned.at < max(missed)


def deadline(steps: list[Planned]) -> datetime | None:
    """When it should be done: before somebody else hears of it, or it counts as missed."""
    hard = [
        planned.at
        for planned in steps
        if planned.step.do in ("escalate", "miss") and planned.step.gap is None
    ]
    return hard[0] if hard else min((planned.at for planned in steps), default=None)


def _arm(uow: Uow, row: Followup, planned: Planned) -> None:
    """The timer of a turn, unless it only reminds and nobody wants that any more."""
    step = planned.step
    if row.muted_at is not None and may_be_muted(planned):
        return
    kind = NUDGE if step.reminds else STEP
    uow.timer(
        kind, planned.at, subject=f"followup:{row.id}", priority=step.rank, step=planned.index, turn=planned.turn,
        key=f"{kind}:{row.id}:{planned.index}:{row.version}" + (f":{planned.turn}" if planned.turn else ""),
    )  # fmt: skip


def may_be_muted(planned: Planned) -> bool:
    """What only reminds falls silent, and so does what tells others, unless they must know."""
    return planned.step.reminds or planned.step.rank > Priority.MUST_KNOW


def arm_next(uow: Uow, row: Followup, index: int, turn: int) -> None:
    """After a turn that came: the next one that is still ahead. Turns slept through are not made up for."""
    sop, place = sop_of(row), place_of(uow, row.unit)
    planned = turn_of(sop, index, turn + 1, row.started_at, place)
    while planned is not None and planned.at <= uow.now:
        planned = turn_of(sop, index, planned.turn + 1, row.started_at, place)
    if planned is not None:
        _arm(uow, row, planned)


def _show_on_lead(uow: Uow, row: Followup) -> None:
    lead = uow.find(Lead, row.subject.removeprefix("lead:"))
    if lead is not None and row.sop == "first_call":
        lead.first_call_due = row.due_at


def rearm(uow: Uow, row: Followup, *, only: str = "", after: datetime | None = None) -> None:
    """The steps that are still ahead will come after all; `only` those of one kind of timer."""
    for planned in ahead(uow, row, after or uow.now):
        if only in ("", NUDGE if planned.step.reminds else STEP):
            _arm(uow, row, planned)


def ahead(reader: Reader, row: Followup, now: datetime) -> list[Planned]:
    """The turns that are still to come after an instant."""
    steps = plan(sop_of(row), row.started_at, place_of(reader, row.unit), now)
    return [p for p in steps if p.at > now and (p.step.gap is not None or p.index > row.current_step)]


def sop_of(row: Followup) -> Sop:
    """The cadence as it was when it started."""
    return Sop.model_validate(row.plan)


def silence(uow: Uow, row: Followup) -> None:
    """Nothing that may be muted comes any more; what must be known keeps its time."""
    uow.cancel_timers(f"followup:{row.id}")
    uow.touch(row, muted_at=uow.now, snoozed_until=None)
    rearm(uow, row)


def end(uow: Uow, row: Followup, state: str, reason: str) -> None:
    """No more steps: nothing about it fires any more."""
    uow.cancel_timers(f"followup:{row.id}")
    uow.touch(row, state=state, reason=reason[:80], ended_at=uow.now)
    uow.flush()
    uow.audit(state, "followup", row.id, reason[:200])
    uow.refresh(f"followup:{row.id}")
