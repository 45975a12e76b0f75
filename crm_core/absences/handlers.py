"""Changes of absences and deputies."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select
from sqlmodel import col

from crm_core.absences.messages import (
    AbsenceBegun,
    AbsenceOver,
    EndAbsence,
    ResumeAbsence,
    SetAbsence,
    SetDeputy,
)  # fmt: skip
from crm_core.absences.queries import absence_view
from crm_core.absences.rules import span_problem, times
from crm_core.absences.work import done_since, give_back, pass_on
from crm_core.kernel.access import Place
from crm_core.kernel.calendar import Hours
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import absent, find_person, holders, manager_of, person_name, stand_in, zone_of
from crm_core.org.tables import Absence, Person
from crm_core.tasks.people import colleague


@handles(SetAbsence)
def set_absence(cmd: SetAbsence, uow: Uow) -> Result:
    """Away for a span. What falls into a leave goes to the deputy when it begins, at once when it has begun."""
    person = _person(uow, cmd.person_id)
    start = max(cmd.start, uow.now) if cmd.start is not None else uow.now
    problem = span_problem(start, cmd.end, uow.now)
    if problem:
        raise Invalid("end", problem)
    deputy = _deputy(uow, cmd.deputy_id, person)
    uow.lock(f"absences:{person.id}")
    known = _same(uow, person, cmd)
    if known is not None:
        return _redirect(uow, known, deputy)
    row = uow.new(Absence, person_id=person.id, kind=cmd.kind, start_at=start, end_at=cmd.end,
                  deputy_id=deputy.id if deputy else None)  # fmt: skip
    uow.flush()
    uow.change("absence", None, cmd.kind)
    uow.change("start", None, start, "instant")
    uow.change("end", None, cmd.end, "instant")
    uow.audit("create", "absence", row.id, kind=cmd.kind, start=start, end=cmd.end)
    _plan(uow, row, person)
    _tell(uow, row, person)
    undo = uow.undoable(EndAbsence(absence_id=row.id, person_id=person.id), "away")
    return Result(id=row.id, view=absence_view(row, uow), undo_id=undo)


def _person(uow: Uow, person_id: str | None) -> Person:
    """Oneself, or a colleague one looks after. Raises Refused for anybody else, alike when there is none."""
    if person_id in (None, uow.actor.id):
        if not uow.actor.is_staff:
            raise Refused("error.not_allowed")
        return cast(Person, find_person(uow, uow.actor.id))
    person = find_person(uow, person_id)
    place = Place(uow.tenant, person.unit, person.id) if person is not None and person.tenant == uow.tenant else None
    if person is None or place is None or not uow.access.allows(uow.actor, "absence", "write", place):
        raise Refused("error.not_allowed")
    return person


def _deputy(uow: Uow, deputy_id: str | None, person: Person) -> Person | None:
    if deputy_id is None:
        return None
    if deputy_id == person.id:
        raise Invalid("deputy", "error.own_deputy")
    return colleague(uow, deputy_id)


def _same(uow: Uow, person: Person, cmd: SetAbsence) -> Absence | None:
    """The same leave said again: one that holds and ends alike."""
    found = select(Absence).where(
        col(Absence.person_id) == person.id, col(Absence.kind) == cmd.kind, col(Absence.ended_at).is_(None),
        col(Absence.end_at) == cmd.end, col(Absence.start_at) <= max(cmd.start or uow.now, uow.now),
    )  # fmt: skip
    return uow.first(found)


def _redirect(uow: Uow, row: Absence, deputy: Person | None) -> Result:
    """The same leave said again changes nothing but its deputy; what had moved goes on to him."""
    if deputy is None or deputy.id == row.deputy_id:
        return Result(id=row.id, view=absence_view(row, uow))
    before = row.deputy_id
    uow.change("deputy", person_name(uow, before), deputy.name, "person")
    uow.touch(row, deputy_id=deputy.id)
    uow.flush()
    if row.kind == "leave" and row.start_at <= uow.now:
        begin(uow, row)
    else:
        uow.push(deputy.id, "absence_ahead", subject=f"absence:{row.id}", key=f"absence:{row.id}:ahead:{row.version}")
    uow.audit("deputy", "absence", row.id, before=before, after=deputy.id)
    return Result(id=row.id, view=absence_view(row, uow))


def _plan(uow: Uow, row: Absence, person: Person) -> None:
    """The work moves when a leave begins, and comes back when it ends."""
    if row.kind != "leave":
        return
    hours = uow.policies.model("hours", Hours, unit=person.unit)
    planned = times(row.start_at, row.end_at, hours, zone_of(uow, person.unit))
    if row.start_at <= uow.now:
        begin(uow, row)
    else:
        uow.timer("absence_begin", planned.pass_on, subject=f"absence:{row.id}", key=f"absence_begin:{row.id}:{row.version}")
    uow.timer("absence_end", planned.give_back, subject=f"absence:{row.id}", key=f"absence_end:{row.id}:{row.version}")


def _tell(uow: Uow, row: Absence, person: Person) -> None:
    """Whoever did not say it himself hears of it; a deputy knows before the day."""
    if person.id != uow.actor.id:
        uow.push(person.id, "absence_set", subject=f"absence:{row.id}", key=f"absence:{row.id}:set", by=uow.actor.name)
    if row.kind == "leave" and row.start_at > uow.now:
        deputy_id = row.deputy_id or person.deputy_id
        uow.push(deputy_id, "absence_ahead", subject=f"absence:{row.id}", key=f"absence:{row.id}:ahead")


def begin(uow: Uow, row: Absence) -> None:
    """The leave begins: what falls into it is somebody else's, and he is shown what. Nobody there: the admin hears."""
    person = cast(Person, find_person(uow, row.person_id))
    instead = stand_in(uow, person.id, person.unit)
    uow.emit(AbsenceBegun(absence_id=row.id))
    if instead is None:
        for above in _responsible(uow, person):
            uow.push(above.id, "absence_nobody", subject=f"absence:{row.id}", key=f"absence:{row.id}:nobody",
                     priority=Priority.MUST_KNOW)  # fmt: skip
        return
    uow.touch(row, deputy_id=instead.id)
    moved = pass_on(uow, person.id, instead.id, uow.now, row.end_at)
    uow.change("deputy", "", instead.name, "person")
    if instead.id != uow.actor.id or moved:
        uow.push(instead.id, "absence_moved", subject=f"absence:{row.id}", key=f"absence:{row.id}:moved:{row.version}",
                 priority=Priority.MUST_KNOW, items=moved)  # fmt: skip
    manager = manager_of(uow, person.unit, exclude=(person.id, instead.id, uow.actor.id))
    uow.push(manager.id if manager else None, "absence_told", subject=f"absence:{row.id}",
             key=f"absence:{row.id}:told:{row.version}", items=moved)  # fmt: skip
    uow.audit("begin", "absence", row.id, deputy=instead.id, moved=len(moved))


