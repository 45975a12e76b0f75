"""Appointments: booked, reminded of, moved, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm_core.appointments.messages import (
    AppointmentCard,
    Appointments,
    Book,
    CancelAppointment,
    CompleteAppointment,
    MarkNoShow,
    Reschedule,
)
from crm_core.customers.messages import CustomerHistory, LogContact
from crm_core.deals.messages import DealCard, SetStage
from crm_core.followups.messages import MyFollowups
from crm_core.kernel.errors import Conflict, Invalid, NotFound
from crm_core.kernel.registry import Result
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House

# Saturday 10:00 in Shanghai is NOW; the drive is at 15:00.
AT = datetime(2026, 3, 14, 7, tzinfo=UTC)


def drive(
    house: House, who: str = "rep1", customer: str = "", start: datetime = AT, **more: object
) -> Result:
    customer = customer or house.customer()
    return house.do(who, Book(kind="test_drive", customer_id=customer, start=start, **more))  # type: ignore[arg-type]


def test_an_hour_unless_said_otherwise(house: House) -> None:
    view = drive(house, vehicle="ES6").view
    assert (view.end - view.start, view.state, view.owner_name, view.vehicle) == (
        timedelta(hours=1),
        "booked",
        "陈晓明",
        "ES6",
    )
    vague = drive(house, end=AT + timedelta(hours=4), vague=True).view
    assert (vague.end, vague.vague) == (AT + timedelta(hours=4), True)


def test_the_deal_and_its_vehicle_are_known(house: House) -> None:
    lead = house.lead(vehicle="ES6")
    view = drive(house, customer=lead.customer_id).view
    assert (view.deal_id, view.vehicle) == (lead.deal_id, "ES6")


@pytest.mark.parametrize(
    ("start", "end", "field", "key"),
    [
        (AT - timedelta(days=1), None, "start", "error.past_time"),
        (AT, AT, "end", "error.end_before_start"),
        (AT, AT - timedelta(hours=1), "end", "error.end_before_start"),
    ],
)
def test_times_that_cannot_be(
    house: House, start: datetime, end: datetime | None, field: str, key: str
) -> None:
    with pytest.raises(Invalid) as error:
        drive(house, start=start, end=end)
    assert (error.value.field, error.value.key) == (field, key)


def test_two_at_one_time_are_allowed_and_said(house: House) -> None:
    drive(house, customer=house.customer(name="王芳"), vehicle="蔚来 ES6")
    mine = drive(house, vehicle="X5", start=AT + timedelta(minutes=30)).view
    assert "王芳" in mine.clash
    theirs = drive(house, "rep2", house.customer("rep2", name="李雷"), vehicle="蔚来es6").view
    assert "15:00" in theirs.clash
    assert "王芳" not in theirs.clash
    assert drive(house, vehicle="ES6", start=AT + timedelta(days=2)).view.clash == ""


def test_touching_ends_do_not_clash(house: House) -> None:
    drive(house)
    assert drive(house, start=AT + timedelta(hours=1)).view.clash == ""


def test_the_owner_is_reminded_two_hours_before_and_asked_afterwards(house: House) -> None:
    drive(house)
    assert house.fire(hours=2, minutes=59) == []
    assert [(p.kind, p.person) for p in house.fire(minutes=1)] == [("appointment_due", "rep1")]
    assert [(p.kind, p.person) for p in house.fire(hours=1)] == [("visit_brief", "rep1")]
    assert [(p.kind, p.person) for p in house.fire(hours=1, minutes=30)] == [("appointment_check", "rep1")]


def test_unanswered_he_is_asked_again_and_the_manager_hears(house: House) -> None:
    drive(house)
    house.clock.move_to(AT + timedelta(hours=4, minutes=29))
    assert [p.kind for p in house.fire()] == ["appointment_due", "visit_brief", "appointment_check"]
    told = [(p.kind, p.person) for p in house.fire(minutes=1)]
    assert told == [("appointment_check", "rep1"), ("appointment_unanswered", "manager1")]
    assert house.fire(days=40) == []


def test_answered_nobody_else_hears(house: House) -> None:
    booked = drive(house)
    house.clock.move_to(AT + timedelta(hours=1))
    house.fire()
    house.do("rep1", MarkNoShow(appointment_id=booked.id))
    assert house.fire(days=2) == []


def test_what_was_moved_is_reminded_of_at_the_new_time_only(house: House) -> None:
    booked = drive(house)
    moved = house.do("rep1", Reschedule(appointment_id=booked.id, start=AT + timedelta(hours=2)))
    assert moved.view.end == AT + timedelta(hours=3)
    assert [p.kind for p in house.fire(hours=4)] == []
    assert [p.kind for p in house.fire(hours=1)] == ["appointment_due"]


def test_undo_moves_back_and_cancels(house: House) -> None:
    booked = drive(house)
    moved = house.do("rep1", Reschedule(appointment_id=booked.id, start=AT + timedelta(days=1)))
    house.do("rep1", UndoLast(undo_id=moved.undo_id))
    assert house.ask("rep1", AppointmentCard(appointment_id=booked.id)).start == AT
    house.do("rep1", UndoLast(undo_id=booked.undo_id))
    assert house.ask("rep1", AppointmentCard(appointment_id=booked.id)).state == "cancelled"
    assert house.waiting(f"appointment:{booked.id}") == 0


def test_what_is_cancelled_never_fires(house: House) -> None:
    booked = drive(house)
    house.do("rep1", CancelAppointment(appointment_id=booked.id, reason="客户有事"))
    assert house.fire(days=2) == []
    for command in (CancelAppointment, MarkNoShow, CompleteAppointment):
        with pytest.raises(Conflict):
            house.do("rep1", command(appointment_id=booked.id))


def test_a_customer_books_for_himself_only_and_the_owner_hears_of_it(house: House) -> None:
    me = house.customer(login="customer1")
    other = house.customer(name="别人")
    house.pushed()
    booked = drive(house, "customer1", me)
    assert [(p.kind, p.person, p.params["by"]) for p in house.pushed()] == [
        ("appointment_booked", "rep1", "customer")
    ]
    with pytest.raises(NotFound):
        drive(house, "customer1", other)
    assert [a.id for a in house.ask("customer1", Appointments())] == [booked.id]
    house.do("customer1", CancelAppointment(appointment_id=booked.id))
    assert [(p.kind, p.params["what"]) for p in house.pushed()] == [("appointment_changed", "cancelled")]


def test_a_strangers_appointment_is_not_there(house: House) -> None:
    booked = drive(house)
    with pytest.raises(NotFound):
        house.do("rep2", CancelAppointment(appointment_id=booked.id))
    assert house.ask("rep2", Appointments()) == []


def test_a_drive_that_took_place_moves_the_deal_keeps_the_visit_and_starts_the_follow_up(
    house: House,
) -> None:
    lead = house.lead(vehicle="ES6")
    booked = drive(house, customer=lead.customer_id)
    house.clock.advance(hours=6)
    done = house.do("rep1", CompleteAppointment(appointment_id=booked.id, text="动力很满意"))
    assert done.view.state == "done"
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).stage == "test_drive"
    visits = house.ask("rep1", CustomerHistory(customer_id=lead.customer_id, kinds=("visit",)))
    assert [v.text for v in visits] == ["动力很满意"]
    followups = [f for f in house.ask("rep1", MyFollowups()) if f.sop == "test_drive"]
    assert [f.due_at for f in followups] == [house.clock.now() + timedelta(hours=24)]


def test_undoing_the_completion_takes_visit_and_follow_up_back(house: House) -> None:
    lead = house.lead()
    booked = drive(house, customer=lead.customer_id)
    house.clock.advance(hours=6)
    done = house.do("rep1", CompleteAppointment(appointment_id=booked.id, text="不错"))
    house.do("rep1", UndoLast())
    assert done.undo_id
    assert house.ask("rep1", AppointmentCard(appointment_id=booked.id)).state == "booked"
    assert house.ask("rep1", CustomerHistory(customer_id=lead.customer_id, kinds=("visit",))) == []
    assert [f for f in house.ask("rep1", MyFollowups()) if f.sop == "test_drive"] == []


def test_writing_the_visit_down_completes_the_drive_of_that_day_and_no_other(house: House) -> None:
    customer = house.customer()
    today, tomorrow = (
        drive(house, customer=customer),
        drive(house, customer=customer, start=AT + timedelta(days=3)),
    )
    house.clock.advance(hours=6)
    house.do("rep1", LogContact(customer_id=customer, kind="call", text="打过电话"))
    assert house.ask("rep1", AppointmentCard(appointment_id=today.id)).state == "booked"
    house.do("rep1", LogContact(customer_id=customer, kind="visit", text="试驾完,很满意"))
    assert house.ask("rep1", AppointmentCard(appointment_id=today.id)).state == "done"
    assert house.ask("rep1", AppointmentCard(appointment_id=tomorrow.id)).state == "booked"
    assert [f.sop for f in house.ask("rep1", MyFollowups())] == ["test_drive"]


def test_a_visit_that_is_taken_back_reopens_the_drive_it_completed(house: House) -> None:
    customer = house.customer()
    booked = drive(house, customer=customer)
    house.clock.advance(hours=6)
    house.do("rep1", LogContact(customer_id=customer, kind="visit", text="试驾完"))
    assert house.ask("rep1", AppointmentCard(appointment_id=booked.id)).state == "done"
    house.do("rep1", UndoLast())
    assert house.ask("rep1", AppointmentCard(appointment_id=booked.id)).state == "booked"
    assert [f for f in house.ask("rep1", MyFollowups()) if f.sop == "test_drive"] == []


def test_completing_one_of_two_on_a_day_leaves_the_other(house: House) -> None:
    customer = house.customer()
    first = drive(house, customer=customer)
    second = drive(house, customer=customer, start=AT + timedelta(hours=2))
    house.do("rep1", CompleteAppointment(appointment_id=first.id, text="第一台"))
    assert house.ask("rep1", AppointmentCard(appointment_id=second.id)).state == "booked"


def test_who_did_not_come_starts_no_follow_up(house: House) -> None:
    booked = drive(house)
    assert house.do("rep1", MarkNoShow(appointment_id=booked.id)).view.state == "no_show"
    assert house.ask("rep1", MyFollowups()) == []


def driven(house: House) -> tuple[str, str, Result]:
    """A deal, the stage it was in, and a drive of it that took place."""
    lead = house.lead()
    before = house.ask("rep1", DealCard(deal_id=lead.deal_id)).stage
    booked = drive(house, customer=lead.customer_id)
    house.clock.move_to(AT + timedelta(hours=2))
    return lead.deal_id, before, house.do("rep1", CompleteAppointment(appointment_id=booked.id))


def test_a_drive_taken_back_puts_the_stage_back(house: House) -> None:
    deal, before, done = driven(house)
    assert house.ask("rep1", DealCard(deal_id=deal)).stage == "test_drive"
    house.clock.advance(minutes=5)
    house.do("rep1", UndoLast(undo_id=done.undo_id))
    assert house.ask("rep1", DealCard(deal_id=deal)).stage == before


def test_what_has_moved_on_since_stays(house: House) -> None:
    deal, _, done = driven(house)
    house.do("rep1", SetStage(deal_id=deal, stage="quote"))
    house.do("rep1", UndoLast(undo_id=done.undo_id))
    assert house.ask("rep1", DealCard(deal_id=deal)).stage == "quote"
