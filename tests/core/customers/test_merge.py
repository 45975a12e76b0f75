"""Two records of one person become one: nothing is lost, nothing runs twice, and for a day it can be parted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.customers.lookup import add_phone
from crm_core.customers.messages import (
    AddCustomer,
    AddNote,
    CustomerCard,
    LogContact,
    MergeCustomers,
    SetBirthday,
    SplitCustomers,
)
from crm_core.customers.tables import ContactPoint, Customer, Record
from crm_core.deals.messages import DealCard, OpenDeal, SetStage
from crm_core.deals.tables import Deal
from crm_core.followups.messages import PlanBirthdays
from crm_core.followups.tables import Followup
from crm_core.kernel.errors import ChexinError, Conflict, Expired, Invalid, NotFound, Refused
from crm_core.kernel.phones import parse_phone
from crm_core.kernel.tables import Audit, Timer, metadata
from crm_core.kernel.uow import Uow
from crm_core.renewals.messages import AddRenewal
from crm_core.renewals.tables import Renewal
from crm_core.tasks.messages import AddTask
from crm_core.tasks.tables import Task
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House

SHARED, HIS, HERS = "13800138021", "13800138022", "13800138023"


def pair(house: House, other_owner: str = "rep1", **gone: Any) -> tuple[str, str]:
    """Two customers of one dealer who share a phone."""
    kept = house.customer("rep1", "张伟", phones=(SHARED, HIS))
    other = house.customer(other_owner, "张玮", phones=(HERS,), **gone)
    with house.core.database.write() as session:
        uow = Uow(session=session, actor=house.core.system("starway"), now=house.clock.now(),
                  services=house.core.services)  # fmt: skip
        row = uow.find(Customer, other)
        assert row is not None
        assert add_phone(uow, row, parse_phone(SHARED))
    return kept, other


def merge(house: House, kept: str, gone: str, by: str = "manager1") -> Any:
    return house.do(by, MergeCustomers(keep_id=kept, gone_id=gone))


def phones(house: House, customer_id: str) -> set[str]:
    found = house.rows(ContactPoint, ContactPoint.customer_id == customer_id)
    return {house.core.services.cipher.get(point, "value") for point in found}


def orphans(house: House) -> list[str]:
    """Rows that name a customer who is not there, and timers about what is over or gone."""
    customers = {row.id for row in house.rows(Customer)}
    lost = []
    with house.core.database.read() as session:
        for table in metadata.sorted_tables:
            if "customer_id" in table.c:
                lost += [f"{table.name}:{i}" for i, c in session.execute(select(table.c.id, table.c.customer_id))
                         if c is not None and c not in customers]  # fmt: skip
    open_rows = {f"followup:{f.id}" for f in house.rows(Followup, Followup.state == "open")}
    for row in house.rows(Followup, Followup.state == "open"):
        kind, _, record = row.subject.partition(":")
        if kind == "customer" and record not in customers:
            lost.append(f"followup about {row.subject}")
    for timer in house.rows(Timer, Timer.state == 0):
        if timer.subject.startswith("followup:") and timer.subject not in open_rows:
            lost.append(f"timer about {timer.subject}")
    return lost


def test_everything_goes_over_and_nothing_is_changed(house: House) -> None:
    kept, gone = pair(house, tags=("老客户",), company="星路")
    first = house.job(OpenDeal(customer_id=kept, interest="迈腾")).id
    second = house.job(OpenDeal(customer_id=gone, interest="ES6")).id
    house.do("rep1", SetStage(deal_id=second, stage="quote"))
    before = house.ask("rep1", DealCard(deal_id=second))
    house.do("rep1", LogContact(customer_id=gone, text="月底再定"))
    house.do("rep1", AddNote(customer_id=kept, text="认4S店"))
    house.do("rep1", AddTask(title="回电", customer_id=gone, due_at=house.clock.now() + timedelta(hours=2)))
    house.do("rep1", AddRenewal(kind="insurance", customer_id=gone, due_on=date(2027, 6, 1)))
    merge(house, kept, gone)
    view = house.ask("rep1", CustomerCard(customer_id=kept))
    assert view.name == "张伟"
    assert view.company == "星路"
    assert "老客户" in view.tags
    assert phones(house, kept) == {SHARED, HIS, HERS}
    assert {d.id for d in house.rows(Deal, Deal.customer_id == kept)} == {first, second}
    after = house.ask("rep1", DealCard(deal_id=second))
    assert (after.stage, after.interest, after.version) == (before.stage, before.interest, before.version)
    assert {house.core.services.cipher.get(r, "text") for r in house.rows(Record, Record.customer_id == kept)} >= {
        "月底再定", "认4S店"}  # fmt: skip
    assert len(house.rows(Task, Task.customer_id == kept)) == len(house.rows(Task))
    assert {r.customer_id for r in house.rows(Renewal)} == {kept}
    assert not house.rows(Customer, Customer.id == gone)
    assert orphans(house) == []


def test_a_reminder_of_the_one_who_went_still_comes_once(house: House) -> None:
    kept, gone = pair(house)
    house.do("rep1", AddTask(title="回电", customer_id=gone, due_at=house.clock.now() + timedelta(hours=2)))
    merge(house, kept, gone)
    house.pushed()
    due = [push for push in house.fire(hours=3) if push.kind == "task_due"]
    assert [push.person for push in due] == ["rep1"]


def test_with_two_owners_the_kept_ones_has_all_and_both_are_told(house: House) -> None:
    kept, gone = pair(house, "rep2")
    deal = house.job(OpenDeal(customer_id=gone, interest="ES6")).id
    house.do("rep2", AddTask(title="回电", customer_id=gone, due_at=house.clock.now() + timedelta(hours=2)))
    house.pushed()
    merge(house, kept, gone)
    told = house.pushed("customers_merged")
    assert {push.person for push in told} == {"rep1", "rep2"}
    assert told[0].params["owner"] == "陈晓明"
    rep1 = house.id("rep1")
    assert house.rows(Deal, Deal.id == deal)[0].owner_id == rep1
    assert {row.owner_id for row in house.rows(Task)} == {rep1}
    assert {row.owner_id for row in house.rows(Followup, Followup.state == "open")} <= {rep1}
    assert orphans(house) == []


def test_one_without_owner_takes_the_others(house: House) -> None:
    kept = house.job(AddCustomer(name="张伟", unit="starway.east.pudong.", phones=(HIS,))).id
    gone = house.customer("rep2", "张玮", phones=(HERS,))
    house.job(OpenDeal(customer_id=gone, interest="ES6"))
    merge(house, kept, gone)
    row = house.rows(Customer, Customer.id == kept)[0]
    assert (row.owner_id, row.unit) == (house.id("rep2"), house.actors["rep2"].unit)
    assert house.ask("rep2", CustomerCard(customer_id=kept)).open_deals


@pytest.mark.parametrize("same_day", [True, False])
def test_two_birthdays_of_one_year_come_once(house: House, same_day: bool) -> None:
    kept, gone = pair(house)
    today = house.clock.now().date()
    near, later = today + timedelta(days=1), today + timedelta(days=(1 if same_day else 20))
    house.do("rep1", SetBirthday(customer_id=gone, birthday=f"{near:%m-%d}"))
    house.do("rep1", SetBirthday(customer_id=kept, birthday=f"{later:%m-%d}"))
    house.job(PlanBirthdays())
    merge(house, kept, gone)
    assert orphans(house) == []
    house.pushed()
    seen = []
    for _ in range(25):
        house.job(PlanBirthdays())
        seen += [push for push in house.fire(days=1) if push.kind == "birthday"]
    assert [push.person for push in seen] == ["rep1"]
    due = house.rows(Followup, Followup.subject == f"customer:{kept}", Followup.sop == "birthday")[
        0
    ].started_at
    assert abs((due.date() - later).days) <= 1


def test_a_birthday_only_the_other_had_is_kept(house: House) -> None:
    kept, gone = pair(house)
    near = house.clock.now().date() + timedelta(days=1)
    house.do("rep1", SetBirthday(customer_id=gone, birthday=f"{near:%m-%d}"))
    house.job(PlanBirthdays())
    merge(house, kept, gone)
    house.job(PlanBirthdays())
    house.pushed()
    seen = [push for _ in range(3) for push in house.fire(days=1) if push.kind == "birthday"]
    assert [push.person for push in seen] == ["rep1"]


def test_taking_it_back_restores_both(house: House) -> None:
    kept, gone = pair(house, "rep2", company="星路")
    house.do("rep1", SetBirthday(customer_id=kept, birthday="05-01"))
    deal = house.job(OpenDeal(customer_id=gone, interest="ES6")).id
    house.do("rep2", AddTask(title="回电", customer_id=gone, due_at=house.clock.now() + timedelta(hours=2)))
    before = {
        t.name: _dump(house, t) for t in (metadata.tables["customers"], metadata.tables["contact_points"])
    }
    followups = {f.id: (f.state, f.subject, f.owner_id) for f in house.rows(Followup)}
    done = merge(house, kept, gone)
    new = house.do("rep1", AddNote(customer_id=kept, text="后来写的")).id
    house.do("manager1", UndoLast(undo_id=done.undo_id))
    after = {
        t.name: _dump(house, t) for t in (metadata.tables["customers"], metadata.tables["contact_points"])
    }
    assert after == before
    assert {f.id: (f.state, f.subject, f.owner_id) for f in house.rows(Followup)} == followups
    assert house.rows(Deal, Deal.id == deal)[0].owner_id == house.id("rep2")
    assert {(t.owner_id, t.customer_id) for t in house.rows(Task)} == {(house.id("rep2"), gone)}
    assert house.rows(Record, Record.id == new)[0].customer_id == kept
    assert orphans(house) == []
    # The follow-ups that go on have their timers again.
    for row in house.rows(Followup, Followup.state == "open"):
        assert house.waiting(f"followup:{row.id}"), row.sop


def _dump(house: House, table: Any) -> Any:
    skip = {"version", "updated_at", "created_at", "value_enc", "touched_at"}
    with house.core.database.read() as session:
        rows = session.execute(select(table)).mappings()
        return sorted(str({k: v for k, v in row.items() if k not in skip}) for row in rows)


def test_it_is_parted_once_and_within_a_day(house: House) -> None:
    kept, gone = pair(house)
    done = merge(house, kept, gone)
    house.do("manager1", SplitCustomers(merge_id=done.view["merge_id"]))
    with pytest.raises(Conflict):
        house.do("manager1", SplitCustomers(merge_id=done.view["merge_id"]))
    again = merge(house, kept, gone)
    house.clock.advance(hours=25)
    with pytest.raises(Expired):
        house.do("manager1", SplitCustomers(merge_id=again.view["merge_id"]))


def test_who_may_not_change_both_may_not_merge(house: House) -> None:
    kept, gone = pair(house, "rep2")
    for by in ("rep1", "rep2", "rep3", "tech1"):
        with pytest.raises(NotFound):
            merge(house, kept, gone, by)
    assert len(house.rows(Customer)) == 2
    assert not house.rows(Audit, Audit.action == "merge")
    with pytest.raises(NotFound):
        house.do("rep2", SplitCustomers(merge_id=merge(house, kept, gone).view["merge_id"]))


def test_not_with_himself_nor_over_dealers(house: House) -> None:
    kept = house.customer("rep1", "张伟", phones=(HIS,))
    far = house.customer("rep3", "张玮", phones=(HERS,))
    with pytest.raises(Invalid):
        merge(house, kept, kept)
    with pytest.raises(Refused):
        merge(house, kept, far, "region1")
    with pytest.raises(ChexinError):
        merge(house, kept, "nobody")


def test_the_card_shows_what_moves(house: House) -> None:
    kept, gone = pair(house)
    house.job(OpenDeal(customer_id=kept, interest="迈腾"))
    house.job(OpenDeal(customer_id=gone, interest="ES6"))
    shown = house.core.preview(MergeCustomers(keep_id=kept, gone_id=gone), house.actors["manager1"]).changes
    lines = {change.field: (change.before, change.after) for change in shown}
    assert lines["merged"] == ("张玮", "张伟")
    assert lines["deals"] == ("1", "2")
    assert lines["phones"] == ("2", "3")
    assert len(house.rows(Customer)) == 2
