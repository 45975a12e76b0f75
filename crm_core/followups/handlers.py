"""Changes of follow-ups."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from crm_core.customers.messages import LogContact, RemoveRecord
from crm_core.followups import plan_birthdays as plan_birthdays
from crm_core.followups.cadence import (
    AGAIN,
    NUDGE,
    STEP,
    end,
    move,
    rearm,
    running,
    silence,
    sop_named,
    sop_of,
    start,
)  # fmt: skip
from crm_core.followups.greetings import problem, send
from crm_core.followups.lookup import Facts, facts_of, record_of
from crm_core.followups.messages import (
    CompleteFollowup,
    MuteFollowup,
    ReopenFollowup,
    ResumeFollowup,
    SendGreeting,
    SnoozeFollowup,
    StartCadence,
)  # fmt: skip
from crm_core.followups.queries import followup_view
from crm_core.followups.tables import Followup
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Undo
from crm_core.kernel.uow import Uow

MAX_TEXT = 4000
_GREETING_ERRORS = {
    "off": "error.greeting_off", "unapproved": "error.greeting_unapproved", "no_consent": "error.no_consent",
    "unreachable": "error.unreachable",
}  # fmt: skip


@handles(StartCadence)
def start_cadence(cmd: StartCadence, uow: Uow) -> Result:
    """A running cadence of the same name and record is kept, and so is one of the same occurrence."""
    uow.must("followup", "write")
    sop = sop_named(uow, cmd.sop, cmd.unit)
    if sop is None:
        raise Invalid("sop", "error.unknown_sop", name=cmd.sop)
    found, facts = record_of(uow, cmd.subject), facts_of(uow, cmd.subject)
    if found is None or facts is None or facts.customer_id != cmd.customer_id:
        raise NotFound(resource="record")
    if not uow.access.allows(uow.actor, found[1], "write", found[0]):
        raise NotFound(resource="record")
    uow.lock(f"cadence:{cmd.subject}")
    known = running(uow, cmd.sop, cmd.subject) or _same(uow, cmd)
    if known is None:
        own = Facts(cmd.customer_id, cmd.owner_id, cmd.unit, facts.lead_id, facts.deal_id)
        known = start(uow, sop, cmd.subject, own, cmd.occurrence, cmd.at)
    if known is None:
        raise Refused("error.no_level")
    return Result(id=known.id, view=followup_view(known, uow))


def _same(uow: Uow, cmd: StartCadence) -> Followup | None:
    row = cast(Any, Followup)
    return uow.first(select(Followup).where(
        row.tenant == uow.tenant, row.sop == cmd.sop, row.subject == cmd.subject, row.occurrence == cmd.occurrence
    ))  # fmt: skip


def _open(uow: Uow, followup_id: str, *states: str) -> Followup:
    """The follow-up, locked, in one of the states. Raises Conflict otherwise."""
    uow.lock(f"followup:{followup_id}")
    row = uow.get(Followup, followup_id, "followup", "write")
    if row.state not in states:
        raise Conflict("error.followup_over", state=row.state)
    return row


@handles(CompleteFollowup)
def complete_followup(cmd: CompleteFollowup, uow: Uow) -> Result:
    """Done, also late; what repeats counts from now. What the customer said is kept with it and in his history."""
    if cmd.satisfaction is not None and not 1 <= cmd.satisfaction <= 5:
        raise Invalid("satisfaction", "error.satisfaction_range")
    row = _open(uow, cmd.followup_id, "open", "missed")
    answer = clean_text(cmd.answer)[:MAX_TEXT]
    before, started_at, due_at = row.state, row.started_at, row.due_at
    uow.cipher.put(row, "answer", answer or None)
    row.satisfaction = cmd.satisfaction
    again = before == "open" and sop_of(row).repeats
    if again:
        move(uow, row, uow.now)
        uow.change("due_at", None, row.due_at, "instant")
    else:
        uow.change("state", before, "done")
        end(uow, row, "done", "completed")
    record_id = _record(uow, row, answer) if answer and row.customer_id else None
    back = ReopenFollowup(followup_id=row.id, version=row.version, record_id=record_id, state=before,
                          started_at=started_at if again else None, due_at=due_at)  # fmt: skip
    return Result(id=row.id, view=followup_view(row, uow), undo_id=uow.undoable(back, "followup"))


def _record(uow: Uow, row: Followup, answer: str) -> str:
    logged = uow.call(LogContact(customer_id=cast(str, row.customer_id), text=answer, outcome=row.sop))
    uow.flush()
    own = uow.session.get(Undo, logged.undo_id) if logged.undo_id else None
    if own is not None:
        uow.session.delete(own)  # one press takes the whole back
    return logged.id


@handles(ReopenFollowup)
def reopen_followup(cmd: ReopenFollowup, uow: Uow) -> Result:
    """As it was: the steps ahead come after all."""
    row = _open(uow, cmd.followup_id, "done", "open")
    uow.expect(row, cmd.version)
    if cmd.record_id is not None:
        uow.call(RemoveRecord(record_id=cmd.record_id))
    uow.change("state", row.state, cmd.state)
    if cmd.started_at is not None:
        move(uow, row, cmd.started_at)
        uow.touch(row, answer_enc=None, satisfaction=None, due_at=cmd.due_at or row.due_at)
    elif cmd.state == "missed":
        uow.touch(row, state="missed", reason="overdue", answer_enc=None, satisfaction=None)
    else:
        uow.touch(row, state="open", reason="", ended_at=None, answer_enc=None, satisfaction=None)
        rearm(uow, row)
    uow.audit("reopen", "followup", row.id)
    uow.refresh(f"followup:{row.id}")
    return Result(id=row.id, view=followup_view(row, uow))


@handles(SnoozeFollowup)
def snooze_followup(cmd: SnoozeFollowup, uow: Uow) -> Result:
    """The owner is reminded at `until` instead, at once when that is over; what others hear of keeps its time."""
    row = _open(uow, cmd.followup_id, "open")
    before = row.snoozed_until
    uow.change("due_at", before or row.due_at, cmd.until, "instant")
    _put_off(uow, row, cmd.until)
    uow.audit("snooze", "followup", row.id, until=cmd.until)
    back = ResumeFollowup(followup_id=row.id, version=row.version, snoozed_until=before)
    return Result(id=row.id, view=followup_view(row, uow), undo_id=uow.undoable(back, "snooze"))


def _put_off(uow: Uow, row: Followup, until: datetime) -> None:
    """Nothing reminds of it before `until`; whoever asks for that wants to be reminded again."""
    for kind in (NUDGE, AGAIN):
        uow.cancel_timers(f"followup:{row.id}", kind)
    uow.touch(row, snoozed_until=until, muted_at=None)
    if sop_of(row).repeats:
        rearm(uow, row, only=NUDGE, after=until)
    uow.timer(AGAIN, until, subject=f"followup:{row.id}", key=f"{AGAIN}:{row.id}:{row.version}")
    uow.refresh(f"followup:{row.id}")


@handles(MuteFollowup)
def mute_followup(cmd: MuteFollowup, uow: Uow) -> Result:
    """Its owner is not reminded of it again. Muting twice changes nothing."""
    row = _open(uow, cmd.followup_id, "open")
    if row.muted_at is not None:
        return Result(id=row.id, view=followup_view(row, uow))
    before = row.snoozed_until
    uow.change("reminders", "on", "off")
    silence(uow, row)
    uow.audit("mute", "followup", row.id)
    uow.refresh(f"followup:{row.id}")
    back = ResumeFollowup(followup_id=row.id, version=row.version, snoozed_until=before)
    return Result(id=row.id, view=followup_view(row, uow), undo_id=uow.undoable(back, "mute"))


@handles(ResumeFollowup)
def resume_followup(cmd: ResumeFollowup, uow: Uow) -> Result:
    """What is still ahead reminds as planned, or at the time that was asked for before."""
    row = _open(uow, cmd.followup_id, "open")
    uow.expect(row, cmd.version)
    was_muted = row.muted_at is not None
    uow.change("reminders", "off", "on")
    uow.cancel_timers(f"followup:{row.id}")
    if cmd.snoozed_until is not None:
        _put_off(uow, row, cmd.snoozed_until)
        rearm(uow, row, only=STEP)
    else:
        uow.touch(row, muted_at=None, snoozed_until=None)
        rearm(uow, row)
    uow.audit("resume", "followup", row.id)
    uow.refresh(f"followup:{row.id}")
    undo = uow.undoable(MuteFollowup(followup_id=row.id), "unmute") if was_muted else None
    return Result(id=row.id, view=followup_view(row, uow), undo_id=undo)


@handles(SendGreeting)
def send_greeting(cmd: SendGreeting, uow: Uow) -> Result:
    """The approved text goes to a customer who agreed, once."""
    row = _open(uow, cmd.followup_id, "open", "done")
    if row.greeted_at is not None:
        raise Conflict("error.greeting_sent")
    why_not = problem(uow, row)
    if why_not:
        raise Refused(_GREETING_ERRORS[why_not])
    uow.change("greeting", None, "sent")
    send(uow, row)
    uow.refresh(f"followup:{row.id}")
    return Result(id=row.id, view=followup_view(row, uow))
