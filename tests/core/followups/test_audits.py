"""A timer somebody deleted is made again; what is in order is left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from crm_core.approvals.audits import nobody_forgets_a_request
from crm_core.customers.messages import LogContact
from crm_core.deals.messages import OpenDeal
from crm_core.followups.audits import every_step_has_its_timer
from crm_core.followups.messages import MuteFollowup, SnoozeFollowup
from crm_core.followups.tables import Followup
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Uow
from tests.core.approvals.test_approvals import ask
from tests.core.deals.house import House


def healed(house: House, which: object = every_step_has_its_timer) -> list[str]:
    with house.core.database.write() as session:
        uow = Uow(session=session, actor=house.core.system("starway"), now=house.clock.now(),
                  services=house.core.services)  # fmt: skip
        found: list[str] = which(uow)  # type: ignore[operator]
        uow.settle()
        uow.flush_pushes()
    return found


def drop(house: House, *where: object) -> None:
    with house.core.database.write() as session:
        assert session.execute(delete(Timer).where(*where)).rowcount  # type: ignore[attr-defined, arg-type]


def open_one(house: House, sop: str) -> Followup:
    (row,) = house.rows(Followup, Followup.sop == sop, Followup.state == "open")
    return row


def waiting(house: House, subject: str) -> list[tuple[object, ...]]:
    rows = house.rows(Timer, Timer.subject == subject, Timer.state == 0)
    return sorted((t.kind, t.due_at, t.payload.get("step"), t.payload.get("turn"), t.priority) for t in rows)


@pytest.mark.parametrize("kind", ["all", "followup_step"])
def test_the_ladder_of_a_first_call_is_whole_again(house: House, kind: str) -> None:
    house.lead()
    row = open_one(house, "first_call")
    subject = f"followup:{row.id}"
    before = waiting(house, subject)
    drop(house, Timer.subject == subject, *([Timer.kind == kind] if kind != "all" else []))
    assert healed(house) == [subject]
    assert waiting(house, subject) == before
    assert healed(house) == []


def test_one_lost_after_its_time_comes_at_once(house: House) -> None:
    house.lead()
    subject = f"followup:{open_one(house, 'first_call').id}"
    drop(house, Timer.subject == subject)
    house.clock.advance(minutes=70)
    assert healed(house) == [subject]
    assert "followup_escalated" in {p.kind for p in house.fire()}


def test_a_rhythm_goes_on(house: House) -> None:
    customer = house.customer()
    house.job(OpenDeal(customer_id=customer, level="H"))
    house.do("rep1", LogContact(customer_id=customer, text="聊过"))
    subject = f"followup:{open_one(house, 'level_rhythm').id}"
    house.fire(days=10)
    before = waiting(house, subject)
    assert healed(house) == []
    drop(house, Timer.subject == subject, Timer.state == 0)
    assert healed(house) == [subject]
    assert waiting(house, subject) == before


def test_put_off_and_muted_ones_keep_what_they_have(house: House) -> None:
    house.lead()
    row = open_one(house, "first_call")
    subject = f"followup:{row.id}"
    house.do("rep1", SnoozeFollowup(followup_id=row.id, until=house.clock.now() + timedelta(minutes=20)))
    assert healed(house) == []
    drop(house, Timer.subject == subject, Timer.kind == "followup_again")
    assert healed(house) == [subject]
    house.do("rep1", MuteFollowup(followup_id=row.id))
    before = waiting(house, subject)
    assert healed(house) == []
    assert waiting(house, subject) == before


def test_days_of_work_leave_nothing_to_heal(house: House) -> None:
    house.lead()
    house.job(OpenDeal(customer_id=house.customer(), level="A"))
    for _ in range(30):
        house.fire(hours=11)
        assert healed(house) == []


def test_a_request_nobody_would_hear_of_goes_up(house: House) -> None:
    approval = ask(house)
    assert healed(house, nobody_forgets_a_request) == []
    drop(house, Timer.subject == f"approval:{approval}")
    assert healed(house, nobody_forgets_a_request) == [f"approval:{approval}"]
    house.pushed()
    assert [(p.kind, p.person) for p in house.fire(hours=2)] == [("approval", "region1")]
    for _ in range(6):
        house.fire(hours=7)
        assert healed(house, nobody_forgets_a_request) == []
