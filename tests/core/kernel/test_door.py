"""Messages nobody should send: the answer is clear on both databases, and nothing is written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from crm_core.api import Core
from crm_core.customers.messages import AddCustomer, AddNote, CustomerHistory, FindCustomers
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import Invalid
from crm_core.leads.messages import CreateLead, LeadPool
from crm_core.org.messages import AddPerson, AddUnit, SetAway
from crm_core.tasks.messages import AddTask, MyTasks
from crm_core.vehicles.messages import AddCar


@pytest.fixture
def rep(core: Core) -> Actor:
    job = core.system("starway")
    core.execute(AddUnit(path="starway.east.pudong.", name="浦东"), job)
    core.execute(AddPerson(code="rep1", name="陈晓明", role="rep", unit="starway.east.pudong."), job)
    return core.actor("rep1")


def test_half_a_character_is_dropped(core: Core, rep: Actor) -> None:
    assert core.execute(AddNote(text="a\ud800b"), rep).view.text == "ab"


def test_zero_characters_are_dropped(core: Core, rep: Actor) -> None:
    text = "a\x00b"
    view = core.execute(
        CreateLead(name=text, phone="13800138011", city=text, campaign=text, utm={text: text}, keep=True), rep
    ).view
    assert (view.name, view.city) == ("ab", "ab")
    core.execute(AddNote(text=text, customer_id=view.customer_id), rep)
    assert core.ask(CustomerHistory(customer_id=view.customer_id, kinds=("note",)), rep)[0].text == "ab"
    assert core.ask(FindCustomers(words=text), rep)[0].id == view.customer_id


def test_other_text_stays_as_it_is(core: Core, rep: Actor) -> None:
    text = "李😀 ½ ʼn · 13年"
    assert core.execute(AddTask(title=text), rep).view.title == text


@pytest.mark.parametrize(
    "message",
    [
        AddTask(title="回电", due_at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)),
        AddTask(title="回电", due_at=datetime(2026, 3, 15)),
        SetAway(until=datetime(1, 1, 1, tzinfo=UTC)),
        CreateLead(name="张伟", event_time=datetime(2026, 3, 1)),
        AddCar(customer_id="x", name="x", bought_on=date(1, 1, 1)),
        AddCar(customer_id="x", name="x", mileage_km=10**30),
    ],
)
def test_times_and_numbers_beyond_meaning_are_refused(core: Core, rep: Actor, message: Any) -> None:
    for act in (core.execute, core.preview):
        with pytest.raises(Invalid):
            act(message, rep)


@pytest.mark.parametrize("question", [MyTasks(start=datetime(2026, 3, 1)), LeadPool(limit=2**64)])
def test_questions_beyond_meaning_are_refused(core: Core, rep: Actor, question: Any) -> None:
    with pytest.raises(Invalid):
        core.ask(question, rep)


def test_what_fits_no_column_is_refused_and_not_half_written(core: Core, rep: Actor) -> None:
    if core.database.is_sqlite:
        pytest.skip("SQLite's columns take any length")
    with pytest.raises(Invalid):
        core.execute(AddCustomer(name="张伟", city="长" * 500), rep)
    with pytest.raises(Invalid):
        core.ask(LeadPool(limit=-1), rep)
    assert core.ask(FindCustomers(words="张伟"), rep) == []
