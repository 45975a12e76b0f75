"""Working time and quiet hours, in tables. All times are the dealer's unless UTC is said."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError

from crm_core.kernel.calendar import WEEKDAYS, Hours, add_working, after_quiet, is_public_holiday, is_working

# On a busy machine drawing an example may take long.
PATIENT = examples(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SHANGHAI = "Asia/Shanghai"


def hours(shifts: str = "09:00-21:00", *, days: tuple[str, ...] = WEEKDAYS[:5], **more: object) -> Hours:
    """Every given day the same shifts, as `09:00-12:00 13:30-18:00`."""
    return Hours.model_validate({"week": {day: spans(shifts) for day in days}} | more)


def spans(text: str) -> list[dict[str, str]]:
    return [dict(zip(("from", "until"), part.split("-"), strict=True)) for part in text.split()]


def at(text: str, zone: str = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


LUNCH = hours("09:00-12:00 13:30-18:00")
# 2026-03-13 is a Friday.
TABLE = [
    # A lead at 20:50 with closing at 21:00 is due 09:50 on the next working day.
    ("closing", hours(), "2026-03-12T20:50", 60, "2026-03-13T09:50"),
    ("over the weekend", hours(), "2026-03-13T20:50", 60, "2026-03-16T09:50"),
    ("in the middle", hours(), "2026-03-13T10:00", 60, "2026-03-13T11:00"),
    ("to the minute of closing", hours(), "2026-03-13T20:00", 60, "2026-03-13T21:00"),
    ("before opening", hours(), "2026-03-13T03:00", 60, "2026-03-13T10:00"),
    ("on a Sunday", hours(), "2026-03-15T12:00", 60, "2026-03-16T10:00"),
    ("into lunch", LUNCH, "2026-03-13T11:30", 60, "2026-03-13T14:00"),
    ("at lunch", LUNCH, "2026-03-13T12:45", 60, "2026-03-13T14:30"),
    ("over lunch and night", LUNCH, "2026-03-12T11:00", 450, "2026-03-13T11:00"),
    ("closed that day", hours(closed=["2026-03-13"]), "2026-03-12T20:50", 60, "2026-03-16T09:50"),
    ("make-up Saturday", hours(open_extra={"2026-03-14": spans("10:00-16:00")}), "2026-03-13T20:50", 60,
     "2026-03-14T10:50"),
    ("make-up beats closed", hours(closed=["2026-03-14"], open_extra={"2026-03-14": spans("10:00-16:00")}),
     "2026-03-13T20:50", 60, "2026-03-14T10:50"),
    ("shorter extra day", hours(open_extra={"2026-03-13": spans("09:00-10:00")}), "2026-03-13T09:30", 60,
     "2026-03-16T09:30"),
    ("National Day", hours(days=WEEKDAYS, public_holidays=True), "2026-09-30T20:50", 60, "2026-10-08T09:50"),
    ("National Day, open all the same", hours(days=WEEKDAYS), "2026-09-30T20:50", 60, "2026-10-01T09:50"),
    ("make-up Saturday of the public calendar", hours(public_holidays=True), "2026-02-13T20:50", 60, "2026-02-14T09:50"),
    ("no make-up day without public holidays", hours(), "2026-02-13T20:50", 60, "2026-02-16T09:50"),
    ("a make-up day as in a told year", hours(public_holidays=True, holidays={2026: {"worked": ["2026-03-14"]}}),
     "2026-03-13T20:50", 60, "2026-03-14T09:50"),
    ("a told year stands for the whole year", hours(public_holidays=True, holidays={2026: {}}),
     "2026-09-30T20:50", 60, "2026-10-01T09:50"),
    ("a span of a year nobody knows yet",
     hours(public_holidays=True, holidays={2041: {"free": [{"from": "2041-02-01", "until": "2041-02-07"}]}}),
     "2041-01-31T20:50", 60, "2041-02-08T09:50"),
    ("a year nobody knows goes by the week", hours(public_holidays=True), "2041-02-01T20:50", 60, "2041-02-04T09:50"),
    ("closed for a span", hours(days=WEEKDAYS, closed=[{"from": "2026-03-13", "until": "2026-03-20"}]),
     "2026-03-12T20:50", 60, "2026-03-21T09:50"),
    ("night shift", hours("22:00-06:00", days=WEEKDAYS), "2026-03-13T23:30", 60, "2026-03-14T00:30"),
    ("the rest of a night shift", hours("22:00-06:00", days=WEEKDAYS), "2026-03-14T05:30", 60, "2026-03-14T22:30"),
    ("never open", hours(days=()), "2026-03-13T10:00", 60, "2026-03-13T11:00"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "start", "minutes", "due"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_working_time_passes_only_at_work(rule: Hours, start: str, minutes: int, due: str) -> None:
    assert add_working(at(start), timedelta(minutes=minutes), rule, SHANGHAI) == at(due)


def test_working_hours_are_local_in_a_zone_with_summer_time() -> None:
    """Berlin loses an hour on 2026-03-29: opening at 09:00 is 08:00 UTC before and 07:00 UTC after."""
    rule = hours("09:00-18:00", days=WEEKDAYS)
    due = add_working(at("2026-03-28T17:30", "Europe/Berlin"), timedelta(hours=1), rule, "Europe/Berlin")
    assert due == datetime(2026, 3, 29, 7, 30, tzinfo=UTC)
    night = hours("00:00-06:00", days=WEEKDAYS)
    due = add_working(at("2026-03-29T00:00", "Europe/Berlin"), timedelta(hours=5), night, "Europe/Berlin")
    assert due == at("2026-03-29T06:00", "Europe/Berlin"), "six o'clock comes after five hours"


@pytest.mark.parametrize(
    ("moment", "working"),
    [
        ("2026-03-13T09:00", True), ("2026-03-13T08:59", False), ("2026-03-13T11:59", True),
        ("2026-03-13T12:00", False), ("2026-03-13T13:30", True), ("2026-03-13T18:00", False),
        ("2026-03-14T10:00", False),
    ],
)  # fmt: skip
def test_is_working(moment: str, working: bool) -> None:
    assert is_working(at(moment), LUNCH, SHANGHAI) is working


@pytest.mark.parametrize(
    ("moment", "moved"),
    [
        ("2026-03-13T21:29", "2026-03-13T21:29"),
        ("2026-03-13T21:30", "2026-03-14T08:30"),
        ("2026-03-13T23:59", "2026-03-14T08:30"),
        ("2026-03-14T00:00", "2026-03-14T08:30"),
        ("2026-03-14T08:29", "2026-03-14T08:30"),
        ("2026-03-14T08:30", "2026-03-14T08:30"),
    ],
)
def test_quiet_hours_move_to_their_end(moment: str, moved: str) -> None:
    assert after_quiet(at(moment), hours(), SHANGHAI) == at(moved)


def test_quiet_hours_at_noon_and_none_at_all() -> None:
    noon = hours(quiet_from="12:00", quiet_until="14:00")
    assert after_quiet(at("2026-03-13T13:00"), noon, SHANGHAI) == at("2026-03-13T14:00")
    none = hours(quiet_from="12:00", quiet_until="12:00")
    assert after_quiet(at("2026-03-13T12:00"), none, SHANGHAI) == at("2026-03-13T12:00")


clock_times = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@PATIENT
@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda d: d.replace(tzinfo=UTC)),
    clock_times, clock_times, st.sampled_from([SHANGHAI, "Europe/Berlin", "America/New_York", "UTC"]),
)  # fmt: skip
def test_quiet_hours_never_drop_and_never_hurry(moment: datetime, begin: time, end: time, zone: str) -> None:
    rule = hours(quiet_from=begin, quiet_until=end)
    moved = after_quiet(moment, rule, zone)
    assert timedelta() <= moved - moment <= timedelta(hours=25)
    assert after_quiet(moved, rule, zone) == moved


@PATIENT
@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda d: d.replace(tzinfo=UTC)),
    st.integers(1, 5000), st.integers(1, 5000),
)  # fmt: skip
def test_working_time_adds_up(start: datetime, a: int, b: int) -> None:
    half = add_working(start, timedelta(minutes=a), LUNCH, SHANGHAI)
    assert half > start
    whole = add_working(start, timedelta(minutes=a + b), LUNCH, SHANGHAI)
    assert add_working(half, timedelta(minutes=b), LUNCH, SHANGHAI) == whole


ZONES = [SHANGHAI, "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]
SHIFTS = ["09:00-21:00", "09:00-12:00 13:30-18:00", "22:00-06:00", "00:00-02:30 02:45-03:15", "01:30-02:30", "00:00-00:00"]
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))


@PATIENT
@given(MOMENTS, st.integers(1, 6000), st.sampled_from(SHIFTS), st.sampled_from(ZONES), st.booleans())
def test_it_lands_inside_a_shift(start: datetime, minutes: int, shifts: str, zone: str, holidays: bool) -> None:
    rule = hours(shifts, public_holidays=holidays)
    due = add_working(start, timedelta(minutes=minutes), rule, zone)
    assert due > start
    assert is_working(due - timedelta(seconds=1), rule, zone)


@PATIENT
@given(MOMENTS, st.integers(0, 4000), st.integers(0, 3000), st.integers(0, 4000), st.sampled_from(SHIFTS),
       st.sampled_from(ZONES))  # fmt: skip
def test_later_and_longer_is_never_sooner(
    start: datetime, later: int, more: int, minutes: int, shifts: str, zone: str
) -> None:
    rule = hours(shifts)
    due = add_working(start, timedelta(minutes=minutes), rule, zone)
    assert add_working(start, timedelta(minutes=minutes + more), rule, zone) >= due
    assert add_working(start + timedelta(minutes=later), timedelta(minutes=minutes), rule, zone) >= due


def test_what_is_known_of_a_year() -> None:
    assert hours(public_holidays=True).knows(2026)
    assert not hours(public_holidays=True).knows(2041)
    assert hours(public_holidays=True, holidays={2041: {"free": ["2041-10-01"]}}).knows(2041)
    assert hours().knows(2041), "who keeps no holidays needs no table"


@pytest.mark.parametrize("span", [{"from": "2026-03-13", "until": "2026-03-12"}, {"from": "2026-03-13"}, "soon"])
def test_a_span_that_is_none_is_refused(span: object) -> None:
    with pytest.raises(ValidationError):
        hours(closed=[span])


@pytest.mark.parametrize(
    "week", ["09:00-12:00 11:00-18:00", "13:00-18:00 09:00-12:00", "22:00-06:00 07:00-09:00"]
)
def test_shifts_out_of_order_are_refused(week: str) -> None:
    with pytest.raises(ValidationError, match="before the one before"):
        hours(week)


def test_a_misspelled_weekday_is_refused() -> None:
    with pytest.raises(ValidationError):
        hours(days=("monday",))


@pytest.mark.parametrize(
    ("day", "off"),
    [
        (date(2026, 2, 17), True), (date(2026, 10, 1), True), (date(2026, 3, 14), False),
        (date(2026, 3, 13), False),
        # Beyond the library's table only fixed dates are known.
        (date(2041, 10, 1), True), (date(2041, 10, 8), False), (date(2041, 5, 1), True),
    ],
)  # fmt: skip
def test_public_holidays(day: date, off: bool) -> None:
    assert is_public_holiday(day) is off
