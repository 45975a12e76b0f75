"""Accounts are bound once, by whoever may, however many try at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.channels.accounts import Account
from crm_core.chat.messages import (
    BindAccount,
    BindContact,
    BindGroup,
    BindKnownStaff,
    BindVouched,
    CloseChat,
    ConnectAccount,
    MeetVisitor,
    PreferAccount,
    RedeemInvite,
    UnbindAccount,
)  # fmt: skip
from crm_core.chat.tables import Identity
from crm_core.kernel.errors import ChexinError, Expired, NotFound, Refused
from crm_core.org.messages import AddPerson
from crm_core.org.tables import Person
from tests.core.chat.test_accounts import invite
from tests.core.deals.house import DEALER, House

HERE: dict[str, Any] = {"channel": "telegram", "account": "7"}


def at(native: str) -> dict[str, Any]:
    return {**HERE, "native_id": native, "chat": f"telegram:7:{native}"}


def identities(house: House) -> list[Identity]:
    with house.core.database.read() as session:
        return list(session.execute(select(Identity)).scalars())


def test_of_many_who_open_one_link_at_once_one_gets_in(house: House) -> None:
    token = invite(house, channel="telegram").token

    def redeem(n: int) -> bool:
        try:
            house.job(RedeemInvite(**at(str(n)), token=token))
        except Expired:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(redeem, range(24))) == 1
    assert len(identities(house)) == 1


def test_a_stranger_who_writes_twice_at_once_is_one_visitor(house: House) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: house.job(MeetVisitor(**at("1"), unit=DEALER)).id, range(16)))
    assert len(found) == 1
    assert len([person for person in house.rows(Person) if person.kind == "visitor"]) == 1


def test_two_accounts_of_one_colleague_bound_at_once_leave_one(house: House) -> None:
    tokens = [invite(house, channel="telegram").token for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: house.job(RedeemInvite(**at(str(n)), token=tokens[n])), range(4)))
    assert len(identities(house)) == 1


@pytest.mark.parametrize("who", ["rep1", "manager1", "tech1"])
def test_only_the_deployment_says_who_somebody_is(house: House, who: str) -> None:
    token = invite(house, channel="telegram").token
    for command in (
        BindAccount(**at("1"), person_id=house.id("rep2")), RedeemInvite(**at("1"), token=token),
        BindVouched(**at("1")), BindKnownStaff(account="ww1-2"), MeetVisitor(**at("1"), unit=DEALER),
        BindContact(**at("1"), phone="13800138000", unit=DEALER), CloseChat(**HERE, native_id="1"),
    ):  # fmt: skip
        with pytest.raises(ChexinError) as refused:
            house.do(who, command)
        assert isinstance(refused.value, NotFound | Refused), command
    assert identities(house) == []


def test_an_administrator_unbinds_his_own_people_only(house: House) -> None:
    house.hire("admin1", "周敏", "admin", DEALER)
    for who, native in (("rep1", "1"), ("rep3", "3")):
        house.job(BindAccount(**at(native), person_id=house.id(who)))
    near, far = sorted(identities(house), key=lambda one: one.native_id)
    house.do("admin1", UnbindAccount(identity_id=near.id))
    with pytest.raises(NotFound):
        house.do("admin1", UnbindAccount(identity_id=far.id))
    assert [one.native_id for one in identities(house)] == ["3"]


def test_customers_make_no_links(house: House) -> None:
    house.customer(login="customer9")
    with pytest.raises(NotFound):
        house.do("customer9", ConnectAccount(channel="telegram"))


@pytest.mark.parametrize(("who", "unit", "may"), [
    ("manager1", DEALER, True), ("region1", DEALER, True), ("manager1", "starway.east.park.", False),
    ("manager1", "starway.", False), ("rep1", f"{DEALER}a.", False), ("tech1", DEALER, False),
])  # fmt: skip
def test_who_binds_a_group_to_a_unit(house: House, who: str, unit: str, may: bool) -> None:
    if may:
        house.do(who, BindGroup(**at("-100"), unit=unit))
        found = house.core.accounts.group("telegram", "7", "-100")
        assert found is not None
        assert found.unit == unit
    else:
        with pytest.raises(Refused):
            house.do(who, BindGroup(**at("-100"), unit=unit))


def test_everybody_the_corp_knows_is_bound_when_its_app_comes(house: House) -> None:
    for n in range(3):
        house.job(AddPerson(code=f"s{n}", name=f"s{n}", role="rep", unit=DEALER, wecom_userid=f"U{n}"))
    house.core.accounts.put(Account("starway", "wecom", "ww1-2", "staff", "starway."), house.clock.now())
    for _ in range(2):
        house.job(BindKnownStaff(account="ww1-2"))
    assert sorted(one.native_id for one in identities(house)) == ["u0", "u1", "u2"]
    assert {one.vouched for one in identities(house)} == {"corp"}


def test_the_same_userid_in_two_corps_is_two_colleagues(house: House) -> None:
    """The corp whose app is nearest to somebody speaks for him."""
    park = "starway.east.park."
    house.core.accounts.put(Account("starway", "wecom", "ww1-2", "staff", "starway."), house.clock.now())
    house.core.accounts.put(Account("starway", "wecom", "ww2-9", "staff", park), house.clock.now())
    for code, unit in (("near", park), ("far", DEALER)):
        house.hire(code, code, "rep", unit)
        house.job(AddPerson(code=code, name=code, role="rep", unit=unit, wecom_userid="Zhang"))
    bound = {(one.account, one.native_id, one.person_id) for one in identities(house)}
    assert bound == {("ww1-2", "zhang", house.id("far")), ("ww2-9", "zhang", house.id("near"))}
    for account, code in (("ww1-2", "far"), ("ww2-9", "near")):
        told = BindVouched(channel="wecom", account=account, native_id="zhang", chat=f"wecom:{account}:zhang")
        assert house.job(told).view.person_id == house.id(code)
    guessed = BindVouched(channel="aibot", account="bot-1", native_id="zhang", chat="aibot:bot-1:zhang")
    assert house.job(guessed).view is None
    house.job(AddPerson(code="near", name="near", role="rep", unit=DEALER, wecom_userid="Zhang2"))
    assert {(one.account, one.native_id) for one in identities(house)} == {("ww1-2", "zhang"), ("ww1-2", "zhang2")}


def test_a_customer_who_shares_his_number_from_several_accounts_is_one_person(house: House) -> None:
    customer = house.customer(phones=("13800138000",))

    def share(n: int) -> None:
        house.job(BindContact(**at(str(n)), phone="13800138000", unit=DEALER))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(share, range(8)))
    assert len([person for person in house.rows(Person) if person.customer_id == customer]) == 1
    assert len(identities(house)) == 8


def test_preferring_twice_at_once_prefers_one(house: House) -> None:
    house.job(BindAccount(**at("1"), person_id=house.id("rep1")))
    (his,) = identities(house)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: house.do("rep1", PreferAccount(identity_id=his.id if n % 2 else "")), range(8)))
    assert sum(one.preferred for one in identities(house)) == 1
