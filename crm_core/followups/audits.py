"""What must be true of the timers of follow-ups, and how a lost one is made again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import literal, or_, select
from sqlmodel import col

from crm_core.followups.cadence import AGAIN, NUDGE, STEP, ahead, may_be_muted, sop_of, sops
from crm_core.followups.rules import Planned
from crm_core.followups.tables import Followup
from crm_core.kernel.lost import DEAD, FIRED, PENDING, again_key
from crm_core.kernel.registry import audits, timers_about
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Uow

LOOK_BACK = timedelta(days=1)
AT_ONCE = 200

timers_about("followup", Followup)


@audits("followup")
def every_step_has_its_timer(uow: Uow) -> list[str]:
    """Looks closer at those that seem to lack one; says which did."""
    row, found = cast(Any, Followup), []
    suspects = select(row.id).where(row.tenant == uow.tenant, row.state == "open", or_(*_suspicious(uow)))
    for followup_id in list(uow.session.execute(suspects.order_by(row.id).limit(AT_ONCE)).scalars()):
        followup = uow.seize(Followup, followup_id)
        if followup is not None and followup.state == "open" and _heal(uow, followup):
            found.append(f"followup:{followup.id}")
    return found


def _suspicious(uow: Uow) -> Iterator[Any]:
    """Without a timer at the very time it should be done; put off without one; a rhythm that waits for nothing."""
    row = cast(Any, Followup)
    deadline = _timer(col(Timer.state).in_((PENDING, FIRED, DEAD)), col(Timer.due_at) == row.due_at)
    plain = row.muted_at.is_(None) & row.snoozed_until.is_(None)
    yield plain & (row.due_at > uow.now - LOOK_BACK) & ~deadline
    asked = _timer(col(Timer.state).in_((PENDING, DEAD)), col(Timer.kind) == AGAIN)
    yield row.snoozed_until.is_not(None) & ~asked
    rhythms = [sop.name for sop in sops(uow, uow.actor.unit) if sop.repeats]
    yield plain & row.sop.in_(rhythms) & ~_timer(col(Timer.state).in_((PENDING, DEAD)))


def _timer(*where: Any) -> Any:
    about = col(Timer.subject) == literal("followup:") + cast(Any, Followup).id
    return select(col(Timer.id)).where(about, *where).exists()


def _heal(uow: Uow, row: Followup) -> bool:
    """Make again what is missing; True when something was."""
    subject = f"followup:{row.id}"
    known = select(Timer).where(col(Timer.subject) == subject, col(Timer.state).in_((PENDING, DEAD)))
    timers = list(uow.session.execute(known).scalars())
    there = {(t.payload["step"], t.payload.get("turn", 0)) for t in timers if t.kind in (STEP, NUDGE)}
    missing = [planned for planned in _expected(uow, row) if (planned.index, planned.turn) not in there]
    for planned in missing:
        kind = NUDGE if planned.step.reminds else STEP
        key = again_key(uow, f"{kind}:{planned.index}:{planned.turn}", row.id)
        uow.timer(kind, max(planned.at, uow.now), subject=subject, key=key, priority=planned.step.rank,
                  step=planned.index, turn=planned.turn)  # fmt: skip
    unasked = row.snoozed_until is not None and not any(t.kind == AGAIN for t in timers)
    if unasked and row.snoozed_until is not None:
        uow.timer(AGAIN, max(row.snoozed_until, uow.now), subject=subject, key=again_key(uow, AGAIN, row.id))
    return bool(missing) or unasked


def _expected(uow: Uow, row: Followup) -> list[Planned]:
    """What is ahead, and of what comes once also what lately should have come."""
    repeats = sop_of(row).repeats
    found = ahead(uow, row, uow.now if repeats else uow.now - LOOK_BACK)
    if row.muted_at is not None:
        found = [planned for planned in found if not may_be_muted(planned)]
    if row.snoozed_until is not None:
        until = row.snoozed_until
        found = [p for p in found if not p.step.reminds or (repeats and p.at > until)]
    return found
