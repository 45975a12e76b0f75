"""Customers who add colleagues: leads with what brought them, tags both ways, and contacts that follow their owner."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from crm_core.api import Core
from crm_core.campaigns.messages import (
    ContactAdded,
    ContactEnded,
    ContactTold,
    ContactWelcome,
    FollowerTold,
    MakeContactCode,
    PendingTransfers,
    PersonOfContact,
    TagCustomer,
    TransferBatch,
    TransferOutcome,
    TransfersTold,
)
from crm_core.campaigns.tables import ContactTransfer, WechatContact, WechatFollower
from crm_core.channels.accounts import Account
from crm_core.customers.messages import MergeCustomers
from crm_core.customers.tables import Customer
from crm_core.deals.messages import TransferDeals
from crm_core.errands.tables import Errand
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import Refused
from crm_core.kernel.registry import Command
from crm_core.kernel.tables import Outbox
from crm_core.leads.tables import Lead
from crm_core.org.messages import AddPerson, AddUnit
from tests.support.site import DEALER, settle_group

LINE, ANN = "contacts:ww1", "wmAnn"
OTHER = "starway.east.hz."


@pytest.fixture
def shop(core: Core) -> Core:
    settle_group(core)
    system = core.system("starway")
    core.execute(AddUnit(path=OTHER, name="星驰杭州店", name_en="Starway Hangzhou", city="杭州"), system)
    for code, unit, role in (("fang", f"{DEALER}sales.", "rep"), ("lin", f"{DEALER}sales.", "rep"), ("hang", OTHER, "rep")):
        core.execute(AddPerson(code=code, name=code, role=role, unit=unit, wecom_userid=code), system)
    core.accounts.put(Account("starway", "contacts", "ww1", "customer", "starway."), core.now())
    return core


def do(core: Core, command: Command) -> Any:
    return core.execute(command, core.system("starway"))


def add(core: Core, userid: str = "fang", native_id: str = ANN) -> str:
    return do(core, ContactAdded(account=LINE, native_id=native_id, userid=userid, at=core.now())).id


def rows(core: Core, table: type[Any]) -> list[Any]:
    with core.database.read() as session:
        found = list(session.execute(select(table).order_by(table.id)).scalars())
        session.expunge_all()
        return found


def told(core: Core, *tags: str, userid: str = "fang", name: str = "安安", remark: str = "") -> None:
    follower = FollowerTold(userid=userid, tags=tags, remark=remark)
    do(core, ContactTold(account=LINE, native_id=ANN, name=name, followers=(follower,)))


def test_one_lead_however_often_it_is_told(shop: Core) -> None:
    assert add(shop) == add(shop)
    assert [(one.source, one.owner_id) for one in rows(shop, Lead)] == [("wechat", shop.actor("fang").id)]
    assert len(rows(shop, WechatFollower)) == 1


def test_second_colleague_of_the_dealer_is_one_more_touch(shop: Core) -> None:
    add(shop)
    add(shop, "lin")
    (lead,) = rows(shop, Lead)
    assert (lead.touches, lead.owner_id) == (2, shop.actor("fang").id)
    assert {one.userid for one in rows(shop, WechatFollower)} == {"fang", "lin"}


def test_another_dealer_knows_nothing_of_it(shop: Core) -> None:
    add(shop)
    add(shop, "hang")
    assert len(rows(shop, Customer)) == 2
    assert {one.dealer for one in rows(shop, WechatContact)} == {DEALER, OTHER}


def test_name_is_taken_from_the_platform_until_somebody_gives_one(shop: Core) -> None:
    add(shop)
    told(shop, name="安安")
    told(shop, name="安安在路上")
    (customer,) = rows(shop, Customer)
    assert customer.name == "安安"


def test_tags_of_the_corp_become_ours_and_ours_theirs(shop: Core, with_tags: None) -> None:
    customer_id = add(shop)
    told(shop, "et1", "et-unknown")
    assert rows(shop, Customer)[0].tags == ["高意向"]
    do(shop, TagCustomer(customer_id=customer_id, add=("置换", "只看白色")))
    (errand,) = [one for one in rows(shop, Errand) if one.kind == "tag"]
    assert shop.cipher.get(errand, "payload").count("et2") == 1
    told(shop, "et2")
    assert rows(shop, Customer)[0].tags == ["置换", "只看白色"]


def test_echo_of_our_own_tag_is_no_news(shop: Core, with_tags: None) -> None:
    customer_id = add(shop)
    do(shop, TagCustomer(customer_id=customer_id, add=("高意向",)))
    told(shop, "et1")
    told(shop, "et1")
    assert rows(shop, Customer)[0].tags == ["高意向"]
    assert len([one for one in rows(shop, Errand) if one.kind == "tag"]) == 1


@pytest.fixture
def with_tags(shop: Core) -> None:
    shop.policies.documents["contacts"].values["tags"] = {"高意向": "et1", "置换": "et2"}


def hand(core: Core, customer_id: str, to: str) -> None:
    core.execute(TransferDeals(customer_id=customer_id, to_id=core.actor(to).id), core.actor("manager1"))


def pending(core: Core, state: str, source: str = "fang", target: str = "lin") -> TransferBatch:
    question = PendingTransfers.model_validate({"from_userid": source, "to_userid": target, "state": state})
    batch: TransferBatch = core.ask(question, core.system("starway"))
    return batch


def say(core: Core, outcome: str, source: str = "fang", target: str = "lin") -> None:
    outcomes = (TransferOutcome.model_validate({"native_id": ANN, "outcome": outcome}),)
    do(core, TransfersTold(account=LINE, from_userid=source, to_userid=target, outcomes=outcomes))


def test_contact_follows_its_owner(shop: Core) -> None:
    hand(shop, add(shop), "lin")
    assert pending(shop, "asked").native_ids == (ANN,)
    say(shop, "waiting")
    say(shop, "waiting")
    assert len([one for one in rows(shop, Errand) if one.kind == "transfer_result"]) == 1
    say(shop, "done")
    assert {one.userid: one.lost for one in rows(shop, WechatFollower)} == {"fang": "moved", "lin": ""}
    say(shop, "refused")
    assert [one.state for one in rows(shop, ContactTransfer)] == ["done"]


def test_owner_who_is_connected_already_needs_no_transfer(shop: Core) -> None:
    customer_id = add(shop)
    add(shop, "lin")
    hand(shop, customer_id, "lin")
    assert rows(shop, ContactTransfer) == []


def test_taken_back_before_it_was_asked_nothing_is_asked(shop: Core) -> None:
    customer_id = add(shop)
    hand(shop, customer_id, "lin")
    hand(shop, customer_id, "fang")
    assert [one.state for one in rows(shop, ContactTransfer)] == ["dropped"]
    assert pending(shop, "asked").native_ids == ()


def test_given_on_while_the_platform_waits_it_goes_on_when_it_is_done(shop: Core) -> None:
    customer_id = add(shop)
    hand(shop, customer_id, "lin")
    say(shop, "waiting")
    hand(shop, customer_id, "fang")
    assert len(rows(shop, ContactTransfer)) == 1
    say(shop, "done")
    assert pending(shop, "asked", "lin", "fang").native_ids == (ANN,)


@pytest.mark.parametrize("outcome", ["refused", "full", "failed"])
def test_contact_that_stays_is_told_once_to_whom_it_concerns(shop: Core, outcome: str) -> None:
    hand(shop, add(shop), "lin")
    say(shop, "waiting")
    say(shop, outcome)
    say(shop, outcome)
    told_to = [one.person_id for one in rows(shop, Outbox) if one.kind == "contact_stays"]
    assert sorted(told_to) == sorted([shop.actor("lin").id, shop.actor("manager1").id])


def test_end_that_came_before_a_new_beginning_changes_nothing(shop: Core, clock: FixedClock) -> None:
    early = clock.now()
    clock.advance(minutes=1)
    add(shop)
    do(shop, ContactEnded(account=LINE, native_id=ANN, userid="fang", by="customer", at=early))
    assert rows(shop, WechatFollower)[0].left_at is None


def test_merged_customer_keeps_his_contact(shop: Core) -> None:
    kept, gone = add(shop), add(shop, native_id="wmBob")
    shop.execute(MergeCustomers(keep_id=kept, gone_id=gone), shop.actor("manager1"))
    assert {one.customer_id for one in rows(shop, WechatContact)} == {kept}


def test_corp_vouches_for_a_customer_at_the_desk_of_his_dealer_only(shop: Core) -> None:
    customer_id = add(shop)
    known = PersonOfContact(account=LINE, native_id=ANN, unit=DEALER)
    person = do(shop, known).id
    assert shop.actor(person).customer_id == customer_id
    assert do(shop, known).id == person
    assert do(shop, known.model_copy(update={"unit": OTHER})).id == ""
    assert do(shop, known.model_copy(update={"native_id": "wmX"})).id == ""


def test_lists_of_transfers_are_nobodys_business(shop: Core) -> None:
    with pytest.raises(Refused):
        shop.ask(PendingTransfers(from_userid="fang", to_userid="lin"), shop.actor("manager1"))


def test_the_same_userid_in_two_corps_is_two_colleagues(shop: Core) -> None:
    """What a corp tells of `zhang` is of its own: his welcome, his codes, and whom a customer may go over to."""
    for channel, account, unit in (("wecom", "ww1-2", "starway."), ("wecom", "ww2-9", OTHER), ("contacts", "ww2", OTHER)):
        audience = "staff" if channel == "wecom" else "customer"
        shop.accounts.put(Account("starway", channel, account, audience, unit), shop.now())
    for code, unit in (("far", f"{DEALER}sales."), ("near", OTHER)):
        do(shop, AddPerson(code=code, name=code, role="rep", unit=unit, wecom_userid="Zhang"))

    def welcome(account: str) -> Any:
        return shop.ask(ContactWelcome(account=account, userid="ZHANG"), shop.system("starway"))

    assert ("浦东" in welcome("contacts:ww1"), "杭州" in welcome("contacts:ww2")) == (True, True)
    for code, account in (("far", "contacts:ww1"), ("near", "contacts:ww2")):
        shop.execute(MakeContactCode(campaign="车展"), shop.actor(code))
        assert rows(shop, Errand)[-1].account == account
    park = f"{DEALER}park."
    do(shop, AddUnit(path=park, name="园区组", name_en="Park", city="上海"))
    do(shop, AddPerson(code="park", name="park", role="rep", unit=park, wecom_userid="lin"))
    shop.accounts.put(Account("starway", "wecom", "ww2-8", "staff", park), shop.now())
    customer_id = add(shop)
    do(shop, TransferDeals(customer_id=customer_id, to_id=shop.actor("park").id))
    assert rows(shop, ContactTransfer) == [], "at ww1 that userid is somebody else"
    do(shop, TransferDeals(customer_id=customer_id, to_id=shop.actor("far").id))
    assert [one.to_userid for one in rows(shop, ContactTransfer)] == ["zhang"]
