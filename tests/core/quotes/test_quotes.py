"""Quotes and discounts: what is free, what is asked, and that nothing slips through."""

from __future__ import annotations

import pytest

from crm_core.approvals.messages import ApprovalCard, DecideApproval, PendingApprovals
from crm_core.deals.messages import DealCard, MarkLost
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.quotes.messages import CreateQuote, QuoteCard, RequestDiscount, SetDiscount
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House


def quoted(house: House, owner: str = "rep1") -> str:
    deal = house.deal(owner)
    house.do(owner, CreateQuote(deal_id=deal, price_fen=23_990_000))
    return deal


def test_the_list_price_of_the_model_is_quoted(house: House) -> None:
    house.model(239_900)
    deal = house.deal(interest="迈腾")
    view = house.do("rep1", CreateQuote(deal_id=deal)).view
    assert (view.list_fen, view.discount_fen, view.state) == (23_990_000, 0, "valid")
    assert "迈腾" in view.title
    assert house.ask("rep1", DealCard(deal_id=deal)).stage == "quote"


def test_without_a_catalogue_price_one_must_be_said(house: House) -> None:
    deal = house.deal(interest="某某车")
    for command in (CreateQuote(deal_id=deal), RequestDiscount(deal_id=deal, amount_fen=100_000)):
        with pytest.raises(Invalid) as error:
            house.do("rep1", command)
        assert error.value.key == "error.price_needed"


def test_a_discount_makes_the_quote_on_the_way(house: House) -> None:
    house.model(239_900)
    view = house.do("rep1", RequestDiscount(deal_id=house.deal(interest="迈腾"), amount_fen=300_000)).view
    assert (view.state, view.quote.list_fen, view.quote.net_fen) == ("applied", 23_990_000, 23_690_000)


def test_within_the_reps_limit_it_is_applied_at_once_and_undone(house: House) -> None:
    done = house.do("rep1", RequestDiscount(deal_id=quoted(house), amount_fen=500_000))
    assert (done.view.state, done.view.rule) == ("applied", "approvals.yaml: rep_limit")
    assert [(c.field, c.before, c.after) for c in done.changes][:2] == [
        ("discount", 0, 500_000), ("net", 23_990_000, 23_490_000),
    ]  # fmt: skip
    house.do("rep1", UndoLast(undo_id=done.undo_id))
    assert house.ask("rep1", QuoteCard(quote_id=done.id)).discount_fen == 0


def test_above_it_somebody_is_asked_and_the_price_waits(house: House) -> None:
    view = house.do("rep1", RequestDiscount(deal_id=quoted(house), amount_fen=500_001)).view
    assert (view.state, view.rule, view.approver_name) == ("pending", "approvals.yaml: over_5000", "赵国强")
    assert (view.quote.discount_fen, view.quote.pending_fen) == (0, 500_001)


def test_a_manager_gives_within_his_own_limit(house: House) -> None:
    view = house.do("manager1", RequestDiscount(deal_id=quoted(house), amount_fen=1_500_000)).view
    assert (view.state, view.rule) == ("applied", "approvals.yaml: manager_own")


@pytest.mark.parametrize(
    ("amount", "key"),
    [
        (0, "error.amount_not_positive"),
        (-1, "error.amount_not_positive"),
        (23_990_000, "error.amount_too_high"),
    ],
)
def test_amounts_that_make_no_sense(house: House, amount: int, key: str) -> None:
    with pytest.raises(Invalid) as error:
        house.do("rep1", RequestDiscount(deal_id=quoted(house), amount_fen=amount))
    assert error.value.key == key


def test_asking_anew_takes_the_place_of_what_is_undecided(house: House) -> None:
    deal = quoted(house)
    first = house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=800_000)).view
    second = house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=700_000)).view
    assert second.replaced_id == first.approval_id
    old = house.ask("rep1", ApprovalCard(approval_id=first.approval_id))
    assert (old.state, old.superseded) == ("withdrawn", True)
    assert house.ask("rep1", ApprovalCard(approval_id=second.approval_id)).state == "pending"


def test_a_price_below_the_list_price_is_a_discount_whatever_it_is_called(house: House) -> None:
    house.model(239_900)
    within = house.do("rep1", CreateQuote(deal_id=house.deal(interest="迈腾"), price_fen=23_590_000)).view
    assert (within.list_fen, within.discount_fen) == (23_990_000, 400_000)
    beyond = house.do("rep1", CreateQuote(deal_id=house.deal(interest="迈腾"), price_fen=20_000_000)).view
    assert (beyond.discount_fen, beyond.pending_fen) == (0, 3_990_000)


def test_a_new_quote_replaces_the_former(house: House) -> None:
    deal = quoted(house)
    first = house.ask("rep1", DealCard(deal_id=deal)).quote_id
    second = house.do("rep1", CreateQuote(deal_id=deal, price_fen=25_000_000)).view
    assert house.ask("rep1", QuoteCard(quote_id=first)).state == "replaced"
    assert house.ask("rep1", DealCard(deal_id=deal)).quote_id == second.id


def test_a_quote_lapses(house: House) -> None:
    quote = house.do("rep1", CreateQuote(deal_id=house.deal(), price_fen=100_000)).id
    house.clock.advance(days=7)
    assert house.ask("rep1", QuoteCard(quote_id=quote)).state == "lapsed"


def test_putting_a_discount_back_is_no_way_around_the_rules(house: House) -> None:
    done = house.do("rep1", RequestDiscount(deal_id=quoted(house), amount_fen=300_000)).view.quote
    with pytest.raises(Refused) as error:
        house.do("rep1", SetDiscount(quote_id=done.id, discount_fen=900_000, version=done.version))
    assert error.value.key == "error.needs_approval"
    with pytest.raises(Conflict):
        house.do("rep1", SetDiscount(quote_id=done.id, discount_fen=0, version=done.version - 1))
    assert (
        house.do(
            "rep1", SetDiscount(quote_id=done.id, discount_fen=0, version=done.version)
        ).view.discount_fen
        == 0
    )


def test_what_was_granted_once_may_be_used_again(house: House) -> None:
    deal = quoted(house)
    approval = house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=800_000)).view.approval_id
    house.do("manager1", DecideApproval(approval_id=approval, decision="approve"))
    assert house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=600_000)).view.state == "applied"
    again = house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=800_000)).view
    assert (again.state, again.rule) == ("applied", "approvals.yaml: granted")
    assert house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=800_100)).view.state == "pending"


def test_a_lost_deal_is_not_quoted_and_a_strangers_is_not_there(house: House) -> None:
    deal = quoted(house)
    with pytest.raises(NotFound):
        house.do("rep2", RequestDiscount(deal_id=deal, amount_fen=100))
    house.do("rep1", MarkLost(deal_id=deal))
    with pytest.raises(Conflict):
        house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=100))


@pytest.mark.parametrize("interest", ["迈腾", "特种车"])
def test_another_word_for_it_is_no_way_around_the_limit(house: House, interest: str) -> None:
    house.model()
    deal = house.deal(interest=interest)
    if interest == "特种车":
        house.do("rep1", CreateQuote(deal_id=deal, title="特种车", price_fen=239_900_00))
    quote = house.do("rep1", CreateQuote(deal_id=deal, title="店内特价", price_fen=229_900_00)).view
    assert (quote.list_fen, quote.discount_fen, quote.pending_fen) == (239_900_00, 0, 10_000_00)
    assert house.ask("manager1", PendingApprovals())[0].requested_fen == 10_000_00
