"""The public pool: the first to press gets it, within what policy allows, and may put it back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm_core.kernel.errors import Conflict, NotFound, Refused
from crm_core.kernel.tables import Audit
from crm_core.leads.messages import CreateLead, LeadCard, LeadPool, ReleaseLead, TakeLead
from crm_core.leads.rules import AssignmentPolicy, Pool
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import DEALER, House

PRESSES = 60


def pooled(house: House, number: int = 0) -> str:
    lead = house.do("rep1", CreateLead(name="李芳", phone=f"1380013{8000 + number}", vehicle="迈腾", keep=True)).id
    house.job(ReleaseLead(lead_id=lead, reason="没有人联系"))
    return lead


def test_exactly_one_of_many_takes_it(house: House) -> None:
    lead = pooled(house)
    house.pushed()

    def press(number: int) -> str:
        who = ("rep1", "rep2", "manager1")[number % 3]
        try:
            return str(house.do(who, TakeLead(lead_id=lead)).view.owner_id)
        except (Conflict, NotFound):
            return ""

    with ThreadPoolExecutor(16) as pool:
        owners = [owner for owner in pool.map(press, range(PRESSES)) if owner]
    assert len(owners) == 1
    assert house.ask("manager1", LeadCard(lead_id=lead)).owner_id == owners[0]
    assert len(house.rows(Audit, Audit.action == "assign", Audit.resource == "lead")) == 1
    assert house.ask("rep1", LeadPool()) == []


def test_what_was_released_is_seen_by_all_of_the_dealer_and_by_no_other(house: House) -> None:
    lead = pooled(house)
    for who in ("rep1", "rep2", "manager1"):
        assert [view.id for view in house.ask(who, LeadPool())] == [lead]
    assert house.ask("rep3", LeadPool()) == []
    with pytest.raises(NotFound):
        house.do("rep3", TakeLead(lead_id=lead))
    with pytest.raises(NotFound):
        house.do("tech1", TakeLead(lead_id=lead))


def test_taken_by_mistake_it_goes_back(house: House) -> None:
    lead = pooled(house)
    house.do("rep2", TakeLead(lead_id=lead))
    house.do("rep2", UndoLast())
    assert [view.id for view in house.ask("rep1", LeadPool())] == [lead]


@pytest.mark.parametrize(("pool", "error"), [
    (Pool(per_day=1), "error.pool_limit"), (Pool(uncalled=1), "error.call_first"), (Pool(), None),
])  # fmt: skip
def test_policy_says_how_many(house: House, pool: Pool, error: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = pooled(house, 1), pooled(house, 2)
    monkeypatch.setattr(house.core.services.policies.model("assignment", AssignmentPolicy, unit=DEALER), "pool", pool)
    house.do("rep2", TakeLead(lead_id=first))
    if error is None:
        house.do("rep2", TakeLead(lead_id=second))
        return
    with pytest.raises(Refused) as refused:
        house.do("rep2", TakeLead(lead_id=second))
    assert refused.value.key == error

