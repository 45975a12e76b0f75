"""Roles given and ended: by an admin in his dealer, by two people where it reaches further."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from crm_core.kernel.access import Place, Scope, reach
from crm_core.kernel.errors import AlreadyDecided, Conflict, Expired, Invalid, NotFound, Refused
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.handlers import ROLES, is_path
from crm_core.org.people import find_person, holders, person_name
from crm_core.org.tables import GrantRow, Person
from crm_core.rights import shares as shares
from crm_core.rights.actors import load_actor
from crm_core.rights.messages import ChangeGrants, DecideGrants, HeldRole, RestoreGrants, WithdrawGrants
from crm_core.rights.rules import after_change, needs_second, shown
from crm_core.rights.tables import GrantRequest
from crm_core.rights.views import grants_view, held_by, may_decide, named, request_view

LAPSE = timedelta(days=7)
CONFIRMERS = ("group_admin", "admin")


@handles(ChangeGrants)
def change_grants(cmd: ChangeGrants, uow: Uow) -> Result:
    """At once inside the actor's reach, else a request. Raises NotFound, Invalid, Refused, Conflict (no change)."""
    person = _colleague(uow, cmd.person_id)
    cmd = _complete(uow, cmd, person)
    second = needs_second(uow.actor.id, cmd)
    must_give(uow, person, cmd.unit, "ask" if second else "give")
    uow.lock(f"grants:{person.id}")
    before = held_by(uow, person.id)
    after = after_change(before, cmd, uow.now)
    if _plain(after) == _plain(before):
        raise Conflict("error.grants_unchanged", name=person.name)
    uow.change("roles", shown(before), shown(named(uow, after)), "roles")
    if second:
        return _ask(uow, cmd, person)
    _keep_an_admin(uow, person, cmd)
    put(uow, person, after)
    uow.audit("grant", "person", person.id, give=cmd.give, end=cmd.end, unit=cmd.unit, until=cmd.until)
    undo = uow.undoable(RestoreGrants(person_id=person.id, held=before, instead_of=after), "grants")
    return Result(id=person.id, view=grants_view(uow, person), undo_id=undo)


def _colleague(uow: Uow, person_id: str) -> Person:
    person = find_person(uow, person_id)
    if person is None or person.tenant != uow.tenant or person.kind != "staff" or not person.active:
        raise NotFound(resource="person")
    if not uow.access.allows(uow.actor, "person", "read", Place(person.tenant, person.unit, person.id)):
        raise NotFound(resource="person")
    return person


def _complete(uow: Uow, cmd: ChangeGrants, person: Person) -> ChangeGrants:
    """Profiles as their roles, and the unit: the group's for what is group-wide, else the person's own."""
    give = tuple(dict.fromkeys(role for name in cmd.give for role in uow.access.profiles.get(name, (name,))))
    end = tuple(dict.fromkeys(role for name in cmd.end for role in uow.access.profiles.get(name, (name,))))
    wrong = next((role for role in (*give, *end) if role not in ROLES), None)
    if wrong is not None:
        raise Invalid("role", "error.unknown_role", value=wrong, known=", ".join(ROLES))
    if not give and not end:
        raise Invalid("role", "error.empty")
    if cmd.until is not None and cmd.until <= max(uow.now, cmd.valid_from or uow.now):
        raise Invalid("until", "error.past")
    unit = cmd.unit or (f"{uow.tenant}." if "group_admin" in give else person.unit)
    if not is_path(unit) or not unit.startswith(f"{uow.tenant}."):
        raise Invalid("unit", "error.unit_path")
    return cmd.model_copy(update={"give": give, "end": end, "unit": unit})


def must_give(uow: Uow, person: Person, unit: str, action: str) -> None:
    """Raises Refused unless the actor may give rights where they hold, to people where this one works."""
    for where in (unit, person.unit):
        if not uow.access.allows(uow.actor, "grant", action, Place(uow.tenant, where, person.id)):
            raise Refused("error.not_allowed")


def _keep_an_admin(uow: Uow, person: Person, cmd: ChangeGrants) -> None:
    """A dealer without anybody who looks after its people could not be mended from inside."""
    if "admin" in cmd.end and not holders(uow, "admin", reach(person.unit, Scope.DEALER), exclude=(person.id,)):
        raise Refused("error.last_admin", name=person.name)


def put(uow: Uow, person: Person, held: Iterable[HeldRole]) -> None:
    """The person holds exactly this from now on; his next press is judged by it."""
    wanted = {(one.role, one.unit): one for one in held}
    rows = uow.session.execute(select(GrantRow).where(col(GrantRow.person_id) == person.id)).scalars().all()
    known = {(row.role, row.unit): row for row in rows}
    for key, row in known.items():
        if key not in wanted and (row.valid_until is None or row.valid_until > uow.now):
            row.valid_until = uow.now
    for key, one in wanted.items():
        row = known.get(key) or GrantRow(tenant=uow.tenant, person_id=person.id, role=one.role, unit=one.unit)
        if key not in known or (row.valid_from, row.valid_until) != (one.valid_from, one.until):
            row.valid_from, row.valid_until, row.given_by = one.valid_from, one.until, uow.actor.id
            uow.session.add(row)
    uow.flush()
    if person.id != uow.actor.id:
        uow.push(person.id, "grants_changed", subject=f"grants:{person.id}", priority=Priority.MUST_KNOW,
                 key=f"grants:{person.id}:{uow.now.isoformat()}", by=uow.actor.name)  # fmt: skip


def _plain(held: Iterable[HeldRole]) -> set[tuple[str, str, datetime | None, datetime | None]]:
    return {(one.role, one.unit, one.valid_from, one.until) for one in held}


