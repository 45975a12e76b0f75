"""Renewals: told once, reminded of in time, done, put off, refused, handed over, and never doubled."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_core.customers.messages import CustomerHistory
from crm_core.deals.messages import OpenDeal, TransferDeals
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.uow import Uow
from crm_core.renewals.messages import (
    AddRenewal,
    CancelRenewal,
    DeclineRenewal,
    MoveRenewal,
    PlanRenewals,
    RenewalCard,
    Renewals,
    RenewalsById,
    RenewalView,
    Renewed,
    SnoozeRenewal,
)
from crm_core.undo.messages import UndoLast
from crm_core.vehicles.messages import AddCar
from tests.core.deals.house import House

# The clock stands on Saturday 2026-03-14, 10:00 in Shanghai.
TODAY = date(2026, 3, 14)


def nine(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 1, tzinfo=UTC)


def plan(house: House) -> int:
    return int(house.job(PlanRenewals()).view["made"])


def told(house: House, kind: str = "insurance", days: int = 90, **more: object) -> RenewalView:
    customer = str(more.pop("customer_id", "") or house.customer())
    due = TODAY + timedelta(days=days)
    view = house.do("rep1", AddRenewal(kind=kind, customer_id=customer, due_on=due, **more)).view  # type: ignore[arg-type]
    assert isinstance(view, RenewalView)
    return view


def reminded(house: House, until: date) -> list[date]:
    """Days on which the owner was reminded, planned each day."""
    found, day = [], (house.clock.now() + timedelta(hours=32)).date()
    while day <= until:
        plan(house)
        house.clock.move_to(nine(day))
        found += [day for push in house.fire() if push.kind == "renewal"]
        day += timedelta(days=1)
    return found


def test_the_owner_is_reminded_sixty_thirty_and_seven_days_before(house: House) -> None:
    view = told(house)
    days = reminded(house, view.due_on)
    assert days == [view.due_on - timedelta(days=lead) for lead in (60, 30, 7)]


def test_a_reminder_comes_at_nine_and_is_planned_two_days_ahead(house: House) -> None:
    view = told(house)
    morning = nine(view.due_on - timedelta(days=60))
    house.clock.move_to(morning - timedelta(hours=49))
    assert plan(house) == 0
    house.clock.move_to(morning - timedelta(hours=47))
    assert [plan(house), plan(house)] == [1, 0]
    house.clock.move_to(morning - timedelta(minutes=1))
    assert house.fire() == []
    (push,) = house.fire(minutes=1)
    assert (push.kind, push.person, push.subject) == ("renewal", "rep1", f"renewal:{view.id}")
    assert plan(house) == 0


def test_after_an_outage_the_newest_reminder_comes_once(house: House) -> None:
    view = told(house)
    house.clock.move_to(nine(view.due_on - timedelta(days=20)))
    assert plan(house) == 1
    assert len(house.fire()) == 1
    assert plan(house) == 0
    assert reminded(house, view.due_on) == [view.due_on - timedelta(days=7)]


def test_what_ended_never_fires(house: House) -> None:
    for command in (DeclineRenewal, CancelRenewal, Renewed):
        view = told(house)
        house.clock.move_to(max(house.clock.now(), nine(view.due_on - timedelta(days=61))))
        plan(house)
        house.do("rep1", command(renewal_id=view.id))
        assert house.waiting(f"renewal:{view.id}") == 0
        assert house.fire(days=2) == []
        with pytest.raises(Conflict):
            house.do("rep1", Renewed(renewal_id=view.id))
        house.clock.move_to(datetime(2026, 3, 14, 2, tzinfo=UTC))


def test_renewed_comes_due_a_year_later_and_undo_takes_both_back(house: House) -> None:
    view = told(house, days=10)
    done = house.do("rep1", Renewed(renewal_id=view.id))
    (following,) = house.ask("rep1", Renewals(customer_id=view.customer_id))
    assert (following.due_on, following.estimated) == (date(2027, 3, 24), True)
    house.do("rep1", UndoLast(undo_id=done.undo_id))
    (open_again,) = house.ask("rep1", Renewals(customer_id=view.customer_id))
    assert (open_again.id, open_again.state) == (view.id, "open")
    house.clock.advance(days=3)
    plan(house)
    assert [p.subject for p in house.fire(days=1)] == [f"renewal:{view.id}"]


def test_renewed_until_a_day_that_was_said(house: House) -> None:
    view = told(house, kind="membership", days=10)
    house.do("rep1", Renewed(renewal_id=view.id, next_on=date(2028, 1, 1)))
    (following,) = house.ask("rep1", Renewals(customer_id=view.customer_id))
    assert (following.due_on, following.estimated) == (date(2028, 1, 1), False)


def test_a_warranty_has_no_next(house: House) -> None:
    view = told(house, kind="warranty", days=10)
    house.do("rep1", Renewed(renewal_id=view.id))
    assert house.ask("rep1", Renewals(customer_id=view.customer_id)) == []


def test_another_date_takes_its_reminders_along(house: House) -> None:
    view = told(house, days=61)
    plan(house)
    moved = house.do("rep1", MoveRenewal(renewal_id=view.id, due_on=view.due_on + timedelta(days=30)))
    house.do("rep1", UndoLast(undo_id=moved.undo_id))
    assert house.ask("rep1", RenewalCard(renewal_id=view.id)).due_on == view.due_on
    house.do("rep1", MoveRenewal(renewal_id=view.id, due_on=view.due_on + timedelta(days=30)))
    assert house.fire(days=2) == []
    assert reminded(house, view.due_on)[0] == view.due_on + timedelta(days=30) - timedelta(days=60)


def test_told_again_it_is_the_same_one(house: House) -> None:
    view = told(house)
    again = told(house, customer_id=view.customer_id, days=120)
    assert (again.id, again.due_on) == (view.id, TODAY + timedelta(days=120))
    other = told(house, customer_id=view.customer_id, kind="contract", title="延保合同")
    assert other.id != view.id


def test_put_off_it_comes_then_and_not_before(house: House) -> None:
    view = told(house, days=8)
    plan(house)
    until = nine(TODAY + timedelta(days=5))
    house.do("rep1", SnoozeRenewal(renewal_id=view.id, until=until))
    assert reminded(house, view.due_on + timedelta(days=3)) == [TODAY + timedelta(days=5)]
    with pytest.raises(Invalid):
        house.do("rep1", SnoozeRenewal(renewal_id=view.id, until=until))


def test_nobody_did_anything_it_lapses_and_the_next_year_comes(house: House) -> None:
    view = told(house, days=5)
    house.clock.advance(days=5 + 33)
    house.job(PlanRenewals())
    assert house.ask("rep1", RenewalCard(renewal_id=view.id)).state == "lapsed"
    (following,) = house.ask("rep1", Renewals(customer_id=view.customer_id))
    assert following.due_on == date(2027, 3, 19)


def test_only_the_day_before_it_was_known_is_too_late(house: House) -> None:
    with pytest.raises(Invalid) as error:
        told(house, days=-1)
    assert error.value.key == "error.past_date"
    with pytest.raises(Invalid):
        told(house, kind="horoscope")


def test_the_only_car_is_meant(house: House) -> None:
    customer = house.customer()
    car = house.do("rep1", AddCar(customer_id=customer, plate="沪A12345", name="迈腾")).id
    assert told(house, customer_id=customer).car_id == car
    house.do("rep1", AddCar(customer_id=customer, plate="沪A54321", name="ES6"))
    assert told(house, customer_id=customer).car_id is None


def test_it_goes_along_with_the_customer(house: House) -> None:
    customer = house.customer()
    house.do("rep1", OpenDeal(customer_id=customer, interest="迈腾"))
    view = told(house, customer_id=customer)
    house.do("rep1", TransferDeals(customer_id=view.customer_id, to_id=house.id("rep2"), reason="换人跟进"))
    assert [v.id for v in house.ask("rep2", Renewals(mine=True))] == [view.id]
    with pytest.raises(NotFound):
        house.ask("rep1", RenewalCard(renewal_id=view.id))


def test_a_colleague_of_another_dealer_learns_nothing(house: House) -> None:
    view = told(house)
    assert house.ask("rep3", Renewals()) == []
    with pytest.raises(NotFound):
        house.do("rep3", Renewed(renewal_id=view.id))
    assert [v.id for v in house.ask("manager1", Renewals())] == [view.id]
    with pytest.raises(Refused):
        house.do("rep1", PlanRenewals())


def test_a_span_of_days_is_asked_for(house: House) -> None:
    near = told(house, days=10)
    told(house, days=40, customer_id=near.customer_id, kind="membership")
    end = TODAY + timedelta(days=31)
    assert [v.id for v in house.ask("rep1", Renewals(start=TODAY, end=end))] == [near.id]
    assert len(house.ask("rep1", Renewals(kinds=("insurance", "membership")))) == 2


def test_what_was_decided_is_told_in_the_history(house: House) -> None:
    view = told(house)
    house.do("rep1", DeclineRenewal(renewal_id=view.id, reason="在隔壁买了"))
    (record,) = house.ask("rep1", CustomerHistory(customer_id=view.customer_id, kinds=("renewal",)))
    assert "在隔壁买了" in record.text
    assert (record.kind, record.outcome) == ("renewal", "declined")


def test_putting_off_is_taken_back(house: House) -> None:
    view = told(house, days=40)
    later = house.do("rep1", SnoozeRenewal(renewal_id=view.id, until=nine(TODAY + timedelta(days=20))))
    assert house.waiting(f"renewal:{view.id}") == 1
    house.do("rep1", UndoLast(undo_id=later.undo_id))
    assert house.waiting(f"renewal:{view.id}") == 0
    assert reminded(house, view.due_on) == [view.due_on - timedelta(days=lead) for lead in (30, 7)]


def test_a_deleted_timer_is_made_again(house: House) -> None:
    from sqlalchemy import delete

    from crm_core.kernel.tables import Timer
    from crm_core.renewals.audits import every_reminder_has_its_timer

    view = told(house, days=61)
    plan(house)
    with house.core.database.write() as session:
        session.execute(delete(Timer))
        uow = Uow(session=session, actor=house.core.system("starway"), now=house.clock.now(),
                  services=house.core.services)  # fmt: skip
        assert every_reminder_has_its_timer(uow) == [f"renewal:{view.id}"]
        uow.flush_pushes()
        assert every_reminder_has_its_timer(uow) == []
    assert [p.subject for p in house.fire(days=1)] == [f"renewal:{view.id}"]


def test_who_is_on_leave_is_stood_in_for(house: House) -> None:
    from crm_core.absences.messages import SetAbsence

    view = told(house, days=61)
    plan(house)
    start = house.clock.now()
    house.do("rep1", SetAbsence(start=start, end=start + timedelta(days=3), deputy_id=house.id("rep2")))
    house.pushed()
    assert [p.person for p in house.fire(days=1) if p.subject == f"renewal:{view.id}"] == ["rep2"]


def test_what_comes_on_one_morning_is_one_message(house: House) -> None:
    views = [told(house, days=61, customer_id=house.customer(name=name)) for name in ("张伟", "李芳", "王强")]
    other = told(house, days=62)
    assert plan(house) == 4
    (push,) = house.fire(days=1)
    assert push.kind == "renewals"
    assert push.params["ids"] == [view.id for view in views]
    assert [v.id for v in house.ask("rep1", RenewalsById(ids=tuple(push.params["ids"])))] == push.params[
        "ids"
    ]
    assert house.ask("rep3", RenewalsById(ids=tuple(push.params["ids"]))) == []
    assert [p.subject for p in house.fire(days=1)] == [f"renewal:{other.id}"]
