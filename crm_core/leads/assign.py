"""Gathering what the assignment rules need to know."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from crm_core.kernel.access import Scope, after, reach
from crm_core.kernel.calendar import Hours, is_working
from crm_core.kernel.uow import Reader, Uow
from crm_core.leads.messages import CreateLead
from crm_core.leads.rules import Arriving, AssignmentPolicy, Candidate, Choice, choose_owner
from crm_core.leads.tables import Lead
from crm_core.org.people import absent, away, dealer_of, find_person, holders, zone_of
from crm_core.org.tables import GrantRow, Person, Unit
from crm_core.vehicles.messages import FindModels
from crm_core.vehicles.queries import models_for

WIN_WINDOW = timedelta(days=90)


def lead_unit(uow: Uow, cmd: CreateLead) -> str:
    """The dealer a lead belongs to: the unit given when it is one, else by city, then by the brand he sells.

    Among what is left a dealer with reps comes first, so that a lead does not wait where nobody sells.
    """
    unit = cmd.unit or uow.actor.unit
    if unit.count(".") >= 3:
        return dealer_of(unit)
    units = uow.session.execute(_UNITS_UNDER, {"tenant": uow.tenant, "unit": unit, "after": after(unit)}).all()
    dealers = [d for d in units if d.path.count(".") == 3]
    by_city = [d for d in dealers if cmd.city and d.city and (d.city in cmd.city or cmd.city in d.city)]
    found = _selling(uow, cmd.vehicle, by_city or dealers)
    return (_staffed(uow, found) or found)[0].path if found else unit


def _selling(uow: Uow, vehicle: str, dealers: list[Any]) -> list[Any]:
    """The dealers that carry the brand; a series (`ES6`) has its brand from the catalogue. All, if none does."""
    if len(dealers) < 2 or not vehicle:
        return dealers
    said = vehicle.casefold()
    named = [d for d in dealers if any(brand.casefold() in said for brand in d.brands or ())]
    if named:
        return named
    brands = {model.brand for model in models_for(FindModels(words=vehicle), uow)}
    return [d for d in dealers if brands & set(d.brands or ())] or dealers


def _staffed(uow: Uow, dealers: list[Any]) -> list[Any]:
    """Those of the dealers that have somebody who sells."""
    if len(dealers) < 2:
        return dealers
    held = select(col(GrantRow.unit)).where(col(GrantRow.tenant) == uow.tenant, col(GrantRow.role) == "rep").distinct()
    homes = {dealer_of(unit) for unit in uow.session.execute(held).scalars()}
    return [d for d in dealers if d.path in homes]


def decide_owner(uow: Uow, cmd: CreateLead, unit: str, owner_id: str | None, typist_id: str | None) -> Choice:
    """Who follows this lead, by `assignment.yaml` as it holds at the dealer."""
    policy = uow.policies.model("assignment", AssignmentPolicy, unit=unit)
    timed = any(rule.when.working_hours is not None for rule in policy.rules)
    arriving = Arriving(
        source=cmd.source, channel=cmd.channel, campaign=cmd.campaign, city=cmd.city, vehicle=cmd.vehicle,
        score=cmd.score, working=not timed or _working(uow, unit), owner_id=owner_id, typist_id=typist_id,
    )  # fmt: skip
    win_rate = any(rule.choose == "win_rate" for rule in policy.rules) and cmd.score is not None
    reps = people(uow, unit, policy.load_cap, win_rate=win_rate)
    if not policy.out.take_leads:
        out = absent(uow, (rep.id for rep in reps), kinds=("out",))
        reps = [replace(rep, away=rep.away or rep.id in out) for rep in reps]
    return choose_owner(arriving, reps, policy)


def _working(uow: Uow, unit: str) -> bool:
    return is_working(uow.now, uow.policies.model("hours", Hours, unit=unit), zone_of(uow, unit))


def people(reader: Reader, unit: str, cap: int, *, win_rate: bool = False, exclude: tuple[str, ...] = ()) -> list[Candidate]:
    """The reps of a dealer with their load."""
    reps = holders(reader, "rep", unit, exclude=exclude)
    reader.session.flush()
    known = reader.session.execute(_LOADS, {"ids": [person.id for person in reps], "cap": cap})
    loads = {person_id: (load or 0, last) for person_id, load, last in known}
    gone = away(reader, reps)
    return [
        _candidate(reader, person, *loads[person.id], away=person.id in gone, win_rate=win_rate) for person in reps
    ]


def _loads() -> Any:
    """One statement for all reps. Counting stops at the cap, so that a pile of old leads costs nothing."""
    waiting = (
        select(col(Lead.id)).where(col(Lead.owner_id) == col(Person.id), col(Lead.state) == "new").limit(bindparam("cap"))
        .correlate(Person).subquery()
    )  # fmt: skip
    load = select(func.count()).select_from(waiting).scalar_subquery()
    newest = select(func.max(col(Lead.assigned_at))).where(col(Lead.owner_id) == col(Person.id))
    last = newest.correlate(Person).scalar_subquery()
    return select(col(Person.id), load, last).where(col(Person.id).in_(bindparam("ids", expanding=True)))


_LOADS = _loads()
_UNITS_UNDER = (
    select(col(Unit.path), col(Unit.city), col(Unit.brands))
    .where(col(Unit.tenant) == bindparam("tenant"), col(Unit.path) >= bindparam("unit"),
           col(Unit.path) < bindparam("after"))
    .order_by(col(Unit.path))
)  # fmt: skip


def _candidate(
    reader: Reader, person: Person, load: int, last: datetime | None, *, away: bool, win_rate: bool
) -> Candidate:
    return Candidate(
        id=person.id, code=person.code, name=person.name, expertise=tuple(person.expertise or ()),
        away=away, load=load, last_assigned=last,
        won=_win_rate(reader, person.id) if win_rate else None,
    )  # fmt: skip


def _win_rate(reader: Reader, person_id: str) -> float | None:
    rows = reader.session.execute(
        select(col(Lead.state), func.count()).where(
            col(Lead.owner_id) == person_id, col(Lead.state).in_(("won", "lost")),
            col(Lead.created_at) >= reader.now - WIN_WINDOW,
        ).group_by(col(Lead.state))
    ).all()  # fmt: skip
    counts = {state: int(n) for state, n in rows}
    closed = sum(counts.values())
    return counts.get("won", 0) / closed if closed else None


def team_unit(reader: Reader, person_id: str | None, dealer: str) -> str:
    """The path a lead lives at: its owner's team inside the dealer, else the dealer."""
    person = find_person(reader, person_id)
    if person is not None and person.unit.startswith(dealer):
        return reach(person.unit, Scope.TEAM)
    return dealer
