"""Changes of units and people."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from crm_core.kernel.access import Place, Scope, reach
from crm_core.kernel.errors import Conflict, Invalid, Refused
from crm_core.kernel.phones import parse_phone
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.org import holidays as holidays
from crm_core.org.messages import AddPerson, AddUnit, PersonAdded, SetAway, SetLanguage
from crm_core.org.people import zone_of
from crm_core.org.tables import GrantRow, Person, Unit

ROLES = ("rep", "manager", "service", "tech", "warehouse", "finance", "admin", "group_admin")
LANGUAGES = ("zh", "en")


@handles(AddUnit)
def add_unit(cmd: AddUnit, uow: Uow) -> Result:
    """Create or change a unit of the tree. Refused outside what the actor looks after."""
    if not is_path(cmd.path):
        raise Invalid("path", "error.unit_path")
    _must_cover(uow, "unit", cmd.path)
    unit = uow.first(select(Unit).where(col(Unit.tenant) == uow.tenant, col(Unit.path) == cmd.path))
    values = cmd.model_dump(exclude={"path"}) | {"brands": list(cmd.brands)}
    if unit is None:
        unit = uow.new(Unit, path=cmd.path, **values)
    elif any(getattr(unit, name) != value for name, value in values.items()):
        uow.touch(unit, **values)
    return Result(id=unit.id)


@handles(AddPerson)
def add_person(cmd: AddPerson, uow: Uow) -> Result:
    """Create or change a colleague and his role; the same data again changes nothing."""
    _check(cmd)
    _must_cover(uow, "person", cmd.unit)
    if cmd.role == "group_admin":
        _must_cover(uow, "person", reach(cmd.unit, Scope.GROUP))
    known = select(Person).where(col(Person.tenant) == uow.tenant, col(Person.code) == cmd.code)
    person = uow.first(known)
    if person is not None:
        _must_cover(uow, "person", person.unit)
        if person.kind != "staff":
            raise Conflict()
    else:
        person = uow.new(Person, code=cmd.code, name=cmd.name, unit=cmd.unit)
    phone = parse_phone(cmd.phone) if cmd.phone else None
    index = uow.cipher.index("phone", phone.value) if phone else ""
    values = {
        "name": cmd.name, "unit": cmd.unit, "language": cmd.language, "expertise": list(cmd.expertise),
        "zone": zone_of(uow, cmd.unit), "wecom_userid": cmd.wecom_userid.lower(), "phone_index": index,
    }  # fmt: skip
    changed = any(getattr(person, name) != value for name, value in values.items())
    if changed:
        uow.touch(person, **values, phone_enc=phone.value if phone else None)
        uow.audit("write", "person", person.id, code=cmd.code, role=cmd.role, unit=cmd.unit)
    changed |= _grant(person, cmd, uow)
    if changed:
        uow.emit(PersonAdded(person_id=person.id))
    return Result(id=person.id, view={"changed": changed})


def _must_cover(uow: Uow, resource: str, unit: str) -> None:
    """Raises Refused unless the actor may write at this unit."""
    place = Place(uow.tenant, unit)
    if not uow.access.allows(uow.actor, resource, "write", place):
        raise Refused("error.not_allowed")


def is_path(path: str) -> bool:
    """`group.`, `group.region.`, `group.region.dealer.` or one part more."""
    parts = path.split(".")
    return parts[-1] == "" and 2 <= len(parts) <= 5 and all(parts[:-1]) and len(path) <= 200


def _check(cmd: AddPerson) -> None:
    if cmd.role not in ROLES:
        raise Invalid("role", "error.unknown_role", value=cmd.role, known=", ".join(ROLES))
    if cmd.language not in LANGUAGES:
        raise Invalid("language", "error.unknown_language", value=cmd.language)
    if not cmd.name.strip() or not cmd.code.strip():
        raise Invalid("name" if cmd.code.strip() else "code", "error.empty")
    if not is_path(cmd.unit):
        raise Invalid("unit", "error.unit_path")


def _grant(person: Person, cmd: AddPerson, uow: Uow) -> bool:
    """Give the role in the unit, ending other imported roles; True when something changed."""
    held = select(GrantRow).where(col(GrantRow.person_id) == person.id)
    grants: Sequence[GrantRow] = uow.session.execute(held).scalars().all()
    wanted = next((g for g in grants if g.role == cmd.role and g.unit == cmd.unit), None)
    if wanted is not None and wanted.valid_until is None:
        return False
    for grant in grants:
        grant.valid_until = min(grant.valid_until or uow.now, uow.now)
    if wanted is None:
        wanted = GrantRow(tenant=uow.tenant, person_id=person.id, role=cmd.role, unit=cmd.unit)
        uow.session.add(wanted)
    wanted.valid_until, wanted.given_by = None, uow.actor.id
    return True


@handles(SetLanguage)
def set_language(cmd: SetLanguage, uow: Uow) -> Result:
    """Everybody may choose the language he is spoken to in."""
    if cmd.language not in LANGUAGES:
        raise Invalid("language", "error.unknown_language", value=cmd.language)
    person = uow.session.get(Person, uow.actor.id)
    if person is not None and person.language != cmd.language:
        uow.change("language", person.language, cmd.language)
        uow.touch(person, language=cmd.language)
    return Result(id=uow.actor.id)


@handles(SetAway)
def set_away(cmd: SetAway, uow: Uow) -> Result:
    """Staff say themselves when they are away."""
    person = uow.session.get(Person, uow.actor.id)
    if person is None or not uow.actor.is_staff:
        raise Invalid("person", "error.not_allowed")
    undo = uow.undoable(SetAway(until=person.away_until), "away")
    uow.change("away_until", person.away_until, cmd.until, "instant")
    uow.touch(person, away_until=cmd.until)
    return Result(id=person.id, undo_id=undo)
