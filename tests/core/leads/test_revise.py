"""What was written down wrongly about a new lead is put right in the lead itself."""

from __future__ import annotations

import pytest

from crm_core.customers.messages import CustomerCard
from crm_core.deals.messages import DealCard
from crm_core.kernel.errors import Conflict, NotFound
from crm_core.kernel.registry import Result
from crm_core.leads.messages import CreateLead, LeadCard, MarkContacted, ReviseLead
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House


def written(house: House, **said: str) -> Result:
    told = {"name": "方小圆", "phone": "13900001111", "vehicle": "ES6", "message": "方小圆13900001111想看ES6"}
    return house.do("rep1", CreateLead(channel="chat", keep=True, **(told | said)))


def test_number_name_and_car_are_put_right_and_back(house: House) -> None:
    lead = written(house)
    house.clock.advance(seconds=1)
    house.do("rep1", MarkContacted(lead_id=lead.id))
    house.clock.advance(seconds=1)
    done = house.do("rep1", ReviseLead(lead_id=lead.id, name="方小园", phone="13900002222", vehicle="ES8"))
    view = house.ask("rep1", LeadCard(lead_id=lead.id))
    assert (view.name, view.phone, view.vehicle) == ("方小园", "13900002222", "ES8")
    assert view.message == "方小园13900002222想看ES8", "nobody calls the wrong number"
    assert house.ask("rep1", DealCard(deal_id=view.deal_id)).interest == "ES8"
    assert house.ask("rep1", CustomerCard(customer_id=view.customer_id)).phones == ("139****2222",)
    house.do("rep1", UndoLast(undo_id=done.undo_id))
    view = house.ask("rep1", LeadCard(lead_id=lead.id))
    assert (view.name, view.phone, view.vehicle) == ("方小圆", "13900001111", "ES6")


def test_the_old_number_finds_nobody(house: House) -> None:
    lead = written(house)
    house.do("rep1", ReviseLead(lead_id=lead.id, phone="13900002222"))
    again = house.do("rep1", CreateLead(name="别人", phone="13900001111", vehicle="ES6", channel="chat", keep=True))
    assert not again.view.duplicate
    assert again.view.customer_id != lead.view.customer_id


def test_a_missing_number_is_added_and_taken_away(house: House) -> None:
    lead = written(house, phone="")
    done = house.do("rep1", ReviseLead(lead_id=lead.id, phone="13900002222"))
    assert house.ask("rep1", LeadCard(lead_id=lead.id)).phone == "13900002222"
    house.do("rep1", UndoLast(undo_id=done.undo_id))
    assert house.ask("rep1", LeadCard(lead_id=lead.id)).phone == ""


def test_a_customer_known_before_keeps_name_and_number(house: House) -> None:
    written(house)
    house.clock.advance(seconds=1)
    second = written(house, vehicle="ES8", name="方圆")
    for change in ({"name": "方圆"}, {"phone": "13900002222"}):
        with pytest.raises(Conflict, match="known_before"):
            house.do("rep1", ReviseLead(lead_id=second.id, **change))
    house.do("rep1", ReviseLead(lead_id=second.id, vehicle="ET5"))


def test_another_reps_lead_is_not_found(house: House) -> None:
    lead = written(house)
    with pytest.raises(NotFound):
        house.do("rep2", ReviseLead(lead_id=lead.id, name="方小园"))
