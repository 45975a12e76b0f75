"""One request, one decision: who may take it, and what stands after it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crm_core.absences.messages import SetAbsence
from crm_core.approvals.messages import ApprovalCard, DecideApproval, PendingApprovals, WithdrawApproval
from crm_core.approvals.tables import Approval, ApprovalVote
from crm_core.deals.messages import DealCard, MarkLost
from crm_core.kernel.errors import AlreadyDecided, Conflict, Invalid, NotFound, Refused
from crm_core.kernel.tables import Audit
from crm_core.kernel.uow import Priority
from crm_core.org.messages import AddPerson, SetAway
from crm_core.org.tables import Person
from crm_core.quotes.messages import ApplyDiscount, CreateQuote, QuoteCard, RequestDiscount
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import DEALER, House

PRESSES = 200


def ask(house: House, yuan: int = 8_000, who: str = "rep1") -> str:
    """A discount request on a new deal of 239,900; the approval's id."""
    deal = house.deal("rep1")
    house.do("rep1", CreateQuote(deal_id=deal, price_fen=23_990_000))
    house.pushed()
    view = house.do(who, RequestDiscount(deal_id=deal, amount_fen=yuan * 100, reason="竞品便宜")).view
    assert view.state == "pending"
    return str(view.approval_id)


def test_the_manager_gets_the_numbers_of_the_deal(house: House) -> None:
    approval = ask(house)
    pushed = house.pushed("approval")
    assert [(p.person, p.subject, p.priority) for p in pushed] == [
        ("manager1", f"approval:{approval}", Priority.MUST_KNOW)
    ]
    view = house.ask("manager1", ApprovalCard(approval_id=approval))
    assert (view.customer_name, view.list_fen, view.requested_fen, view.net_fen) == (
        "张伟",
        23_990_000,
        800_000,
        23_190_000,
    )
    assert (view.percent, view.rule, view.reason) == (3.33, "approvals.yaml: over_5000", "竞品便宜")
    assert view.may_decide
    assert [v.id for v in house.ask("manager1", PendingApprovals())] == [approval]
    assert house.ask("rep1", PendingApprovals()) == []


def test_approved_as_asked_is_applied_with_the_decision(house: House) -> None:
    approval = ask(house)
    view = house.do("manager1", DecideApproval(approval_id=approval, decision="approve")).view
    assert (view.state, view.granted_fen, view.applied) == ("approved", 800_000, True)
    assert house.ask("rep1", QuoteCard(quote_id=view.record_id)).net_fen == 23_190_000
    result = house.pushed("approval_result")
    assert [(p.person, p.params["state"], p.params["granted_fen"]) for p in result] == [
        ("rep1", "approved", 800_000)
    ]


def test_a_counter_offer_is_the_decision_and_the_rep_applies_it(house: House) -> None:
    approval = ask(house)
    decided = house.do(
        "manager1",
        DecideApproval(approval_id=approval, decision="counter", amount_fen=500_000, text="最多5000"),
    )
    assert (decided.view.state, decided.view.granted_fen, decided.view.applied) == (
        "countered",
        500_000,
        False,
    )
    assert house.ask("rep1", ApprovalCard(approval_id=approval)).may_apply
    applied = house.do("rep1", ApplyDiscount(approval_id=approval)).view
    assert (applied.state, applied.quote.discount_fen) == ("applied", 500_000)
    assert house.ask("rep1", ApprovalCard(approval_id=approval)).current_discount_fen == 0, (
        "what he was asked about"
    )
    with pytest.raises(Conflict) as error:
        house.do("rep1", ApplyDiscount(approval_id=approval))
    assert error.value.key == "error.approval_applied"


def test_a_rejection_changes_no_price(house: House) -> None:
    approval = ask(house)
    view = house.do("manager1", DecideApproval(approval_id=approval, decision="reject", text="不行")).view
    assert (view.state, view.decided_text, view.current_discount_fen) == ("rejected", "不行", 0)
    with pytest.raises(Refused):
        house.do("rep1", ApplyDiscount(approval_id=approval))


def test_a_second_press_says_what_was_decided_and_changes_nothing(house: House) -> None:
    approval = ask(house)
    house.do("manager1", DecideApproval(approval_id=approval, decision="counter", amount_fen=500_000))
    before = house.rows(Approval)[0].version
    for who in ("manager1", "region1"):
        with pytest.raises(AlreadyDecided) as error:
            house.do(who, DecideApproval(approval_id=approval, decision="reject"))
        assert (error.value.params["state"], error.value.params["by"]) == ("countered", "赵国强")
    assert house.rows(Approval)[0].version == before


