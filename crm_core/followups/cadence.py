"""Starting, ending and re-arming cadences: the one place where their timers are made."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from crm_core.followups.lookup import Facts, place_of, record_of
from crm_core.followups.rules import Planned, Sop, plan
from crm_core.followups.tables import Followup
from crm_core.kernel.ids import short_ref
from crm_core.kernel.uow import Reader, Uow
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
) -> Followup:
    """Start a cadence at `at` (now). It keeps the rules it started with."""
    begun = at or uow.now
    steps = plan(sop, begun, place_of(uow, facts.unit))
    row = uow.new(
        Followup, ref=short_ref("F"), sop=sop.name, sop_digest=uow.policies.documents[f"sop/{sop.name}"].digest,
        plan=sop.model_dump(mode="json"), subject=subject, occurrence=occurrence, customer_id=facts.customer_id,
        owner_id=facts.owner_id, unit=facts.unit, lead_id=facts.lead_id, deal_id=facts.deal_id, started_at=begun,
        due_at=deadline(steps),
    )  # fmt: skip
    for index, step in enumerate(steps):
        _arm(uow, row, index, step)
    if subject.startswith("lead:"):
        _show_on_lead(uow, row)
    uow.audit("start", "followup", row.id, sop=sop.name, subject=subject)
    return row


def deadline(steps: list[Planned]) -> datetime:
    """When it should be done: before somebody else hears of it, or it counts as missed."""
    hard = [step.at for step in steps if step.step.do in ("escalate", "miss")]
    return hard[0] if hard else steps[0].at


def _arm(uow: Uow, row: Followup, index: int, step: Planned) -> None:
    kind = NUDGE if step.step.do in ("remind", "nudge") else STEP
    uow.timer(
        kind, step.at, subject=f"followup:{row.id}", key=f"{kind}:{row.id}:{index}:{row.version}", step=index
    )


def _show_on_lead(uow: Uow, row: Followup) -> None:
    lead = uow.find(Lead, row.subject.removeprefix("lead:"))
    if lead is not None and row.sop == "first_call":
        lead.first_call_due = row.due_at


def rearm(uow: Uow, row: Followup) -> None:
    """The steps that are still ahead will come after all."""
    steps = plan(sop_of(row), row.started_at, place_of(uow, row.unit))
    for index, step in enumerate(steps):
        if index > row.current_step and step.at > uow.now:
            _arm(uow, row, index, step)


def sop_of(row: Followup) -> Sop:
    """The cadence as it was when it started."""
    return Sop.model_validate(row.plan)


def end(uow: Uow, row: Followup, state: str, reason: str) -> None:
    """No more steps: nothing about it fires any more."""
    uow.cancel_timers(f"followup:{row.id}")
    uow.touch(row, state=state, reason=reason[:80], ended_at=uow.now)
    uow.flush()
    uow.audit(state, "followup", row.id, reason[:200])
    uow.refresh(f"followup:{row.id}")
