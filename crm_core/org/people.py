"""Finding the right colleague for a piece of work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select
from sqlmodel import Session, col

from crm_core.kernel.access import Scope, after, reach
from crm_core.kernel.tenancy import everywhere
from crm_core.kernel.uow import Reader
from crm_core.org.tables import Absence, GrantRow, Person, Unit

# Asked in nearly every command, so built once.
_UNITS = select(Unit).where(
    col(Unit.tenant) == bindparam("tenant"), col(Unit.path).in_(bindparam("paths", expanding=True))
)
_HOLDERS = (
    select(Person, col(GrantRow.unit), col(GrantRow.valid_from), col(GrantRow.valid_until))
    .join(GrantRow, col(GrantRow.person_id) == col(Person.id))
    .where(
        col(Person.tenant) == bindparam("tenant"), col(Person.active), col(GrantRow.role) == bindparam("role"),
        or_(col(GrantRow.unit).in_(bindparam("above", expanding=True)),
            and_(col(GrantRow.unit) >= bindparam("dealer"), col(GrantRow.unit) < bindparam("after"))),
    )
)  # fmt: skip
_ABSENT = select(col(Absence.person_id)).where(
    col(Absence.tenant) == bindparam("tenant"), col(Absence.person_id).in_(bindparam("ids", expanding=True)),
    col(Absence.end_at) > bindparam("at"), col(Absence.start_at) <= bindparam("at"),
    col(Absence.ended_at).is_(None), col(Absence.kind).in_(bindparam("kinds", expanding=True)),
)  # fmt: skip
# How far deputies of deputies are followed.
_DEPUTIES = 5


class Held(NamedTuple):
    """Where a role is held, and from when until when."""

    unit: str
    valid_from: datetime | None
    valid_until: datetime | None


def holds(grant: GrantRow | Held, now: datetime) -> bool:
    """Whether a grant is in force."""
    return (grant.valid_from is None or grant.valid_from <= now) and (
        grant.valid_until is None or now < grant.valid_until
    )


def tenants(session: Session) -> list[str]:
    """Every tenant that has units."""
    with everywhere(session):
        return sorted(session.execute(select(col(Unit.tenant)).distinct()).scalars())


def dealer_of(unit: str) -> str:
    """The dealer's path of a unit: its first three parts."""
    return reach(unit, Scope.DEALER)


def find_person(reader: Reader, person_id: str | None) -> Person | None:
    """The person with this id, read once a transaction."""
    if not person_id:
        return None
    seen = _seen_people(reader)
    if person_id not in seen:
        person = reader.find(Person, person_id)
        if person is None:
            return None
        seen[person_id] = person
    return seen[person_id]


def _seen_people(reader: Reader) -> dict[str, Person]:
    """The session forgets rows nobody holds; these are held until it ends."""
    seen: dict[str, Person] = reader.session.info.setdefault("people", {})
    return seen


def person_name(reader: Reader, person_id: str | None) -> str:
    """A colleague's name; empty for nobody."""
    if not person_id:
        return ""
    if person_id == reader.actor.id:
        return reader.actor.name
    person = find_person(reader, person_id)
    return person.name if person is not None and person.tenant == reader.tenant else ""


def unit_of(reader: Reader, path: str) -> Unit | None:
    """The nearest unit row at or above a path."""
    seen: dict[str, Unit] = reader.session.info.setdefault("units", {})
    if path in seen:
        return seen[path]
    paths = [path[: i + 1] for i, c in enumerate(path) if c == "."]
    rows = reader.session.execute(_UNITS, {"tenant": reader.tenant, "paths": paths}).scalars().all()
    seen.update((row.path, row) for row in rows)
    return max(rows, key=lambda row: len(row.path), default=None)


def zone_of(reader: Reader, path: str) -> str:
    """The time zone at a unit."""
    unit = unit_of(reader, path)
    return unit.zone if unit is not None else "Asia/Shanghai"


def absent(reader: Reader, ids: Iterable[str], at: datetime | None = None, *, kinds: Sequence[str] = ("leave",)) -> set[str]:
    """Which of these people are away at an instant (now): on leave; with kind `out` those on the road."""
    asked = {"tenant": reader.tenant, "ids": list(ids), "at": at or reader.now, "kinds": list(kinds)}
    return set(reader.session.execute(_ABSENT, asked).scalars()) if asked["ids"] else set()


def away(reader: Reader, people: Iterable[Person], at: datetime | None = None) -> set[str]:
    """Which of these people do not work at an instant (now)."""
    known, when = list(people), at or reader.now
    switched = {p.id for p in known if p.away_until is not None and reader.now <= when < p.away_until}
    return switched | absent(reader, (p.id for p in known), when)


def is_away(reader: Reader, person_id: str | None, at: datetime | None = None) -> bool:
    """Whether a person does not work at an instant (now)."""
    person = find_person(reader, person_id)
    return person is not None and bool(away(reader, [person], at))


