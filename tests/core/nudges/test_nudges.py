"""Who has not answered: seen by whoever looks after them, and nudged once in a while."""

from __future__ import annotations

import pytest

from crm_core.kernel.errors import Conflict, NotFound, Refused
from crm_core.leads.messages import MarkContacted
from crm_core.nudges.messages import Nudge, Waiting
from crm_core.nudges.rules import next_in, window
from crm_core.tasks.messages import AskColleague
from tests.core.deals.house import House


def test_what_waits_is_listed_longest_first_with_whom_it_waits_for(house: House) -> None:
    first = house.lead("rep1", phone="13800138011")
    house.clock.advance(minutes=5)
    second = house.lead("rep2", phone="13800138012")
    house.do("rep1", AskColleague(question="能装吗"))
    found = house.ask("manager1", Waiting())
    assert [(one.what, one.person_name) for one in found[:2]] == [("lead", "陈晓明"), ("lead", "林佳")]
    assert [one.subject for one in found[:2]] == [f"lead:{first.id}", f"lead:{second.id}"]
    assert [one.subject for one in house.ask("manager1", Waiting(person_id=house.id("rep2")))] == [f"lead:{second.id}"]
    house.do("rep1", MarkContacted(lead_id=first.id))
    assert f"lead:{first.id}" not in [one.subject for one in house.ask("manager1", Waiting())]


def test_a_nudge_comes_once_in_half_an_hour(house: House) -> None:
    lead = house.lead("rep1")
    house.pushed()
    house.do("manager1", Nudge(subject=f"lead:{lead.id}"))
    assert [(p.kind, p.person) for p in house.pushed()] == [("nudge_lead", "rep1")]
    with pytest.raises(Conflict) as error:
        house.do("manager1", Nudge(subject=f"lead:{lead.id}"))
    assert 0 < error.value.params["minutes"] <= 30
    house.clock.advance(minutes=31)
    house.do("manager1", Nudge(subject=f"lead:{lead.id}"))


def test_only_what_waits_and_only_by_whom_it_concerns(house: House) -> None:
    lead = house.lead("rep1")
    with pytest.raises(Refused):
        house.do("rep2", Nudge(subject=f"lead:{lead.id}"))
    with pytest.raises(NotFound):
        house.do("manager1", Nudge(subject="lead:nowhere"))
    with pytest.raises(NotFound):
        house.do("manager1", Nudge(subject="customer:x"))
    house.do("rep1", MarkContacted(lead_id=lead.id))
    with pytest.raises(Conflict):
        house.do("manager1", Nudge(subject=f"lead:{lead.id}"))


def test_the_next_window_is_where_the_next_nudge_may_be(house: House) -> None:
    now = house.clock.now()
    assert window(now + next_in(now)) == window(now) + 1
