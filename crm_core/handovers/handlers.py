"""Asking for a hand-over, a second person's word, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from crm_core.followups.lookup import place_of, times
from crm_core.followups.rules import due
from crm_core.handovers.messages import (
    DecideHandOver,
    HandOver,
    LeaverReplaced,
    ReturnHandOver,
    WithdrawHandOver,
)
from crm_core.handovers.people import bring_back, confirmer, heir, leave, leaver, may_confirm
from crm_core.handovers.queries import handover_view
from crm_core.handovers.tables import Handover
from crm_core.handovers.work import counts, give, private_tasks, take_back
from crm_core.kernel.access import Place
from crm_core.kernel.errors import AlreadyDecided, Conflict, Expired, NotFound, Refused
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import UNDO_HOURS, Priority, Uow
from crm_core.org.people import find_person, manager_of, person_name
from crm_core.org.tables import Person
from crm_core.rights.actors import load_actor
from crm_core.tasks.lifecycle import arm, close
from crm_core.tasks.tables import Task

REMIND = "handover_remind"
# Nobody has to confirm what was asked so long ago.
LAPSE = timedelta(days=7)


@handles(HandOver)
def hand_over(cmd: HandOver, uow: Uow) -> Result:
    """Raises Refused when nobody could confirm it, Conflict when it was asked already or there is nothing to do."""
    person = leaver(uow, cmd.from_id)
    to = heir(uow, cmd.to_id, person)
    uow.lock(f"handover:{person.id}")
    known = select(Handover).where(col(Handover.tenant) == uow.tenant, col(Handover.from_id) == person.id,
                                   col(Handover.state) == "pending")  # fmt: skip
    if uow.first(known) is not None:
        raise Conflict("error.handover_pending", name=person.name)
    found = counts(uow, person, leaving=cmd.leaving)
    if not found and not cmd.leaving:
        raise Conflict("error.nothing_to_hand_over", name=person.name)
    row = uow.new(Handover, unit=person.unit, from_id=person.id, to_id=to.id, asker_id=uow.actor.id, confirmer_id="",
                  leaving=cmd.leaving, reason_enc=clean_text(cmd.reason)[:200] or None)  # fmt: skip
    second = confirmer(uow, row)
    if second is None:
        raise Refused("error.no_confirmer")
    row.confirmer_id = second.id
    uow.flush()
    _show(uow, person, to, found)
    ask(uow, row, f"handover:{row.id}:asked")
    remind(uow, row)
    uow.audit("ask", "handover", row.id, person=person.id, to=to.id, leaving=cmd.leaving, confirmer=second.id)
    return Result(id=row.id, view=handover_view(row, uow))


def _show(uow: Uow, person: Person, to: Person, found: dict[str, int]) -> None:
    """Before → after: whose it is, and what the new owner will have of each."""
    uow.change("owner", person.name, to.name, "person")
    has = counts(uow, to, leaving=False)
    for kind, number in found.items():
        uow.change(kind, str(has.get(kind, 0)), f"{has.get(kind, 0) + number} (+{number})")


def ask(uow: Uow, row: Handover, key: str) -> None:
    """Put it before the second person."""
    uow.push(row.confirmer_id, "handover_ask", subject=f"handover:{row.id}", priority=Priority.MUST_KNOW, key=key)


def remind(uow: Uow, row: Handover, turn: int = 0) -> None:
    """When nobody has answered, as with every approval: first soon, then so often."""
    policy = times(uow, row.unit).approvals
    after = policy.again_after if turn else policy.escalate_after
    uow.timer(REMIND, due(uow.now, after, policy.clock, place_of(uow, row.unit)), subject=f"handover:{row.id}",
              key=f"{REMIND}:{row.id}:{turn}", priority=Priority.MUST_KNOW, turn=turn)  # fmt: skip


@handles(DecideHandOver)
def decide(cmd: DecideHandOver, uow: Uow) -> Result:
    """Decided once, under today's rights. Raises AlreadyDecided, Refused (own request), NotFound."""
    row = _mine(uow, cmd.handover_id)
    if uow.actor.id == row.asker_id:
        raise Refused("error.own_approval")
    if not may_confirm(uow, row, uow.actor.id):
        raise NotFound(resource="handover")
    if row.state != "pending":
        raise AlreadyDecided(state=row.state, by=person_name(uow, row.decider_id))
    uow.cancel_timers(f"handover:{row.id}")
    if cmd.decision == "reject":
        uow.touch(row, state="rejected", decider_id=uow.actor.id, decided_at=uow.now)
        _finish(uow, row, row.asker_id)
        return Result(id=row.id, view=handover_view(row, uow))
    _carry_out(uow, row)
    undo = uow.undoable(ReturnHandOver(handover_id=row.id), "hand_over")
    return Result(id=row.id, view=handover_view(row, uow), undo_id=undo)


