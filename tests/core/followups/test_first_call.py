"""The ladder of the first call: owner, manager, other reps, pool; and what stops it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_core.api import Core
from crm_core.customers.messages import LogContact
from crm_core.deals.messages import DealCard, MarkLost
from crm_core.followups.messages import ExplainCadence, MyFollowups
from crm_core.followups.tables import Followup
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.settings import Settings
from crm_core.kernel.uow import Priority
from crm_core.leads.messages import AssignLead, LeadCard, LoseLead, MarkContacted, ReleaseLead, TakeLead
from tests.core.deals.house import House

KINDS = {"followup_remind", "followup_escalated", "lead_offer", "lead_pool"}


def ladder(house: House, **forward: float) -> list[tuple[str, str]]:
    return [(p.kind, p.person) for p in house.fire(**forward) if p.kind in KINDS]


def test_nobody_calls(house: House) -> None:
    lead = house.lead()
    assert house.ask("rep1", LeadCard(lead_id=lead.id)).first_call_due == house.clock.now() + timedelta(
        hours=1
    )
    assert ladder(house, minutes=44) == []
    assert ladder(house, minutes=1) == [("followup_remind", "rep1")]
    assert ladder(house, minutes=15) == [("followup_escalated", "manager1")]
    assert ladder(house, minutes=30) == [("lead_offer", "rep2")]
    assert ladder(house, minutes=150) == [("lead_pool", "rep1")]
    pooled = house.ask("rep2", LeadCard(lead_id=lead.id))
    assert (pooled.state, pooled.owner_id) == ("pool", None)
    (left,) = house.rows(Followup, Followup.state == "open")
    assert left.sop == "first_contact"
    assert house.waiting() == house.waiting(f"followup:{left.id}")


def test_the_reminder_must_be_known_and_says_why_in_both_languages(house: House) -> None:
    house.lead()
    (push,) = [p for p in house.fire(minutes=45) if p.kind == "followup_remind"]
    assert push.priority == Priority.MUST_KNOW
    assert set(push.params["text"]) == {"zh", "en"}
    assert push.params["record"].startswith("lead:")


@pytest.mark.parametrize("how", ["contacted", "logged", "lead lost", "deal lost"])
def test_what_stops_it(house: House, how: str) -> None:
    lead = house.lead()
    house.fire(minutes=10)
    command = {
        "contacted": MarkContacted(lead_id=lead.id, outcome="interested"),
        "logged": LogContact(customer_id=lead.customer_id, text="聊过了"),
        "lead lost": LoseLead(lead_id=lead.id),
        "deal lost": MarkLost(deal_id=lead.deal_id or ""),
    }[how]
    house.do("rep1", command)
    house.pushed()
    assert ladder(house, days=2) == []
    assert house.ask("rep1", MyFollowups()) == []


def test_a_new_owner_has_an_hour_of_his_own(house: House) -> None:
    lead = house.lead()
    house.fire(minutes=50)
    house.do("manager1", AssignLead(lead_id=lead.id, to_id=house.id("rep2")))
    assert ladder(house, minutes=44) == []
    assert ladder(house, minutes=1) == [("followup_remind", "rep2")]
    assert [(f.state, f.reason) for f in house.rows(Followup, Followup.owner_id == house.id("rep1"))] == [
        ("cancelled", "reassigned")
    ]


def test_whoever_takes_an_offered_lead_starts_anew_and_back_again_too(house: House) -> None:
    lead = house.lead()
    house.fire(minutes=90)
    house.do("rep2", TakeLead(lead_id=lead.id))
    assert house.ask("rep2", DealCard(deal_id=lead.deal_id)).owner_name == "林佳"
    house.pushed()
    assert ladder(house, minutes=45) == [("followup_remind", "rep2")]
    house.do("manager1", AssignLead(lead_id=lead.id, to_id=house.id("rep1")))
    house.pushed()
    assert ladder(house, minutes=45) == [("followup_remind", "rep1")]


def test_in_the_pool_nothing_runs(house: House) -> None:
    lead = house.lead()
    house.do("manager1", ReleaseLead(lead_id=lead.id))
    house.pushed()
    assert ladder(house, days=1) == []


def test_the_hour_counts_working_minutes(house: House) -> None:
    # Saturday 17:40, closing at 18:00: twenty minutes today, forty tomorrow from 09:00.
    house.clock.move_to(datetime(2026, 3, 14, 9, 40, tzinfo=UTC))
    lead = house.lead()
    shown = house.ask("rep1", ExplainCadence(sop="first_call", subject=f"lead:{lead.id}"))
    plan = shown.steps
    assert [(s.do, s.to) for s in plan] == [
        ("remind", "owner"),
        ("escalate", "manager"),
        ("offer", "team"),
        ("pool", "team"),
    ]
    assert plan[1].at == datetime(2026, 3, 15, 1, 40, tzinfo=UTC)
    assert plan[1].people == ("赵国强",)
    assert plan[1].source == "first_call.yaml:17"
    assert plan[1].why[0] == ("working", {"span": "1h"})


def test_calendar_time_by_policy_and_a_running_cadence_keeps_its_rules(
    settings: Settings, tmp_path: Path
) -> None:
    clock = FixedClock(datetime(2026, 3, 14, 9, 40, tzinfo=UTC))
    before = House(Core.open(settings, clock), clock).build()
    first = before.lead()
    before.core.close()
    (tmp_path / "policies" / "sop").mkdir(parents=True)
    (tmp_path / "policies" / "sop" / "first_call.yaml").write_text("clock: calendar\n", encoding="utf-8")
    after = House(
        Core.open(settings.model_copy(update={"policies": tmp_path / "policies"}), clock),
        clock,
        before.actors,
    )
    second = after.lead(phone="13800138012")
    due = {
        lead.id: after.ask("rep1", ExplainCadence(sop="first_call", subject=f"lead:{lead.id}")).steps[1].at
        for lead in (first, second)
    }
    assert due == {
        first.id: datetime(2026, 3, 15, 1, 40, tzinfo=UTC),
        second.id: datetime(2026, 3, 14, 10, 40, tzinfo=UTC),
    }
    digests = {f.sop_digest for f in after.rows(Followup, Followup.sop == "first_call")}
    assert len(digests) == 2
    after.core.close()
