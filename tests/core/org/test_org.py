"""Units, people and roles: who may make them, and who is found for a piece of work."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_core.chat.messages import BindAccount
from crm_core.kernel.errors import ChexinError, Invalid, NotFound, Refused
from crm_core.kernel.uow import Reader
from crm_core.leads.messages import MyLeads
from crm_core.org.messages import AddPerson, AddUnit, FindColleagues, Me, MyDealer, SetAway, SetLanguage
from crm_core.org.people import dealer_of, holders, manager_of, unit_of, zone_of
from crm_core.org.queries import _by_sound
from crm_core.org.tables import GrantRow, Person, Unit
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import DEALER, House


def add(house: House, code: str, role: str = "rep", unit: str = f"{DEALER}a.", name: str = "何静", **more: object) -> None:
    house.job(AddPerson(code=code, name=name, role=role, unit=unit, **more))  # type: ignore[arg-type]
    house.actors[code] = house.core.actor(code)


def reading(house: House, ask: object) -> object:
    with house.core.database.read() as session:
        reader: Reader = house.core.reader(session, house.core.system("starway"))
        return ask(reader)  # type: ignore[operator]


# Making


def test_the_same_data_again_changes_nothing(house: House) -> None:
    before = {t: [row.model_dump() for row in house.rows(t)] for t in (Unit, Person, GrantRow)}
    house.clock.advance(days=1)
    house.build()
    assert {t: [row.model_dump() for row in house.rows(t)] for t in before} == before


def test_a_new_role_ends_the_old_one_and_may_come_back(house: House) -> None:
    add(house, "x1", "rep")
    for role in ("manager", "rep", "manager", "rep"):
        house.clock.advance(days=1)
        add(house, "x1", role)
        assert house.actors["x1"].roles == (role,)


def test_rights_change_with_the_role_at_once(house: House) -> None:
    house.lead("rep1")
    assert len(house.ask("manager1", MyLeads())) == 1
    add(house, "manager1", "tech", DEALER, name="赵国强")
    assert house.ask("manager1", MyLeads()) == []


@pytest.mark.parametrize("path", ["", "starway", ".", "starway..x.", "a.b.c.d.e.", ".a.", "a." * 150])
def test_paths_that_are_none(house: House, path: str) -> None:
    with pytest.raises(Invalid, match="unit_path"):
        house.job(AddUnit(path=path, name="x"))
    with pytest.raises(Invalid, match="unit_path"):
        house.job(AddPerson(code="x", name="x", role="rep", unit=path))


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("role", "boss", "unknown_role"), ("language", "fr", "unknown_language"),
        ("name", " ", "empty"), ("code", "", "empty"),
    ],
)
def test_people_that_are_none(house: House, field: str, value: str, says: str) -> None:
    given = {"code": "x", "name": "x", "role": "rep", "unit": DEALER} | {field: value}
    with pytest.raises(Invalid, match=says) as error:
        house.job(AddPerson(**given))
    assert error.value.field == field


@pytest.mark.parametrize(
    ("role", "unit", "allowed"),
    [
        ("rep", f"{DEALER}a.", True),
        ("manager", DEALER, True),
        ("rep", "starway.east.park.a.", False),
        ("rep", "starway.east.", False),
        ("rep", "starway.", False),
        ("rep", "starway.east.pudong2.", False),
        # A group's administrator reaches the whole group, wherever the grant is written.
        ("group_admin", DEALER, False),
    ],
)
def test_a_dealers_admin_makes_colleagues_of_his_dealer_only(house: House, role: str, unit: str, allowed: bool) -> None:
    add(house, "admin1", "admin", DEALER)
    command = AddPerson(code="new1", name="新人", role=role, unit=unit)
    if allowed:
        house.do("admin1", command)
        assert house.core.actor("new1").roles == (role,)
    else:
        with pytest.raises(Refused):
            house.do("admin1", command)


def test_a_dealers_admin_takes_nobody_away_from_another_dealer(house: House) -> None:
    add(house, "admin1", "admin", DEALER)
    with pytest.raises(Refused):
        house.do("admin1", AddPerson(code="rep3", name="吴丹", role="rep", unit=f"{DEALER}a."))


@pytest.mark.parametrize("who", ["rep1", "manager1", "tech1"])
def test_who_makes_neither_people_nor_units(house: House, who: str) -> None:
    for command in (AddPerson(code="n", name="n", role="rep", unit=f"{DEALER}a."), AddUnit(path=f"{DEALER}x.", name="x")):
        with pytest.raises(Refused):
            house.do(who, command)


def test_a_rep_binds_no_account_to_anybody(house: House) -> None:
    """Accounts are vouched for by a token, the corp or an admin, never by a claim."""
    for to in ("rep1", "manager1", "rep2"):
        command = BindAccount(person_id=house.id(to), channel="telegram", account="b", native_id="1", chat="tg:1")
        with pytest.raises(NotFound):
            house.do("rep1", command)


# Finding


def test_people_are_found_by_what_they_are_called(house: House) -> None:
    for words, codes in {
        "林佳": ["rep2"], "rep2": ["rep2"], "REP2": ["rep2"], "小林": ["rep2"], "林姐": ["rep2"], "晓明": ["rep1"],
        "赵经理": ["manager1"], "没有这个人": [], "": ["manager1", "rep1", "rep2", "tech1"],
    }.items():  # fmt: skip
        assert [view.code for view in house.ask("rep1", FindColleagues(words=words))] == codes, words
    assert [view.code for view in house.ask("rep1", FindColleagues(role="tech"))] == ["tech1"]


def test_another_dealers_people_are_not_found(house: House) -> None:
    assert house.ask("rep1", FindColleagues(words="吴丹")) == []
    assert [view.code for view in house.ask("rep3", FindColleagues(words="吴丹"))] == ["rep3"]
    assert "rep3" in [view.code for view in house.ask("region1", FindColleagues())]


def test_holders_nearest_first_and_only_those_on_duty(house: House) -> None:
    house.job(AddUnit(path=f"{DEALER}b.", name="b"))
    add(house, "rep8", unit=f"{DEALER}b.")
    house.do("rep2", SetAway(until=house.clock.now() + timedelta(hours=1)))
    codes = reading(house, lambda r: [p.code for p in holders(r, "rep", f"{DEALER}b.", on_duty=True)])
    assert codes == ["rep8", "rep1"]
    everybody = reading(house, lambda r: [p.code for p in holders(r, "rep", f"{DEALER}b.", exclude=[house.id("rep1")])])
    assert everybody == ["rep8", "rep2"]


def test_the_nearest_manager_and_when_he_is_away_the_one_above(house: House) -> None:
    def manager(unit: str = f"{DEALER}a.", *exclude: str) -> str | None:
        found = reading(house, lambda r: manager_of(r, unit, exclude=exclude))
        return found.code if isinstance(found, Person) else None

    assert manager() == "manager1"
    assert manager(f"{DEALER}a.", house.id("manager1")) == "region1"
    assert manager("starway.east.park.a.") == "region1"
    house.do("manager1", SetAway(until=house.clock.now() + timedelta(days=1)))
    assert manager() == "region1"
    house.do("region1", SetAway(until=house.clock.now() + timedelta(days=1)))
    assert manager() == "manager1", "better somebody who is away than nobody"


def test_units_and_zones_come_from_the_nearest_above(house: House) -> None:
    house.job(AddUnit(path=DEALER, name="浦东店", name_en="Pudong", zone="Asia/Tokyo"))
    found = reading(house, lambda r: (unit_of(r, f"{DEALER}a.").name, zone_of(r, f"{DEALER}new."), zone_of(r, "nowhere.")))
    assert found == (f"{DEALER}a.", "Asia/Tokyo", "Asia/Shanghai")
    assert dealer_of(f"{DEALER}a.") == DEALER
    assert house.ask("rep1", MyDealer()).name == "浦东店"


# Oneself


def test_a_person_chooses_language_and_absence_and_takes_it_back(house: House) -> None:
    house.do("rep1", SetLanguage(language="en"))
    assert house.core.actor("rep1").language == "en"
    with pytest.raises(Invalid):
        house.do("rep1", SetLanguage(language="tlh"))
    house.do("rep1", SetAway(until=house.clock.now() + timedelta(hours=2)))
    assert house.ask("rep1", Me()).away
    house.do("rep1", UndoLast())
    assert not house.ask("rep1", Me()).away


def test_absence_ends_by_itself(house: House) -> None:
    house.do("rep1", SetAway(until=house.clock.now() + timedelta(hours=2)))
    house.clock.advance(hours=2)
    assert not house.ask("rep1", Me()).away


def test_an_actor_is_found_by_id_or_code_and_only_while_active(house: House) -> None:
    assert house.core.actor(house.id("rep1")) == house.core.actor("rep1", "starway")
    for who, tenant in (("rep1", "other"), ("nobody", None), ("", None)):
        with pytest.raises(NotFound):
            house.core.actor(who, tenant)
    assert house.core.tenants() == ["starway"]


def test_one_code_in_two_groups_is_nobody_until_the_group_is_named(house: House) -> None:
    other = house.core.system("moon")
    house.core.execute(AddUnit(path="moon.", name="moon"), other)
    house.core.execute(AddPerson(code="rep1", name="别人", role="rep", unit="moon.x.y."), other)
    with pytest.raises(NotFound):
        house.core.actor("rep1")
    assert house.core.actor("rep1", "moon").name == "别人"
    assert house.core.actor("rep1", "starway").name == "陈晓明"
    with pytest.raises(ChexinError):
        house.core.execute(AddPerson(code="spy", name="x", role="rep", unit="starway.east."), other)


@pytest.mark.parametrize(("words", "found"), [
    ("Chen Xiaoming", True), ("Xiaoming Chen", True), ("chenxiaoming", True), ("Mr Chen", True), ("Mr Lin", False),
    ("Mr", False), ("Xiaoming", False),
])  # fmt: skip
def test_a_colleague_by_the_sound_of_his_name(words: str, found: bool) -> None:
    assert (_by_sound(words, "陈晓明") is not None) is found