def test_two_hundred_presses_at_once_are_one_decision(house: House) -> None:
    approval = ask(house)

    def press(number: int) -> str:
        who = ("manager1", "region1")[number % 2]
        decision = ("approve", "reject", "counter")[number % 3]
        command = DecideApproval(
            approval_id=approval, decision=decision, amount_fen=500_000 if number % 3 == 2 else None
        )
        try:
            return str(house.do(who, command).view.state)
        except AlreadyDecided:
            return ""

    with ThreadPoolExecutor(16) as pool:
        answers = [state for state in pool.map(press, range(PRESSES)) if state]
    assert len(answers) == 1
    assert [row.state for row in house.rows(Approval)] == answers
    assert len(house.rows(ApprovalVote)) == 1
    assert len(house.rows(Audit, Audit.action == "decide")) == 1
    assert len(house.pushed("approval_result")) == 1


def test_nobody_decides_his_own_request(house: House) -> None:
    approval = ask(house, 30_000, who="manager1")
    assert [p.person for p in house.pushed("approval")] == ["region1"]
    with pytest.raises(Refused) as error:
        house.do("manager1", DecideApproval(approval_id=approval, decision="approve"))
    assert error.value.key == "error.own_approval"


@pytest.mark.parametrize("who", ["rep1", "rep2", "rep3", "tech1"])
def test_without_the_right_there_is_nothing_to_decide(house: House, who: str) -> None:
    approval = ask(house)
    with pytest.raises(NotFound):
        house.do(who, DecideApproval(approval_id=approval, decision="approve"))


def test_a_limit_is_checked_at_the_decision(house: House) -> None:
    approval = ask(house, 30_000)
    assert [p.person for p in house.pushed("approval")] == ["region1"]
    with pytest.raises(Refused) as error:
        house.do("manager1", DecideApproval(approval_id=approval, decision="approve"))
    assert error.value.params["limit_fen"] == 2_000_000
    countered = house.do(
        "manager1", DecideApproval(approval_id=approval, decision="counter", amount_fen=2_000_000)
    )
    assert countered.view.granted_fen == 2_000_000


@pytest.mark.parametrize("amount", [None, 0, -5])
def test_a_counter_offer_without_an_amount_is_refused(house: House, amount: int | None) -> None:
    approval = ask(house)
    with pytest.raises(Invalid):
        house.do("manager1", DecideApproval(approval_id=approval, decision="counter", amount_fen=amount))


def test_a_counter_offer_below_what_the_customer_has_is_refused(house: House) -> None:
    deal = house.deal()
    house.do("rep1", CreateQuote(deal_id=deal, price_fen=23_990_000))
    house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=300_000))
    approval = house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=800_000)).view.approval_id
    with pytest.raises(Invalid) as error:
        house.do("manager1", DecideApproval(approval_id=approval, decision="counter", amount_fen=200_000))
    assert error.value.params["current_fen"] == 300_000


def test_a_changed_price_makes_the_granted_amount_stale(house: House) -> None:
    approval = ask(house)
    view = house.do(
        "manager1", DecideApproval(approval_id=approval, decision="counter", amount_fen=600_000)
    ).view
    house.do("rep1", CreateQuote(deal_id=view.deal_id, price_fen=20_000_000))
    assert house.ask("rep1", ApprovalCard(approval_id=approval)).stale
    with pytest.raises(Refused) as error:
        house.do("rep1", ApplyDiscount(approval_id=approval))
    assert error.value.key == "error.approval_stale"


def test_a_new_quote_or_a_lost_deal_withdraws_what_is_undecided(house: House) -> None:
    for end in (lambda d: CreateQuote(deal_id=d, price_fen=20_000_000), lambda d: MarkLost(deal_id=d)):
        approval = ask(house)
        house.do("rep1", end(house.ask("rep1", ApprovalCard(approval_id=approval)).deal_id))
        assert house.ask("rep1", ApprovalCard(approval_id=approval)).state == "withdrawn"
        assert house.waiting(f"approval:{approval}") == 0
        with pytest.raises(AlreadyDecided):
            house.do("manager1", DecideApproval(approval_id=approval, decision="approve"))


def test_the_asker_withdraws_or_undoes_while_it_is_open(house: House) -> None:
    approval = ask(house)
    with pytest.raises(Refused):
        house.do("manager1", WithdrawApproval(approval_id=approval))
    house.do("rep1", UndoLast())
    assert house.ask("rep1", ApprovalCard(approval_id=approval)).state == "withdrawn"
    other = ask(house)
    house.do("manager1", DecideApproval(approval_id=other, decision="approve"))
    with pytest.raises(AlreadyDecided):
        house.do("rep1", WithdrawApproval(approval_id=other))


