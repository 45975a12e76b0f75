"""Questions about hand-overs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import select
from sqlmodel import col

from crm_core.absences.messages import WorkLine, WorkLines
from crm_core.handovers.messages import HandoverCard, HandoverView, PendingHandovers
from crm_core.handovers.people import may_confirm
from crm_core.handovers.tables import Handover
from crm_core.handovers.work import KINDS, counts
from crm_core.kernel.access import Place
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import UNDO_HOURS, Reader
from crm_core.org.people import find_person, person_name

# Of each kind so many are looked at to find the most urgent.
URGENT = 6
DUE = {"leads": "first_call_due", "appointments": "start_at", "tasks": "due_at", "followups": "due_at"}


@answers(HandoverCard)
def handover_card(question: HandoverCard, reader: Reader) -> HandoverView:
    """For the people it is about, who asked, who confirmed, and whoever is responsible there."""
    row = reader.find(Handover, question.handover_id)
    if row is None or row.tenant != reader.tenant or not _may_see(row, reader):
        raise NotFound(resource="handover")
    return handover_view(row, reader)


@answers(PendingHandovers)
def pending(question: PendingHandovers, reader: Reader) -> list[HandoverView]:
    """What the actor may confirm."""
    waiting = select(Handover).where(col(Handover.tenant) == reader.tenant, col(Handover.state) == "pending")
    found = reader.rows(waiting.order_by(col(Handover.id)))
    return [handover_view(row, reader) for row in found if may_confirm(reader, row, reader.actor.id)]


def _may_see(row: Handover, reader: Reader) -> bool:
    if reader.actor.id in (row.from_id, row.to_id, row.asker_id, row.confirmer_id, row.decider_id):
        return True
    return reader.access.allows(reader.actor, "handover", "read", Place(row.tenant, row.unit))


def handover_view(row: Handover, reader: Reader) -> HandoverView:
    """A hand-over as it stands for the actor; what is pending is counted anew."""
    me, person = reader.actor.id, find_person(reader, row.from_id)
    found = {kind: len(rows) for kind, rows in row.moved.items() if rows}
    if row.state == "pending" and person is not None:
        found = counts(reader, person, leaving=row.leaving)
    fresh = row.decided_at is not None and row.decided_at > reader.now - timedelta(hours=UNDO_HOURS)
    return HandoverView(
        id=row.id, state=row.state, from_id=row.from_id, from_name=person_name(reader, row.from_id), to_id=row.to_id,
        to_name=person_name(reader, row.to_id), asker_id=row.asker_id, asker_name=person_name(reader, row.asker_id),
        confirmer_name=person_name(reader, row.confirmer_id), decider_name=person_name(reader, row.decider_id),
        reason=reader.reveal(row, "reason"), leaving=row.leaving, counts=found,
        urgent=_urgent(row, reader) if me == row.to_id and row.state == "done" else (),
        may_decide=row.state == "pending" and may_confirm(reader, row, me),
        may_withdraw=row.state == "pending" and me == row.asker_id,
        may_return=row.state == "done" and fresh and me in (row.asker_id, row.decider_id),
        created_at=row.created_at, back=int(row.before.get("back", 0)),
    )  # fmt: skip


def _urgent(row: Handover, reader: Reader) -> tuple[WorkLine, ...]:
    """What is due first of what came, as far as it is still open."""
    subjects = []
    for kind, due in DUE.items():
        table, states = KINDS[kind]
        one, ids = cast(Any, table), [found[0] for found in row.moved.get(kind, ())]
        query = select(one.id).where(one.id.in_(ids), one.owner_id == row.to_id, one.state.in_(states),
                                     getattr(one, due).is_not(None))  # fmt: skip
        found = reader.session.execute(query.order_by(getattr(one, due), one.id).limit(URGENT)).scalars()
        subjects += [f"{kind.removesuffix('s')}:{one_id}" for one_id in found]
    lines: list[WorkLine] = reader.ask(WorkLines(subjects=tuple(subjects)))
    return tuple(lines[:URGENT])
