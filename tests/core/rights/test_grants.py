"""Roles given and ended by an admin; by two people where they reach further."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_core.kernel.errors import AlreadyDecided, ChexinError, Conflict, Expired, NotFound, Refused
from crm_core.rights.messages import (
    ChangeGrants,
    DecideGrants,
    GrantRequestCard,
    GrantRequestView,
    GrantsOf,
    GrantsView,
    WithdrawGrants,
)
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House


def change(house: House, who: str, whom: str, **how: object) -> GrantRequestView | GrantsView:
    command = ChangeGrants(person_id=house.core.actor(whom).id, **how)  # type: ignore[arg-type]
    view: GrantRequestView | GrantsView = house.do(who, command).view
    return view


def roles(house: House, who: str) -> set[str]:
    return set(house.core.actor(who).roles)


def test_a_role_holds_from_its_day_to_its_day(house: House) -> None:
    start, end = house.clock.now() + timedelta(days=1), house.clock.now() + timedelta(days=2)
    change(house, "admin1", "rep1", give=("manager",), valid_from=start, until=end)
    seen = []
    for _ in range(3):
        seen.append(roles(house, "rep1"))
        house.clock.advance(seconds=86_400)
    assert seen == [{"rep"}, {"rep", "manager"}, {"rep"}]


def test_a_profile_is_a_bundle_of_roles(house: House) -> None:
    change(house, "admin1", "rep1", give=("front_desk",), end=("rep",))
    assert roles(house, "rep1") == {"service", "warehouse"}


def test_the_change_can_be_undone_unless_somebody_changed_it_since(house: House) -> None:
    first = house.do("admin1", ChangeGrants(person_id=house.core.actor("rep1").id, give=("service",)))
    house.do("admin1", UndoLast(undo_id=first.undo_id))
    assert roles(house, "rep1") == {"rep"}
    second = house.do("admin1", ChangeGrants(person_id=house.core.actor("rep1").id, give=("service",)))
    change(house, "admin2", "rep1", give=("tech",))
    with pytest.raises(Conflict):
        house.do("admin1", UndoLast(undo_id=second.undo_id))


@pytest.mark.parametrize("who", ["rep1", "manager1", "tech1"])
def test_only_admins_give(house: House, who: str) -> None:
    with pytest.raises(Refused):
        change(house, who, "rep2", give=("manager",))


def test_an_admin_gives_nothing_outside_his_dealer(house: House) -> None:
    with pytest.raises(ChexinError):
        change(house, "admin1", "rep3", give=("manager",))
    with pytest.raises(ChexinError):
        change(house, "admin1", "rep1", give=("manager",), unit="starway.east.park.")
    assert roles(house, "rep3") == {"rep"}


def test_no_change_is_no_change(house: House) -> None:
    with pytest.raises(Conflict):
        change(house, "admin1", "rep1", give=("rep",))


def test_a_dealer_keeps_an_admin(house: House) -> None:
    change(house, "admin1", "admin2", end=("admin",), give=("rep",))
    with pytest.raises(Refused):
        change(house, "admin1", "admin1", end=("admin",))


def test_group_wide_rights_need_a_second_person(house: House) -> None:
    asked = change(house, "boss", "rep1", give=("group_admin",))
    assert isinstance(asked, GrantRequestView)
    assert roles(house, "rep1") == {"rep"}
    with pytest.raises(Refused):
        house.do("boss", DecideGrants(request_id=asked.id, decision="approve"))
    house.do("admin1", DecideGrants(request_id=asked.id, decision="approve"))
    assert roles(house, "rep1") == {"rep", "group_admin"}
    with pytest.raises(AlreadyDecided):
        house.do("admin2", DecideGrants(request_id=asked.id, decision="reject"))


def test_two_admins_of_one_dealer_cannot_make_a_group_admin(house: House) -> None:
    asked = change(house, "admin1", "rep1", give=("group_admin",))
    assert isinstance(asked, GrantRequestView)
    with pytest.raises(NotFound):
        house.do("admin2", DecideGrants(request_id=asked.id, decision="approve"))
    house.do("boss", DecideGrants(request_id=asked.id, decision="approve"))
    assert "group_admin" in roles(house, "rep1")


def test_what_an_admin_gives_himself_needs_a_second_person(house: House) -> None:
    asked = change(house, "admin1", "admin1", give=("manager",))
    assert isinstance(asked, GrantRequestView)
    assert roles(house, "admin1") == {"admin"}
    with pytest.raises(Refused):
        house.do("admin1", DecideGrants(request_id=asked.id, decision="approve"))
    house.do("admin2", DecideGrants(request_id=asked.id, decision="approve"))
    assert roles(house, "admin1") == {"admin", "manager"}


def test_nobody_makes_his_own_second_person(house: House) -> None:
    change(house, "admin1", "rep2", give=("admin",), end=("rep",))
    change(house, "boss", "admin2", end=("admin",), give=("rep",))
    asked = change(house, "admin1", "admin1", give=("manager",))
    assert isinstance(asked, GrantRequestView)
    with pytest.raises(NotFound):
        house.do("rep2", DecideGrants(request_id=asked.id, decision="approve"))


def test_a_request_of_somebody_who_lost_his_right_comes_to_nothing(house: House) -> None:
    asked = change(house, "admin1", "rep1", give=("group_admin",))
    assert isinstance(asked, GrantRequestView)
    change(house, "admin2", "admin1", end=("admin",), give=("rep",))
    with pytest.raises(Refused):
        house.do("boss", DecideGrants(request_id=asked.id, decision="approve"))
    assert roles(house, "rep1") == {"rep"}


def test_it_lapses_and_can_be_withdrawn(house: House) -> None:
    asked = change(house, "boss", "rep1", give=("group_admin",))
    assert isinstance(asked, GrantRequestView)
    with pytest.raises(Conflict):
        change(house, "boss", "rep1", give=("group_admin",))
    with pytest.raises(NotFound):
        house.do("admin1", WithdrawGrants(request_id=asked.id))
    house.clock.advance(seconds=8 * 86_400)
    with pytest.raises(Expired):
        house.do("admin1", DecideGrants(request_id=asked.id, decision="approve"))
    again = change(house, "boss", "rep1", give=("group_admin",))
    house.do("boss", WithdrawGrants(request_id=again.id))  # type: ignore[union-attr]
    assert roles(house, "rep1") == {"rep"}


def test_who_may_look_at_rights(house: House) -> None:
    about = GrantsOf(person_id=house.core.actor("rep1").id)
    assert house.core.ask(about, house.core.actor("rep1")).held[0].role == "rep"
    assert house.core.ask(about, house.core.actor("admin1")).name == "陈晓明"
    for who in ("rep2", "rep3", "tech1"):
        with pytest.raises(NotFound):
            house.core.ask(about, house.core.actor(who))
    asked = change(house, "boss", "rep1", give=("group_admin",))
    for who in ("rep2", "rep1", "manager1"):
        with pytest.raises(NotFound):
            house.core.ask(GrantRequestCard(request_id=asked.id), house.core.actor(who))  # type: ignore[union-attr]
