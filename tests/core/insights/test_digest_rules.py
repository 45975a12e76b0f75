"""When a digest is due: whose, on which days, at which instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.insights.messages import Line
from crm_core.insights.rules import (
    DigestPolicy,
    Habit,
    Wish,
    falls_on,
    habit,
    in_order,
    instant,
    occurrences,
    week_told,
)
from crm_core.kernel.calendar import Hours

NINE_TO_SIX = [{"from": "09:00", "until": "18:00"}]
SHANGHAI = "Asia/Shanghai"


def hours(days: str = "mon tue wed thu fri sat", **more: object) -> Hours:
    return Hours.model_validate({"week": dict.fromkeys(days.split(), NINE_TO_SIX), **more})


def morning(at: time = time(8, 45), *, weekday: int | None = None, chosen: bool = False) -> Habit:
    return Habit("morning", True, at, weekday, chosen)


@pytest.mark.parametrize(
    ("roles", "send", "wish", "enabled", "at"),
    [
        (("rep",), True, Wish(), True, time(8, 45)),
        (("tech",), True, Wish(), False, time(8, 45)),
        (("tech", "rep"), True, Wish(), True, time(8, 45)),
        (("rep",), False, Wish(), False, time(8, 45)),
        (("rep",), True, Wish(enabled=False), False, time(8, 45)),
        (("tech",), True, Wish(enabled=True), True, time(8, 45)),
        (("rep",), False, Wish(enabled=True), True, time(8, 45)),
        (("rep",), True, Wish(at=time(8)), True, time(8)),
    ],
)
def test_his_own_word_goes_before_policy(
    roles: tuple[str, ...], send: bool, wish: Wish, enabled: bool, at: time
) -> None:
    policy = DigestPolicy(send=send, roles=["rep"], at=time(8, 45))
    found = habit("morning", policy, roles, wish)
    assert (found.enabled, found.at, found.chosen) == (enabled, at, wish.at is not None)


@pytest.mark.parametrize(
    ("day", "closed", "falls"),
    [
        (date(2026, 11, 23), [], True),  # a Monday
        (date(2026, 11, 24), [], False),
        (date(2026, 11, 23), [date(2026, 11, 23)], False),
        (date(2026, 11, 24), [date(2026, 11, 23)], True),
        (date(2026, 11, 25), [date(2026, 11, 23), date(2026, 11, 24)], True),
        (date(2026, 11, 25), [date(2026, 11, 23)], False),
        (date(2026, 11, 29), [], False),  # the Sunday is closed
    ],
)
def test_a_weekly_one_comes_on_the_first_working_day_from_its_weekday(
    day: date, closed: list[date], falls: bool
) -> None:
    assert falls_on(morning(weekday=0), day, hours(closed=closed)) is falls


def test_a_daily_one_comes_on_working_days_and_make_up_days() -> None:
    sunday = date(2026, 11, 29)
    assert not falls_on(morning(), sunday, hours())
    assert falls_on(morning(), sunday, hours(open_extra={sunday: NINE_TO_SIX}))


@pytest.mark.parametrize(
    ("at", "chosen", "local"),
    [
        (time(8, 45), False, "2026-11-23T08:45"),
        (time(7, 0), False, "2026-11-23T08:30"),  # out of the quiet hours
        (time(7, 0), True, "2026-11-23T07:00"),  # he wants it so
        (time(22, 0), False, "2026-11-24T08:30"),
    ],
)
def test_policys_times_keep_out_of_quiet_hours(at: time, chosen: bool, local: str) -> None:
    found = instant(morning(at, chosen=chosen), date(2026, 11, 23), hours(), SHANGHAI)
    assert found == datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(SHANGHAI))


@pytest.mark.parametrize(
    ("zone", "first", "hours_utc"),
    [
        ("Europe/Berlin", datetime(2026, 3, 27, tzinfo=UTC), [7, 7, 6, 6]),  # the clock goes on on the 29th
        ("Europe/Berlin", datetime(2026, 10, 23, tzinfo=UTC), [6, 6, 7, 7]),
        (SHANGHAI, datetime(2026, 3, 27, tzinfo=UTC), [0, 0, 0, 0]),
    ],
)
def test_a_quarter_to_nine_is_a_quarter_to_nine_on_either_side_of_a_clock_change(
    zone: str, first: datetime, hours_utc: list[int]
) -> None:
    every = hours("mon tue wed thu fri sat sun")
    found = list(occurrences(morning(), every, zone, first, first + timedelta(days=4)))
    assert [at.hour for _, at in found] == hours_utc
    assert all(at.astimezone(ZoneInfo(zone)).time() == time(8, 45) for _, at in found)


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    zone=st.sampled_from([SHANGHAI, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    at=st.integers(0, 24 * 60 - 1).map(lambda m: time(m // 60, m % 60)),
    weekday=st.none() | st.integers(0, 6),
)
def test_each_local_date_has_at_most_one_and_spans_that_meet_lose_none(
    start: datetime, zone: str, at: time, weekday: int | None
) -> None:
    one, every = morning(at, weekday=weekday, chosen=True), hours("mon tue wed thu fri sat sun")
    middle, end = start + timedelta(hours=31), start + timedelta(days=9)
    whole = list(occurrences(one, every, zone, start, end))
    halves = {*occurrences(one, every, zone, start, middle), *occurrences(one, every, zone, middle, end)}
    assert set(whole) == halves
    assert len({day for day, _ in whole}) == len(whole)
    assert len(whole) == pytest.approx(9 if weekday is None else 9 / 7, abs=1.1)
    assert all(a < b for (_, a), (_, b) in pairwise(whole))


def test_one_that_is_off_never_comes() -> None:
    off = Habit("morning", False, time(8, 45), None, False)
    start = datetime(2026, 11, 23, tzinfo=UTC)
    assert list(occurrences(off, hours(), SHANGHAI, start, start + timedelta(days=9))) == []


def test_overdue_comes_first_then_calls_then_the_clock() -> None:
    def line(group: str, hour: int | None) -> Line:
        at = None if hour is None else datetime(2026, 11, 23, hour, tzinfo=UTC)
        return Line.model_validate(
            {"group": group, "kind": "x", "subject": "x:1", "name": "", "what": "", "at": at}
        )

    mixed = [line("renewal", None), line("timed", 9), line("first_call", 10), line("timed", 2), line("untimed", None),
             line("overdue", 1), line("birthday", 1)]  # fmt: skip
    assert [(found.group, found.at and found.at.hour) for found in in_order(mixed)] == [
        ("overdue", 1), ("first_call", 10), ("timed", 2), ("timed", 9), ("untimed", None), ("birthday", 1),
        ("renewal", None),
    ]  # fmt: skip


@pytest.mark.parametrize(("day", "monday"), [(23, 16), (25, 16), (26, 23), (29, 23)])
def test_early_in_a_week_the_report_is_about_the_one_that_is_over(day: int, monday: int) -> None:
    assert week_told(date(2026, 11, day)) == date(2026, 11, monday)
