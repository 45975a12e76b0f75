"""What the records say about a customer: each fact with its record, and only to who may read him."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm_core.appointments.messages import Book, CompleteAppointment
from crm_core.customers.messages import LogContact
from crm_core.deals.messages import OpenDeal, TransferDeals
from crm_core.histories.messages import BriefView, CustomerBrief, CustomerFacts, Fact, FactsView
from crm_core.histories.rules import bought, days_of, km_said, newest_first, spent
from crm_core.kernel.errors import NotFound
from crm_core.orders.messages import AddOrder
from crm_core.quotes.messages import CreateQuote
from crm_core.tasks.messages import AddTask
from crm_core.vehicles.messages import AddCar
from tests.core.deals.house import House


def facts(house: House, who: str, customer_id: str, *kinds: str) -> tuple[Fact, ...]:
    view: FactsView = house.ask(who, CustomerFacts.model_validate({"customer_id": customer_id, "kinds": kinds}))
    return view.facts


def ordered(house: House, customer_id: str, code: str, on: date, fen: int, **more: object) -> None:
    fields = {"code": code, "customer_id": customer_id, "kind": "car", "title": "迈腾", "state": "delivered",
              "lines": (("迈腾", 1, fen),), "ordered_on": on}  # fmt: skip
    house.job(AddOrder.model_validate(fields | more))


def test_the_last_service_is_the_newest_of_all_records(house: House) -> None:
    anna = house.customer()
    ordered(house, anna, "s1", date(2026, 1, 5), 79_000, kind="service", lines=(("小保养", 1, 79_000),))
    house.job(AddCar(customer_id=anna, plate="沪A8K206", name="迈腾", serviced_on=date(2026, 2, 1), serviced_km=65_500))
    found = facts(house, "rep1", anna, "service")
    assert [(f.source, f.on, f.km) for f in found] == [
        ("car", date(2026, 2, 1), 65_500), ("order", date(2026, 1, 5), None)]  # fmt: skip
    assert found[1].ref.startswith("O-")


def test_a_cancelled_service_is_none(house: House) -> None:
    anna = house.customer()
    ordered(house, anna, "s1", date(2026, 1, 5), 79_000, kind="service", state="cancelled")
    assert facts(house, "rep1", anna, "service") == ()


def test_a_visit_counts_once_a_day(house: House) -> None:
    anna, now = house.customer(), house.clock.now()
    booked = house.do("rep1", Book(kind="test_drive", customer_id=anna, start=now + timedelta(hours=1)))
    house.clock.advance(hours=2)
    house.do("rep1", CompleteAppointment(appointment_id=booked.id, text="喜欢"))
    house.do("rep1", LogContact(customer_id=anna, kind="visit", text="又来看了颜色"))
    assert len(days_of(facts(house, "rep1", anna, "visit"))) == 1
    assert [f.state for f in facts(house, "rep1", anna, "test_drive")] == ["done"]


def test_what_was_spent_leaves_out_what_was_cancelled_and_what_is_under_way(house: House) -> None:
    anna = house.customer()
    for code, state, fen in (("a", "delivered", 100_00), ("b", "cancelled", 7_00), ("c", "in_transit", 900_00)):
        ordered(house, anna, code, date(2026, 3, 1), fen, state=state)
    orders = bought(facts(house, "rep1", anna, "order"))
    assert spent(orders) == (100_00, 900_00)
    assert bought(orders, since=date(2026, 3, 2)) == []


def test_promises_are_what_is_open(house: House) -> None:
    anna, now = house.customer(), house.clock.now()
    house.do("rep1", AddTask(title="发合同", customer_id=anna, due_at=now + timedelta(hours=3)))
    house.do("rep1", AddTask(title="车门异响没修好", kind="handoff", role="service", customer_id=anna))
    house.do("rep1", Book(kind="visit", customer_id=anna, start=now + timedelta(days=2)))
    found = facts(house, "rep1", anna, "promise")
    assert {f.what for f in found if f.source == "task"} == {"发合同", "车门异响没修好"}
    assert [f.source for f in found].count("visit") == 1
    assert [f.what for f in facts(house, "rep1", anna, "complaint")] == ["车门异响没修好"]


def test_a_colleagues_reminder_about_a_customer_stays_his_own(house: House) -> None:
    anna = house.customer()
    house.do("manager1", AddTask(title="看看陈晓明给的优惠", customer_id=anna))
    assert [f for f in facts(house, "rep1", anna, "promise") if f.source == "task"] == []
    assert len(facts(house, "manager1", anna, "promise")) == 1


def test_what_he_bought_and_was_quoted_follows_the_customer(house: House) -> None:
    anna = house.customer()
    deal = house.do("rep1", OpenDeal(customer_id=anna, interest="迈腾"))
    house.do("rep1", CreateQuote(deal_id=deal.id, title="迈腾", price_fen=200_000_00))
    ordered(house, anna, "a", date(2026, 3, 1), 100_00)
    house.do("manager1", TransferDeals(customer_id=anna, to_id=house.id("rep2")))
    assert len(facts(house, "rep2", anna, "order")) == 1
    assert [f.amount_fen for f in facts(house, "rep2", anna, "quote")] == [200_000_00]
    with pytest.raises(NotFound):
        facts(house, "rep1", anna)


@pytest.mark.parametrize("who", ["rep2", "rep3", "tech1"])
def test_who_may_not_read_him_hears_nothing(house: House, who: str) -> None:
    anna = house.customer()
    with pytest.raises(NotFound):
        facts(house, who, anna)


def test_a_customer_hears_of_himself_only(house: House) -> None:
    anna, ben = house.customer(login="customer1"), house.customer(name="李强", login="customer2")
    ordered(house, anna, "a", date(2026, 3, 1), 100_00)
    house.do("rep1", AddTask(title="他很会砍价", customer_id=anna))
    assert [f.source for f in facts(house, "customer1", anna)] == ["order"]
    with pytest.raises(NotFound):
        facts(house, "customer1", ben)


@pytest.mark.parametrize(
    ("text", "km"),
    [("换机油机滤,65500公里", 65_500), ("at 65,500 km", 65_500), ("6.5万公里", 65_000), ("没说", None),
     ("上次5000公里,现在10000公里", None), ("15000元", None)],
)  # fmt: skip
def test_a_mileage_is_read_when_there_is_one(text: str, km: int | None) -> None:
    assert km_said(text) == km


def test_facts_come_newest_first_whatever_is_known_of_their_time(house: House) -> None:
    now = house.clock.now()
    days = [now - timedelta(days=n) for n in (3, 1, 2)]
    told = [Fact(kind="visit", source="visit", id=str(n), on=at.date(), at=at if n else None) for n, at in enumerate(days)]
    assert [f.id for f in newest_first(told)] == ["1", "2", "0"]


def test_a_brief_tells_what_was_said_last_what_is_open_and_when_it_comes_again(house: House) -> None:
    anna, now = house.customer(), house.clock.now()
    house.do("rep1", LogContact(customer_id=anna, kind="call", text="预算三十万"))
    booked = house.do("rep1", Book(kind="visit", customer_id=anna, start=now + timedelta(hours=5)))
    view: BriefView = house.ask("rep1", CustomerBrief(customer_id=anna))
    assert view.last is not None
    assert view.last.text == "预算三十万"
    assert view.coming is not None
    assert view.coming.id == booked.id
    assert view.again_at == now + timedelta(hours=4)
    house.clock.advance(hours=4)
    assert house.ask("rep1", CustomerBrief(customer_id=anna)).again_at is None
    assert house.ask("manager1", CustomerBrief(customer_id=anna)).customer.id == anna


def test_who_may_not_read_a_customer_gets_no_brief(house: House) -> None:
    anna = house.customer()
    for who, customer_id in (("rep2", anna), ("rep1", "nobody")):
        with pytest.raises(NotFound):
            house.ask(who, CustomerBrief(customer_id=customer_id))
