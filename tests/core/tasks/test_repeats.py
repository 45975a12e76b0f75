"""What comes again and again: rules, the dealer's calendar, and each occurrence once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.kernel.errors import Conflict, Invalid
from crm_core.tasks.messages import (
    AddTask,
    CancelTask,
    CompleteTask,
    MuteTask,
    MyTasks,
    SnoozeTask,
    StopSeries,
    TaskCard,
)
from crm_core.tasks.repeats import following, instant_of, local_date, rule_problem
from crm_core.tasks.tables import Task
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House

ZONE = "Asia/Shanghai"
DAILY = "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"
MONDAYS = "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0"
# At clocks that a change of daylight saving skips or doubles.
NIGHTS = ("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=1;BYMINUTE=30")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("rule", "on", "expected"), [
    (DAILY, "2026-11-22", "2026-11-23"),
    (MONDAYS, "2026-11-23", "2026-11-30"),
    ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=10;BYMINUTE=0", "2026-11-23", "2026-11-25"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=16;BYMINUTE=0", "2026-11-27", "2026-12-11"),
    ("FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0", "2026-12-01", "2027-01-01"),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1;BYHOUR=9;BYMINUTE=0", "2027-01-31", "2027-02-28"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=9;BYMINUTE=0", "2028-01-31", "2028-02-29"),
    ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5;BYHOUR=9;BYMINUTE=0", "2026-03-05", "2027-03-05"),
])  # fmt: skip
def test_the_next_day_of_a_rule(rule: str, on: str, expected: str) -> None:
    assert rule_problem(rule) is None
    assert following(rule, date.fromisoformat(on), ZONE, LONG_AGO) == date.fromisoformat(expected)


@pytest.mark.parametrize("rule", [
    "", "every day", "FREQ=HOURLY;BYHOUR=9;BYMINUTE=0", "FREQ=DAILY", "FREQ=DAILY;COUNT=3;BYHOUR=9;BYMINUTE=0",
    "FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0", "FREQ=WEEKLY;BYDAY=XX;BYHOUR=9;BYMINUTE=0",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;BYHOUR=9;BYMINUTE=0",
])  # fmt: skip
def test_rules_that_are_none(rule: str, house: House) -> None:
    assert rule_problem(rule) == "error.bad_repeat"
    if rule:
        with pytest.raises(Invalid):
            house.do("rep1", AddTask(title="周报", due_at=house.clock.now(), repeat_rule=rule))


@given(
    rule=st.sampled_from([DAILY, MONDAYS, *NIGHTS]),
    start=st.dates(date(2026, 1, 1), date(2028, 12, 1)),
    zone=st.sampled_from([ZONE, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_each_local_day_comes_once_at_its_clock_through_every_change_of_time(rule: str, start: date, zone: str) -> None:
    on, seen = start, []
    for _ in range(20):
        upcoming = following(rule, on, zone, LONG_AGO)
        assert upcoming is not None
        at = instant_of(rule, upcoming, zone)
        assert local_date(at, zone) == upcoming
        seen.append(at)
        on = upcoming
    assert seen == sorted(set(seen))
    gaps = {at.astimezone(ZoneInfo(zone)).strftime("%H:%M") for at in seen}
    assert len(gaps) <= 2, "only the hour that does not exist moves"


@given(slept=st.integers(0, 400))
def test_after_a_long_sleep_only_the_last_that_was_missed_comes(slept: int) -> None:
    now = instant_of(DAILY, date(2026, 11, 22), ZONE) + timedelta(days=slept, hours=1)
    upcoming = following(DAILY, date(2026, 11, 22), ZONE, now)
    assert upcoming is not None
    assert upcoming == max(date(2026, 11, 23), local_date(now, ZONE))


def weekly(house: House) -> str:
    house.clock.move_to(datetime(2026, 11, 22, 14, 20, tzinfo=ZoneInfo(ZONE)))
    due = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo(ZONE))
    return house.do("rep1", AddTask(title="发周报", kind="reminder", due_at=due, repeat_rule=MONDAYS)).id


def came(house: House, **forward: float) -> list[str]:
    return [push.subject for push in house.fire(**forward) if push.kind == "task_due"]


def test_it_comes_each_monday_and_an_ignored_one_gives_way(house: House) -> None:
    first = weekly(house)
    assert came(house, hours=19) == [f"task:{first}"]
    second = came(house, days=7)
    assert len(second) == 1
    assert second != [f"task:{first}"]
    assert house.ask("rep1", TaskCard(task_id=first)).state == "cancelled"
    assert len([task for task in house.ask("rep1", MyTasks()) if task.title == "发周报"]) == 2, "this one and the next"


def test_done_early_the_next_one_is_the_next_week(house: House) -> None:
    task = weekly(house)
    house.do("rep1", CompleteTask(task_id=task))
    assert came(house, hours=19) == []
    assert len(came(house, days=7)) == 1


def test_one_that_was_cancelled_never_comes_the_others_do(house: House) -> None:
    task = weekly(house)
    house.do("rep1", CancelTask(task_id=task))
    assert came(house, days=2) == []
    assert len(came(house, days=7)) == 1


def test_put_off_the_rule_keeps_its_clock(house: House) -> None:
    task = weekly(house)
    house.fire(hours=19)
    house.do("rep1", SnoozeTask(task_id=task, until=house.clock.now() + timedelta(hours=3)))
    assert came(house, hours=3) == [f"task:{task}"]
    house.clock.move_to(datetime(2026, 11, 30, 8, 59, tzinfo=ZoneInfo(ZONE)))
    assert came(house) == []
    assert len(came(house, minutes=2)) == 1


def test_stopped_it_comes_no_more_and_taken_back_it_does(house: House) -> None:
    task = weekly(house)
    house.fire(hours=19)
    house.do("rep1", StopSeries(task_id=task))
    assert house.waiting() == 0
    assert came(house, days=30) == []
    with pytest.raises(Conflict):
        house.do("rep1", StopSeries(task_id=task))


def test_stopping_is_taken_back(house: House) -> None:
    task = weekly(house)
    house.do("rep1", StopSeries(task_id=task))
    house.do("rep1", UndoLast())
    assert came(house, hours=19) == [f"task:{task}"]
    assert len(came(house, days=7)) == 1


def test_taking_the_new_one_back_ends_its_series(house: House) -> None:
    weekly(house)
    house.do("rep1", UndoLast())
    assert came(house, days=30) == []


def test_undoing_done_leaves_the_next_week_as_it_is(house: House) -> None:
    task = weekly(house)
    house.do("rep1", CompleteTask(task_id=task))
    house.do("rep1", UndoLast())
    assert came(house, hours=19) == [f"task:{task}"]
    house.do("rep1", CompleteTask(task_id=task))
    assert len(house.rows(Task, Task.state == "open")) == 1


def test_down_for_a_month_only_the_last_one_comes_and_then_the_next(house: House) -> None:
    weekly(house)
    assert len(came(house, days=30)) == 2, "the first, made before, and the newest of those that were missed"
    assert len(came(house, days=7)) == 1


def test_muted_it_stays_and_says_nothing_until_it_is_taken_back(house: House) -> None:
    due = house.clock.now() + timedelta(hours=2)
    task = house.do("rep1", AddTask(title="回访", kind="reminder", due_at=due)).id
    house.do("rep1", MuteTask(task_id=task))
    view = house.ask("rep1", TaskCard(task_id=task))
    assert (view.state, view.muted, house.waiting(f"task:{task}")) == ("open", True, 0)
    with pytest.raises(Conflict):
        house.do("rep1", MuteTask(task_id=task))
    house.do("rep1", UndoLast())
    assert came(house, hours=2) == [f"task:{task}"]


def test_a_snooze_is_taken_back_without_a_second_reminder(house: House) -> None:
    due = house.clock.now() + timedelta(hours=2)
    task = house.do("rep1", AddTask(title="回访", kind="reminder", due_at=due)).id
    house.fire(hours=2)
    house.do("rep1", SnoozeTask(task_id=task, until=house.clock.now() + timedelta(hours=1)))
    house.do("rep1", UndoLast())
    assert house.ask("rep1", TaskCard(task_id=task)).due_at == due
    assert came(house, days=1) == []
