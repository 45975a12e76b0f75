"""What an admin does about messages that did not arrive, and what the auditor does."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from crm_core.delivery.messages import (
    HealedView,
    HealTimers,
    MoveStuck,
    ResendDelivery,
    ResumeDeliveries,
    SettleDeadTimers,
    SettledTimersView,
    SkipDelivery,
    TellTroubles,
    UnskipDelivery,
)  # fmt: skip
from crm_core.delivery.queries import STATES, letter, letter_view, may_resume, sees_all
from crm_core.delivery.rerouting import move_on, note_unserved, send_anew
from crm_core.delivery.rules import DeliveryPolicy
from crm_core.delivery.tell import tell_letters, tell_troubles, tell_unsure
from crm_core.delivery.troubles import DEAD, DEAD_TIMER, UNCERTAIN
from crm_core.kernel.errors import Conflict, Invalid, Refused
from crm_core.kernel.late import HELD, PENDING, SKIPPED
from crm_core.kernel.pause import DELIVERIES, read_pause
from crm_core.kernel.registry import Result, auditors, handles
from crm_core.kernel.tables import Meta, Outbox, Timer
from crm_core.kernel.tenancy import everywhere
from crm_core.kernel.uow import Uow

# What somebody may decide about: nobody has it under way, and it has not arrived for sure.
OPEN = (PENDING, UNCERTAIN, DEAD)


@handles(ResendDelivery)
def resend_delivery(cmd: ResendDelivery, uow: Uow) -> Result:
    """A new message with the same words; the old one counts as skipped. Raises NotFound, Conflict."""
    row = _open_letter(uow, cmd.letter_id)
    uow.change("state", STATES[row.state], "pending")
    send_anew(uow, row, None, key="resend")
    _settle(uow, row)
    uow.audit("resend", "delivery", str(row.id))
    return Result(id=str(row.id), view=letter_view(row, uow))


@handles(SkipDelivery)
def skip_delivery(cmd: SkipDelivery, uow: Uow) -> Result:
    """Nobody is told any more. Raises NotFound, Conflict."""
    row = _open_letter(uow, cmd.letter_id)
    state = STATES[row.state]
    uow.change("state", state, "skipped")
    _settle(uow, row)
    uow.audit("skip", "delivery", str(row.id))
    undo = uow.undoable(UnskipDelivery.model_validate({"letter_id": cmd.letter_id, "state": state}), "delivery")
    return Result(id=str(row.id), view=letter_view(row, uow), undo_id=undo)


@handles(UnskipDelivery)
def unskip_delivery(cmd: UnskipDelivery, uow: Uow) -> Result:
    """It waits for a decision again. Raises NotFound, Conflict when it is not skipped any more."""
    row = letter(uow, cmd.letter_id, "write")
    if row.state != SKIPPED:
        raise Conflict("error.letter_over", state=STATES[row.state])
    row.state = STATES.index(cmd.state)
    uow.audit("unskip", "delivery", str(row.id))
    uow.refresh(f"delivery:{row.id}")
    return Result(id=str(row.id), view=letter_view(row, uow))


def _open_letter(uow: Uow, letter_id: int) -> Outbox:
    row = letter(uow, letter_id, "write")
    if row.state not in OPEN:
        raise Conflict("error.letter_over", state=STATES[row.state])
    return row


def _settle(uow: Uow, row: Outbox) -> None:
    row.state, row.settled_at = SKIPPED, uow.now
    uow.refresh(f"delivery:{row.id}")


@handles(ResumeDeliveries)
def resume_deliveries(cmd: ResumeDeliveries, uow: Uow) -> Result:
    """For whoever answers for the deployment, or works at its command line (which acts as the deployment itself).

    Raises Refused, and Conflict when nothing is paused.
    """
    if not may_resume(uow):
        raise Refused("error.not_allowed")
    uow.lock(f"meta:{DELIVERIES}"[:60])
    pause = read_pause(uow.session)
    row = uow.session.get(Meta, DELIVERIES)
    if row is None or not pause.paused:
        raise Conflict("error.not_paused")
    uow.change("state", "paused", cmd.choice)
    if cmd.choice == "skip":
        _skip_waiting(uow, pause.since)
    row.value = f"silent:{uow.now.isoformat()}" if cmd.choice == "skip" else ""
    row.updated_at = uow.now
    uow.audit("resume", "delivery", "deliveries", choice=cmd.choice)
    uow.refresh("delivery:status")
    return Result(id=cmd.choice)


def _skip_waiting(uow: Uow, before: Any) -> None:
    """What the backup knew as unsent was sent by the deployment it was taken from, or is of no use any more."""
    waiting = (col(Outbox.state).in_((0, 1, HELD)), col(Outbox.created_at) < before)
    table = Outbox.__table__  # type: ignore[attr-defined]
    skipped = update(table).where(*waiting).values(state=SKIPPED, settled_at=uow.now, lease_until=None)
    with everywhere(uow.session):
        uow.session.connection().execute(skipped)


@handles(SettleDeadTimers)
def settle_dead_timers(cmd: SettleDeadTimers, uow: Uow) -> Result:
    """For whoever answers for the deployment. Raises Refused, and Conflict when there is none (any more)."""
    if not sees_all(uow, "write"):
        raise Refused("error.not_allowed")
    dead = (col(Timer.tenant) == uow.tenant, col(Timer.state) == DEAD_TIMER)
    ids = list(uow.session.execute(select(col(Timer.id)).where(*dead).order_by(col(Timer.id)).with_for_update()).scalars())
    if not ids:
        raise Conflict("error.no_dead_timers")
    again = {"state": 0, "attempts": 0, "due_at": uow.now, "done_at": None}
    values = again if cmd.choice == "retry" else {"state": 2, "done_at": uow.now}
    table = Timer.__table__  # type: ignore[attr-defined]
    uow.session.connection().execute(update(table).where(col(Timer.id).in_(ids)).values(**values))
    uow.change("state", "dead", cmd.choice)
    uow.audit(cmd.choice, "delivery", "timers", count=len(ids))
    uow.refresh("delivery:status")
    return Result(id=cmd.choice, view=SettledTimersView(count=len(ids)))


@handles(HealTimers)
def heal_timers(cmd: HealTimers, uow: Uow) -> Result:
    """Only for the deployment itself. Raises Refused, Invalid for a concept nobody audits."""
    _only_job(uow)
    if cmd.concept not in auditors:
        raise Invalid("concept")
    subjects = tuple(auditors[cmd.concept](uow))
    for subject in subjects:
        concept, _, record_id = subject.partition(":")
        uow.audit("heal", concept, record_id[:26])
    return Result(id=cmd.concept, view=HealedView(subjects=subjects))


@handles(MoveStuck)
def move_stuck(cmd: MoveStuck, uow: Uow) -> Result:
    """Only for the deployment itself. While a restored backup waits, nothing moves. Raises Refused."""
    _only_job(uow)
    policy = uow.policies.model("delivery", DeliveryPolicy, unit=f"{uow.tenant}.")
    note_unserved(uow, policy.must_know_moves_after)
    moved = 0 if read_pause(uow.session).paused else move_on(uow, policy)
    return Result(id=str(moved))


@handles(TellTroubles)
def tell(cmd: TellTroubles, uow: Uow) -> Result:
    """Only for the deployment itself. Telling the same again tells nobody. Raises Refused."""
    _only_job(uow)
    uow.lock(f"troubles:{uow.tenant}"[:60])
    waits = uow.policies.model("delivery", DeliveryPolicy, unit=f"{uow.tenant}.").uncertain_told_after
    told = tell_troubles(uow, cmd.troubles) + tell_letters(uow) + tell_unsure(uow, waits)
    return Result(id=str(told))


def _only_job(uow: Uow) -> None:
    if uow.actor.kind != "job":
        raise Refused("error.not_allowed")
