"""How the core looks things up: by an index, and with as many questions for a hundred rows as for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from crm_core.appointments.messages import Appointments, Book
from crm_core.approvals.messages import PendingApprovals
from crm_core.deals.messages import SetStage
from crm_core.followups.messages import MyFollowups
from crm_core.leads.messages import CreateLead, MarkContacted
from crm_core.quotes.messages import RequestDiscount
from crm_core.tasks.messages import AddTask, MyTasks
from tests.core.deals.house import House


@contextmanager
def statements(house: House) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(house.core.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(house.core.database.engine, "before_cursor_execute", note)


def some_work(house: House, n: int) -> None:
    customer = house.do(
        "rep1", CreateLead(name=f"客{n}", phone=f"1380013{n:04d}", vehicle="迈腾", keep=True)
    ).view
    start = house.clock.now() + timedelta(hours=n)
    house.do("rep1", Book(kind="delivery", customer_id=customer.customer_id, start=start, vague=True))
    house.do("rep1", AddTask(title="回电", customer_id=customer.customer_id, due_at=start))
    house.do("rep1", RequestDiscount(deal_id=customer.deal_id, amount_fen=9000_00))


@pytest.mark.parametrize(
    ("who", "question"),
    [
        ("rep1", Appointments()),
        ("rep1", MyTasks()),
        ("rep1", MyFollowups()),
        ("manager1", PendingApprovals()),
    ],
)
def test_a_longer_list_asks_no_more(house: House, who: str, question: Any) -> None:
    house.model()
    some_work(house, 1)
    with statements(house) as one:
        assert len(house.ask(who, question)) >= 1
    for n in range(2, 7):
        some_work(house, n)
    with statements(house) as six:
        assert len(house.ask(who, question)) >= 6
    assert len(six) <= len(one) + 1


@pytest.mark.parametrize("table", ["chat_messages", "deal_stages"])
def test_moving_a_deal_reads_no_table_from_end_to_end(house: House, table: str) -> None:
    if not house.core.database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, whatever the indexes")
    lead = house.lead()
    with statements(house) as seen:
        house.do("rep1", MarkContacted(lead_id=lead.id, outcome="interested"))
        house.do("rep1", SetStage(deal_id=str(lead.deal_id), stage="quoted"))
    asked = [(s, p) for s, p in seen if f"FROM {table}" in s and s.startswith("SELECT")]
    assert asked
    with house.core.database.read() as session:
        for statement, parameters in asked:
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert not any(str(row[-1]).startswith("SCAN") for row in plan), statement
