"""What follows from cars and orders: services, inspections, anniversaries, and who was not here for long."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crm_core.customers.messages import LogContact
from crm_core.kernel.errors import Conflict, Invalid
from crm_core.orders.messages import AddOrder
from crm_core.renewals.messages import (
    DeclineRenewal,
    DeriveRenewals,
    PlanRenewals,
    Renewals,
    RenewalView,
    Renewed,
)
from crm_core.undo.messages import UndoLast
from crm_core.vehicles.messages import AddCar, CustomerCars, RecordMileage, RecordService
from tests.core.deals.house import House

TODAY = date(2026, 3, 14)


def car(house: House, **facts: Any) -> tuple[str, str]:
    """A customer and his car."""
    customer = facts.pop("customer", "") or house.customer()
    made = house.do("rep1", AddCar(customer_id=customer, plate="沪A12345", name="迈腾", **facts))
    return customer, made.id


def due(house: House, customer: str) -> dict[str, RenewalView]:
    """What is open with a customer, by kind."""
    found: list[RenewalView] = house.ask("rep1", Renewals(customer_id=customer))
    assert len({view.kind for view in found}) == len(found), "one open row a kind"
    return {view.kind: view for view in found}


def test_a_car_that_was_bought_is_due_for_all_three(house: House) -> None:
    customer, _ = car(house, bought_on=date(2025, 6, 1))
    found = due(house, customer)
    assert {kind: view.due_on for kind, view in found.items()} == {
        "maintenance": date(2026, 1, 30), "inspection": date(2027, 6, 30), "anniversary": date(2026, 6, 1),
    }  # fmt: skip
    assert all(view.estimated for view in found.values())
    assert found["inspection"].test_line is False


def test_a_reading_moves_the_service_and_undo_moves_it_back(house: House) -> None:
    customer, car_id = car(house, bought_on=date(2025, 6, 1))
    read = house.do("rep1", RecordMileage(car_id=car_id, km=2_000))
    assert due(house, customer)["maintenance"].due_on == date(2026, 6, 1)
    assert due(house, customer)["maintenance"].mileage_km == 2_000
    house.do("rep1", UndoLast(undo_id=read.undo_id))
    assert due(house, customer)["maintenance"].due_on == date(2026, 1, 30)


def test_a_service_is_done_and_the_next_one_follows(house: House) -> None:
    customer, car_id = car(house, bought_on=date(2024, 6, 1), mileage_km=20_000)
    first = due(house, customer)["maintenance"]
    done = house.do("rep1", RecordService(car_id=car_id, km=20_500))
    following = due(house, customer)["maintenance"]
    assert following.id != first.id
    # 20,500 km in 651 days are 31.5 a day: 10,000 km take 318 days.
    assert following.due_on == TODAY + timedelta(days=318)
    house.do("rep1", UndoLast(undo_id=done.undo_id))
    assert due(house, customer)["maintenance"].due_on == first.due_on


def test_done_on_the_card_writes_the_service_to_the_car(house: House) -> None:
    customer, car_id = car(house, bought_on=date(2025, 6, 1))
    house.do("rep1", Renewed(renewal_id=due(house, customer)["maintenance"].id))
    (view,) = house.ask("rep1", CustomerCars(customer_id=customer))
    assert (view.id, view.serviced_on) == (car_id, TODAY)
    assert due(house, customer)["maintenance"].due_on > TODAY


def test_what_was_refused_stays_so_until_the_car_was_here(house: House) -> None:
    customer, car_id = car(house, bought_on=date(2025, 6, 1))
    house.do("rep1", DeclineRenewal(renewal_id=due(house, customer)["maintenance"].id))
    house.do("rep1", RecordMileage(car_id=car_id, km=9_000))
    house.job(PlanRenewals())
    assert "maintenance" not in due(house, customer)
    house.do("rep1", RecordService(car_id=car_id))
    assert "maintenance" in due(house, customer)


def test_a_told_inspection_stands_and_the_next_one_goes_by_registration(house: House) -> None:
    customer, _ = car(
        house, bought_on=date(2024, 6, 10), inspected_until=date(2026, 6, 15), insured_until=date(2026, 6, 9)
    )
    found = due(house, customer)
    assert (found["inspection"].due_on, found["inspection"].estimated) == (date(2026, 6, 15), False)
    assert (found["insurance"].due_on, found["insurance"].estimated) == (date(2026, 6, 9), False)
    house.do("rep1", Renewed(renewal_id=found["inspection"].id))
    assert due(house, customer)["inspection"].due_on == date(2028, 6, 30)


def test_a_reading_does_not_go_back(house: House) -> None:
    customer, car_id = car(house, bought_on=date(2024, 6, 1))
    house.do("rep1", RecordMileage(car_id=car_id, km=30_000))
    house.do("rep1", RecordMileage(car_id=car_id, km=29_000))  # the same day: a correction
    house.clock.advance(days=1)
    with pytest.raises(Invalid) as error:
        house.do("rep1", RecordMileage(car_id=car_id, km=28_000))
    assert error.value.params["known"] == 29_000
    for wrong in (
        RecordMileage(car_id=car_id, km=-1),
        RecordMileage(car_id=car_id, km=50_000, on=date(2027, 1, 1)),
    ):
        with pytest.raises(Invalid):
            house.do("rep1", wrong)
    assert due(house, customer)["maintenance"]


def test_the_anniversary_is_said_on_its_day_every_year(house: House) -> None:
    customer, _ = car(house, bought_on=date(2024, 3, 16))
    house.clock.advance(days=1)
    house.job(PlanRenewals())
    kinds = [p.subject for p in house.fire(days=1) if p.kind == "renewal"]
    assert f"renewal:{due(house, customer)['anniversary'].id}" in kinds
    house.clock.advance(days=10)
    house.job(PlanRenewals())
    assert due(house, customer)["anniversary"].due_on == date(2027, 3, 16)


def test_a_bulk_import_brings_no_storm(house: House) -> None:
    for n in range(5):
        customer = house.customer(name=f"车主{n}")
        house.do(
            "rep1", AddCar(customer_id=customer, plate=f"沪B1234{n}", name="迈腾", bought_on=date(2025, 5, 5))
        )
    house.job(PlanRenewals())
    assert [p for p in house.fire(days=1) if p.kind == "renewal"] == []
    assert len(house.ask("rep1", Renewals(kinds=("maintenance",), end=TODAY))) == 5, (
        "overdue ones stand in the list"
    )


def bought(house: House, customer: str, *days: date, kind: str = "parts") -> None:
    for day in days:
        house.job(AddOrder(code=f"{customer}{day}", customer_id=customer, kind=kind, ordered_on=day))


def test_by_his_own_rhythm_a_customer_is_dormant(house: House) -> None:
    customer = house.customer()
    bought(house, customer, date(2026, 1, 1), date(2026, 1, 21), date(2026, 2, 10))
    view = due(house, customer)["dormant"]
    assert (view.due_on, view.rhythm_days, view.last_on) == (date(2026, 3, 12), 20, date(2026, 2, 10))
    bought(house, customer, date(2026, 3, 13))
    assert due(house, customer)["dormant"].due_on > TODAY


def test_without_a_rhythm_policy_says_when(house: House) -> None:
    customer = house.customer()
    bought(house, customer, date(2026, 3, 1), kind="car")
    view = due(house, customer)["dormant"]
    assert (view.due_on, view.rhythm_days) == (date(2026, 8, 28), None)


def test_once_spoken_to_he_is_dormant_again_only_after_he_came(house: House) -> None:
    customer = house.customer()
    bought(house, customer, date(2025, 1, 1))
    house.do("rep1", Renewed(renewal_id=due(house, customer)["dormant"].id))
    house.do("rep1", LogContact(customer_id=customer, text="聊过了"))
    house.job(PlanRenewals())
    assert "dormant" not in due(house, customer)
    bought(house, customer, TODAY)
    assert due(house, customer)["dormant"].due_on > TODAY


def test_what_lapsed_makes_way_for_the_next_round(house: House) -> None:
    customer, car_id = car(house, bought_on=date(2025, 6, 1))
    first = due(house, customer)["maintenance"]
    house.clock.move_to(datetime(2026, 12, 1, 2, tzinfo=UTC))
    house.job(PlanRenewals())
    following = due(house, customer)["maintenance"]
    assert following.id != first.id
    assert following.due_on > first.due_on
    with pytest.raises(Conflict):
        house.do("rep1", Renewed(renewal_id=first.id))
    assert car_id == following.car_id


def test_cars_nobody_looked_at_are_found_in_batches(house: House) -> None:
    from sqlalchemy import delete

    from crm_core.renewals.tables import Renewal

    customer, _ = car(house, bought_on=date(2025, 6, 1))
    bought(house, customer, date(2026, 3, 1))
    before = due(house, customer)
    with house.core.database.write() as session:
        session.execute(delete(Renewal))
    assert house.job(DeriveRenewals()).view == {"derived": 4, "more": False}
    assert house.job(PlanRenewals()).view["derived"] == 0
    after = due(house, customer)
    assert {kind: view.due_on for kind, view in after.items()} == {
        kind: view.due_on for kind, view in before.items()
    }


def test_a_delivered_order_brings_the_car_and_its_anniversary(house: House) -> None:
    customer = house.customer()
    order = {"code": "O-1", "customer_id": customer, "kind": "car", "title": "迈腾 330TSI"}
    house.job(AddOrder(**order, state="placed"))
    assert house.ask("rep1", CustomerCars(customer_id=customer)) == []
    house.job(AddOrder(**order, state="delivered"))
    (bought,) = house.ask("rep1", CustomerCars(customer_id=customer))
    assert (bought.name, bought.bought_on) == ("迈腾 330TSI", TODAY)
    assert due(house, customer)["anniversary"].due_on == date(2027, 3, 14)


def test_a_car_on_record_is_the_one_delivered(house: House) -> None:
    customer, car_id = car(house)
    order = {"code": "O-1", "customer_id": customer, "kind": "car", "title": "大众 迈腾"}
    house.job(AddOrder(**order, state="placed"))
    house.job(AddOrder(**order, state="delivered"))
    (only,) = house.ask("rep1", CustomerCars(customer_id=customer))
    assert (only.id, only.bought_on) == (car_id, TODAY)
