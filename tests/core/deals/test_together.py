"""Several people at once on one customer's records: one after the other, and nobody waits for nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

import crm_core.api
from crm_core.appointments.messages import Book
from crm_core.customers.messages import LogContact
from crm_core.deals.messages import TransferDeals
from crm_core.kernel.errors import ChexinError, Unavailable
from crm_core.leads.messages import AssignLead
from crm_core.quotes.messages import RequestDiscount
from crm_core.tasks.messages import AddTask
from tests.core.deals.house import House

ROUNDS = 12


def test_work_on_one_customer_never_deadlocks(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crm_core.api, "DEADLOCK_RETRIES", 0)
    house.model()
    lead = house.lead("rep1")
    start = house.clock.now() + timedelta(hours=3)
    house.do("rep1", Book(kind="test_drive", customer_id=lead.customer_id, start=start))
    house.do("rep1", AddTask(title="回电", customer_id=lead.customer_id, due_at=start))
    assert lead.deal_id is not None
    deal_id, customer_id = lead.deal_id, lead.customer_id

    def turn(n: int) -> list[Callable[[], object]]:
        to = house.id("rep1" if n % 2 else "rep2")
        return [
            lambda: house.do("manager1", TransferDeals(customer_id=customer_id, to_id=to)),
            lambda: house.do("manager1", AssignLead(lead_id=lead.id, to_id=to)),
            lambda: house.do("manager1", RequestDiscount(deal_id=deal_id, amount_fen=1000_00 + n)),
            lambda: house.do("manager1", LogContact(customer_id=customer_id, text="聊过")),
        ]

    outages = _all_at_once([[turn(n)[i] for n in range(ROUNDS)] for i in range(4)])
    assert outages == []


def _all_at_once(work: list[list[Callable[[], object]]]) -> list[Exception]:
    """Run each list in a thread of its own; returns outages and whatever is no answer at all."""
    outages: list[Exception] = []

    def run(steps: list[Callable[[], object]]) -> None:
        for step in steps:
            try:
                step()
            except Unavailable as error:
                outages.append(error)
            except ChexinError:
                continue
            except Exception as error:
                outages.append(error)

    threads = [threading.Thread(target=run, args=(steps,)) for steps in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outages
