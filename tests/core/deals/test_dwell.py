"""Deals that stay too long in a stage are told of once, by what is expected and by what the team usually takes."""

from __future__ import annotations

import pytest

from crm_core.deals.messages import (
    DealCard,
    MarkLost,
    ReopenDeal,
    ScanDwell,
    SetStage,
    SlowDeals,
    TransferDeals,
)
from crm_core.followups.messages import CompleteFollowup, MyFollowups
from crm_core.followups.tables import Followup
from crm_core.kernel.errors import Refused
from tests.core.deals.house import House


def scan(house: House) -> int:
    return int(house.job(ScanDwell()).view["made"])


def warned(house: House, **forward: float) -> list[tuple[str, str]]:
    """Whom the scan told about which deal."""
    pushed = [p for p in house.fire(**forward) if p.params.get("sop") == "dwell"]
    return [(p.person, p.params["record"]) for p in pushed]


def in_stage(house: House, stage: str = "contacted", owner: str = "rep1", **more: object) -> str:
    deal = house.deal(owner, **more)
    house.do(owner, SetStage(deal_id=deal, stage=stage))
    house.pushed()
    return deal


def test_each_stay_is_told_of_once(house: House) -> None:
    deal = in_stage(house)  # three days are expected
    house.clock.advance(days=3)
    assert scan(house) == 0
    house.clock.advance(minutes=5)
    assert [scan(house), scan(house)] == [1, 0]
    assert warned(house) == [("rep1", f"deal:{deal}")]
    house.clock.advance(days=30)
    assert scan(house) == 0
    assert house.ask("rep1", DealCard(deal_id=deal)).slow


def test_a_new_stage_is_a_new_stay(house: House) -> None:
    deal = in_stage(house)
    house.clock.advance(days=4)
    scan(house)
    house.do("rep1", SetStage(deal_id=deal, stage="needs"))
    assert [f.state for f in house.rows(Followup, Followup.sop == "dwell")] == ["done"]
    house.clock.advance(days=6)
    assert scan(house) == 1
    house.do("rep1", SetStage(deal_id=deal, stage="contacted"))
    house.clock.advance(days=4)
    assert scan(house) == 1


def test_what_the_team_usually_takes_counts_when_it_is_shorter(house: House) -> None:
    for number in range(5):
        one = in_stage(house, name=f"客户{number}")
        house.clock.advance(hours=24)
        house.do("rep1", SetStage(deal_id=one, stage="needs"))
    slow = in_stage(house, name="慢先生")
    house.clock.advance(hours=36)
    assert house.ask("rep1", DealCard(deal_id=slow)).slow is False
    house.clock.advance(hours=1)
    view = house.ask("rep1", DealCard(deal_id=slow))
    assert (view.slow, view.limit_by, view.limit_days) == (True, "team", 1.5)
    scan(house)
    assert warned(house) == []  # it is eleven at night
    assert ("rep1", f"deal:{slow}") in warned(house, hours=10)


def test_another_team_is_no_measure(house: House) -> None:
    for number in range(5):
        one = in_stage(house, name=f"客户{number}")
        house.clock.advance(hours=24)
        house.do("rep1", SetStage(deal_id=one, stage="needs"))
    slow = in_stage(house, owner="rep3")
    house.clock.advance(days=2)
    assert house.ask("rep3", DealCard(deal_id=slow)).limit_by == "expected"


def test_nobody_gets_more_than_a_few_a_day_and_the_latest_come_first(house: House) -> None:
    deals = []
    for number in range(5):
        deals.append(in_stage(house, name=f"客户{number}"))
        house.clock.advance(hours=1)
    house.clock.advance(days=4)
    assert [scan(house), scan(house)] == [3, 0]
    assert [record for _, record in warned(house)] == [f"deal:{deal}" for deal in (deals[4], deals[3], deals[2])]
    house.clock.advance(days=1, minutes=1)
    assert scan(house) == 2
    assert [record for _, record in warned(house)] == [f"deal:{deal}" for deal in (deals[1], deals[0])]


def test_lost_and_back_again_is_the_same_stay(house: House) -> None:
    deal = in_stage(house)
    house.clock.advance(days=4)
    scan(house)
    house.do("rep1", MarkLost(deal_id=deal))
    assert house.waiting() == 0
    assert scan(house) == 0
    house.do("rep1", ReopenDeal(deal_id=deal, version=house.ask("rep1", DealCard(deal_id=deal)).version))
    assert scan(house) == 0


def test_it_goes_along_with_the_customer_and_is_done_by_a_press(house: House) -> None:
    deal = in_stage(house)
    house.clock.advance(days=4)
    scan(house)
    (followup,) = house.rows(Followup, Followup.sop == "dwell")
    house.do("manager1", TransferDeals(customer_id=followup.customer_id, to_id=house.id("rep2")))
    house.pushed()
    assert warned(house) == [("rep2", f"deal:{deal}")]
    house.do("rep2", CompleteFollowup(followup_id=followup.id))
    assert "dwell" not in [f.sop for f in house.ask("rep2", MyFollowups())]
    assert scan(house) == 0


def test_the_manager_sees_his_teams_and_a_rep_his_own(house: House) -> None:
    mine, other = in_stage(house), in_stage(house, owner="rep2")
    house.clock.advance(days=4)
    assert [d.id for d in house.ask("manager1", SlowDeals())] == [mine, other]
    assert [d.id for d in house.ask("manager1", SlowDeals(owner_id=house.id("rep2")))] == [other]
    assert [d.id for d in house.ask("rep1", SlowDeals())] == [mine]
    assert house.ask("rep3", SlowDeals()) == []


def test_only_the_scheduler_scans(house: House) -> None:
    with pytest.raises(Refused):
        house.do("manager1", ScanDwell())
