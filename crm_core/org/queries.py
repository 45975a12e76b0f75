"""Questions about units and people."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from crm_core.kernel.calendar import Hours, is_working
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.messages import (
    FindColleagues,
    FindUnit,
    HoursView,
    Me,
    MyDealer,
    OpeningHours,
    PersonView,
    UnitView,
)  # fmt: skip
from crm_core.org.people import away, dealer_of, holds, is_away, unit_of
from crm_core.org.tables import GrantRow, Person

LOOKED_AHEAD = 31
_TITLES = frozenset(("mr", "mrs", "ms", "miss", "sir", "madam"))
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
    if words.isascii() and not person.name.isascii():
        return _by_sound(words, person.name)
    bare = words
    for suffix in _HONORIFICS:
        bare = bare.removesuffix(suffix)
    bare = bare.removeprefix("小").removeprefix("老") or words
    if len(bare) == 1:
        return 2 if person.name.startswith(bare) else None
    return 2 if bare.lower() in person.name.lower() or person.name.lower() in words.lower() else None


def _by_sound(words: str, name: str) -> int | None:
    """Chen Xiaoming, Xiaoming Chen, Mr Chen for 陈晓明: 2 the whole name, 3 the family name, None neither."""
    from crm_core.customers.rules import pinyin_of, surname_of

    parts = [part for part in re.findall(r"[a-z]+", words.lower()) if part not in _TITLES]
    if not parts:
        return None
    whole, family = pinyin_of(name)[0], pinyin_of(surname_of(name))[0]
    if whole in ("".join(parts), "".join((parts[-1], *parts[:-1]))):
        return 2
    return 3 if parts == [family] else None


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
                    address=unit.address, address_en=unit.address_en, phone=unit.phone, pipeline=unit.pipeline)  # fmt: skip


@answers(OpeningHours)
def opening_hours(question: OpeningHours, reader: Reader) -> HoursView:
    """By the same calendar that the dealer's deadlines keep: shifts, closures, holidays and make-up days."""
    unit = my_dealer(MyDealer(), reader)
    hours = reader.policies.model("hours", Hours, unit=unit.path)
    today = reader.now.astimezone(ZoneInfo(unit.zone)).date()
    on = question.on or today
    following = (on + timedelta(days=n) for n in range(1, LOOKED_AHEAD + 1))
    later = next((day for day in following if hours.shifts_on(day)), None)
    return HoursView(
        unit=unit, on=on, today=today, shifts=_shifts(hours, on), open_now=is_working(reader.now, hours, unit.zone),
        holiday=hours.public_holidays and hours.kind_of(on) == "off" and not hours.shifts_on(on),
        next_on=later, next_shifts=_shifts(hours, later) if later else (),
    )  # fmt: skip


def _shifts(hours: Hours, on: date) -> tuple[tuple[time, time], ...]:
    return tuple((shift.start, shift.end) for shift in hours.shifts_on(on))


def _view(person: Person, role: str, reader: Reader, away: bool) -> PersonView:
    unit = unit_of(reader, person.unit)
    english = reader.actor.language == "en" and unit is not None and unit.name_en
    name = "" if unit is None else (unit.name_en if english else unit.name)
    return PersonView(
        id=person.id, code=person.code, name=person.name, role=role, unit=person.unit, unit_name=name,
        language=person.language, zone=person.zone, kind=person.kind,
        away=away,
    )  # fmt: skip
