"""What a step of a cadence does when its time has come."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from crm_core.followups.cadence import arm_next, end, sop_of
from crm_core.followups.greetings import send, status
from crm_core.followups.lookup import place_of, times
from crm_core.followups.messages import FollowupMissed
from crm_core.followups.rules import Step
from crm_core.followups.tables import Followup
from crm_core.kernel.uow import Priority, Reader, Uow
from crm_core.leads.messages import OfferLead, ReleaseLead
from crm_core.org.people import holders, manager_of, on_duty_for, person_name


def carry_out(uow: Uow, row: Followup, index: int, turn: int, key: str) -> None:
    """Do a turn of step `index` of an open cadence; `key` names this firing."""
    step = sop_of(row).ladder[index]
    uow.touch(row, current_step=max(row.current_step, index))
    _DO[step.do](uow, row, step, index, key)
    if step.gap is not None and row.state == "open":
        arm_next(uow, row, index, turn)


def remind_again(uow: Uow, row: Followup, key: str) -> None:
    """At the time the owner asked for, with the words of the first reminder."""
    steps = sop_of(row).steps
    index = next((i for i, step in enumerate(steps) if step.reminds or step.do == "greet"), 0)
    uow.touch(row, snoozed_until=None)
    for person_id in people(uow, row, "owner"):
        _push(uow, row, "followup_remind", person_id, steps[index], index, key)


def _push(
    uow: Uow, row: Followup, kind: str, to: str | None, step: Step, index: int, key: str, **more: str
) -> None:
    uow.push(
        to, kind, subject=f"followup:{row.id}", key=key, priority=step.rank, record=row.subject, sop=row.sop,
        step=index, text=step.text.model_dump(), owner_name=person_name(uow, row.owner_id), **more,
    )  # fmt: skip


def people(uow: Uow, row: Followup, to: str) -> list[str]:
    """Whom a step is for."""
    return people_of(uow, row.owner_id, row.unit, to)


def people_of(reader: Reader, owner_id: str | None, unit: str, to: str) -> list[str]:
    """Whom something about an owner's record is for: whoever stands in while he is on leave, the manager when there
    is no owner."""
    if to == "owner" and owner_id is not None:
        return [on_duty_for(reader, owner_id, unit) or owner_id]
    if to == "team":
        return [p.id for p in holders(reader, "rep", unit, on_duty=True)]
    manager = manager_of(reader, unit, exclude=tuple(filter(None, (owner_id,))))
    return [manager.id] if manager is not None else []


def _remind(uow: Uow, row: Followup, step: Step, index: int, key: str) -> None:
    for person_id in people(uow, row, step.to):
        _push(uow, row, "followup_remind", person_id, step, index, _once_a_day(uow, row, step, key))


def _once_a_day(uow: Uow, row: Followup, step: Step, key: str) -> str:
    """Rhythms about one customer (his level's, a decision maker's, of two deals) are one reminder a day: the key of
    a push is written once."""
    if step.gap is None or row.customer_id is None or step.rank <= Priority.MUST_KNOW:
        return key
    day = uow.now.astimezone(ZoneInfo(place_of(uow, row.unit).zone)).date()
    return f"rhythm:{row.customer_id}:{day}"


def _escalate(uow: Uow, row: Followup, step: Step, index: int, key: str) -> None:
    for person_id in people(uow, row, step.to):
        _push(uow, row, "followup_escalated", person_id, step, index, key)
    uow.refresh(f"followup:{row.id}")


def _offer(uow: Uow, row: Followup, step: Step, index: int, key: str) -> None:
    if row.lead_id is not None:
        uow.call(OfferLead(lead_id=row.lead_id))


def _pool(uow: Uow, row: Followup, step: Step, index: int, key: str) -> None:
    if row.lead_id is not None:
        uow.call(ReleaseLead(lead_id=row.lead_id, reason=step.text.zh, reason_en=step.text.en))
    end(uow, row, "missed", "pool")


def _miss(uow: Uow, row: Followup, step: Step, index: int, key: str) -> None:
    end(uow, row, "missed", "overdue")
    told = dict.fromkeys([*people(uow, row, "owner"), *people(uow, row, step.to)])
    for person_id in told:
        _push(uow, row, "followup_missed", person_id, step, index, key)
    uow.emit(FollowupMissed(followup_id=row.id))


def _greet(uow: Uow, row: Followup, step: Step, index: int, key: str) -> None:
    """On the day: the owner is reminded, and the greeting goes out as policy and the customer want it."""
    policy = times(uow, row.unit).birthday
    if row.due_at is not None and uow.now > row.due_at + policy.catch_up:
        end(uow, row, "cancelled", "too_late")
        return
    if status(uow, row) == "ask" and policy.greeting == "auto":
        send(uow, row)
    for person_id in people(uow, row, "owner"):
        _push(uow, row, "birthday", person_id, step, index, key, greeting=status(uow, row))


_DO: dict[str, Callable[[Uow, Followup, Step, int, str], None]] = {
    "remind": _remind, "nudge": _remind, "escalate": _escalate, "offer": _offer, "pool": _pool, "miss": _miss,
    "greet": _greet,
}  # fmt: skip
