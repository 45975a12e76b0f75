"""Questions about units and people."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.messages import FindColleagues, FindUnit, Me, MyDealer, PersonView, UnitView
from crm_core.org.people import away, dealer_of, holds, is_away, unit_of
from crm_core.org.tables import GrantRow, Person

_HONORIFICS = ("师傅", "经理", "主管", "老师", "哥", "姐", "总")


@answers(Me)
def me(question: Me, reader: Reader) -> PersonView:
    """The actor himself."""
    person = reader.session.get(Person, reader.actor.id)
    if person is None:
        raise NotFound(resource="person")
    return _view(person, reader.actor.role, reader, is_away(reader, person.id))


@answers(FindColleagues)
def find_colleagues(question: FindColleagues, reader: Reader) -> list[PersonView]:
    """Colleagues the actor may know of, best first; whoever may read no person finds none."""
    query = (
        select(Person, GrantRow).join(GrantRow, col(GrantRow.person_id) == col(Person.id))
        .where(reader.clause(Person, "person"), col(Person.kind) == "staff", col(Person.active))
    )  # fmt: skip
    if question.role:
        query = query.where(col(GrantRow.role) == question.role)
    found = reader.session.execute(query).all()
    gone, ranked = away(reader, [row for row, _ in found]), {}
    for row, grant in found:
        rank = _rank(question.words.strip(), row)
        if rank is not None and holds(grant, reader.now):
            ranked[row.id] = (rank, row.code, _view(row, grant.role, reader, row.id in gone))
    return [view for _, _, view in sorted(ranked.values(), key=lambda item: item[:2])]


def _rank(words: str, person: Person) -> int | None:
    """0 exact, 1 code, 2 part of the name or 小/老 + surname or surname + honorific; None: no."""
    if not words or words == person.name:
        return 0
    if words.lower() == person.code.lower():
        return 1
    bare = words
    for suffix in _HONORIFICS:
        bare = bare.removesuffix(suffix)
    bare = bare.removeprefix("小").removeprefix("老") or words
    if len(bare) == 1:
        return 2 if person.name.startswith(bare) else None
    return 2 if bare.lower() in person.name.lower() or person.name.lower() in words.lower() else None


@answers(MyDealer)
def my_dealer(question: MyDealer, reader: Reader) -> UnitView:
    """The dealer the actor belongs to, or the nearest unit above."""
    return find_unit(FindUnit(path=dealer_of(reader.actor.unit)), reader)


@answers(FindUnit)
def find_unit(question: FindUnit, reader: Reader) -> UnitView:
    """Names of units are no secret inside the group."""
    unit = unit_of(reader, question.path)
    if unit is None:
        raise NotFound(resource="unit")
    return UnitView(path=unit.path, name=unit.name, name_en=unit.name_en, zone=unit.zone, city=unit.city,
                    address=unit.address, phone=unit.phone, pipeline=unit.pipeline)  # fmt: skip


def _view(person: Person, role: str, reader: Reader, away: bool) -> PersonView:
    unit = unit_of(reader, person.unit)
    english = reader.actor.language == "en" and unit is not None and unit.name_en
    name = "" if unit is None else (unit.name_en if english else unit.name)
    return PersonView(
        id=person.id, code=person.code, name=person.name, role=role, unit=person.unit, unit_name=name,
        language=person.language, zone=person.zone, kind=person.kind,
        away=away,
    )  # fmt: skip
