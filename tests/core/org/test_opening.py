"""When the dealer is open: shifts, closures, public holidays and make-up days, by its own clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

from crm_core.kernel.clock import FixedClock
from crm_core.kernel.settings import Settings
from crm_core.org.messages import HoursView, OpeningHours
from tests.core.org.test_holidays import house_with

DAY = ((time(9), time(18)),)
HOURS = """
public_holidays: true
holidays: {2040: {free: [{from: 2040-10-01, until: 2040-10-07}]}}
open_extra: {2040-10-04: [{from: "10:00", until: "16:00"}]}
"""


def test_closed_on_a_holiday_and_when_again(settings: Settings, clock: FixedClock, tmp_path: Path) -> None:
    house = house_with(settings, clock, tmp_path, HOURS)
    clock.move_to(datetime(2040, 10, 1, 4, tzinfo=UTC))
    view: HoursView = house.ask("rep1", OpeningHours())
    assert (view.on, view.shifts, view.open_now, view.holiday) == (date(2040, 10, 1), (), False, True)
    assert (view.next_on, view.next_shifts) == (date(2040, 10, 4), ((time(10), time(16)),))
    extra: HoursView = house.ask("rep1", OpeningHours(on=date(2040, 10, 4)))
    assert (extra.shifts, extra.holiday, extra.open_now) == (((time(10), time(16)),), False, False)
    assert extra.next_on == date(2040, 10, 8)


def test_today_is_the_dealers_day(settings: Settings, clock: FixedClock, tmp_path: Path) -> None:
    house = house_with(settings, clock, tmp_path, HOURS)
    clock.move_to(datetime(2040, 9, 19, 17, tzinfo=UTC))  # one in the morning there
    view: HoursView = house.ask("rep1", OpeningHours())
    assert (view.on, view.shifts, view.open_now) == (date(2040, 9, 20), DAY, False)
    clock.move_to(datetime(2040, 9, 20, 2, tzinfo=UTC))
    assert house.ask("rep1", OpeningHours()).open_now