def test_nobody_answers_so_the_manager_is_reminded_and_then_the_next_one_asked(house: House) -> None:
    approval = ask(house)
    assert [(p.kind, p.person) for p in house.fire(minutes=31)] == [
        ("approval", "manager1"), ("approval_reminder", "manager1"),
    ]  # fmt: skip
    assert [(p.kind, p.person, p.params["from_name"]) for p in house.fire(hours=2)] == [
        ("approval", "region1", "赵国强")
    ]
    assert [(p.kind, p.person) for p in house.fire(hours=3)] == [("approval_reminder", "region1")]
    house.do("manager1", DecideApproval(approval_id=approval, decision="approve"))
    assert house.waiting(f"approval:{approval}") == 0


def stand_in(house: House, person: str, deputy: str) -> None:
    with house.core.database.write() as session:
        row = session.get(Person, house.id(person))
        assert row is not None
        row.deputy_id = house.id(deputy)


def test_the_deputy_is_asked_before_the_next_one_up(house: House) -> None:
    house.hire("manager2", "周岚", "manager", DEALER)
    stand_in(house, "manager1", "manager2")
    approval = ask(house)
    house.fire(minutes=31)
    assert [(p.kind, p.person) for p in house.fire(minutes=30)] == [("approval", "manager2")]
    assert house.ask("manager2", ApprovalCard(approval_id=approval)).may_decide
    assert [(p.kind, p.person) for p in house.fire(hours=1)] == [("approval", "region1")]
    house.do("manager2", DecideApproval(approval_id=approval, decision="approve"))
    assert house.waiting(f"approval:{approval}") == 0


@pytest.mark.parametrize("deputy", ["rep2", "rep1"])
def test_a_deputy_who_may_not_decide_is_passed_by(house: House, deputy: str) -> None:
    stand_in(house, "manager1", deputy)
    ask(house)
    pushed = house.fire(hours=2)
    assert [(p.kind, p.person) for p in pushed] == [
        ("approval", "manager1"), ("approval_reminder", "manager1"), ("approval", "region1"),
    ]  # fmt: skip


def test_when_nobody_is_left_the_last_one_is_reminded_until_it_is_decided(house: House) -> None:
    approval = ask(house)
    house.fire(hours=4)
    reminded = [
        push.person for _ in range(3) for push in house.fire(days=1) if push.kind == "approval_reminder"
    ]
    assert reminded == ["region1"] * 3
    house.do("region1", DecideApproval(approval_id=approval, decision="reject"))
    house.pushed()
    assert house.waiting(f"approval:{approval}") == 0


def test_a_request_about_a_quote_that_changed_is_let_be(house: House) -> None:
    approval = ask(house)
    house.fire(hours=4)
    deal = house.ask("rep1", ApprovalCard(approval_id=approval)).deal_id
    house.do("rep1", CreateQuote(deal_id=deal, price_fen=23_500_000))
    house.fire(days=2)
    assert [p for p in house.fire(days=2) if p.kind == "approval_reminder"] == []
    assert house.waiting(f"approval:{approval}") == 0


def test_a_decided_request_is_never_brought_up_again(house: House) -> None:
    approval = ask(house)
    house.do("manager1", DecideApproval(approval_id=approval, decision="reject"))
    house.pushed()
    assert house.fire(days=3) == []


def test_who_is_away_is_passed_by(house: House) -> None:
    house.do("manager1", SetAway(until=house.clock.now() + timedelta(days=2)))
    ask(house)
    assert [p.person for p in house.pushed("approval")] == ["region1"]


def test_with_every_manager_away_the_admin_is_asked_and_not_the_absent(house: House) -> None:
    house.job(AddPerson(code="admin1", name="周敏", role="admin", unit="starway."))
    house.actors["admin1"] = house.core.actor("admin1")
    for code in ("manager1", "region1"):
        house.do(code, SetAbsence(end=house.clock.now() + timedelta(days=2)))
    approval = ask(house)
    assert [p.person for p in house.pushed("approval")] == ["admin1"]
    assert house.do("admin1", DecideApproval(approval_id=approval, decision="approve")).view.state == "approved"


def test_who_goes_on_leave_leaves_his_requests_to_the_next(house: House) -> None:
    approval = ask(house)
    assert [p.person for p in house.pushed("approval")] == ["manager1"]
    house.do("manager1", SetAbsence(end=house.clock.now() + timedelta(days=2)))
    assert [p.person for p in house.pushed("approval")] == ["region1"]
    assert house.do("region1", DecideApproval(approval_id=approval, decision="approve")).view.state == "approved"


def test_the_deal_shows_what_was_granted(house: House) -> None:
    approval = ask(house)
    view = house.do("manager1", DecideApproval(approval_id=approval, decision="approve")).view
    deal = house.ask("rep1", DealCard(deal_id=view.deal_id))
    assert (deal.stage, deal.discount_fen) == ("negotiation", 800_000)
