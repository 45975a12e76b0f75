"""Commands given ids of records the actor has no right to: absent and forbidden answer alike, nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from crm_core.appointments.messages import Book, CompleteAppointment, ReopenAppointment
from crm_core.approvals.messages import AskApproval, PendingApprovals
from crm_core.chat.messages import AddVisitor
from crm_core.customers.messages import AddCustomer, CustomerCard, CustomerHistory
from crm_core.deals.messages import OpenDeal, TransferDeals
from crm_core.deals.tables import Deal
from crm_core.followups.messages import StartCadence
from crm_core.kernel.errors import Conflict, NotFound, Refused
from crm_core.leads.messages import CreateLead
from crm_core.org.messages import AddPerson
from crm_core.quotes.messages import CreateQuote
from crm_core.tasks.messages import AddTask
from tests.core.deals.house import DEALER, House

ABSENT = "0" * 26


def alike(house: House, who: str, command: Callable[[str], Any], foreign: str) -> None:
    """The same refusal for a foreign id as for one that does not exist."""
    for record_id in (foreign, ABSENT):
        with pytest.raises(NotFound) as refused:
            house.do(who, command(record_id))
        assert refused.value.key == "error.not_found"


@pytest.mark.parametrize("who", ["rep1", "manager1", "tech1"])
def test_nobody_opens_a_deal_with_another_dealers_customer(house: House, who: str) -> None:
    customer = house.customer("rep3")
    alike(house, who, lambda i: OpenDeal(customer_id=i), customer)
    alike(house, who, lambda i: OpenDeal(customer_id=i, lead_id="x"), customer)
    assert house.rows(Deal) == []


def test_a_foreign_leads_deal_is_not_told(house: House) -> None:
    lead = house.lead("rep3", phone="13800138077")
    own = house.customer("rep1")
    visitor = house.core.actor(house.job(AddVisitor(unit="starway.")).id)
    house.actors["visitor"] = visitor
    for who in ("rep1", "visitor"):
        alike(house, who, lambda i: OpenDeal(customer_id=lead.customer_id, lead_id=i), lead.id)
    alike(house, "rep1", lambda i: OpenDeal(customer_id=own, lead_id=i), lead.id)


def test_an_approval_is_asked_only_for_a_quote_of_that_deal(house: House) -> None:
    house.model()
    mine, foreign = house.deal("rep1"), house.deal("rep3", name="李四")
    quote = house.do("rep3", CreateQuote(deal_id=foreign, title="迈腾", price_fen=239_900_00)).id
    alike(house, "rep1", lambda i: AskApproval(kind="discount", record_id=i, record_version=1, deal_id=mine,
                                               customer_id="", amount_fen=100, rule="x"), quote)  # fmt: skip
    assert house.ask("manager1", PendingApprovals()) == []


def test_no_cadence_about_a_foreign_record(house: House) -> None:
    customer = house.customer("rep3")
    alike(house, "rep1", lambda i: StartCadence(sop="birthday", subject=f"customer:{i}", customer_id=i,
                                                owner_id=house.id("rep1"), unit=DEALER), customer)  # fmt: skip


def test_colleagues_of_another_dealer_answer_like_nobody(house: House) -> None:
    customer = house.customer("rep1")
    alike(house, "rep1", lambda i: TransferDeals(customer_id=customer, to_id=i), house.id("rep3"))


def test_a_known_code_or_phone_does_not_open_somebody_elses_customer(house: House) -> None:
    code = house.customer("rep3", code="c77", phones=("13800138077",))
    house.customer("rep2", name="王五", phones=("13800138066",))
    with pytest.raises(NotFound):
        house.do("rep1", AddCustomer(name="张伟", code="c77", owner_id=house.id("rep1")))
    with pytest.raises(NotFound):
        house.do("rep1", AddCustomer(name="王五", phones=("13800138066",), owner_id=house.id("rep1")))
    assert house.ask("rep3", CustomerCard(customer_id=code)).owner_id == house.id("rep3")


def test_customers_and_leads_are_made_only_where_the_actor_works(house: House) -> None:
    with pytest.raises(Refused):
        house.do("rep1", AddCustomer(name="张伟", unit="starway.east.park.a."))
    with pytest.raises(Refused):
        house.do("rep1", CreateLead(name="张伟", phone="13800138011", unit="starway.east.park."))
    with pytest.raises(Refused):
        house.job(CreateLead(name="张伟", phone="13800138011", unit="other.east.park."))
    alike(house, "rep1", lambda i: AddCustomer(name="张伟", owner_id=i), ABSENT)


def test_an_appointment_is_not_booked_on_another_customers_deal(house: House) -> None:
    deal, customer = house.deal("rep1"), house.customer("rep1", name="李四")
    start = house.clock.now() + timedelta(hours=3)
    alike(house, "rep1", lambda i: Book(kind="visit", customer_id=customer, deal_id=i, start=start), deal)


def test_what_colleagues_noted_is_not_told_to_the_customer(house: House) -> None:
    customer = house.customer("rep1", login="guest")
    start = house.clock.now() + timedelta(hours=1)
    booked = house.do("rep1", Book(kind="test_drive", customer_id=customer, start=start, text="爱砍价"))
    own = house.do("guest", Book(kind="visit", customer_id=customer, start=start, text="带太太来"))
    done = house.do("rep1", CompleteAppointment(appointment_id=booked.id, text="不像会买"))
    told = " ".join(record.text for record in house.ask("guest", CustomerHistory(customer_id=customer)))
    assert "爱砍价" not in told
    assert "不像会买" not in told
    assert "带太太来" in told
    assert own.view.text == "带太太来"
    with pytest.raises(NotFound):
        house.do("guest", ReopenAppointment(appointment_id=booked.id, version=done.view.version))


def test_a_customers_login_does_not_become_a_colleague(house: House) -> None:
    house.customer("rep1", login="guest")
    with pytest.raises(Conflict):
        house.job(AddPerson(code="guest", name="张伟", role="manager", unit=DEALER))


def test_customers_put_work_before_a_role_not_before_a_person(house: House) -> None:
    house.customer("rep1", login="guest")
    alike(house, "guest", lambda i: AddTask(title="回电", assignee_id=i), house.id("rep2"))
    assert house.do("guest", AddTask(title="回电", role="tech")).view.assignee_name == "孙建军"


def test_a_number_in_a_name_is_not_kept_in_clear(house: House) -> None:
    for name in ("张伟13912345678", "张伟 139-1234-5678", "１３９１２３４５６７８"):
        made = house.do("rep1", AddCustomer(name=name, unit=f"{DEALER}a.", owner_id=house.id("rep1")))
        assert "****5678" in house.ask("rep1", CustomerCard(customer_id=made.id)).name


def test_another_tenants_colleague_with_the_same_code_is_never_taken_for_ours(house: House) -> None:
    there = house.core.system("other")
    for code in ("rep1", house.id("rep2")):
        house.core.execute(AddPerson(code=code, name="别人", role="rep", unit="other.east.dealer."), there)
    with pytest.raises(NotFound):
        house.core.actor("rep1")
    assert house.core.actor("rep1", "starway").id == house.id("rep1")
    assert house.core.actor(house.id("rep1")).name == "陈晓明"
    assert house.core.actor(house.id("rep2")).tenant == "starway"
