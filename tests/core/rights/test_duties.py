"""What a job that was given to somebody opens, for as long as it is open: to technicians, the warehouse and finance."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.messages import CustomerCard, CustomerView
from crm_core.kernel.errors import ChexinError, NotFound
from crm_core.kernel.tables import Audit
from crm_core.orders.messages import AddOrder
from crm_core.orders.tables import Order
from crm_core.tasks.messages import AddTask, CompleteTask
from tests.core.deals.house import House

DEALER = "starway.east.pudong."


@pytest.fixture
def house(house: House) -> House:
    house.hire("finance1", "何丽娟", "finance", DEALER)
    return house


def task(house: House, who: str, customer_id: str, by: str = "rep1") -> str:
    return house.do(by, AddTask(title="开发票", customer_id=customer_id, assignee_id=house.core.actor(who).id)).id


def card(house: House, who: str, customer_id: str) -> CustomerView:
    view: CustomerView = house.core.ask(CustomerCard(customer_id=customer_id), house.core.actor(who))
    return view


def looks(house: House, customer_id: str) -> list[tuple[str, str | None]]:
    """Who opened the customer for a purpose, by the audit."""
    with house.core.database.read() as session:
        query = select(Audit).where(col(Audit.action) == "open", col(Audit.record_id) == customer_id)
        return [(line.actor_id, line.reason) for line in session.execute(query).scalars()]


def test_a_task_opens_the_customer_while_it_is_open_and_each_look_is_noted(house: House) -> None:
    customer_id = house.customer(phones=("13800138111",))
    with pytest.raises(NotFound):
        card(house, "finance1", customer_id)
    task_id = task(house, "finance1", customer_id)
    view = card(house, "finance1", customer_id)
    assert view.name == "张伟"
    assert "13800138111" not in view.model_dump_json()
    card(house, "finance1", customer_id)
    assert looks(house, customer_id) == [(house.core.actor("finance1").id, "purpose")] * 2
    house.do("finance1", CompleteTask(task_id=task_id))
    with pytest.raises(NotFound):
        card(house, "finance1", customer_id)
    assert len(looks(house, customer_id)) == 2


def test_who_may_see_him_anyway_leaves_no_such_line(house: House) -> None:
    customer_id = house.customer()
    card(house, "rep1", customer_id)
    card(house, "manager1", customer_id)
    assert looks(house, customer_id) == []


def test_nobody_gives_himself_a_purpose(house: House) -> None:
    customer_id = house.customer()
    with pytest.raises(ChexinError):
        task(house, "finance1", customer_id, by="finance1")
    task_id = task(house, "finance1", customer_id)
    own = house.do("finance1", AddTask(title="自己记的", customer_id=customer_id)).id
    house.do("finance1", CompleteTask(task_id=task_id))
    with pytest.raises(NotFound):
        card(house, "finance1", customer_id)
    house.do("finance1", CompleteTask(task_id=own))


def test_a_technician_sees_the_orders_of_his_jobs_and_no_others(house: House) -> None:
    mine, other = house.customer(), house.customer(name="李娜")
    for number, customer_id in enumerate((mine, other)):
        house.job(AddOrder(code=f"O{number}", customer_id=customer_id, kind="service", title="保养", state="placed",
                           lines=(("机滤", 1, 6800),)))  # fmt: skip
    task(house, "tech1", mine)
    actor = house.core.actor("tech1")
    with house.core.database.read("starway") as session:
        reader = house.core.reader(session, actor)
        assert {row.customer_id for row in reader.rows(reader.select(Order, "order"))} == {mine}
    with pytest.raises(NotFound):
        house.core.ask(CustomerCard(customer_id=mine), actor)
