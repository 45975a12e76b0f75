"""When people are reminded, and which visit was which appointment."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from crm_core.appointments.rules import brief_at, is_visit_of, overlap, reminder_at, span_problem, vehicle_key
from crm_core.followups.rules import AppointmentTimes, Place
from crm_core.kernel.calendar import Hours

ZONE = "Asia/Shanghai"
TIMES = AppointmentTimes(remind_before=timedelta(hours=2))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """March 2026 in Shanghai."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("start", "vague", "reminder"),
    [
        (local(14, 15), False, local(14, 13)),
        (local(14, 10), False, local(14, 9)),
        (local(14, 9), False, local(14, 8)),
        (local(14, 8), False, local(14, 7)),
        (local(14, 0), True, local(14, 9)),
        (local(14, 12), True, local(14, 9)),
    ],
)
def test_two_hours_before_or_in_the_morning(start: datetime, vague: bool, reminder: datetime) -> None:
    assert reminder_at(start, ZONE, TIMES, vague=vague) == reminder


@pytest.mark.parametrize(
    ("start", "vague", "brief"),
    [
        (local(14, 15), False, local(14, 14)),
        (local(14, 9), False, local(14, 8, 30)),
        (local(14, 8), False, None),
        (local(14, 0), True, None),
        (local(14, 12), True, local(14, 11)),
        (local(14, 22), False, local(14, 21)),
    ],
)
def test_what_is_known_comes_an_hour_before_and_never_in_quiet_hours(
    start: datetime, vague: bool, brief: datetime | None
) -> None:
    place = Place(Hours(week={}, quiet_from=time(21, 30), quiet_until=time(8, 30)), ZONE)
    assert brief_at(start, place, TIMES, vague=vague) == brief
    assert brief_at(start, place, AppointmentTimes(brief_before=timedelta()), vague=vague) is None


@pytest.mark.parametrize(
    ("start", "at", "same"),
    [
        (local(14, 15), local(14, 16), True),
        (local(14, 15), local(14, 10), True),
        (local(14, 23), local(15, 1), True),
        (local(14, 15), local(15, 16), False),
        (local(15, 9), local(14, 16), False),
    ],
)
def test_is_visit_of(start: datetime, at: datetime, same: bool) -> None:
    assert is_visit_of(start, at, ZONE) is same


def test_a_half_day_that_has_begun_is_still_good() -> None:
    now = local(14, 14)
    assert span_problem(local(14, 12), local(14, 16), now, vague=True) is None
    assert span_problem(local(14, 12), local(14, 16), now) == "error.past_time"
    assert span_problem(local(14, 8), local(14, 12), now, vague=True) == "error.past_time"


def test_overlap_and_vehicle_key() -> None:
    a = (local(14, 9), local(14, 10))
    assert overlap(a, (local(14, 9, 59), local(14, 11)))
    assert not overlap(a, (local(14, 10), local(14, 11)))
    assert vehicle_key("蔚来 ES-6") == vehicle_key("蔚来es6")
