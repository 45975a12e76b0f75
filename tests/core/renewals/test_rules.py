"""When things come due and are reminded of: tables, and what holds for any date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from crm_core.renewals.rules import (
    CarFacts,
    DormantRule,
    InspectionRule,
    MaintenanceRule,
    anniversary_due,
    dormant_from,
    expected_km,
    first_after,
    inspection_due,
    km_per_day,
    maintenance_due,
    needs_test_line,
    newest_passed,
    plus_months,
    reminder_days,
    rhythm,
)

# On a busy machine drawing an example may take long.
PATIENT = examples(deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
INSPECTION = InspectionRule(
    due_months=[24, 48, 72, 96, 120], then_every_months=12, test_line_months=[72, 120]
)
MAINTENANCE = MaintenanceRule()
DORMANT = DormantRule()


def always(day: date) -> bool:
    return True


def weekdays(day: date) -> bool:
    return day.weekday() < 5


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 12, 5), 1, date(2027, 1, 5)),
        (date(2026, 8, 31), 12, date(2027, 8, 31)),
    ],
)
def test_months_later(day: date, months: int, expected: date) -> None:
    assert plus_months(day, months) == expected


def test_the_leap_day_may_go_to_march() -> None:
    assert plus_months(date(2024, 2, 29), 12, "mar_1") == date(2025, 3, 1)
    assert plus_months(date(2024, 2, 29), 48, "mar_1") == date(2028, 2, 29)


def test_reminders_come_so_long_before() -> None:
    due = date(2026, 9, 1)
    assert reminder_days(due, [60, 30, 7], date(2026, 3, 1), always) == [
        date(2026, 7, 3), date(2026, 8, 2), date(2026, 8, 25)
    ]  # fmt: skip


def test_told_late_only_what_is_still_ahead_is_reminded_of() -> None:
    due = date(2026, 9, 1)
    assert reminder_days(due, [60, 30, 7], date(2026, 8, 20), always) == [date(2026, 8, 25)]
    assert reminder_days(due, [60, 30, 7], date(2026, 8, 25), always) == [due]
    assert reminder_days(due, [60, 30, 7], due, always) == []


def test_a_closed_day_gives_way_to_the_working_day_before() -> None:
    # 2026-08-25 is a Tuesday, 2026-08-02 a Sunday.
    assert reminder_days(date(2026, 9, 1), [30, 7], date(2026, 3, 1), weekdays) == [
        date(2026, 7, 31), date(2026, 8, 25)
    ]  # fmt: skip


@PATIENT
@given(DAYS, st.lists(st.integers(0, 400), max_size=5, unique=True), DAYS)
def test_reminders_lie_after_the_telling_and_not_after_the_day(
    due: date, leads: list[int], told: date
) -> None:
    days = reminder_days(due, sorted(leads, reverse=True), told, weekdays)
    assert days == sorted(set(days))
    assert all(told < day <= due for day in days)
    assert bool(days) == (due > told)


def test_of_what_passed_unseen_the_newest_is_reminded_of() -> None:
    days = [date(2026, 7, 3), date(2026, 8, 2), date(2026, 8, 25)]
    assert newest_passed(days, days[0], date(2026, 8, 10)) == days[1]
    assert newest_passed(days, days[2], date(2026, 8, 10)) == days[2]
    assert first_after(days, days[1]) == days[2]
    assert first_after(days, days[2]) is None


@pytest.mark.parametrize(
    ("after", "expected", "on_the_line"),
    [
        (date(2021, 1, 1), date(2022, 5, 31), False),
        (date(2022, 6, 1), date(2024, 5, 31), False),
        (date(2025, 1, 1), date(2026, 5, 31), True),
        (date(2026, 6, 1), date(2028, 5, 31), False),
        (date(2029, 1, 1), date(2030, 5, 31), True),
        (date(2030, 6, 1), date(2031, 5, 31), True),
        (date(2035, 6, 1), date(2036, 5, 31), True),
    ],
)
def test_inspection_by_registration(after: date, expected: date, on_the_line: bool) -> None:
    registered = date(2020, 5, 17)
    due = inspection_due(INSPECTION, registered, after)
    assert due == expected
    assert needs_test_line(INSPECTION, registered, due) is on_the_line


@PATIENT
@given(DAYS, DAYS)
def test_an_inspection_ends_a_month_after_the_day_asked(registered: date, after: date) -> None:
    due = inspection_due(INSPECTION, registered, after)
    assert due > after
    assert (due + timedelta(days=1)).day == 1
    assert due.month == registered.month


TODAY = date(2026, 3, 14)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        # By date: a year after it was bought, or after its last service.
        (CarFacts(bought_on=date(2025, 6, 1)), date(2026, 1, 30)),  # 10,000 km at the yearly average come first
        (CarFacts(bought_on=date(2025, 6, 1), mileage_km=3_000, mileage_on=date(2026, 3, 1)), date(2026, 6, 1)),
        (CarFacts(serviced_on=date(2025, 10, 1), serviced_km=20_000, mileage_km=21_000, mileage_on=date(2026, 3, 1)),
         date(2026, 10, 1)),
        # By mileage: 5,000 km in 100 days are 50 a day, the other 5,000 take 100 more.
        (CarFacts(serviced_on=date(2025, 11, 21), serviced_km=20_000, mileage_km=25_000, mileage_on=date(2026, 3, 1)),
         date(2026, 6, 9)),
        # Never here for a service: by the marks on the dial.
        (CarFacts(mileage_km=29_000, mileage_on=date(2026, 3, 1)), date(2026, 3, 25)),
        # Two years away: due in this year's round, not two years ago.
        (CarFacts(serviced_on=date(2023, 8, 1)), date(2025, 8, 1)),
        (CarFacts(), None),
    ],
)  # fmt: skip
def test_maintenance_by_whichever_is_first(facts: CarFacts, expected: date | None) -> None:
    assert maintenance_due(facts, MAINTENANCE, TODAY) == expected


def test_the_mileage_is_estimated_from_two_readings() -> None:
    facts = CarFacts(bought_on=date(2025, 3, 1), mileage_km=7_300, mileage_on=date(2026, 3, 1))
    assert km_per_day(facts, MAINTENANCE) == 20
    assert expected_km(facts, MAINTENANCE, date(2026, 3, 11)) == 7_500
    assert expected_km(facts, MAINTENANCE, date(2026, 2, 1)) == 7_300
    assert expected_km(CarFacts(), MAINTENANCE, TODAY) is None


@PATIENT
@given(DAYS, st.integers(1, 500_000), st.integers(30, 300), st.integers(0, 60_000))
def test_a_higher_reading_never_puts_maintenance_off(bought: date, km: int, days: int, more: int) -> None:
    today = bought + timedelta(days=days)
    low = maintenance_due(CarFacts(bought, km, today, bought, 0), MAINTENANCE, today)
    high = maintenance_due(CarFacts(bought, km + more, today, bought, 0), MAINTENANCE, today)
    assert low is not None
    assert high is not None
    assert high <= low <= plus_months(bought, 12)


@PATIENT
@given(DAYS, st.integers(0, 20_000))
def test_who_stayed_away_is_due_within_the_last_year_or_ahead(bought: date, days: int) -> None:
    today = bought + timedelta(days=days)
    due = maintenance_due(CarFacts(bought_on=bought), MAINTENANCE, today)
    assert due is not None
    assert today - timedelta(days=365) <= due <= today + timedelta(days=366)


def test_the_next_round_comes_after_the_last() -> None:
    facts = CarFacts(
        serviced_on=date(2025, 6, 1), serviced_km=10_000, mileage_km=12_000, mileage_on=date(2026, 3, 1)
    )
    due = maintenance_due(facts, MAINTENANCE, TODAY)
    assert due == date(2026, 6, 1)
    assert maintenance_due(facts, MAINTENANCE, TODAY, after=due) == date(2027, 6, 1)


@pytest.mark.parametrize(
    ("after", "feb_29", "expected"),
    [
        (date(2024, 2, 29), "feb_28", date(2025, 2, 28)),
        (date(2025, 2, 28), "feb_28", date(2026, 2, 28)),
        (date(2026, 3, 1), "mar_1", date(2027, 3, 1)),
        (date(2027, 6, 1), "mar_1", date(2028, 2, 29)),
    ],
)
def test_anniversaries(after: date, feb_29: str, expected: date) -> None:
    assert anniversary_due(date(2024, 2, 29), after, feb_29) == expected  # type: ignore[arg-type]


@PATIENT
@given(DAYS, DAYS)
def test_an_anniversary_is_the_first_one_after(bought: date, after: date) -> None:
    due = anniversary_due(bought, after)
    assert due > max(after, bought)
    assert due <= max(after, bought) + timedelta(days=366)


BUYS = [date(2026, 1, 1) + timedelta(days=n) for n in (0, 20, 40, 61)]


def test_a_rhythm_needs_orders_enough() -> None:
    assert rhythm(BUYS, DORMANT) == 20
    assert rhythm([*BUYS[:2], BUYS[0]], DORMANT) is None


@pytest.mark.parametrize(
    ("days", "wait"),
    [
        (BUYS, 30),  # 20 days × 1.5
        ([date(2025, 1, 1), date(2025, 7, 1), date(2026, 1, 1)], 273),
        ([date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 5)], 30),  # never sooner than this
        ([date(2026, 1, 1)], 180),
    ],
)  # fmt: skip
def test_dormant_by_ones_own_rhythm(days: list[date], wait: int) -> None:
    assert dormant_from(days, DORMANT) == max(days) + timedelta(days=wait)


def test_who_never_bought_is_not_dormant() -> None:
    assert dormant_from([], DORMANT) is None
