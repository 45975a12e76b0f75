"""Rights over data: copies that are whole, erasures that leave nothing, and a second person for both."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import SQLModel, col

from crm_core.api import Core
from crm_core.appointments.messages import Book
from crm_core.customers.messages import AddCustomer, AddNote, CustomerCard, FindCustomers, LogContact
from crm_core.customers.tables import ContactPoint, Customer, Record
from crm_core.deals.tables import Deal
from crm_core.kernel.access import AccessTable
from crm_core.kernel.backup import back_up, restore
from crm_core.kernel.errors import AlreadyDecided, Conflict, NotFound, Refused
from crm_core.kernel.rotate import sealed_columns
from crm_core.kernel.tables import Audit
from crm_core.leads.tables import Lead
from crm_core.orders.messages import AddOrder, Orders
from crm_core.org.tables import Person
from crm_core.privacy.messages import (
    AskErasure,
    DecidePrivacyRequest,
    ExportPerson,
    PersonData,
    PrivacyRequestCard,
    PrivacyRequestView,
    ReapplyErasure,
    TidyPrivacy,
    WithdrawPrivacyRequest,
)
from crm_core.privacy.opened import opened
from crm_core.privacy.tables import Erasure, HeldRecord
from crm_core.privacy.ties import HOUSE, TIES, tables_of_people
from crm_core.vehicles.messages import AddCar
from tests.conftest import NOW
from tests.core.deals.house import DEALER, House

NAME, PHONE, VIN, PLATE = "瞿霁棠", "13970001234", "LFV3A23C8J3100001", "沪A12Q45"


@pytest.fixture
def him(house: House) -> str:
    """A customer of whom something is everywhere."""
    made = house.customer("rep1", NAME, phones=(PHONE,), code="C-9", login="c9", birthday="1990-05-20")
    house.do("rep1", AddNote(customer_id=made, text=f"{NAME}喜欢白色"))
    house.do("rep1", LogContact(customer_id=made, text=f"打了{PHONE},说月底定"))
    house.do("rep1", Book(kind="visit", customer_id=made, start=house.clock.now() + timedelta(days=1), text="看车"))
    house.job(AddCar(customer_id=made, vin=VIN, plate=PLATE, name="大众迈腾"))
    house.job(AddOrder(code="O-1", customer_id=made, title="迈腾", lines=(("迈腾", 1, 100),), ordered_on=NOW.date()))
    return made


def stored(house: House) -> dict[str, str]:
    """All the database says, opened, by table."""
    said: dict[str, str] = {}
    with house.core.database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            rows = [dict(row) for row in session.connection().execute(table.select()).mappings()]
            sealed = [c.name for c in sealed_columns(table) if c.name.endswith("_enc")]
            clear = [[opened(house.core.cipher, table.name, row, name) for name in sealed] for row in rows]
            said[table.name] = json.dumps([rows, clear], ensure_ascii=False, default=str)
    return said


def residues(house: House, *words: str) -> list[str]:
    """Tables that still name him; what the law holds is not counted."""
    return [f"{table}: {word}" for table, text in stored(house).items() for word in words
            if word in text and table != "held_records"]  # fmt: skip


def asked(house: House, customer: str, who: str = "admin1") -> PrivacyRequestView:
    view = house.do(who, AskErasure(customer_id=customer, reason="他来电要求")).view
    assert isinstance(view, PrivacyRequestView)
    return view


def erased(house: House, customer: str) -> PrivacyRequestView:
    request = asked(house, customer)
    view = house.do("manager1", DecidePrivacyRequest(request_id=request.id, decision="approve")).view
    assert isinstance(view, PrivacyRequestView)
    return view


# Every table is thought of


def test_no_table_is_forgotten() -> None:
    people = {table.name for table in tables_of_people()} | {tie.of for tie in TIES}
    unknown = {table.name for table in SQLModel.metadata.sorted_tables} - people - HOUSE
    assert unknown == set()
    assert not people & HOUSE


# A copy


def test_a_copy_has_what_was_said_and_who_looked(house: House, him: str) -> None:
    view = house.do("admin1", ExportPerson(customer_id=him, reason="本人申请")).view
    assert isinstance(view, PersonData)
    text = json.dumps(view.tables, ensure_ascii=False)
    for word in (NAME, PHONE, VIN, PLATE, "1990", "喜欢白色", "说月底定", "O-1"):
        assert word in text, word
    assert {line["action"] for line in view.audit} >= {"create", "write"}
    assert house.rows(Audit)[-1].action == "export"


@pytest.mark.parametrize("who", ["rep1", "manager1", "tech1", "rep3"])
def test_nobody_else_gets_a_copy(house: House, him: str, who: str) -> None:
    with pytest.raises(NotFound):
        house.do(who, ExportPerson(customer_id=him))


# Erasing


def test_nothing_is_left_but_what_the_law_holds(house: House, him: str) -> None:
    other = house.customer("rep1", "李芳", phones=("13900001111",))
    house.do("rep1", AddNote(customer_id=other, text=f"{NAME}介绍来的,电话139-7000-1234"))
    house.do("rep1", AddNote(text=f"问问{NAME}"))
    assert residues(house, NAME, PHONE)
    done = erased(house, him)
    assert done.state == "done"
    assert residues(house, NAME, PHONE, VIN, PLATE, "13970001234", "139-7000-1234", "喜欢白色") == []
    assert [row.customer_id for row in house.rows(Record)] == [other, None]
    with pytest.raises(NotFound):
        house.ask("admin1", CustomerCard(customer_id=him))
    assert house.ask("admin1", Orders()) == []
    assert "O-1" in stored(house)["held_records"]
    assert house.ask("rep1", FindCustomers(words="李芳"))[0].phone_tail == "1111"


def test_the_audit_keeps_its_lines(house: House, him: str) -> None:
    before = [(line.id, line.action, line.record_id, line.at) for line in house.rows(Audit)]
    erased(house, him)
    after = [(line.id, line.action, line.record_id, line.at) for line in house.rows(Audit)]
    assert after[: len(before)] == before
    assert [line.action for line in house.rows(Audit) if line.record_id == him][-1] == "erase"
    assert all(line.values_enc is None for line in house.rows(Audit) if line.record_id == him and line.action != "erase")


def test_what_another_has_too_stays_his(house: House, him: str) -> None:
    wife = house.customer("rep1", "李芳", phones=(PHONE,))
    twin = house.customer("rep1", NAME, phones=("13900002222",))
    house.do("rep1", AddNote(customer_id=twin, text=f"{NAME}想换车"))
    house.do("rep1", AddNote(customer_id=wife, text=f"打{PHONE}找她"))
    erased(house, him)
    assert [row.customer_id for row in house.rows(ContactPoint)] == [wife, twin]
    assert len(residues(house, "想换车")) == 1
    assert f"{NAME}想换车" in stored(house)["records"]
    assert f"打{PHONE}找她" in stored(house)["records"]


def test_a_second_person_decides_once(house: House, him: str) -> None:
    request = asked(house, him)
    assert request.counts["records"] == 2
    assert (request.kept, request.state, request.confirmer_name) == (1, "pending", "赵国强")
    with pytest.raises(Refused, match="own_approval"):
        house.do("admin1", DecidePrivacyRequest(request_id=request.id, decision="approve"))
    with pytest.raises(NotFound):
        house.do("rep1", DecidePrivacyRequest(request_id=request.id, decision="approve"))
    with pytest.raises(Conflict, match="privacy_pending"):
        asked(house, him)
    house.do("manager1", DecidePrivacyRequest(request_id=request.id, decision="reject"))
    assert len(house.rows(Customer)) == 1
    with pytest.raises(AlreadyDecided):
        house.do("manager1", DecidePrivacyRequest(request_id=request.id, decision="approve"))


def test_only_who_may_asks(house: House, him: str) -> None:
    for who in ("rep1", "manager1", "tech1"):
        with pytest.raises(NotFound):
            asked(house, him, who)


def test_who_asked_must_still_be_allowed(house: House, him: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked(house, him)
    allows = AccessTable.allows
    monkeypatch.setattr(AccessTable, "allows", lambda self, actor, resource, action, row: (
        action != "erase" and allows(self, actor, resource, action, row)))  # fmt: skip
    with pytest.raises(Refused, match="privacy_stale"):
        house.do("manager1", DecidePrivacyRequest(request_id=request.id, decision="approve"))


def test_a_request_is_taken_back_or_lapses(house: House, him: str) -> None:
    first = asked(house, him)
    house.do("admin1", WithdrawPrivacyRequest(request_id=first.id))
    second = asked(house, him)
    house.clock.advance(days=8)
    house.job(TidyPrivacy())
    assert house.ask("admin1", PrivacyRequestCard(request_id=second.id)).state == "expired"
    with pytest.raises(AlreadyDecided):
        house.do("manager1", DecidePrivacyRequest(request_id=second.id, decision="approve"))


# What the law holds, and what nobody needs


def test_what_is_held_goes_when_its_time_is_over(house: House, him: str) -> None:
    erased(house, him)
    assert len(house.rows(HeldRecord)) == 1
    house.clock.advance(days=1826)
    house.job(TidyPrivacy())
    assert house.rows(HeldRecord) == []


# An older copy comes back


def test_who_was_erased_stays_erased_after_a_restore(house: House, him: str, tmp_path: Path) -> None:
    core = house.core
    if not core.settings.is_sqlite:
        pytest.skip("the way back is the same; PostgreSQL's restore has its own tests")
    file = tmp_path / "one.backup"
    back_up(core.settings, file, "1.0", NOW)
    erased(house, him)
    assert core.erasures.sync() == 0
    target = core.settings.model_copy(update={
        "data_dir": tmp_path / "target", "database_url": "", "erasure_journal": core.settings.erasures})  # fmt: skip
    restore(target, file, NOW)
    back = House(Core.open(target, house.clock), house.clock)
    try:
        assert residues(back, NAME, PHONE, VIN, PLATE) == []
        assert len(back.rows(Customer)) == 0
        assert [row.cause for row in back.rows(Erasure)] == ["restored"]
    finally:
        back.core.close()


def test_the_journal_is_made_again_from_the_database(house: House, him: str) -> None:
    erased(house, him)
    house.core.erasures.sync()
    journal = house.core.settings.erasures
    text = journal.read_text()
    assert NAME not in text
    assert him in text
    journal.write_text(text[: len(text) // 2])
    house.core.erasures.sync()
    assert [entry.gone_id for entry in house.core.erasures.journal.read().values()] == [him]


def test_only_the_deployment_erases_again(house: House, him: str) -> None:
    with pytest.raises(Refused):
        house.do("admin1", ReapplyErasure(erasure_id="X", gone_id=him))


# Lost leads


def test_a_lost_lead_is_forgotten_when_policy_says_so(house: House, him: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = house.lead()
    with house.core.database.write() as session:
        session.execute(update(Lead).where(col(Lead.id) == lead.id).values(state="lost"))
        session.execute(update(Deal).where(col(Deal.lead_id) == lead.id).values(state="lost"))
    house.clock.advance(days=800)
    house.job(TidyPrivacy())
    assert len(house.rows(Customer)) == 2
    monkeypatch.setitem(house.core.policies.documents["personal_data"].values, "forget_lost", "730d")
    house.core.policies._models.clear()
    house.job(TidyPrivacy())
    assert [row.id for row in house.rows(Customer)] == [him]


def test_a_colleague_who_buys_here_stays_one(house: House) -> None:
    made = house.job(AddCustomer(name="陈晓明", phones=("13700001111",), unit=DEALER)).id
    with house.core.database.write() as session:
        session.execute(update(Person).where(col(Person.code) == "rep1").values(customer_id=made))
    erased(house, made)
    assert house.core.actor("rep1").name == "陈晓明"
