"""A customer or a deal shared with a colleague: what it opens, for how long, and what it never opens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_core.api import Core
from crm_core.customers.messages import AddNote, CustomerCard, FindCustomers
from crm_core.deals.messages import DealCard, OpenDeal, OpenDeals, SetLevel, TransferDeals
from crm_core.kernel.errors import ChexinError, Conflict, Invalid, NotFound
from crm_core.quotes.messages import CreateQuote, QuoteCard
from crm_core.rights.messages import EndShare, SharedWithMe, ShareRecord, SharesOf, ShareView
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House


@pytest.fixture
def deal(house: House) -> str:
    """A deal of rep1's; its customer is shared with nobody yet."""
    return house.deal()


def whose(house: House, deal_id: str) -> str:
    customer_id: str = house.core.ask(DealCard(deal_id=deal_id), house.core.actor("rep1")).customer_id
    return customer_id


def share(house: House, record_id: str, to: str = "rep2", *, by: str = "rep1", **how: object) -> str:
    kind = how.pop("kind", "customer")
    command = ShareRecord(kind=kind, record_id=record_id, grantee_id=house.core.actor(to).id, **how)  # type: ignore[arg-type]
    return house.do(by, command).id


def sees(core: Core, who: str, customer_id: str) -> bool:
    """By the single record and by the list, which must agree."""
    actor = core.actor(who)
    listed = {line.id for line in core.ask(FindCustomers(words=""), actor)}
    try:
        core.ask(CustomerCard(customer_id=customer_id), actor)
    except NotFound:
        assert customer_id not in listed
        return False
    return True


def test_what_is_shared_is_seen_until_it_is_taken_back(house: House, deal: str) -> None:
    customer_id = whose(house, deal)
    assert not sees(house.core, "rep2", customer_id)
    share_id = share(house, customer_id)
    assert sees(house.core, "rep2", customer_id)
    assert house.core.ask(OpenDeals(customer_id=customer_id), house.core.actor("rep2"))
    house.do("rep1", EndShare(share_id=share_id))
    assert not sees(house.core, "rep2", customer_id)


def test_to_read_is_not_to_work_on_it(house: House, deal: str) -> None:
    customer_id = whose(house, deal)
    share(house, customer_id)
    with pytest.raises(NotFound):
        house.do("rep2", SetLevel(deal_id=deal, level="A"))
    share(house, customer_id, level="write")
    house.do("rep2", SetLevel(deal_id=deal, level="A"))
    house.do("rep2", AddNote(customer_id=customer_id, text="喜欢白色"))
    with pytest.raises(ChexinError):
        house.do("rep2", TransferDeals(customer_id=customer_id, to_id=house.core.actor("rep2").id))


def test_it_ends_by_itself(house: House, deal: str) -> None:
    customer_id = whose(house, deal)
    share(house, customer_id, until=house.clock.now() + timedelta(days=1))
    assert sees(house.core, "rep2", customer_id)
    house.clock.advance(seconds=86_400)
    assert not sees(house.core, "rep2", customer_id)


def test_a_deal_shows_its_customer_and_quotes_and_nothing_else_of_him(house: House, deal: str) -> None:
    customer_id = whose(house, deal)
    quote = house.do("rep1", CreateQuote(deal_id=deal, title="ES6", price_fen=30_000_000)).id
    other = house.do("rep1", OpenDeal(customer_id=customer_id, interest="ET5")).id
    share(house, deal, kind="deal")
    actor = house.core.actor("rep2")
    assert sees(house.core, "rep2", customer_id)
    assert house.core.ask(QuoteCard(quote_id=quote), actor).id == quote
    with pytest.raises(NotFound):
        house.core.ask(DealCard(deal_id=other), actor)


def test_another_dealer_is_a_wall(house: House, deal: str) -> None:
    with pytest.raises(ChexinError):
        share(house, whose(house, deal), to="rep3")


@pytest.mark.parametrize("who", ["rep2", "tech1", "rep3"])
def test_nobody_shares_what_is_not_his(house: House, deal: str, who: str) -> None:
    with pytest.raises(NotFound):
        share(house, whose(house, deal), to="manager1", by=who)


def test_whoever_received_it_cannot_share_it_on(house: House, deal: str) -> None:
    customer_id = whose(house, deal)
    share(house, customer_id, level="write")
    with pytest.raises(NotFound):
        share(house, customer_id, to="manager1", by="rep2")


def test_the_manager_may_share_and_take_back_in_his_team(house: House, deal: str) -> None:
    customer_id = whose(house, deal)
    share_id = share(house, customer_id, by="manager1")
    found: list[ShareView] = house.core.ask(SharesOf(kind="customer", record_id=customer_id), house.core.actor("rep1"))
    assert [(one.grantee_name, one.by_name, one.may_end) for one in found] == [("林佳", "赵国强", True)]
    house.do("rep1", EndShare(share_id=share_id))
    assert house.core.ask(SharesOf(kind="customer", record_id=customer_id), house.core.actor("rep1")) == []


def test_it_rests_while_the_record_is_somebody_elses(house: House, deal: str) -> None:
    """A new owner decides anew; when the transfer is undone it speaks again."""
    customer_id = whose(house, deal)
    share(house, customer_id)
    moved = house.do("rep1", TransferDeals(customer_id=customer_id, to_id=house.core.actor("manager1").id))
    assert not sees(house.core, "rep2", customer_id)
    assert house.core.ask(SharedWithMe(), house.core.actor("rep2")) == []
    house.do("rep1", UndoLast(undo_id=moved.undo_id))
    assert sees(house.core, "rep2", customer_id)


def test_sharing_and_taking_back_can_be_undone(house: House, deal: str) -> None:
    customer_id = whose(house, deal)
    shared = house.do("rep1", ShareRecord(kind="customer", record_id=customer_id, grantee_id=house.core.actor("rep2").id))
    ended = house.do("rep1", EndShare(share_id=shared.id))
    house.do("rep1", UndoLast(undo_id=ended.undo_id))
    assert sees(house.core, "rep2", customer_id)
    again: list[ShareView] = house.core.ask(SharesOf(kind="customer", record_id=customer_id), house.core.actor("rep1"))
    assert len(again) == 1


def test_whoever_got_it_may_give_it_back(house: House, deal: str) -> None:
    customer_id = whose(house, deal)
    share_id = share(house, customer_id)
    house.do("rep2", EndShare(share_id=share_id))
    assert not sees(house.core, "rep2", customer_id)


def test_what_makes_no_sense_is_refused(house: House, deal: str) -> None:
    customer_id = whose(house, deal)
    with pytest.raises(Invalid):
        share(house, customer_id, until=house.clock.now())
    with pytest.raises(Conflict):
        share(house, customer_id, to="rep1")
    share(house, customer_id)
    with pytest.raises(Conflict):
        share(house, customer_id)


def test_the_colleague_is_told_once_for_each_change(house: House, deal: str) -> None:
    customer_id = whose(house, deal)
    house.pushed()
    share(house, customer_id)
    share(house, customer_id, level="write")
    told = [(push.kind, push.person) for push in house.pushed() if push.kind == "shared"]
    assert told == [("shared", "rep2")] * 2
