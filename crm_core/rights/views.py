"""Rights as people see them."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlmodel import col

from crm_core.kernel.access import Place
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import find_person, holds, person_name, unit_of
from crm_core.org.tables import GrantRow, Person
from crm_core.rights.actors import load_actor
from crm_core.rights.messages import (
    ChangeGrants,
    GrantRequestCard,
    GrantRequestView,
    GrantsOf,
    GrantsView,
    HeldRole,
)
from crm_core.rights.rules import after_change
from crm_core.rights.tables import GrantRequest


def held_by(reader: Reader, person_id: str) -> tuple[HeldRole, ...]:
    """What somebody holds now or will hold, by unit and role."""
    query = select(GrantRow).where(
        col(GrantRow.person_id) == person_id, col(GrantRow.tenant) == reader.tenant,
        or_(col(GrantRow.valid_until).is_(None), col(GrantRow.valid_until) > reader.now),
    ).order_by(col(GrantRow.unit), col(GrantRow.role))  # fmt: skip
    return tuple(
        HeldRole(role=row.role, unit=row.unit, unit_name=_unit_name(reader, row.unit), valid_from=row.valid_from,
                 until=row.valid_until, by_name=person_name(reader, row.given_by))
        for row in reader.session.execute(query).scalars()
    )  # fmt: skip


def named(reader: Reader, held: tuple[HeldRole, ...]) -> tuple[HeldRole, ...]:
    """The same with the names of their units."""
    return tuple(one.model_copy(update={"unit_name": _unit_name(reader, one.unit)}) for one in held)


def _unit_name(reader: Reader, path: str) -> str:
    unit = unit_of(reader, path)
    return (
        ""
        if unit is None
        else (unit.name_en if reader.actor.language == "en" and unit.name_en else unit.name)
    )


def grants_view(reader: Reader, person: Person) -> GrantsView:
    """A colleague's roles, and whether a change of them waits."""
    waiting = select(GrantRequest.id).where(  # type: ignore[call-overload]
        col(GrantRequest.tenant) == reader.tenant, col(GrantRequest.person_id) == person.id,
        col(GrantRequest.state) == "pending",
    )  # fmt: skip
    request_id = reader.session.execute(waiting.limit(1)).scalar_one_or_none()
    return GrantsView(
        person_id=person.id, name=person.name, held=held_by(reader, person.id), request_id=request_id or ""
    )


@answers(GrantsOf)
def grants_of(question: GrantsOf, reader: Reader) -> GrantsView:
    """One's own, and others' for whoever may read grants there; alike for absent and forbidden."""
    person = find_person(reader, question.person_id)
    if person is None or person.tenant != reader.tenant or not may_read(reader, person):
        raise NotFound(resource="person")
    return grants_view(reader, person)


def may_read(reader: Reader, person: Person) -> bool:
    """Whether the actor may know what this person holds."""
    place = Place(person.tenant, person.unit, person.id)
    return person.id == reader.actor.id or reader.access.allows(reader.actor, "grant", "read", place)


def may_decide(reader: Reader, row: GrantRequest, person_id: str) -> bool:
    """A second person: not the asker and not whom it is about; one of the two may give such rights himself."""
    if person_id in (row.asker_id, row.person_id) or _made_by(reader, person_id, row.asker_id):
        return False
    place = Place(row.tenant, row.unit, row.person_id)
    second = load_actor(reader.session, person_id, reader.now, reader.tenant)
    if second is None or not reader.access.allows(second, "grant", "confirm", place):
        return False
    asker = load_actor(reader.session, row.asker_id, reader.now, reader.tenant)
    return any(
        one is not None and reader.access.allows(one, "grant", "give", place) for one in (second, asker)
    )


def _made_by(reader: Reader, person_id: str, asker_id: str) -> bool:
    """Whether all of somebody's roles came from the asker: nobody makes his own second person."""
    query = select(GrantRow).where(col(GrantRow.person_id) == person_id)
    held = [row for row in reader.session.execute(query).scalars() if holds(row, reader.now)]
    return bool(held) and all(row.given_by == asker_id for row in held)


@answers(GrantRequestCard)
def request_card(question: GrantRequestCard, reader: Reader) -> GrantRequestView:
    """For those it concerns and who may decide it; alike for absent and forbidden."""
    row = reader.find(GrantRequest, question.request_id)
    if row is None or row.tenant != reader.tenant:
        raise NotFound(resource="grant")
    concerned = reader.actor.id in (row.asker_id, row.decider_id)
    if not concerned and not may_decide(reader, row, reader.actor.id):
        raise NotFound(resource="grant")
    return request_view(row, reader)


def request_view(row: GrantRequest, reader: Reader) -> GrantRequestView:
    """A request as it stands for the actor; before and after as of now while it waits."""
    cmd, before = ChangeGrants.model_validate(row.change), held_by(reader, row.person_id)
    after = after_change(before, cmd, reader.now) if row.state == "pending" else before
    open_ = row.state == "pending"
    return GrantRequestView(
        id=row.id, state=row.state, person_id=row.person_id, name=person_name(reader, row.person_id), before=before,
        after=named(reader, after), asker_name=person_name(reader, row.asker_id),
        decider_name=person_name(reader, row.decider_id),
        may_decide=open_ and may_decide(reader, row, reader.actor.id),
        may_withdraw=open_ and reader.actor.id == row.asker_id,
    )  # fmt: skip
