"""Suite F: many at once, one outcome, and the audit says the same (T5, T6, T7, T8, T10)."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from crm_core.api import Core
from crm_core.approvals import handlers
from crm_core.approvals.messages import ApprovalCard, DecideApproval, WithdrawApproval
from crm_core.approvals.tables import Approval, ApprovalVote
from crm_core.chat.messages import InvitePerson, RedeemInvite
from crm_core.chat.tables import Identity
from crm_core.deals.messages import MarkLost
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import AlreadyDecided, ChexinError, Expired, NotFound, Refused
from crm_core.kernel.tables import Audit
from crm_core.kernel.uow import Uow
from crm_core.org.messages import AddPerson
from crm_core.quotes.messages import CreateQuote, QuoteCard, RequestDiscount
from tests.core.deals.house import DEALER, House
from tests.trust.support.size import size

pytestmark = pytest.mark.trust
THREADS = 16
DECISIONS = ("approve", "reject", "counter")


@pytest.fixture
def house(core: Core, clock: FixedClock) -> House:
    return House(core, clock).build()


def request(house: House, deal: str, yuan: int = 8_000) -> str:
    """A fresh request on the deal; the approval's id."""
    house.do("rep1", CreateQuote(deal_id=deal, price_fen=23_990_000))
    return str(house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=yuan * 100, reason="竞品便宜")).view.approval_id)


def tried(act: Callable[[], Any]) -> str:
    """What an attempt came to: the state it set, or the error that kept it from anything."""
    try:
        result = act()
        return str(getattr(result.view, "state", "") or "done")
    except ChexinError as error:
        return type(error).__name__


def at_once(acts: list[Callable[[], Any]]) -> Counter[str]:
    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(tried, acts))


def press(house: House, approval: str, number: int) -> Callable[[], Any]:
    decision = DECISIONS[number % 3]
    command = DecideApproval(approval_id=approval, decision=decision, amount_fen=500_000 if decision == "counter" else None)
    return lambda: house.do(("manager1", "region1")[number % 2], command)


def traces(house: House, approval: str) -> tuple[str, int, int]:
    """(state, votes, lines of the audit that tell of an end)."""
    (row,) = house.rows(Approval, Approval.id == approval)
    told = house.rows(Audit, Audit.record_id == approval, Audit.action.in_(("decide", "withdraw")))
    return row.state, len(house.rows(ApprovalVote, ApprovalVote.approval_id == approval)), len(told)


