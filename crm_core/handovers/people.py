"""Who may ask for a hand-over, who may confirm one, and what becomes of a leaver."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from crm_core.deals.transfer import colleague
from crm_core.handovers.tables import Handover
from crm_core.kernel.access import Place
from crm_core.kernel.errors import Conflict, NotFound, Refused
from crm_core.kernel.late import HELD, PENDING, SKIPPED
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Reader, Uow
from crm_core.org.messages import PersonLeft
from crm_core.org.people import away, find_person, holders
from crm_core.org.tables import Absence, GrantRow, Person
from crm_core.rights.actors import load_actor

ROLES = ("manager", "admin", "group_admin")


def leaver(uow: Uow, person_id: str) -> Person:
    """The colleague whose work is to go, if the actor may ask for it."""
    person = find_person(uow, person_id)
    if person is None or person.tenant != uow.tenant or person.kind != "staff" or not person.active:
        raise NotFound(resource="person")
    if not uow.access.allows(uow.actor, "handover", "ask", Place(uow.tenant, person.unit)):
        raise Refused("error.not_allowed")
    return person


def heir(uow: Uow, person_id: str, person: Person) -> Person:
    """The colleague of the same dealer who is to have it; he must be somebody who looks after customers."""
    found = colleague(uow, person_id, person.unit)
    if found.id == person.id:
        raise Conflict("error.same_owner", name=found.name)
    actor = load_actor(uow.session, found.id, uow.now, uow.tenant)
    if actor is None or not uow.access.may(actor, "deal", "write"):
        raise Refused("error.heir_cannot", name=found.name)
    return found


def may_confirm(reader: Reader, row: Handover, person_id: str) -> bool:
    """Whether somebody may say yes: another person than the asker and the two it is about, responsible there."""
    if person_id in (row.asker_id, row.from_id, row.to_id):
        return False
    actor = load_actor(reader.session, person_id, reader.now, reader.tenant)
    return actor is not None and reader.access.allows(actor, "handover", "confirm", Place(row.tenant, row.unit))


def confirmer(reader: Reader, row: Handover, *, asked: Sequence[str] = ()) -> Person | None:
    """The nearest person who may confirm and is here, else one who is away; None: nobody."""
    found: list[Person] = []
    for role in ROLES:
        found += [one for one in holders(reader, role, row.unit, exclude=asked) if one not in found]
    fitting = [one for one in found if may_confirm(reader, row, one.id)]
    gone = away(reader, fitting)
    return next((one for one in fitting if one.id not in gone), None) or next(iter(fitting), None)


def leave(uow: Uow, person: Person) -> dict[str, Any]:
    """He is gone: he may do nothing any more and nothing is sent to him. Returns what he had, to bring him back."""
    held = select(GrantRow).where(col(GrantRow.person_id) == person.id)
    grants = [grant for grant in uow.session.execute(held).scalars()
              if grant.valid_until is None or grant.valid_until > uow.now]  # fmt: skip
    before = {grant.id: grant.valid_until.isoformat() if grant.valid_until else None for grant in grants}
    for grant in grants:
        grant.valid_until = uow.now
    uow.touch(person, active=False, deputy_id=None)
    stood_in = uow.rows(select(Person).where(col(Person.tenant) == uow.tenant, col(Person.deputy_id) == person.id))
    for other in stood_in:
        uow.touch(other, deputy_id=None)
    for absence in uow.rows(select(Absence).where(col(Absence.person_id) == person.id, col(Absence.ended_at).is_(None))):
        uow.cancel_timers(f"absence:{absence.id}")
        uow.touch(absence, ended_at=uow.now)
    unsent = update(Outbox).where(col(Outbox.person_id) == person.id, col(Outbox.state).in_((PENDING, HELD)))
    uow.session.execute(unsent.values(state=SKIPPED, settled_at=uow.now))
    uow.audit("leave", "person", person.id)
    uow.emit(PersonLeft(person_id=person.id))
    return {"grants": before, "deputy_of": [other.id for other in stood_in]}


def bring_back(uow: Uow, person: Person, before: dict[str, Any]) -> None:
    """He is here after all, with the roles he had."""
    for grant_id, until in before.get("grants", {}).items():
        grant = uow.session.get(GrantRow, grant_id)
        if grant is not None:
            grant.valid_until = datetime.fromisoformat(until) if until else None
    uow.touch(person, active=True)
    for other_id in before.get("deputy_of", ()):
        other = find_person(uow, other_id)
        if other is not None and other.deputy_id is None:
            uow.touch(other, deputy_id=person.id)
    uow.audit("return", "person", person.id)
    uow.flush()
