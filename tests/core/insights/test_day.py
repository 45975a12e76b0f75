"""A day's plan and what was done: the right things, once, in the right order, the actor's own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_core.appointments.messages import Book, CompleteAppointment
from crm_core.customers.messages import LogContact
from crm_core.deals.messages import MarkLost, SetStage
from crm_core.insights.messages import DayPlan, DaySummary, PlanView, SummaryView, WeekReport, WeekView
from crm_core.kernel.errors import Refused
from crm_core.leads.messages import MarkContacted
from crm_core.tasks.messages import AddTask, CompleteTask
from tests.core.deals.house import House

# The clock of the tests stands on Saturday 14 March, 10:00 in Shanghai.
NOON = datetime(2026, 3, 14, 4, 0, tzinfo=UTC)


def today(house: House, who: str = "rep1") -> PlanView:
    view: PlanView = house.ask(who, DayPlan())
    return view


def drawn(view: PlanView) -> list[tuple[str, str, str]]:
    return [(line.group, line.kind, line.name or line.what) for line in view.lines]


def test_overdue_first_then_calls_then_the_clock(house: House) -> None:
    house.do("rep1", AddTask(title="三点开会", due_at=NOON + timedelta(hours=3)))
    house.do("rep1", AddTask(title="哪天整理车钥匙"))
    house.do("rep1", AddTask(title="报上牌资料", due_at=house.clock.now() + timedelta(minutes=5)))
    customer = house.customer()
    house.do("rep1", Book(kind="service", customer_id=customer, start=NOON, vehicle="迈腾"))
    house.lead()
    house.clock.advance(minutes=10)
    assert drawn(today(house)) == [
        ("overdue", "task", "报上牌资料"), ("first_call", "first_call", "李芳"), ("timed", "service", "张伟"),
        ("timed", "task", "三点开会"), ("untimed", "task", "哪天整理车钥匙"),
    ]  # fmt: skip
    assert today(house).overdue == 1


def test_the_cadence_behind_a_first_call_is_the_call_itself(house: House) -> None:
    lead = house.lead()
    assert [line.subject for line in today(house).lines] == [f"lead:{lead.id}"]
    house.clock.advance(hours=2)
    (line,) = today(house).lines
    assert (line.group, line.late) == ("overdue", True)
    house.do("rep1", MarkContacted(lead_id=lead.id))
    assert not [line for line in today(house).lines if line.kind in ("first_call",)]


def test_nobody_sees_a_colleagues_work_in_his_plan(house: House) -> None:
    house.do("rep1", AddTask(title="三点开会", due_at=NOON))
    house.lead()
    assert drawn(today(house, "rep2")) == []
    assert drawn(today(house, "manager1")) == []


def test_tomorrow_holds_what_is_of_tomorrow(house: House) -> None:
    house.do("rep1", AddTask(title="今天的", due_at=NOON))
    house.do("rep1", AddTask(title="明天的", due_at=NOON + timedelta(days=1)))
    house.do("rep1", AddTask(title="没有时间的"))
    view: PlanView = house.ask("rep1", DayPlan(on=date(2026, 3, 15)))
    assert drawn(view) == [("timed", "task", "明天的")]


def test_an_appointment_nobody_said_anything_about_is_asked_after(house: House) -> None:
    customer = house.customer()
    house.do("rep1", Book(kind="test_drive", customer_id=customer, start=NOON, vehicle="迈腾"))
    house.clock.advance(days=1)
    (line,) = [line for line in today(house).lines if line.kind == "test_drive"]
    assert (line.group, line.late) == ("overdue", True)


def test_the_summary_counts_what_was_done_and_names_what_comes_first(house: House) -> None:
    lead = house.lead()
    house.do("rep1", MarkContacted(lead_id=lead.id))
    customer = house.customer()
    house.do("rep1", LogContact(customer_id=customer, text="月底定", at=house.clock.now()))
    done = house.do("rep1", AddTask(title="三点开会", due_at=NOON)).id
    house.do("rep1", CompleteTask(task_id=done))
    drive = house.do("rep1", Book(kind="test_drive", customer_id=customer, start=NOON, vehicle="迈腾")).id
    house.clock.move_to(NOON + timedelta(hours=1))
    house.do("rep1", CompleteAppointment(appointment_id=drive))
    house.do("rep1", AddTask(title="还没办", due_at=NOON + timedelta(hours=8)))
    house.do("rep1", AddTask(title="明早第一件", due_at=NOON + timedelta(hours=21)))
    view: SummaryView = house.ask("rep1", DaySummary())
    counted = {one.kind: one.count for one in view.done}
    assert (counted["first_calls"], counted["tasks"], counted["test_drives"]) == (1, 1, 1)
    assert counted["contacts"] >= 1
    assert "还没办" in [line.what for line in view.still_open]
    assert view.next_on == date(2026, 3, 15)
    assert view.first is not None
    assert view.first.what == "明早第一件"


def test_an_empty_day_is_empty(house: House) -> None:
    view: SummaryView = house.ask("rep2", DaySummary())
    assert (view.done, view.still_open, view.first) == ((), (), None)


def week(house: House, who: str = "manager1", on: date = date(2026, 3, 14)) -> WeekView:
    view: WeekView = house.ask(who, WeekReport(on=on))
    return view


def test_a_week_of_the_team_in_figures(house: House) -> None:
    house.lead()
    lost = house.deal(name="王强")
    won = house.deal(owner="rep2", name="何静")
    house.deal(owner="rep3", name="别店的")
    house.do("rep1", MarkLost(deal_id=lost, reason="买了隔壁的"))
    house.do("manager1", SetStage(deal_id=won, stage="delivery"))
    view = week(house)
    assert {f.kind: f.count for f in view.figures} == {
        "leads": 1, "test_drives": 0, "quotes": 0, "won": 1, "lost": 1,
    }  # fmt: skip
    assert [(line.reason, line.count) for line in view.lost] == [("买了隔壁的", 1)]
    assert sum(stage.count for stage in view.funnel) == 2
    assert sum(stage.count for stage in view.funnel if stage.won) == 1
    assert (view.start, view.end) == (date(2026, 3, 9), date(2026, 3, 14))


def test_figures_stand_beside_the_week_before(house: House) -> None:
    house.lead()
    house.clock.advance(days=7)
    house.lead(phone="13800138022")
    house.lead(phone="13800138033")
    (leads,) = [f for f in week(house, on=date(2026, 3, 21)).figures if f.kind == "leads"]
    assert (leads.count, leads.before) == (2, 1)


def test_who_has_what_overdue_and_what_stands_still(house: House) -> None:
    house.lead()
    house.do("rep2", AddTask(title="交资料", due_at=NOON))
    house.deal(owner="rep2", name="何静")
    house.clock.advance(days=10)
    view = week(house, on=date(2026, 3, 24))
    assert {(line.name, line.tasks) for line in view.overdue if line.tasks} == {("林佳", 1)}
    assert [(line.name, line.days) for line in view.slow if line.name == "何静"] == [("何静", 10)]
    assert view.slow_count >= 1


def test_a_week_is_for_whoever_may_see_reports(house: House) -> None:
    with pytest.raises(Refused):
        week(house, "rep1")
    house.lead()
    assert week(house, "region1").count("leads") == 1