def _mine(uow: Uow, handover_id: str) -> Handover:
    """A hand-over of this tenant, held; one after the other with whatever else happens to that person's work."""
    known = uow.find(Handover, handover_id)
    if known is None or known.tenant != uow.tenant:
        raise NotFound(resource="handover")
    uow.lock(f"handover:{known.from_id}")
    row = uow.seize(Handover, handover_id)
    assert row is not None
    return row


def _carry_out(uow: Uow, row: Handover) -> None:
    """Who asked must still be allowed to, and both people still be here: then everything moves."""
    asker = load_actor(uow.session, row.asker_id, uow.now, uow.tenant)
    person, to = find_person(uow, row.from_id), find_person(uow, row.to_id)
    if asker is None or not uow.access.allows(asker, "handover", "ask", Place(row.tenant, row.unit)):
        raise Refused("error.handover_stale")
    if person is None or to is None or not (person.active and to.active):
        raise Refused("error.handover_stale")
    to = heir(uow, to.id, person)
    moved = give(uow, person, to, leaving=row.leaving)
    before = {}
    if row.leaving:
        own = private_tasks(uow, person)
        for task in own:
            close(uow, task, "cancelled")
        before = leave(uow, person) | {"tasks": [task.id for task in own]}
        uow.emit(LeaverReplaced(person_id=person.id, to_id=to.id))
    uow.touch(row, state="done", decider_id=uow.actor.id, decided_at=uow.now, moved=moved, before=before)
    uow.settle()
    uow.change("owner", person.name, to.name, "person")
    uow.audit("hand_over", "handover", row.id, person=person.id, to=to.id, leaving=row.leaving,
              rows=sum(map(len, moved.values())))  # fmt: skip
    manager = manager_of(uow, person.unit, exclude=(person.id, to.id))
    told = [row.asker_id, manager.id if manager else None, None if row.leaving else person.id]
    _finish(uow, row, *told)
    if to.id != uow.actor.id:
        uow.push(to.id, "handover_in", subject=f"handover:{row.id}", priority=Priority.MUST_KNOW,
                 key=f"handover:{row.id}:in")  # fmt: skip


def _finish(uow: Uow, row: Handover, *told: str | None) -> None:
    """Cards about it are drawn anew; whoever it concerns and did not do it himself hears of it."""
    uow.flush()
    uow.refresh(f"handover:{row.id}")
    for person_id in dict.fromkeys(told):
        if person_id not in (None, uow.actor.id):
            uow.push(person_id, "handover_told", subject=f"handover:{row.id}", priority=Priority.MUST_KNOW,
                     key=f"handover:{row.id}:{row.state}")  # fmt: skip


@handles(WithdrawHandOver)
def withdraw(cmd: WithdrawHandOver, uow: Uow) -> Result:
    """Raises AlreadyDecided once somebody decided."""
    row = _mine(uow, cmd.handover_id)
    if row.asker_id != uow.actor.id:
        raise NotFound(resource="handover")
    if row.state != "pending":
        raise AlreadyDecided(state=row.state, by=person_name(uow, row.decider_id))
    uow.cancel_timers(f"handover:{row.id}")
    uow.touch(row, state="withdrawn", decided_at=uow.now)
    uow.audit("withdraw", "handover", row.id)
    _finish(uow, row)
    return Result(id=row.id, view=handover_view(row, uow))


@handles(ReturnHandOver)
def give_back(cmd: ReturnHandOver, uow: Uow) -> Result:
    """Raises Conflict when it was never done or given back before, Expired after a day."""
    row = _mine(uow, cmd.handover_id)
    if uow.actor.id not in (row.asker_id, row.decider_id):
        raise NotFound(resource="handover")
    right = "ask" if uow.actor.id == row.asker_id else "confirm"
    if not uow.access.allows(uow.actor, "handover", right, Place(row.tenant, row.unit)):
        raise Refused("error.not_allowed")
    if row.state != "done" or row.decided_at is None:
        raise Conflict("error.undone_already" if row.state == "returned" else "error.changed_since")
    if row.decided_at <= uow.now - timedelta(hours=UNDO_HOURS):
        raise Expired("error.undo_expired")
    person, to = find_person(uow, row.from_id), find_person(uow, row.to_id)
    assert person is not None
    assert to is not None
    if row.leaving:
        bring_back(uow, person, row.before)
        _reopen(uow, row.before.get("tasks", ()))
    back = take_back(uow, row.moved, row.to_id, person)
    uow.touch(row, state="returned", before=row.before | {"back": back})
    uow.change("owner", to.name, person.name, "person")
    uow.audit("return", "handover", row.id, back=back)
    _finish(uow, row, row.asker_id, row.decider_id, person.id, to.id)
    return Result(id=row.id, view=handover_view(row, uow))


def _reopen(uow: Uow, task_ids: Sequence[str]) -> None:
    """What ended only because he left."""
    for task_id in task_ids:
        task = uow.seize(Task, task_id)
        if task is not None and task.state == "cancelled":
            uow.touch(task, state="open", done_at=None)
            arm(uow, task)
