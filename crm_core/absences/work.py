"""What a person on leave leaves behind: found, passed on, given back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from sqlalchemy import and_, or_, select

from crm_core.appointments.tables import Appointment
from crm_core.followups.tables import Followup
from crm_core.kernel.tables import Owned
from crm_core.kernel.uow import Reader, Uow
from crm_core.leads.assign import team_unit
from crm_core.leads.tables import Lead
from crm_core.org.people import dealer_of, find_person, on_duty_for
from crm_core.tasks.tables import Task

TABLES: dict[str, type[Owned]] = {"lead": Lead, "appointment": Appointment, "followup": Followup, "task": Task}
# States in which it goes back: what is done stays with who did it, but a lead is its owner's, called or not.
OPEN = {"lead": ("new", "contacted", "lost", "won"), "appointment": ("booked",), "followup": ("open",), "task": ("open",)}


def _due(what: str, start: datetime, end: datetime) -> list[Any]:
    """What falls into an absence: calls not made, appointments in it, reminders due until its end."""
    if what == "lead":
        return [cast(Any, Lead).state == "new"]
    if what == "appointment":
        row = cast(Any, Appointment)
        return [row.state == "booked", row.end_at > start, row.start_at < end]
    row = cast(Any, TABLES[what])
    return [row.state == "open", row.due_at < end, row.muted_at.is_(None)]


def pass_on(uow: Uow, person_id: str, to_id: str, start: datetime, end: datetime) -> list[str]:
    """Give what a person would have to do in a span to somebody else; the subjects of what moved."""
    moved = []
    for what, table in TABLES.items():
        row = cast(Any, table)
        his = or_(row.owner_id == person_id, and_(row.for_id == person_id, row.owner_id != to_id))
        query = select(table).where(row.tenant == uow.tenant, his, *_due(what, start, end))
        for found in uow.rows(query.order_by(row.id)):
            _hand(uow, what, found, to_id, for_id=cast(Any, found).for_id or person_id)
            moved.append(f"{what}:{found.id}")
    return moved


def cover(uow: Uow, what: str, row: Any) -> None:
    """Before somebody is reminded of a piece of work: with its owner on leave it is the other's who stands in."""
    instead = on_duty_for(uow, row.owner_id, row.unit)
    if instead is not None and instead != row.owner_id:
        _hand(uow, what, row, instead, for_id=row.for_id or row.owner_id)


def give_back(uow: Uow, person_id: str) -> list[str]:
    """What others did not finish is the person's own again; the subjects of it."""
    back = []
    for what, found in _in_stead_of(uow, person_id):
        if found.state in OPEN[what]:
            _hand(uow, what, found, person_id, for_id=None)
            back.append(f"{what}:{found.id}")
    return back


def done_since(uow: Uow, person_id: str, since: datetime) -> list[str]:
    """What others finished for a person since an instant; the subjects of it."""
    return [
        f"{what}:{found.id}" for what, found in _in_stead_of(uow, person_id)
        if what != "lead" and found.state not in OPEN[what] and found.updated_at >= since
    ]  # fmt: skip


def held_for(uow: Reader, person_id: str, by_id: str | None = None) -> list[str]:
    """What others do for a person now (one of them: `by_id`); the subjects of it."""
    return [
        f"{what}:{found.id}" for what, found in _in_stead_of(uow, person_id)
        if found.state in OPEN[what] and by_id in (None, found.owner_id)
    ]  # fmt: skip


def _in_stead_of(uow: Reader, person_id: str) -> Iterator[tuple[str, Any]]:
    for what, table in TABLES.items():
        row = cast(Any, table)
        for found in uow.rows(select(table).where(row.tenant == uow.tenant, row.for_id == person_id).order_by(row.id)):
            yield what, found


def _hand(uow: Uow, what: str, row: Any, to_id: str, for_id: str | None) -> None:
    """A new owner; every card about it is drawn anew."""
    person, dealer = find_person(uow, to_id), dealer_of(row.unit)
    unit = team_unit(uow, to_id, dealer) if what == "lead" else row.unit
    if what != "lead" and person is not None and person.unit.startswith(dealer):
        unit = person.unit
    uow.touch(row, owner_id=to_id, for_id=None if for_id == to_id else for_id, unit=unit)
    uow.audit("stand_in", what, row.id, owner=to_id, instead_of=for_id)
    uow.refresh(f"{what}:{row.id}")