def deputy_of(reader: Reader, person_id: str | None, at: datetime | None = None) -> Person | None:
    """Who stands in for a person at an instant (now): named with the leave then, else his standing deputy.

    A deputy who is away himself is represented by his own. None when nobody is named, or nobody of them is here.
    """
    seen, following = {person_id}, person_id
    for _ in range(_DEPUTIES):
        person = find_person(reader, following)
        following = _named_deputy(reader, person, at or reader.now) if person is not None else None
        deputy = find_person(reader, following)
        if deputy is None or deputy.id in seen or not deputy.active or deputy.tenant != reader.tenant:
            return None
        if not is_away(reader, deputy.id, at):
            return deputy
        seen.add(deputy.id)
    return None


def _named_deputy(reader: Reader, person: Person, at: datetime) -> str | None:
    leave = leave_of(reader, person.id, at)
    return (leave.deputy_id if leave is not None else None) or person.deputy_id


def leave_of(reader: Reader, person_id: str, at: datetime | None = None) -> Absence | None:
    """The leave a person is on at an instant (now)."""
    when = at or reader.now
    query = select(Absence).where(
        col(Absence.tenant) == reader.tenant, col(Absence.person_id) == person_id, col(Absence.kind) == "leave",
        col(Absence.start_at) <= when, col(Absence.end_at) > when, col(Absence.ended_at).is_(None),
    ).order_by(col(Absence.end_at).desc())  # fmt: skip
    return reader.first(query)


def stand_in(reader: Reader, person_id: str | None, unit: str, at: datetime | None = None) -> Person | None:
    """Who does a person's work while he is away: his deputy, else a manager or admin who is here. None: nobody."""
    deputy = deputy_of(reader, person_id, at)
    if deputy is not None:
        return deputy
    above = [p for role in ("manager", "admin") for p in holders(reader, role, unit, exclude=(person_id or "",))]
    gone = away(reader, above, at)
    return next((p for p in above if p.id not in gone), None)


def on_duty_for(reader: Reader, person_id: str | None, unit: str) -> str | None:
    """Whom a piece of work reaches now: its owner, or who stands in for him while he is on leave."""
    if person_id is None or not _on_leave(reader, person_id):
        return person_id
    instead = stand_in(reader, person_id, unit)
    return instead.id if instead is not None else person_id


def _on_leave(reader: Reader, person_id: str) -> bool:
    """Whether a person is on leave now; of a group of timers all owners are looked up together."""
    crowd = getattr(reader, "crowd", ())
    if person_id not in crowd:
        return bool(absent(reader, [person_id]))
    seen: dict[str, set[str]] = reader.session.info.setdefault("on_leave", {})
    if reader.tenant not in seen:
        reader.preload(Person, crowd)
        seen[reader.tenant] = absent(reader, crowd)
    return person_id in seen[reader.tenant]


def holders(
    reader: Reader, role: str, unit: str, *, exclude: Sequence[str] = (), on_duty: bool = False
) -> list[Person]:
    """Active people holding `role` in a unit that covers `unit`, or inside its dealer; nearest unit first."""
    found: dict[str, tuple[tuple[int, str], Person]] = {}
    seen = _seen_people(reader)
    for row, held in _holders(reader, role, unit):
        seen[row.id] = row
        if row.id not in exclude and holds(held, reader.now):
            found[row.id] = ((-_common(held.unit, unit), row.code), row)
    people = [row for _, row in sorted(found.values(), key=lambda item: item[0])]
    gone = away(reader, people) if on_duty else ()
    return [row for row in people if row.id not in gone]


def _holders(reader: Reader, role: str, unit: str) -> list[tuple[Person, Held]]:
    """Who holds a role there and from when until when; a group of timers, which changes no grant, reads it once."""
    dealer = dealer_of(unit)
    asked = {
        "tenant": reader.tenant, "role": role, "above": [unit[: i + 1] for i, c in enumerate(unit) if c == "."],
        "dealer": dealer, "after": after(dealer),
    }  # fmt: skip
    known: dict[tuple[str, str, str], list[tuple[Person, Held]]] = reader.session.info.setdefault("holders", {})
    key = (reader.tenant, role, unit)
    if key not in known or getattr(reader, "firing", None) is None:
        known[key] = [(row, Held(*grant)) for row, *grant in reader.session.execute(_HOLDERS, asked)]
    return known[key]


def _common(a: str, b: str) -> int:
    """How many leading parts two paths share."""
    shared = 0
    for x, y in zip(a.split("."), b.split("."), strict=False):
        if x != y or not x:
            break
        shared += 1
    return shared


def manager_of(reader: Reader, unit: str, *, exclude: Sequence[str] = ()) -> Person | None:
    """The nearest manager on duty whose unit covers this one, else the admin there; else one who is away; else None."""
    found = [p for role in ("manager", "admin") for p in holders(reader, role, unit, exclude=exclude)]
    gone = away(reader, found)
    return next((p for p in found if p.id not in gone), None) or next(iter(found), None)
