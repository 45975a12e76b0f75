"""Cadences that are silenced, put off or handed over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_core.customers.messages import MarkDecisionMaker
from crm_core.deals.messages import (
    SetLevel,
    TransferDeals,
)
from crm_core.followups.messages import (
    ExplainCadence,
    FollowupCard,
    MuteFollowup,
    MyFollowups,
    SnoozeFollowup,
)  # fmt: skip
from crm_core.followups.tables import Followup
from crm_core.kernel.errors import Conflict
from crm_core.kernel.tables import Timer
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House
from tests.core.followups.deals import deal_of, pushed, running, talk

# Don't remind again


def test_muted_only_what_must_be_known_comes(house: House) -> None:
    deal_of(house)
    (row,) = running(house, "first_contact")
    view = house.do("rep1", MuteFollowup(followup_id=row.id)).view
    assert (view.muted, view.escalates) == (True, True)
    assert "first_contact" not in [f.sop for f in house.ask("rep1", MyFollowups())]
    assert pushed(house, "first_contact", hours=24) == [("followup_missed", "rep1"), ("followup_missed", "manager1")]


def test_muted_and_taken_back(house: House) -> None:
    deal_of(house)
    (row,) = running(house, "first_contact")
    house.do("rep1", MuteFollowup(followup_id=row.id))
    house.do("rep1", UndoLast())
    assert house.waiting(f"followup:{row.id}") == 2
    assert pushed(house, "first_contact", hours=23) == [("followup_remind", "rep1")]


def test_a_muted_rhythm_stays_silent_after_a_contact_but_not_at_a_new_level(house: House) -> None:
    customer, deal = deal_of(house, level="H")
    (row,) = running(house, "level_rhythm")
    house.do("rep1", MuteFollowup(followup_id=row.id))
    talk(house, customer)
    house.pushed()
    assert pushed(house, "level_rhythm", days=9) == []
    house.do("rep1", SetLevel(deal_id=deal, level="A"))
    assert pushed(house, "level_rhythm", days=7) == [("followup_remind", "rep1")]


def test_put_off_a_rhythm_goes_on_afterwards(house: House) -> None:
    deal_of(house, level="H")
    house.fire(days=2)
    (row,) = running(house, "level_rhythm")
    house.do("rep1", SnoozeFollowup(followup_id=row.id, until=house.clock.now() + timedelta(hours=1)))
    house.pushed()
    assert pushed(house, "level_rhythm", hours=1) == [("followup_remind", "rep1")]
    assert pushed(house, "level_rhythm", days=2) == [("followup_remind", "rep1")]


def test_put_off_and_taken_back(house: House) -> None:
    deal_of(house)
    (row,) = running(house, "first_contact")
    until = house.clock.now() + timedelta(hours=2)
    house.do("rep1", SnoozeFollowup(followup_id=row.id, until=until))
    assert house.ask("rep1", FollowupCard(followup_id=row.id)).snoozed_until == until
    house.do("rep1", UndoLast())
    assert pushed(house, "first_contact", hours=2) == []
    assert pushed(house, "first_contact", hours=21) == [("followup_remind", "rep1")]


def test_what_is_over_cannot_be_muted(house: House) -> None:
    customer, _ = deal_of(house)
    (row,) = running(house, "first_contact")
    talk(house, customer)
    with pytest.raises(Conflict):
        house.do("rep1", MuteFollowup(followup_id=row.id))


# Whose it is


def test_all_of_it_goes_along_with_the_customer(house: House) -> None:
    customer, deal = deal_of(house, level="H")
    house.do("rep1", MarkDecisionMaker(customer_id=customer))
    house.do("manager1", TransferDeals(customer_id=customer, to_id=house.id("rep2")))
    assert {f.owner_id for f in house.rows(Followup, Followup.state == "open")} == {house.id("rep2")}
    house.pushed()
    assert {p.person for p in house.fire(days=4) if p.kind == "followup_remind"} == {"rep2"}
    assert house.ask("rep2", ExplainCadence(sop="level_rhythm", subject=f"deal:{deal}")).state == "running"


def test_must_know_steps_have_must_know_timers(house: House) -> None:
    deal_of(house)
    (row,) = running(house, "first_contact")
    timers = house.rows(Timer, Timer.subject == f"followup:{row.id}")
    assert sorted((t.kind, t.priority) for t in timers) == [("followup_nudge", 2), ("followup_step", 1)]
