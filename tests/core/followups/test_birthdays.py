"""Birthdays: the rep is reminded in the morning, the customer greeted if he agreed, and nobody twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from crm_core.api import Core
from crm_core.customers.messages import CustomerCard, SetBirthday, SetConsent
from crm_core.followups.birthdays import keys_on, next_on
from crm_core.followups.messages import FollowupCard, PlanBirthdays, SendGreeting
from crm_core.followups.tables import Followup
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import Conflict, Refused
from crm_core.kernel.settings import Settings
from crm_core.undo.messages import UndoLast
from tests.conftest import NOW
from tests.core.deals.house import House

MORNING = datetime(2026, 3, 16, 1, tzinfo=UTC)  # 09:00 in Shanghai


def born(
    house: House, birthday: str = "03-16", consent: bool = True, login: str = "customer1", **more: object
) -> str:
    customer = house.customer(birthday=birthday, consent_marketing=consent, login=login, **more)
    house.pushed()
    return customer


def plan(house: House) -> int:
    return int(house.job(PlanBirthdays()).view["made"])


def test_the_rep_is_reminded_and_the_customer_greeted_at_nine(house: House) -> None:
    born(house)
    assert plan(house) == 1
    house.clock.move_to(MORNING - timedelta(minutes=1))
    assert house.fire() == []
    pushed = {p.person: p for p in house.fire(minutes=1)}
    assert (pushed["rep1"].kind, pushed["rep1"].params["greeting"]) == ("birthday", "sent")
    assert pushed["customer1"].kind == "greeting"
    assert pushed["customer1"].params["text"].startswith("张伟，生日快乐")


def test_planning_and_greeting_twice_changes_nothing(house: House) -> None:
    born(house)
    assert [plan(house), plan(house)] == [1, 0]
    house.clock.move_to(MORNING)
    assert len(house.fire()) == 2
    for _ in range(30):
        house.clock.advance(hours=1)
        plan(house)
        assert house.fire() == []
    (followup,) = house.rows(Followup, Followup.sop == "birthday")
    with pytest.raises(Conflict):
        house.do("rep1", SendGreeting(followup_id=followup.id))


def test_next_year_it_is_another_one(house: House) -> None:
    born(house)
    plan(house)
    house.clock.advance(days=365)
    assert plan(house) == 1
    assert sorted(f.occurrence for f in house.rows(Followup)) == ["2026", "2027"]


def test_without_consent_nothing_goes_out(house: House) -> None:
    customer = born(house, consent=False)
    plan(house)
    house.clock.move_to(MORNING)
    (push,) = house.fire()
    assert (push.kind, push.params["greeting"]) == ("birthday", "no_consent")
    (followup,) = house.rows(Followup)
    with pytest.raises(Refused) as error:
        house.do("rep1", SendGreeting(followup_id=followup.id))
    assert error.value.key == "error.no_consent"
    house.do("rep1", SetConsent(customer_id=customer))
    assert house.do("rep1", SendGreeting(followup_id=followup.id)).view.greeting == "sent"
    assert [p.kind for p in house.pushed()] == ["greeting"]


def test_consent_is_asked_at_the_moment_of_sending(house: House) -> None:
    customer = born(house)
    plan(house)
    house.do("rep1", SetConsent(customer_id=customer, granted=False))
    house.clock.move_to(MORNING)
    assert [p.kind for p in house.fire()] == ["birthday"]


def test_who_cannot_be_reached_is_called(house: House) -> None:
    house.customer(birthday="03-16", consent_marketing=True)
    plan(house)
    house.clock.move_to(MORNING)
    (push,) = house.fire()
    assert push.params["greeting"] == "unreachable"


def test_a_birthday_slept_through_for_a_day_is_not_greeted_late(house: House) -> None:
    born(house)
    plan(house)
    house.clock.move_to(MORNING + timedelta(days=1))
    assert house.fire() == []
    assert [f.reason for f in house.rows(Followup)] == ["too_late"]


def test_one_found_on_the_day_itself_is_made_up_for(house: House) -> None:
    house.clock.move_to(MORNING + timedelta(hours=3))
    born(house)
    assert plan(house) == 1
    assert {p.kind for p in house.fire()} == {"birthday", "greeting"}


def test_two_days_ahead_and_not_more(house: House) -> None:
    born(house, birthday="03-17")
    assert plan(house) == 0


def test_lunar_birthdays_are_found(house: House) -> None:
    # 2026-03-16 is the 28th of the first month of that lunar year.
    born(house, birthday="01-28", lunar_birthday=True)
    assert plan(house) == 1
    assert [f.occurrence for f in house.rows(Followup)] == ["L2026"]


@pytest.mark.parametrize(("greeting", "shown"), [("ask", "ask"), ("off", "off")])
def test_policy_may_ask_first_or_never(settings: Settings, tmp_path: Path, greeting: str, shown: str) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "followups.yaml").write_text(
        f"birthday: {{greeting: {greeting}}}\n", encoding="utf-8"
    )
    clock = FixedClock(NOW)
    house = House(
        Core.open(settings.model_copy(update={"policies": tmp_path / "policies"}), clock), clock
    ).build()
    born(house)
    plan(house)
    clock.move_to(MORNING)
    (push,) = house.fire()
    assert push.params["greeting"] == shown
    (followup,) = house.rows(Followup)
    if greeting == "ask":
        house.do("rep1", SendGreeting(followup_id=followup.id))
        assert [p.person for p in house.pushed("greeting")] == ["customer1"]
    else:
        with pytest.raises(Refused):
            house.do("rep1", SendGreeting(followup_id=followup.id))
    house.core.close()


def test_only_the_scheduler_plans_and_only_the_owner_sees(house: House) -> None:
    born(house)
    with pytest.raises(Refused):
        house.do("rep1", PlanBirthdays())
    plan(house)
    (followup,) = house.rows(Followup)
    assert house.ask("rep1", FollowupCard(followup_id=followup.id)).title == "客户生日"


@pytest.mark.parametrize(
    ("day", "lunar", "month", "number", "occurrence"),
    [
        (date(2027, 2, 28), False, 2, 29, "2027"),
        (date(2028, 2, 29), False, 2, 29, "2028"),
        (date(2026, 2, 16), True, 12, 30, "L2025"),  # the twelfth month of that year has 29 days
        (date(2026, 2, 17), True, 1, 1, "L2026"),
    ],
)
def test_days_that_are_not_in_every_year(
    day: date, lunar: bool, month: int, number: int, occurrence: str
) -> None:
    found = {(k.lunar, k.month, k.day, k.occurrence) for k in keys_on(day)}
    assert (lunar, month, number, occurrence) in found


@pytest.mark.parametrize(
    ("day", "plain", "leap"),
    [
        (date(2025, 6, 25), True, False),  # the first of the sixth month, of which that year has two
        (date(2025, 7, 25), False, True),  # and of its leap month
        (date(2026, 7, 14), True, True),  # a year without one
    ],
)
def test_who_was_born_in_a_leap_month_keeps_it_where_there_is_one(day: date, plain: bool, leap: bool) -> None:
    found = {k.leap for k in keys_on(day) if (k.lunar, k.month, k.day) == (True, 6, 1)}
    assert found == ({False} if plain else set()) | ({True} if leap else set())


def test_a_birthday_in_a_leap_month_is_written_down_and_taken_back(house: House) -> None:
    customer = born(house, birthday="06-01", lunar_birthday=True)
    done = house.do("rep1", SetBirthday(customer_id=customer, birthday="06-01", lunar=True, leap=True))
    assert house.ask("rep1", CustomerCard(customer_id=customer)).birthday == "农历闰06-01"
    house.clock.move_to(datetime(2025, 7, 24, 2, tzinfo=UTC))
    assert plan(house) == 1
    house.clock.move_to(NOW)
    house.do("rep1", UndoLast(undo_id=done.undo_id))
    assert house.ask("rep1", CustomerCard(customer_id=customer)).birthday == "农历06-01"


def test_the_29th_of_february_may_be_kept_on_the_first_of_march() -> None:
    assert (2, 29) in {(k.month, k.day) for k in keys_on(date(2027, 3, 1), "mar_1") if not k.lunar}
    assert (2, 29) not in {(k.month, k.day) for k in keys_on(date(2027, 2, 28), "mar_1") if not k.lunar}


@examples(deadline=None, max_examples=40)
@given(st.sampled_from(["solar", "lunar", "leap"]), st.integers(1, 12), st.integers(1, 30), st.integers(2000, 2090))
def test_each_birthday_comes_once_in_each_year_of_its_calendar(
    calendar: str, month: int, day: int, year: int
) -> None:
    lunar, leap = calendar != "solar", calendar == "leap"
    try:
        date(2024, month, day)
    except ValueError:
        if not lunar:
            return
    wanted = f"L{year}" if lunar else str(year)
    days = (date(year, 1, 1) + timedelta(days=i) for i in range(430))
    times = sum(
        1
        for d in days
        for k in keys_on(d)
        if (k.lunar, k.month, k.day, k.occurrence, k.leap) == (lunar, month, day, wanted, leap)
    )
    assert times == 1


@pytest.mark.parametrize(
    ("key", "lunar", "leap", "today", "found"),
    [
        ((5, 20), False, False, date(2026, 5, 20), date(2026, 5, 20)),
        ((5, 20), False, False, date(2026, 5, 21), date(2027, 5, 20)),
        ((2, 29), False, False, date(2026, 3, 2), date(2027, 2, 28)),
        ((12, 30), True, False, date(2026, 3, 1), date(2027, 2, 5)),
        ((4, 8), True, True, date(2026, 6, 1), date(2027, 5, 13)),
    ],
)
def test_the_next_one(key: tuple[int, int], lunar: bool, leap: bool, today: date, found: date) -> None:
    assert next_on(key, today, lunar=lunar, leap=leap) == found
