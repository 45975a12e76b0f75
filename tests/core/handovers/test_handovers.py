"""Hand-over: asked by one person, confirmed by another; all that is open goes along and nothing else changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from crm_core.appointments.messages import Book
from crm_core.appointments.tables import Appointment
from crm_core.approvals.tables import Approval
from crm_core.customers.messages import AddNote, CustomerCard, LogContact
from crm_core.customers.tables import Customer, Record
from crm_core.deals.messages import DealCard, MarkLost, OpenDeal, SetStage
from crm_core.deals.tables import Deal
from crm_core.followups.tables import Followup
from crm_core.handovers.messages import (
    DecideHandOver,
    HandOver,
    HandoverCard,
    PendingHandovers,
    ReturnHandOver,
    WithdrawHandOver,
)
from crm_core.handovers.tables import Handover
from crm_core.kernel.errors import AlreadyDecided, ChexinError, Conflict, Expired, NotFound, Refused
from crm_core.kernel.tables import Outbox
from crm_core.leads.messages import CreateLead
from crm_core.leads.tables import Lead
from crm_core.org.messages import AddPerson
from crm_core.org.tables import Person
from crm_core.quotes.messages import CreateQuote, RequestDiscount
from crm_core.quotes.tables import Quote
from crm_core.renewals.messages import AddRenewal
from crm_core.renewals.tables import Renewal
from crm_core.tasks.messages import AddTask
from crm_core.tasks.tables import Task
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House

DAY = timedelta(days=1)
# Units of work a hand-over of this size may take; a turn is given far longer.
STATEMENTS_PER_CUSTOMER = 40


def ask(house: House, who: str = "manager1", **more: Any) -> str:
    return house.do(who, HandOver(from_id=house.id("rep2"), to_id=house.id("rep1"), **more)).id


def confirm(house: House, handover_id: str, who: str = "region1") -> Any:
    return house.do(who, DecideHandOver(handover_id=handover_id, decision="approve"))


def a_full_desk(house: House) -> dict[str, str]:
    """rep2 has one of everything."""
    house.model()
    due = house.clock.now() + DAY
    customer = house.customer("rep2", "周明", phones=("13800138031",), tags=("老客户",), company="星路", code="C-9",
                              birthday="1990-05-01")  # fmt: skip
    deal = house.job(OpenDeal(customer_id=customer, interest="迈腾")).id
    house.do("rep2", SetStage(deal_id=deal, stage="quote"))
    quote = house.do("rep2", CreateQuote(deal_id=deal, price_fen=239_900_00)).id
    house.do("rep2", RequestDiscount(deal_id=deal, amount_fen=20_000_00))
    house.do("rep2", LogContact(customer_id=customer, text="月底再定"))
    lead = house.lead("rep2", phone="13800138032")
    return {
        "customer": customer, "deal": deal, "quote": quote, "lead": lead.id,
        "visit": house.do("rep2", Book(kind="visit", customer_id=customer, start=due)).id,
        "task": house.do("rep2", AddTask(title="打电话", due_at=due, customer_id=customer)).id,
        "renewal": house.do("rep2", AddRenewal(kind="insurance", customer_id=customer, due_on=date(2027, 6, 1))).id,
    }  # fmt: skip


def test_nothing_moves_before_a_second_person_confirms(house: House) -> None:
    desk = a_full_desk(house)
    house.pushed()
    row = ask(house)
    assert [(push.kind, push.person) for push in house.pushed()] == [("handover_ask", "region1")]
    assert house.rows(Customer, Customer.id == desk["customer"])[0].owner_id == house.id("rep2")
    for who in ("manager1", "rep1", "rep2", "rep3", "tech1"):
        with pytest.raises(ChexinError):
            confirm(house, row, who)
    assert {c.owner_id for c in house.rows(Customer)} == {house.id("rep2")}


def test_all_that_is_open_goes_along_with_its_timers(house: House) -> None:
    desk, rep1 = a_full_desk(house), house.id("rep1")
    before = house.waiting()
    timers = {subject: house.waiting(subject) for subject in (f"task:{desk['task']}", f"appointment:{desk['visit']}")}
    house.pushed()
    done = confirm(house, ask(house)).view
    assert done.counts["customers"] == 2
    assert done.counts["renewals"] == 1
    for table in (Customer, Deal, Quote, Lead, Task, Appointment, Renewal, Approval):
        assert {row.owner_id for row in house.rows(table)} == {rep1}, table.__name__
    assert {f.owner_id for f in house.rows(Followup, Followup.state == "open")} == {rep1}
    assert {subject: house.waiting(subject) for subject in timers} == timers
    assert house.waiting() == before
    pushed = house.pushed()
    assert [push.kind for push in pushed if push.person == "rep1"] == ["handover_in"]
    assert {push.person for push in pushed if push.kind == "handover_told"} == {"manager1", "rep2"}
    late = house.fire(days=1, minutes=1)
    assert {"task_due", "appointment_due"} <= {push.kind for push in late if push.person == "rep1"}
    assert not {push.kind for push in late if push.person == "rep2"} & {"task_due", "appointment_due"}


def test_what_is_known_of_a_customer_and_of_what_is_over_stays(house: House) -> None:
    desk = a_full_desk(house)
    closed = house.deal("rep2", name="吴明", phones=("13800138034",))
    house.do("rep2", SetStage(deal_id=closed, stage="negotiation"))
    house.do("rep2", MarkLost(deal_id=closed, reason="价格"))
    skip = {"owner_id", "unit", "version", "updated_at"}
    records = [r.model_dump() for r in house.rows(Record)]
    lost = house.rows(Deal, Deal.id == closed)[0].model_dump()
    was = house.rows(Customer, Customer.id == desk["customer"])[0].model_dump(exclude=skip)
    open_deal = house.ask("manager1", DealCard(deal_id=desk["deal"]))
    confirm(house, ask(house))
    assert house.rows(Deal, Deal.id == closed)[0].model_dump() == lost
    assert [r.model_dump() for r in house.rows(Record)] == records
    assert house.rows(Customer, Customer.id == desk["customer"])[0].model_dump(exclude=skip) == was
    after = house.ask("manager1", DealCard(deal_id=desk["deal"]))
    assert (after.stage, after.level, after.interest) == (open_deal.stage, open_deal.level, open_deal.interest)
    approval = house.rows(Approval)[0]
    assert (approval.asker_id, approval.state) == (house.id("rep2"), "pending")
    assert not house.rows(Customer, Customer.owner_id == house.id("rep2"))


def test_who_leaves_may_do_nothing_more_and_is_told_nothing(house: House) -> None:
    a_full_desk(house)
    own = house.do("rep2", AddTask(title="交社保", due_at=house.clock.now() + DAY)).id
    house.do("manager1", AddTask(title="盘库", due_at=house.clock.now() + DAY, assignee_id=house.id("rep2")))
    confirm(house, ask(house, leaving=True))
    person = house.rows(Person, Person.id == house.id("rep2"))[0]
    assert not person.active
    with pytest.raises(ChexinError):
        house.core.actor("rep2")
    with pytest.raises(ChexinError):
        house.do("rep2", AddNote(customer_id=house.rows(Customer)[0].id, text="还在"))
    assert house.rows(Task, Task.id == own)[0].state == "cancelled"
    assert {t.owner_id for t in house.rows(Task, Task.state == "open")} == {house.id("rep1")}
    assert not house.rows(Outbox, Outbox.person_id == house.id("rep2"), Outbox.state.in_((0, 7)))
    house.pushed()
    assert not [push for push in house.fire(days=2) if push.person == "rep2"]
    for number in range(3):
        lead = house.job(CreateLead(channel="api", name=f"新{number}", phone=f"1380013805{number}", vehicle="迈腾",
                                    unit="starway.east.pudong."))  # fmt: skip
        assert lead.view.owner_id == house.id("rep1")
    house.job(AddPerson(code="rep2", name="林佳", role="rep", unit="starway.east.pudong.a."))
    with pytest.raises(ChexinError):
        house.core.actor("rep2")


def test_who_stays_keeps_his_own_reminders(house: House) -> None:
    a_full_desk(house)
    own = house.do("rep2", AddTask(title="交社保", due_at=house.clock.now() + DAY)).id
    confirm(house, ask(house))
    task = house.rows(Task, Task.id == own)[0]
    assert (task.owner_id, task.state) == (house.id("rep2"), "open")
    assert house.core.actor("rep2").grants


def test_decided_once(house: House) -> None:
    a_full_desk(house)
    row = ask(house)
    with pytest.raises(Conflict):
        ask(house, "region1")
    house.do("region1", DecideHandOver(handover_id=row, decision="reject"))
    assert {push.person for push in house.pushed("handover_told")} == {"manager1"}
    with pytest.raises(AlreadyDecided):
        confirm(house, row, "admin1")
    again = ask(house)
    house.do("manager1", WithdrawHandOver(handover_id=again))
    with pytest.raises(AlreadyDecided):
        confirm(house, again)
    assert {c.owner_id for c in house.rows(Customer)} == {house.id("rep2")}
    assert not [t for t in house.rows(Handover) if house.waiting(f"handover:{t.id}")]


def test_rights_and_people_are_looked_at_again_when_it_is_pressed(house: House) -> None:
    a_full_desk(house)
    row = ask(house)
    house.job(AddPerson(code="manager1", name="赵国强", role="rep", unit="starway.east.pudong.a."))
    with pytest.raises(Refused):
        confirm(house, row)
    assert {c.owner_id for c in house.rows(Customer)} == {house.id("rep2")}


def test_nobody_answers(house: House) -> None:
    a_full_desk(house)
    ask(house)
    house.pushed()
    asked = [push.person for push in house.fire(hours=3) if push.kind == "handover_ask"]
    assert asked == ["admin1"]
    assert [view.from_name for view in house.ask("admin1", PendingHandovers())] == ["林佳"]
    seen = [push for _ in range(9) for push in house.fire(days=1)]
    assert [p.person for p in seen if p.kind == "handover_told"] == ["manager1"]
    assert [row.state for row in house.rows(Handover)] == ["expired"]


def test_taken_back_within_a_day_as_far_as_nobody_worked_on_it(house: House) -> None:
    desk, rep2 = a_full_desk(house), house.id("rep2")
    own = house.do("rep2", AddTask(title="交社保", due_at=house.clock.now() + DAY)).id
    other = house.customer("rep2", "吴明", phones=("13800138034",))
    done = confirm(house, ask(house, leaving=True))
    house.do("rep1", LogContact(customer_id=other, text="聊过"))
    house.do("region1", UndoLast(undo_id=done.undo_id))
    owner = {c.id: c.owner_id for c in house.rows(Customer)}
    assert owner.pop(other) == house.id("rep1")
    assert set(owner.values()) == {rep2}
    assert house.rows(Deal, Deal.id == desk["deal"])[0].owner_id == rep2
    assert house.rows(Task, Task.id == desk["task"])[0].owner_id == rep2
    assert house.rows(Appointment)[0].owner_id == rep2
    assert house.rows(Task, Task.id == own)[0].state == "open"
    assert house.waiting(f"task:{own}") == 1
    assert house.core.actor("rep2").grants
    with pytest.raises(Conflict):
        house.do("manager1", ReturnHandOver(handover_id=house.rows(Handover)[0].id))


def test_not_taken_back_after_a_day_nor_by_others(house: House) -> None:
    a_full_desk(house)
    row = ask(house)
    confirm(house, row)
    for who in ("rep1", "rep2", "admin1"):
        with pytest.raises(NotFound):
            house.do(who, ReturnHandOver(handover_id=row))
    house.clock.advance(hours=25)
    with pytest.raises(Expired):
        house.do("manager1", ReturnHandOver(handover_id=row))


def test_who_may_ask_and_who_may_get_it(house: House) -> None:
    a_full_desk(house)
    rep1, rep2, rep3, tech = (house.id(code) for code in ("rep1", "rep2", "rep3", "tech1"))
    for who, command in (
        ("rep1", HandOver(from_id=rep2, to_id=rep1)), ("manager1", HandOver(from_id=rep3, to_id=rep1)),
        ("manager1", HandOver(from_id=rep2, to_id=rep3)), ("manager1", HandOver(from_id=rep2, to_id=tech)),
        ("manager1", HandOver(from_id=rep2, to_id=rep2)), ("manager1", HandOver(from_id="nobody", to_id=rep1)),
    ):  # fmt: skip
        with pytest.raises(ChexinError):
            house.do(who, command)
    assert house.rows(Handover) == []


def test_the_new_owner_sees_what_is_most_urgent(house: House) -> None:
    desk = a_full_desk(house)
    row = ask(house)
    confirm(house, row)
    view = house.ask("rep1", HandoverCard(handover_id=row))
    assert {line.id for line in view.urgent} >= {desk["task"], desk["visit"]}
    assert house.ask("rep1", CustomerCard(customer_id=desk["customer"])).owner_name == "陈晓明"
    with pytest.raises(NotFound):
        house.ask("rep3", HandoverCard(handover_id=row))


def test_a_large_desk_takes_few_statements_each(house: House) -> None:
    due = house.clock.now() + DAY
    for number in range(40):
        customer = house.customer("rep2", f"客户{number}")
        house.job(OpenDeal(customer_id=customer, interest="迈腾"))
        house.do("rep2", AddTask(title="打电话", due_at=due, customer_id=customer))
    row, count = ask(house), [0]

    def counted(*_: Any) -> None:
        count[0] += 1

    event.listen(house.core.database.engine, "before_cursor_execute", counted)
    confirm(house, row)
    event.remove(house.core.database.engine, "before_cursor_execute", counted)
    assert count[0] < 40 * STATEMENTS_PER_CUSTOMER
    assert {c.owner_id for c in house.rows(Customer)} == {house.id("rep1")}
