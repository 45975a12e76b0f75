"""Leave: the work goes to whoever is named, else to whoever is above, and comes back; once, whatever happens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from crm_core.absences.messages import (
    AbsenceCard,
    Absences,
    EndAbsence,
    SetAbsence,
    SetDeputy,
    WorkLines,
)
from crm_core.absences.rules import span_problem, times
from crm_core.appointments.messages import AppointmentCard, Book
from crm_core.customers.messages import CustomerCard, LogContact
from crm_core.kernel.calendar import Hours
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import CreateLead, LeadCard
from crm_core.org.messages import AddPerson, FindColleagues, Me
from crm_core.org.people import deputy_of, stand_in
from crm_core.tasks.messages import AddTask, CompleteTask, MyTasks, TaskCard
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import DEALER, House

HOUR = timedelta(hours=1)


def reading(house: House, look: Any) -> Any:
    from crm_core.kernel.reader import Reader

    with house.core.database.read() as session:
        return look(Reader(session=session, actor=house.core.system("starway"), now=house.clock.now(),
                           services=house.core.services))  # fmt: skip


def leave(house: House, who: str = "rep1", hours: float = 8, **more: Any) -> str:
    return house.do(who, SetAbsence(end=house.clock.now() + hours * HOUR, **more)).id


def again(house: House, *codes: str) -> None:
    """People speak anew: what they may do now is looked up."""
    for code in codes:
        house.actors[code] = house.core.actor(code)


def remind(house: House, hours: float = 2, who: str = "rep1", **more: Any) -> str:
    due = house.clock.now() + hours * HOUR
    return house.do(who, AddTask(title="回访张先生", kind="reminder", due_at=due, **more)).id


def test_the_work_of_the_span_goes_to_the_deputy_and_what_is_left_comes_back(house: House) -> None:
    house.do("rep1", SetDeputy(deputy_id=house.id("rep2")))
    lead = house.lead()
    inside, done, later = remind(house, 2), remind(house, 3), remind(house, 30)
    visit = house.do("rep1", Book(kind="visit", customer_id=lead.customer_id, start=house.clock.now() + 3 * HOUR)).id
    house.pushed()
    leave(house)
    moved = house.pushed("absence_moved")
    assert [push.person for push in moved] == ["rep2"]
    assert {f"lead:{lead.id}", f"task:{inside}", f"appointment:{visit}"} < set(moved[0].params["items"])
    assert f"task:{later}" not in moved[0].params["items"]
    again(house, "rep2")
    assert house.ask("rep2", TaskCard(task_id=inside)).for_name == "陈晓明"
    house.do("rep2", CompleteTask(task_id=done))
    house.do("rep1", EndAbsence())
    assert house.ask("rep1", TaskCard(task_id=inside)).assignee_id == house.id("rep1")
    assert house.ask("rep1", LeadCard(lead_id=lead.id)).owner_id == house.id("rep1")
    assert house.ask("rep1", AppointmentCard(appointment_id=visit)).owner_id == house.id("rep1")
    back = house.pushed("absence_back")
    assert [push.person for push in back] == ["rep1"]
    lines = house.ask("rep1", WorkLines(subjects=tuple(back[0].params["items"])))
    assert {line.id for line in lines if line.done} == {done}
    assert [task.id for task in house.ask("rep2", MyTasks())] == []


def test_the_deputy_knows_the_customer_for_so_long_and_no_longer(house: House) -> None:
    house.do("rep1", SetDeputy(deputy_id=house.id("rep2")))
    customer = house.customer("rep1")
    again(house, "rep2")
    with pytest.raises(NotFound):
        house.ask("rep2", CustomerCard(customer_id=customer))
    leave(house)
    again(house, "rep2")
    assert house.ask("rep2", CustomerCard(customer_id=customer)).name == "张伟"
    house.do("rep2", LogContact(customer_id=customer, text="打过电话"))
    house.clock.advance(hours=9)
    again(house, "rep2")
    with pytest.raises(NotFound):
        house.ask("rep2", CustomerCard(customer_id=customer))


def test_reminders_of_those_days_reach_whoever_stands_in_also_when_they_came_up_meanwhile(house: House) -> None:
    house.do("rep1", SetDeputy(deputy_id=house.id("rep2")))
    leave(house)
    task = remind(house, 1)
    house.pushed()
    assert [(p.kind, p.person, p.subject) for p in house.fire(hours=1) if p.kind == "task_due"] == [
        ("task_due", "rep2", f"task:{task}")
    ]


def test_new_leads_pass_by_whoever_is_on_leave_and_find_him_again(house: House) -> None:
    leave(house)
    for number in range(3):
        lead = house.job(CreateLead(name="李芳", phone=f"1380013801{number}", unit=DEALER)).view
        assert lead.owner_id == house.id("rep2")
    house.fire(hours=9)
    owners = {house.job(CreateLead(name="王芳", phone=f"1380013802{n}", unit=DEALER)).view.owner_id for n in range(3)}
    assert house.id("rep1") in owners


def test_who_is_out_gets_leads_and_others_soon_may(house: House) -> None:
    leave(house, "rep2", kind="leave")
    leave(house, "rep1", kind="out")
    lead = house.job(CreateLead(name="李芳", phone="13800138010", unit=DEALER)).view
    assert lead.owner_id == house.id("rep1")
    house.do("rep2", EndAbsence())
    offered = [push for push in house.fire(minutes=46) if push.kind == "lead_offer"]
    assert [push.person for push in offered] == ["rep2"]


@pytest.mark.parametrize(("away", "expected"), [
    ([], "rep2"), (["rep2"], "manager1"), (["rep2", "manager1"], "region1"), (["rep2", "manager1", "region1"], None),
])  # fmt: skip
def test_who_stands_in(house: House, away: list[str], expected: str | None) -> None:
    house.do("rep1", SetDeputy(deputy_id=house.id("rep2")))
    for code in away:
        leave(house, code)
    found = reading(house, lambda r: stand_in(r, house.id("rep1"), f"{DEALER}a."))
    assert (found.code if found else None) == expected


def test_a_deputy_who_is_away_is_represented_by_his_own_and_nobody_goes_in_circles(house: House) -> None:
    house.do("rep1", SetDeputy(deputy_id=house.id("rep2")))
    house.do("rep2", SetDeputy(deputy_id=house.id("manager1")))
    assert reading(house, lambda r: deputy_of(r, house.id("rep1"))).code == "rep2"
    leave(house, "rep2")
    assert reading(house, lambda r: deputy_of(r, house.id("rep1"))).code == "manager1"
    house.do("manager1", SetDeputy(deputy_id=house.id("rep1")))
    leave(house, "manager1")
    leave(house, "rep1")
    assert reading(house, lambda r: deputy_of(r, house.id("rep1"))).code == "region1", "who had to be found"


def test_with_nobody_there_somebody_is_told(house: House) -> None:
    house.job(AddPerson(code="admin1", name="周敏", role="admin", unit="starway."))
    house.actors["admin1"] = house.core.actor("admin1")
    for code in ("manager1", "region1", "admin1"):
        leave(house, code)
    task = remind(house)
    house.pushed()
    leave(house)
    assert [push.person for push in house.pushed("absence_nobody")] == ["admin1", "manager1"]
    assert house.ask("rep1", TaskCard(task_id=task)).assignee_id == house.id("rep1")


def test_a_leave_ahead_begins_and_ends_by_itself_when_people_are_awake(house: House) -> None:
    house.do("rep1", SetDeputy(deputy_id=house.id("rep2")))
    start = house.clock.now().replace(hour=16, minute=0) + timedelta(days=1)  # midnight in Shanghai
    task = remind(house, (start - house.clock.now()) / HOUR + 12)
    house.do("rep1", SetAbsence(start=start, end=start + timedelta(days=1)))
    assert [push.kind for push in house.pushed("absence_ahead")] == ["absence_ahead"]
    assert not house.ask("rep1", Me()).away
    house.clock.move_to(start + 8 * HOUR)
    assert [push.kind for push in house.fire(minutes=20) if push.kind.startswith("absence")] == []
    assert house.ask("rep1", Me()).away, "nobody is told at night, but leads pass him by already"
    assert "absence_moved" in [push.kind for push in house.fire(minutes=20)]
    assert [p.person for p in house.fire(hours=4) if p.subject == f"task:{task}"] == ["rep2"]
    house.clock.move_to(start + timedelta(days=1))
    assert "absence_back" in [push.kind for push in house.fire(hours=9)]
    assert house.ask("rep1", TaskCard(task_id=task)).assignee_id == house.id("rep1")
    assert house.waiting("absence") == 0


def test_taken_back_and_taken_back_again(house: House) -> None:
    house.do("rep1", SetDeputy(deputy_id=house.id("rep2")))
    task = remind(house)

    def owner() -> str:
        again(house, "rep2")
        return str(house.ask("manager1", TaskCard(task_id=task)).assignee_name)

    absence = leave(house)
    assert owner() == "林佳"
    house.do("rep1", UndoLast())
    assert owner() == "陈晓明"
    absence = leave(house)
    house.do("rep1", EndAbsence())
    assert owner() == "陈晓明"
    house.do("rep1", UndoLast())
    assert owner() == "林佳"
    assert not house.ask("rep1", AbsenceCard(absence_id=absence)).over


def test_the_same_leave_said_twice_is_one_and_may_name_another_deputy(house: House) -> None:
    task = remind(house)
    end = house.clock.now() + 8 * HOUR
    first = house.do("rep1", SetAbsence(end=end)).id
    assert house.do("rep1", SetAbsence(end=end)).id == first
    assert house.ask("manager1", TaskCard(task_id=task)).assignee_name == "赵国强"
    house.do("rep1", SetAbsence(end=end, deputy_id=house.id("rep2")))
    assert house.ask("manager1", TaskCard(task_id=task)).assignee_name == "林佳"
    assert len(house.ask("manager1", Absences())) == 1


def test_two_leaves_that_meet_end_with_the_later(house: House) -> None:
    house.do("rep1", SetDeputy(deputy_id=house.id("rep2")))
    task = remind(house, 3)
    leave(house, hours=4)
    leave(house, hours=8)
    house.fire(hours=5)
    assert house.ask("manager1", TaskCard(task_id=task)).assignee_name == "林佳"
    house.fire(hours=20)
    assert house.ask("manager1", TaskCard(task_id=task)).assignee_name == "陈晓明"


def test_who_may_say_it_for_whom(house: House) -> None:
    end = house.clock.now() + 8 * HOUR
    house.do("manager1", SetAbsence(end=end, person_id=house.id("rep1")))
    assert [push.person for push in house.pushed("absence_set")] == ["rep1"]
    for who, other in (("rep1", "rep2"), ("rep2", "manager1"), ("manager1", "rep3"), ("tech1", "rep1")):
        with pytest.raises(Refused):
            house.do(who, SetAbsence(end=end, person_id=house.id(other)))
    with pytest.raises(NotFound):
        house.do("rep1", SetDeputy(deputy_id=house.id("rep3")))
    with pytest.raises(Invalid):
        house.do("rep2", SetDeputy(deputy_id=house.id("rep2")))
    assert [v.person_name for v in house.ask("rep2", Absences())] == ["陈晓明"]
    assert house.ask("rep3", Absences()) == []
    assert [c.name for c in house.ask("rep2", FindColleagues(role="rep")) if c.away] == ["陈晓明"]


def test_a_lost_timer_of_a_leave_is_made_again(house: House) -> None:
    from crm_core.absences.audits import every_leave_begins_and_ends

    start = house.clock.now() + timedelta(days=1)
    absence = house.do("rep1", SetAbsence(start=start, end=start + timedelta(days=1))).id
    assert house.waiting(f"absence:{absence}") == 2
    with house.core.database.write() as session:
        uow = Uow(session=session, actor=house.core.system("starway"), now=house.clock.now() + timedelta(minutes=10),
                  services=house.core.services)  # fmt: skip
        assert every_leave_begins_and_ends(uow) == []
        uow.cancel_timers(f"absence:{absence}")
        uow.flush()
        assert every_leave_begins_and_ends(uow) == [f"absence:{absence}"]
        uow.flush_pushes()
    assert house.waiting(f"absence:{absence}") == 2


def test_whoever_is_not_away_cannot_come_back(house: House) -> None:
    with pytest.raises(Conflict):
        house.do("rep1", EndAbsence())
    with pytest.raises(Invalid):
        house.do("rep1", SetAbsence(end=house.clock.now() - HOUR))


@pytest.mark.parametrize(("start", "end", "problem"), [
    ("10:00", "12:00", None), ("10:00", "10:00", "error.end_before_start"), ("07:00", "08:00", "error.past_time"),
])  # fmt: skip
def test_spans(start: str, end: str, problem: str | None) -> None:
    def at(clock: str) -> datetime:
        return datetime.fromisoformat(f"2026-11-23T{clock}:00+08:00")

    assert span_problem(at(start), at(end), at("09:00")) == problem


def test_nobody_is_told_at_midnight() -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(f"{text}:00+08:00")

    planned = times(at("2026-11-23T00:00"), at("2026-11-24T00:00"), Hours(week={}), "Asia/Shanghai")
    assert (planned.pass_on, planned.give_back) == (at("2026-11-23T08:30"), at("2026-11-24T08:30"))
    short = times(at("2026-11-23T07:00"), at("2026-11-23T08:00"), Hours(week={}), "Asia/Shanghai")
    assert short.pass_on == at("2026-11-23T08:00")