@handles(RestoreGrants)
def restore_grants(cmd: RestoreGrants, uow: Uow) -> Result:
    """Under today's rights of the actor. Raises Conflict when somebody changed it since."""
    person = _colleague(uow, cmd.person_id)
    uow.lock(f"grants:{person.id}")
    now = held_by(uow, person.id)
    if _plain(now) != {one for one in _plain(cmd.instead_of) if one[3] is None or one[3] > uow.now}:
        raise Conflict("error.changed_since")
    given = ChangeGrants(person_id=person.id, give=tuple(one.role for one in cmd.held), unit=person.unit)
    if person.id == uow.actor.id or needs_second("", given):
        raise Refused("error.not_allowed")
    for unit in {one.unit for one in (*cmd.held, *now)} | {person.unit}:
        must_give(uow, person, unit, "give")
    put(uow, person, [one for one in cmd.held if one.until is None or one.until > uow.now])
    uow.change("roles", shown(now), shown(held_by(uow, person.id)), "roles")
    uow.audit("grant", "person", person.id, restored=[one.role for one in cmd.held])
    return Result(id=person.id, view=grants_view(uow, person))


def _ask(uow: Uow, cmd: ChangeGrants, person: Person) -> Result:
    """Nothing changes before a second person has said yes; whoever could is told. Raises Refused when nobody could."""
    waiting = select(GrantRequest).where(
        col(GrantRequest.tenant) == uow.tenant, col(GrantRequest.person_id) == person.id,
        col(GrantRequest.state) == "pending", col(GrantRequest.created_at) > uow.now - LAPSE,
    )  # fmt: skip
    if uow.first(waiting) is not None:
        raise Conflict("error.grants_pending", name=person.name)
    row = uow.new(GrantRequest, unit=cmd.unit, person_id=person.id, asker_id=uow.actor.id,
                  change=cmd.model_dump(mode="json"))  # fmt: skip
    uow.flush()
    found = [one for role in CONFIRMERS for one in holders(uow, role, cmd.unit)]
    found += [one for role in CONFIRMERS for one in holders(uow, role, person.unit)]
    second = [one for one in {one.id: one for one in found}.values() if may_decide(uow, row, one.id)]
    if not second:
        raise Refused("error.no_second_admin")
    for one in second:
        uow.push(one.id, "grants_ask", subject=f"grants_request:{row.id}", priority=Priority.MUST_KNOW,
                 key=f"grants_request:{row.id}:asked")  # fmt: skip
    uow.audit("ask", "grant", row.id, person=person.id, give=cmd.give, end=cmd.end, unit=cmd.unit)
    return Result(id=row.id, view=request_view(row, uow))


@handles(DecideGrants)
def decide(cmd: DecideGrants, uow: Uow) -> Result:
    """Raises NotFound, Refused (own request, rights gone), AlreadyDecided, Expired."""
    row = _held(uow, cmd.request_id)
    if uow.actor.id == row.asker_id:
        raise Refused("error.own_approval")
    if not may_decide(uow, row, uow.actor.id):
        raise NotFound(resource="grant")
    _must_wait(uow, row)
    if cmd.decision == "approve":
        _carry_out(uow, row)
    _close(uow, row, "done" if cmd.decision == "approve" else "rejected")
    uow.push(row.asker_id, "grants_told", subject=f"grants_request:{row.id}", key=f"grants_request:{row.id}:told",
             priority=Priority.MUST_KNOW)  # fmt: skip
    return Result(id=row.id, view=request_view(row, uow))


def _carry_out(uow: Uow, row: GrantRequest) -> None:
    """Who asked must still be allowed to, and the person still be here."""
    asker, cmd = load_actor(uow.session, row.asker_id, uow.now, uow.tenant), ChangeGrants.model_validate(row.change)
    person = find_person(uow, row.person_id)
    place = Place(uow.tenant, row.unit, row.person_id)
    if asker is None or person is None or not person.active or not uow.access.allows(asker, "grant", "ask", place):
        raise Refused("error.grants_stale")
    uow.lock(f"grants:{person.id}")
    before = held_by(uow, person.id)
    after = after_change(before, cmd, uow.now)
    uow.change("roles", shown(before), shown(named(uow, after)), "roles")
    put(uow, person, after)
    uow.audit("grant", "person", person.id, give=cmd.give, end=cmd.end, unit=cmd.unit, until=cmd.until,
              asked_by=row.asker_id)  # fmt: skip


@handles(WithdrawGrants)
def withdraw(cmd: WithdrawGrants, uow: Uow) -> Result:
    """Only the asker, while it is undecided."""
    row = _held(uow, cmd.request_id)
    if uow.actor.id != row.asker_id:
        raise NotFound(resource="grant")
    _must_wait(uow, row)
    _close(uow, row, "withdrawn")
    return Result(id=row.id, view=request_view(row, uow))


def _held(uow: Uow, request_id: str) -> GrantRequest:
    row = uow.seize(GrantRequest, request_id)
    if row is None or row.tenant != uow.tenant:
        raise NotFound(resource="grant")
    return row


def _must_wait(uow: Uow, row: GrantRequest) -> None:
    if row.state != "pending":
        raise AlreadyDecided(state=row.state, by=person_name(uow, row.decider_id))
    if row.created_at <= uow.now - LAPSE:
        raise Expired("error.grants_stale")


def _close(uow: Uow, row: GrantRequest, state: str) -> None:
    uow.touch(row, state=state, decider_id=uow.actor.id, decided_at=uow.now)
    uow.audit(state, "grant", row.id, person=row.person_id)
    uow.refresh(f"grants_request:{row.id}")
