"""After a test drive: nudged at 20 hours, missed at 24, ended by speaking with the customer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_core.appointments.messages import Book, CompleteAppointment
from crm_core.customers.messages import CustomerHistory, LogContact
from crm_core.deals.messages import TransferDeals
from crm_core.followups.messages import (
    CompleteFollowup,
    FollowupCard,
    FollowupView,
    MyFollowups,
    SnoozeFollowup,
    StartCadence,
)
from crm_core.followups.tables import Followup
from crm_core.kernel.errors import Conflict, Invalid, NotFound
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import DEALER, House


def driven(house: House) -> FollowupView:
    """A drive that took place just now, Saturday 16:00; its follow-up."""
    customer = house.customer()
    booked = house.do(
        "rep1", Book(kind="test_drive", customer_id=customer, start=house.clock.now() + timedelta(hours=5))
    )
    house.clock.advance(hours=6)
    house.do("rep1", CompleteAppointment(appointment_id=booked.id, text="满意"))
    house.fire()
    (followup,) = house.ask("rep1", MyFollowups())
    assert isinstance(followup, FollowupView)
    return followup


def test_twenty_and_twenty_four_hours(house: House) -> None:
    followup = driven(house)
    assert (followup.sop, followup.due_at) == ("test_drive", house.clock.now() + timedelta(hours=24))
    assert house.fire(hours=19, minutes=59) == []
    assert [(p.kind, p.person) for p in house.fire(minutes=1)] == [("followup_remind", "rep1")]
    missed = house.fire(hours=4)
    assert {(p.kind, p.person) for p in missed} == {
        ("followup_missed", "rep1"),
        ("followup_missed", "manager1"),
    }
    assert house.ask("rep1", FollowupCard(followup_id=followup.id)).state == "missed"
    assert house.fire(days=3) == []


def test_answered_late_it_counts_from_the_drive(house: House) -> None:
    """Booked for an hour at 16:00; that it took place is said ten hours after it was over, or thirty."""
    customer = house.customer()
    start = house.clock.now() + timedelta(hours=5)
    booked = [house.do("rep1", Book(kind="test_drive", customer_id=customer, start=start)) for _ in range(2)]
    house.clock.move_to(start + timedelta(hours=11))
    house.do("rep1", CompleteAppointment(appointment_id=booked[0].id))
    house.fire()
    (followup,) = house.ask("rep1", MyFollowups())
    assert followup.due_at == start + timedelta(hours=25)
    house.clock.move_to(start + timedelta(hours=31))
    house.fire()
    house.do("rep1", CompleteAppointment(appointment_id=booked[1].id))
    told = {(p.kind, p.person) for p in house.fire()}
    assert told == {("followup_missed", "rep1"), ("followup_missed", "manager1")}


def test_done_with_what_the_customer_said(house: House) -> None:
    followup = driven(house)
    done = house.do(
        "rep1", CompleteFollowup(followup_id=followup.id, answer="觉得后排有点挤", satisfaction=4)
    ).view
    assert (done.state, done.answer, done.satisfaction) == ("done", "觉得后排有点挤", 4)
    assert "觉得后排有点挤" in [
        r.text for r in house.ask("rep1", CustomerHistory(customer_id=done.customer_id))
    ]
    assert house.fire(days=3) == []


def test_undone_it_comes_after_all(house: House) -> None:
    followup = driven(house)
    house.do("rep1", CompleteFollowup(followup_id=followup.id, answer="满意"))
    house.do("rep1", UndoLast())
    assert house.ask("rep1", FollowupCard(followup_id=followup.id)).state == "open"
    calls = house.ask("rep1", CustomerHistory(customer_id=followup.customer_id, kinds=("call",)))
    assert calls == []
    assert [p.kind for p in house.fire(hours=21)] == ["followup_remind"]


@pytest.mark.parametrize(
    ("kind", "after", "ends"),
    [("call", 1, True), ("message", 1, True), ("visit", 1, False), ("visit", 3, True)],
)
def test_speaking_with_the_customer_ends_it_the_record_of_the_drive_does_not(
    house: House, kind: str, after: int, ends: bool
) -> None:
    followup = driven(house)
    house.clock.advance(hours=after)
    house.do("rep1", LogContact(customer_id=followup.customer_id, kind=kind, text="聊了聊"))
    assert (house.ask("rep1", FollowupCard(followup_id=followup.id)).state == "done") is ends


def test_a_call_of_before_the_drive_does_not_end_it(house: House) -> None:
    followup = driven(house)
    earlier = house.clock.now() - timedelta(hours=3)
    house.do("rep1", LogContact(customer_id=followup.customer_id, text="约时间", at=earlier))
    assert house.ask("rep1", FollowupCard(followup_id=followup.id)).state == "open"


def test_snoozed_the_owner_hears_later_and_the_manager_in_time(house: House) -> None:
    followup = driven(house)
    house.do("rep1", SnoozeFollowup(followup_id=followup.id, until=house.clock.now() + timedelta(hours=22)))
    assert house.fire(hours=21) == []
    assert [(p.kind, p.person) for p in house.fire(hours=1)] == [("followup_remind", "rep1")]
    assert {p.kind for p in house.fire(hours=2)} == {"followup_missed"}
    with pytest.raises(Conflict):
        house.do(
            "rep1", SnoozeFollowup(followup_id=followup.id, until=house.clock.now() + timedelta(hours=1))
        )


def test_late_is_better_than_never(house: House) -> None:
    followup = driven(house)
    house.fire(hours=25)
    assert house.do("rep1", CompleteFollowup(followup_id=followup.id, answer="补上了")).view.state == "done"


def test_it_goes_along_with_the_customer(house: House) -> None:
    followup = driven(house)
    house.do("rep1", TransferDeals(customer_id=followup.customer_id, to_id=house.id("rep2")))
    house.pushed()
    assert [(p.kind, p.person) for p in house.fire(hours=20)] == [("followup_remind", "rep2")]


def test_one_drive_has_one_follow_up(house: House) -> None:
    followup = driven(house)
    again = house.job(
        StartCadence(sop="test_drive", subject=followup.subject, customer_id=followup.customer_id,
                     owner_id=house.id("rep1"), unit=f"{DEALER}a.")
    )  # fmt: skip
    assert again.id == followup.id
    assert len(house.rows(Followup, Followup.sop == "test_drive")) == 1


def test_strangers_and_nonsense(house: House) -> None:
    followup = driven(house)
    with pytest.raises(NotFound):
        house.do("rep2", CompleteFollowup(followup_id=followup.id))
    with pytest.raises(Invalid):
        house.do("rep1", CompleteFollowup(followup_id=followup.id, satisfaction=6))


def test_put_off_into_the_past_comes_now(house: House) -> None:
    followup = driven(house)
    past = house.clock.now() - timedelta(hours=1)
    house.do("rep1", SnoozeFollowup(followup_id=followup.id, until=past))
    assert [(p.kind, p.person) for p in house.fire()] == [("followup_remind", "rep1")]