def test_two_hundred_presses_are_one_decision(house: House) -> None:
    deal = house.deal("rep1")
    for _ in range(size(2, 50)):
        approval = request(house, deal)
        found = at_once([press(house, approval, n) for n in range(size(40, 200))])
        assert sum(found[state] for state in ("approved", "rejected", "countered")) == 1
        assert set(found) <= {"approved", "rejected", "countered", AlreadyDecided.__name__}
        state, votes, told = traces(house, approval)
        assert (found[state], votes, told) == (1, 1, 1)
    assert house.core.verify_audit().whole


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_the_suite_goes_red_without_compare_and_set(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: look, then write, as long as nobody holds anything."""

    def plainly(uow: Uow, approval: Approval, outcome: Any, text: str) -> None:
        uow.touch(approval, state=outcome.state, granted_fen=outcome.granted_fen, decider_id=uow.actor.id)

    monkeypatch.setattr(handlers, "_set_once", plainly)
    monkeypatch.setattr(handlers, "_locked", lambda uow, approval: approval)
    for name in ("_hold", "lock", "hold_customer_of"):
        monkeypatch.setattr(Uow, name, lambda *args: None)
    approval = request(house, house.deal("rep1"))
    rounds = 10
    for _ in range(rounds):
        # That one person has one vote is a net of the table's own.
        with contextlib.suppress(IntegrityError):
            at_once([press(house, approval, n) for n in range(60)])
        if traces(house, approval)[1] > 1:
            return
        approval = request(house, house.deal("rep1"))
    pytest.fail("the suite did not notice")


def test_approving_withdrawing_asking_anew_and_losing_the_deal_have_one_end(house: House) -> None:
    dice = random.Random(5)
    for _ in range(size(6, 60)):
        deal = house.deal("rep1")
        approval = request(house, deal)
        acts: list[Callable[[], Any]] = [
            press(house, approval, 0), press(house, approval, 1), press(house, approval, 3),
            lambda approval=approval: house.do("rep1", WithdrawApproval(approval_id=approval)),
            lambda deal=deal: house.do("rep1", RequestDiscount(deal_id=deal, amount_fen=900_000)),
            lambda deal=deal: house.do("rep1", MarkLost(deal_id=deal, reason="price")),
        ]  # fmt: skip
        dice.shuffle(acts)
        at_once(acts)
        state, votes, told = traces(house, approval)
        assert state != "pending", "asking anew, losing or deciding ends it"
        assert told == 1
        assert votes == (state in ("approved", "rejected", "countered"))


def test_one_hundred_redeem_one_invite(house: House) -> None:
    core = house.core
    for number in range(size(1, 5)):
        invited = house.job(InvitePerson(person=house.id("rep2"), channel="telegram")).view
        token = invited.token

        def redeem(n: int, token: str = token) -> Any:
            command = RedeemInvite(token=token, channel="telegram", account="telegram:7", native_id=f"{n}", chat=f"tg:{n}")
            return core.execute(command, core.system("starway"))

        found = at_once([lambda n=n: redeem(n) for n in range(number * 1000, number * 1000 + 100)])
        assert (found["done"], found[Expired.__name__]) == (1, 99)
    bound = house.rows(Identity, Identity.channel == "telegram")
    assert {one.person_id for one in bound} == {house.id("rep2")}


def test_a_role_taken_between_the_card_and_the_press_decides_nothing(house: House) -> None:
    approvals = [request(house, house.deal("rep1")) for _ in range(size(12, 100))]
    shown = [house.ask("manager1", ApprovalCard(approval_id=one)) for one in approvals]
    assert all(view.may_decide for view in shown)
    former = house.actors["manager1"]
    house.job(AddPerson(code="manager1", name="赵国强", role="rep", unit=f"{DEALER}a."))
    command = [DecideApproval(approval_id=one, decision="approve") for one in approvals]
    with ThreadPoolExecutor(THREADS) as pool:
        # As the actor he was when the card was drawn: what he holds now is read in the deciding transaction.
        found = Counter(pool.map(lambda one: tried(lambda: house.core.execute(one, former)), command))
    assert found == {NotFound.__name__: len(approvals)}
    assert {row.state for row in house.rows(Approval)} == {"pending"}
    assert house.rows(ApprovalVote) == []


def test_a_role_taken_while_many_press_decides_only_before(house: House) -> None:
    approvals = [request(house, house.deal("rep1")) for _ in range(size(12, 100))]
    former = house.actors["manager1"]
    acts: list[Callable[[], Any]] = [
        lambda one=one: house.core.execute(DecideApproval(approval_id=one, decision="approve"), former)
        for one in approvals
    ]  # fmt: skip
    acts.insert(len(acts) // 2, lambda: house.job(
        AddPerson(code="manager1", name="赵国强", role="rep", unit=f"{DEALER}a.")))  # fmt: skip
    found = at_once(acts)
    decided = [row for row in house.rows(Approval) if row.state == "approved"]
    assert found["approved"] == len(decided) == len(house.rows(Audit, Audit.action == "decide"))
    assert found["approved"] + found[NotFound.__name__] == len(approvals)
    assert tried(lambda: house.core.execute(DecideApproval(approval_id=approvals[-1], decision="reject"), former)) in (
        NotFound.__name__, AlreadyDecided.__name__)  # fmt: skip


def test_a_card_of_another_price_decides_nothing(house: House) -> None:
    """T7: the quote changes after the card was drawn, in every way it can."""
    for change in (
        lambda deal: CreateQuote(deal_id=deal, price_fen=22_000_000),
        lambda deal: CreateQuote(deal_id=deal, title="另一台车", price_fen=23_990_000),
        lambda deal: RequestDiscount(deal_id=deal, amount_fen=1_900_000),
        lambda deal: RequestDiscount(deal_id=deal, amount_fen=300_000),
    ):
        deal = house.deal("rep1")
        approval = request(house, deal)
        view = house.ask("manager1", ApprovalCard(approval_id=approval))
        tried(lambda deal=deal, change=change: house.do("rep1", change(deal)))
        stale = DecideApproval(approval_id=approval, decision="approve", shown_fen=view.requested_fen)
        with pytest.raises((AlreadyDecided, Refused)):
            house.do("manager1", stale)
        assert traces(house, approval)[1] == 0
        # What he may give by himself, he may.
        assert house.ask("rep1", QuoteCard(quote_id=view.record_id)).discount_fen in (0, 300_000)