def _responsible(uow: Uow, person: Person) -> list[Person]:
    """Who must hear that nobody stands in: the admin, and the manager though he is away as well."""
    found = [next(iter(holders(uow, role, person.unit, exclude=(person.id,))), None) for role in ("admin", "manager")]
    return [one for one in found if one is not None]


def finish(uow: Uow, row: Absence) -> None:
    """He is back: what is left is his again, and he is shown what was done. Still away otherwise: nothing yet."""
    uow.flush()
    if absent(uow, [row.person_id]):
        return
    done = done_since(uow, row.person_id, row.start_at)
    back = give_back(uow, row.person_id)
    if done or back:
        uow.push(row.person_id, "absence_back", subject=f"absence:{row.id}", key=f"absence:{row.id}:back:{row.version}",
                 priority=Priority.MUST_KNOW, items=[*done, *back])  # fmt: skip
    uow.audit("end", "absence", row.id, back=len(back), done=len(done))
    uow.refresh(f"absence:{row.id}")
    uow.emit(AbsenceOver(absence_id=row.id))


@handles(EndAbsence)
def end_absence(cmd: EndAbsence, uow: Uow) -> Result:
    """Back before it was over, or it does not take place. Raises Conflict when he is not away."""
    person = _person(uow, cmd.person_id)
    uow.lock(f"absences:{person.id}")
    query = select(Absence).where(
        col(Absence.tenant) == uow.tenant, col(Absence.person_id) == person.id, col(Absence.ended_at).is_(None),
        col(Absence.end_at) > uow.now,
    )  # fmt: skip
    chosen = col(Absence.id) == cmd.absence_id if cmd.absence_id else col(Absence.start_at) <= uow.now
    rows = uow.rows(query.where(chosen).order_by(col(Absence.start_at)))
    if not rows and person.away_until is None:
        raise Conflict("error.not_away", name=person.name)
    uow.touch(person, away_until=None)
    for row in rows:
        uow.cancel_timers(f"absence:{row.id}")
        uow.touch(row, ended_at=uow.now)
    uow.change("absence", "away", "back")
    for row in rows[-1:]:
        finish(uow, row)
    undo = uow.undoable(ResumeAbsence(absence_ids=tuple(row.id for row in rows)), "back") if rows else None
    return Result(id=person.id, view=absence_view(rows[-1], uow) if rows else None, undo_id=undo)


@handles(ResumeAbsence)
def resume_absence(cmd: ResumeAbsence, uow: Uow) -> Result:
    """Away as before; the work goes out again."""
    rows = [uow.seize(Absence, absence_id) for absence_id in cmd.absence_ids]
    for row in rows:
        if row is None or row.tenant != uow.tenant:
            raise NotFound(resource="absence")
        person = _person(uow, row.person_id)
        if row.ended_at is None or row.end_at <= uow.now:
            raise Conflict("error.changed_since")
        uow.touch(row, ended_at=None)
        uow.flush()
        _plan(uow, row, person)
    return Result(id=cmd.absence_ids[-1])


@handles(SetDeputy)
def set_deputy(cmd: SetDeputy, uow: Uow) -> Result:
    """Whoever stands in from now on; a leave that runs goes to him as well."""
    person = _person(uow, cmd.person_id)
    deputy = _deputy(uow, cmd.deputy_id, person)
    before = person.deputy_id
    uow.change("deputy", person_name(uow, before), deputy.name if deputy else "", "person")
    uow.touch(person, deputy_id=deputy.id if deputy else None)
    uow.audit("deputy", "person", person.id, before=before, after=cmd.deputy_id)
    if deputy is not None and deputy.id != uow.actor.id:
        uow.push(deputy.id, "deputy_set", subject="", key=f"deputy:{person.id}:{person.version}", name=person.name)
    undo = uow.undoable(SetDeputy(deputy_id=before, person_id=cmd.person_id), "deputy")
    return Result(id=person.id, undo_id=undo)
