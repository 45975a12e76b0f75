"""The shipped cadences at work: what starts, moves and ends them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crm_core.api import Core
from crm_core.appointments.messages import Book, CompleteAppointment
from crm_core.customers.messages import CustomerCard, MarkDecisionMaker, RemoveRecord
from crm_core.deals.messages import (
    DealCard,
    MarkLost,
    MarkWon,
    OpenDeal,
    ReopenDeal,
    SetLevel,
    SetStage,
)
from crm_core.followups.messages import (
    CompleteFollowup,
    ExplainCadence,
    FollowupCard,
    MyFollowups,
)  # fmt: skip
from crm_core.followups.tables import Followup
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.settings import Settings
from crm_core.orders.messages import AddOrder
from crm_core.undo.messages import UndoLast
from tests.conftest import NOW
from tests.core.deals.house import House
from tests.core.followups.deals import deal_of, pushed, running, talk

# Any new deal: first contact within a day


def test_a_deal_nobody_speaks_about_is_missed_after_a_day(house: House) -> None:
    deal_of(house)
    assert pushed(house, "first_contact", hours=19) == []
    assert pushed(house, "first_contact", hours=3.5) == [("followup_remind", "rep1")]  # 06:00 is quiet: 08:30
    assert pushed(house, "first_contact", hours=1.5) == [("followup_missed", "rep1"), ("followup_missed", "manager1")]
    assert running(house, "first_contact") == []


@pytest.mark.parametrize("how", ["contact", "stage", "won", "lost"])
def test_what_ends_it(house: House, how: str) -> None:
    customer, deal = deal_of(house)
    {
        "contact": lambda: talk(house, customer),
        "stage": lambda: house.do("rep1", SetStage(deal_id=deal, stage="needs")),
        "won": lambda: house.do("rep1", MarkWon(deal_id=deal)),
        "lost": lambda: house.do("rep1", MarkLost(deal_id=deal)),
    }[how]()
    house.pushed()
    assert pushed(house, "first_contact", days=2) == []


def test_lost_by_mistake_it_comes_back_unless_somebody_spoke(house: House) -> None:
    customer, deal = deal_of(house)
    house.do("rep1", MarkLost(deal_id=deal))
    house.do("rep1", UndoLast())
    assert len(running(house, "first_contact")) == 1
    talk(house, customer)
    house.do("rep1", MarkLost(deal_id=deal))
    house.do("rep1", ReopenDeal(deal_id=deal, version=house.ask("rep1", DealCard(deal_id=deal)).version))
    assert running(house, "first_contact") == []


def test_missed_it_is_listed_first_until_somebody_speaks(house: House) -> None:
    customer, _ = deal_of(house, level="H")
    house.fire(hours=24)
    house.fire(hours=48)
    listed = house.ask("rep1", MyFollowups())
    assert [(f.sop, f.state) for f in listed] == [("first_contact", "missed"), ("level_rhythm", "open")]
    record = talk(house, customer)
    assert [f.sop for f in house.ask("rep1", MyFollowups())] == ["level_rhythm"]
    house.do("rep1", RemoveRecord(record_id=record))
    assert house.ask("rep1", MyFollowups())[0].state == "missed"


def test_a_contact_taken_back_ends_nothing(house: House) -> None:
    customer, _ = deal_of(house)
    talk(house, customer)
    assert running(house, "first_contact") == []
    house.do("rep1", UndoLast())
    (again,) = running(house, "first_contact")
    assert house.waiting(f"followup:{again.id}") == 2
    assert pushed(house, "first_contact", hours=23) == [("followup_remind", "rep1")]


# The rhythm of an intent level


@pytest.mark.parametrize(("level", "days"), [("H", 2), ("A", 7), ("B", 15), ("C", 30)])
def test_it_comes_again_and_again(house: House, level: str, days: int) -> None:
    customer, _ = deal_of(house, level=level)
    talk(house, customer)
    house.pushed()
    assert pushed(house, "level_rhythm", days=days, hours=-1) == []
    assert pushed(house, "level_rhythm", hours=1) == [("followup_remind", "rep1")]
    assert pushed(house, "level_rhythm", days=days) == [("followup_remind", "rep1")]


def test_each_contact_begins_it_anew(house: House) -> None:
    customer, _ = deal_of(house, level="A")
    house.fire(days=6)
    talk(house, customer)
    house.pushed()
    assert pushed(house, "level_rhythm", days=6) == []
    assert pushed(house, "level_rhythm", days=1) == [("followup_remind", "rep1")]
    assert len(house.rows(Followup, Followup.sop == "level_rhythm")) == 1


def test_what_was_said_last_week_and_written_down_today_counts_from_then(house: House) -> None:
    customer, _ = deal_of(house, level="A")
    house.fire(days=3)
    talk(house, customer, at=house.clock.now() - timedelta(days=2))
    (row,) = running(house, "level_rhythm")
    assert row.due_at < house.clock.now() + timedelta(days=5)
    talk(house, customer, at=house.clock.now() - timedelta(days=60))
    assert running(house, "level_rhythm")[0].due_at == row.due_at


def test_it_changes_with_the_level_and_ends_without_one(house: House) -> None:
    _, deal = deal_of(house, level="C")
    house.fire(days=1)
    house.do("rep1", SetLevel(deal_id=deal, level="H"))
    house.pushed()
    assert pushed(house, "level_rhythm", days=2) == [("followup_remind", "rep1")]
    house.do("rep1", SetLevel(deal_id=deal, level=""))
    assert running(house, "level_rhythm") == []
    assert pushed(house, "level_rhythm", days=9) == []


@pytest.mark.parametrize("how", ["won", "lost"])
def test_it_ends_with_the_deal(house: House, how: str) -> None:
    _, deal = deal_of(house, level="H")
    house.do("rep1", MarkWon(deal_id=deal) if how == "won" else MarkLost(deal_id=deal))
    house.pushed()
    assert pushed(house, "level_rhythm", days=9) == []
    assert house.waiting() == 0


def test_done_counts_from_now_and_can_be_taken_back(house: House) -> None:
    customer, _ = deal_of(house, level="A")
    talk(house, customer)
    house.fire(days=8)
    (row,) = running(house, "level_rhythm")
    due = row.due_at
    view = house.do("rep1", CompleteFollowup(followup_id=row.id)).view
    assert (view.state, view.repeats) == ("open", True)
    assert view.due_at > house.clock.now() + timedelta(days=6)
    house.do("rep1", UndoLast())
    assert house.ask("rep1", FollowupCard(followup_id=row.id)).due_at == due
    assert pushed(house, "level_rhythm", days=7) == [("followup_remind", "rep1")]


def test_a_long_sleep_brings_one_reminder_not_ten(house: House) -> None:
    deal_of(house, level="H")
    assert pushed(house, "level_rhythm", days=20) == [("followup_remind", "rep1")]
    assert pushed(house, "level_rhythm", days=2) == [("followup_remind", "rep1")]


def test_without_a_level_there_is_none(house: House) -> None:
    customer, deal = deal_of(house)
    talk(house, customer)
    assert running(house, "level_rhythm") == []
    assert house.ask("rep1", ExplainCadence(sop="level_rhythm", subject=f"deal:{deal}")).state == "no_level"


# Who decides


def test_a_decision_maker_is_spoken_with_while_something_is_open(house: House) -> None:
    customer, deal = deal_of(house)
    house.do("rep1", MarkDecisionMaker(customer_id=customer))
    assert house.ask("rep1", CustomerCard(customer_id=customer)).decision_maker
    talk(house, customer)
    house.pushed()
    assert pushed(house, "decision_maker", days=4) == [("followup_remind", "rep1")]
    assert pushed(house, "decision_maker", days=4) == [("followup_remind", "rep1")]
    house.do("rep1", MarkLost(deal_id=deal))
    assert running(house, "decision_maker") == []
    house.job(OpenDeal(customer_id=customer, interest="途观"))
    assert len(running(house, "decision_maker")) == 1


def test_two_rhythms_of_one_customer_are_one_message_a_day(house: House) -> None:
    """Level H each second day at 09:30, the decision maker each fourth day at 10:00."""
    customer, _ = deal_of(house, level="H")
    house.do("rep1", MarkDecisionMaker(customer_id=customer))
    talk(house, customer)
    house.pushed()
    told = [p.params["sop"] for _ in range(4) for p in house.fire(days=1) if p.kind == "followup_remind"]
    assert told == ["level_rhythm", "level_rhythm"]
    assert len(running(house, "decision_maker")) == 1


def test_with_another_deal_open_it_goes_on(house: House) -> None:
    customer, deal = deal_of(house)
    house.job(OpenDeal(customer_id=customer, interest="途观"))
    house.do("rep1", MarkDecisionMaker(customer_id=customer))
    house.do("rep1", MarkLost(deal_id=deal))
    assert len(running(house, "decision_maker")) == 1


def test_marked_by_mistake_it_is_taken_back(house: House) -> None:
    customer, _ = deal_of(house)
    house.do("rep1", MarkDecisionMaker(customer_id=customer))
    house.do("rep1", UndoLast())
    assert not house.ask("rep1", CustomerCard(customer_id=customer)).decision_maker
    assert running(house, "decision_maker") == []


# Three days after delivery


def test_three_days_after_delivery_the_customer_is_asked(house: House) -> None:
    customer, deal = deal_of(house)
    house.do("rep1", SetStage(deal_id=deal, stage="delivery"))
    talk(house, customer)  # on the day itself: that is not it
    house.pushed()
    assert pushed(house, "three_day_call", days=2, hours=23) == []
    assert pushed(house, "three_day_call", hours=1) == [("followup_remind", "rep1")]
    (row,) = running(house, "three_day_call")
    view = house.do("rep1", CompleteFollowup(followup_id=row.id, answer="很满意", satisfaction=5)).view
    assert (view.state, view.satisfaction, view.ask) == ("done", 5, "satisfaction")
    assert pushed(house, "three_day_call", days=3) == []


def test_not_made_it_is_missed(house: House) -> None:
    _, deal = deal_of(house)
    house.do("rep1", SetStage(deal_id=deal, stage="delivery"))
    house.fire(days=3)
    missed = pushed(house, "three_day_call", days=1, hours=8)
    assert missed == [("followup_missed", "rep1"), ("followup_missed", "manager1")]


def test_a_call_on_the_third_day_is_it(house: House) -> None:
    customer, deal = deal_of(house)
    house.do("rep1", SetStage(deal_id=deal, stage="delivery"))
    house.fire(days=2, hours=1)
    talk(house, customer)
    assert pushed(house, "three_day_call", days=5) == []


def test_one_delivery_told_three_ways_is_one_call(house: House) -> None:
    customer, deal = deal_of(house)
    order = AddOrder(code="X1", customer_id=customer, title="迈腾", state="arrived")
    house.job(order)
    booked = house.do("rep1", Book(kind="delivery", customer_id=customer, deal_id=deal,
                                   start=house.clock.now() + timedelta(hours=1)))  # fmt: skip
    house.fire(hours=2)
    house.do("rep1", CompleteAppointment(appointment_id=booked.id))
    house.do("rep1", SetStage(deal_id=deal, stage="delivery"))
    house.job(order.model_copy(update={"state": "delivered"}))
    assert len(house.rows(Followup, Followup.sop == "three_day_call")) == 1


def test_an_order_first_heard_of_as_delivered_is_history(house: House) -> None:
    customer = house.customer()
    house.job(AddOrder(code="X1", customer_id=customer, title="迈腾", state="delivered"))
    assert house.rows(Followup, Followup.sop == "three_day_call") == []


# What a dealer may write himself

RHYTHM = """
steps:
  - {every: 2d, until: 4d, time: "09:30", do: remind, text: {zh: 联系, en: call}}
escalation: {after: 1d, to: manager, priority: must_know, text: {zh: 没联系, en: not called}}
"""


def test_each_reminder_nobody_acts_on_is_told_to_the_manager(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "policies" / "sop").mkdir(parents=True)
    (tmp_path / "policies" / "sop" / "level_rhythm.yaml").write_text(RHYTHM, encoding="utf-8")
    clock = FixedClock(NOW)
    house = House(Core.open(settings.model_copy(update={"policies": tmp_path / "policies"}), clock), clock).build()
    customer, _ = deal_of(house, level="H")
    talk(house, customer)
    house.pushed()
    told = [pushed(house, "level_rhythm", days=1) for _ in range(7)]
    remind, escalate = [("followup_remind", "rep1")], [("followup_escalated", "manager1")]
    assert told == [[], remind, escalate, remind, escalate, [], []]
    talk(house, customer)
    house.pushed()
    assert pushed(house, "level_rhythm", days=2) == remind
    talk(house, customer)
    assert pushed(house, "level_rhythm", days=1) == []
    house.core.close()
