"""Leads: one customer, one owner, one card, whatever arrives and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from crm_core.api import Core
from crm_core.chat.messages import BindAccount
from crm_core.customers.messages import AddCustomer, CustomerCard, CustomerHistory
from crm_core.customers.tables import ContactPoint, Customer
from crm_core.deals.messages import DealCard, OpenDeals
from crm_core.deals.tables import Deal
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import ChexinError, Conflict, Invalid, NotFound, Refused
from crm_core.kernel.pii import mask_phone
from crm_core.kernel.registry import Command, Result
from crm_core.leads.messages import (
    AssignLead,
    CreateLead,
    DropLead,
    LatestLead,
    LeadCard,
    LeadPool,
    LeadView,
    LoseLead,
    MarkContacted,
    MyLeads,
    OfferLead,
    ReleaseLead,
    ReopenLead,
    TakeLead,
)  # fmt: skip
from crm_core.leads.tables import Lead, Touch
from crm_core.org.messages import AddPerson, AddUnit, SetAway
from crm_core.undo.messages import UndoLast
from crm_core.vehicles.messages import AddModel
from tests.core.deals.house import DEALER, House

PHONE = "13800138011"


def arrive(house: House, **values: Any) -> LeadView:
    """A lead through the intake of the dealer."""
    given = {"name": "李芳", "phone": PHONE, "vehicle": "迈腾", "source": "官网"} | values
    view = house.core.execute(CreateLead(**given), house.core.intake("starway", DEALER)).view
    assert isinstance(view, LeadView)
    return view


def together(workers: int, calls: list[Any]) -> list[Result | str]:
    """All calls at once; an error counts as its key."""

    def run(call: Any) -> Result | str:
        try:
            result: Result = call()
        except ChexinError as error:
            return error.key
        return result

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, calls))


# Arriving


def test_a_new_lead_has_a_customer_a_deal_an_owner_and_the_reason(house: House) -> None:
    lead = arrive(house, message="想周末看车")
    assert (lead.state, lead.name, lead.vehicle, lead.touches) == ("new", "李芳", "迈腾", 1)
    assert lead.rule == "assignment.yaml: least_load"
    assert lead.owner_name in lead.reason
    card = house.ask("rep1", LeadCard(lead_id=lead.id))
    assert (card.phone, card.message) == (PHONE, "想周末看车")
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).interest == "迈腾"
    assert [(p.kind, p.person, p.subject) for p in house.pushed("lead")] == [("lead", "rep1", f"lead:{lead.id}")]


def test_the_reason_is_told_in_the_readers_language(house: House) -> None:
    from crm_core.org.messages import SetLanguage

    lead = arrive(house)
    assert "最少" in house.ask("rep1", LeadCard(lead_id=lead.id)).reason
    house.do("rep1", SetLanguage(language="en"))
    house.actors["rep1"] = house.core.actor("rep1")
    assert "fewest" in house.ask("rep1", LeadCard(lead_id=lead.id)).reason


def test_fifty_identical_leads_at_once(house: House) -> None:
    intake = house.core.intake("starway", DEALER)
    command = CreateLead(name="李芳", phone=PHONE, vehicle="迈腾", source="官网")
    done = together(16, [lambda: house.core.execute(command, intake)] * 50)
    views = [result.view for result in done if isinstance(result, Result)]
    assert len(views) == 50, [answer for answer in done if isinstance(answer, str)]
    assert len({view.id for view in views}) == 1
    assert sum(not view.duplicate for view in views) == 1
    assert [len(house.rows(t)) for t in (Customer, ContactPoint, Lead, Deal, Touch)] == [1, 1, 1, 1, 50]
    (lead,) = house.rows(Lead)
    assert lead.touches == 50
    assert [push.kind for push in house.pushed() if push.kind == "lead"] == ["lead"]


def test_many_leads_at_once_are_spread(house: House) -> None:
    intake = house.core.intake("starway", DEALER)
    commands = [CreateLead(name=f"客户{n}", phone=f"138001380{n:02}", vehicle="迈腾") for n in range(20)]
    done = together(8, [lambda c=c: house.core.execute(c, intake) for c in commands])
    owners = [result.view.owner_name for result in done if isinstance(result, Result)]
    assert len(owners) == 20
    assert {owners.count(name) for name in set(owners)} <= set(range(6, 15)), owners


def test_the_same_again_is_one_more_touch_and_the_owner_hears_of_it(house: House) -> None:
    first = arrive(house)
    house.pushed()
    again = arrive(house, phone="+86 138-0013-8011", vehicle="想看 迈腾 380TSI", source="抖音")
    assert (again.id, again.duplicate, again.touches) == (first.id, True, 2)
    assert again.vehicle == "想看 迈腾 380TSI", "the fuller wording is kept"
    (told,) = house.pushed("lead_touched")
    assert (told.person, told.params["source"]) == ("rep1", "抖音")
    assert [touch.source for touch in house.rows(Touch)] == ["官网", "抖音"]


def test_every_touch_keeps_where_it_came_from(house: House) -> None:
    arrive(house, campaign="春季", referrer="https://example.com/a", utm={"utm_source": "dy"}, channel="api",
           event_time=house.clock.now() - timedelta(hours=2))  # fmt: skip
    (touch,) = house.rows(Touch)
    assert (touch.campaign, touch.referrer, touch.utm) == ("春季", "https://example.com/a", {"utm_source": "dy"})
    assert touch.event_time == house.clock.now() - timedelta(hours=2)


def test_another_interest_is_another_deal_of_the_same_customer_and_owner(house: House) -> None:
    first = arrive(house)
    other = arrive(house, vehicle="ES6")
    assert other.id != first.id
    assert (other.customer_id, other.owner_id) == (first.customer_id, first.owner_id)
    assert other.rule.endswith("returning_customer")
    assert len(house.ask("rep1", OpenDeals(customer_id=first.customer_id))) == 2


def test_a_lost_lead_that_comes_again_is_a_new_one(house: House) -> None:
    first = arrive(house)
    house.do("rep1", LoseLead(lead_id=first.id, reason="买了别家"))
    again = arrive(house)
    assert (again.id == first.id, again.customer_id == first.customer_id) == (False, True)


def test_of_two_who_share_a_phone_the_one_with_that_name_is_meant(house: House) -> None:
    for name in ("王刚", "刘敏"):
        house.job(AddCustomer(name=name, phones=(PHONE,), unit=DEALER, owner_id=house.id("rep1")))
    assert len(house.rows(Customer)) == 2
    assert arrive(house, name="刘敏").name == "刘敏"
    assert arrive(house, name="王刚", vehicle="ES6").name == "王刚"
    assert len(house.rows(Customer)) == 2


@pytest.mark.parametrize("phone", ["1380013800", "138001380001", "12345", "微信联系"])
def test_an_implausible_phone_is_kept_as_said_with_a_warning(house: House, phone: str) -> None:
    lead = arrive(house, phone=phone)
    assert not lead.phone_ok
    assert house.ask("rep1", CustomerCard(customer_id=lead.customer_id)).phones == (mask_phone(phone),)


def test_a_number_nobody_can_be_called_on_makes_nobody_the_same(house: House) -> None:
    one, other = arrive(house, name="王刚", phone="12345"), arrive(house, name="刘敏", phone="12345")
    assert one.customer_id != other.customer_id
    assert arrive(house, name="王刚", phone="12345").id == one.id


def test_without_a_name_the_phone_stands_for_it_masked(house: House) -> None:
    assert arrive(house, name="").name == "138****8011"


def test_neither_name_nor_phone_is_no_lead(house: House) -> None:
    with pytest.raises(Invalid, match="name_or_phone"):
        arrive(house, name=" ", phone=" ")
    assert house.rows(Customer) == []


def test_whoever_types_it_follows_it(house: House) -> None:
    lead = house.lead("rep2", vehicle="ES6")
    assert (lead.owner_id, lead.rule) == (house.id("rep2"), "assignment.yaml: typed_by_rep")
    assert house.pushed("lead") == [], "he sees it in the answer"


def test_nobody_on_duty_puts_it_into_the_pool_and_the_first_back_may_take_it(house: House) -> None:
    for who in ("rep1", "rep2"):
        house.do(who, SetAway(until=house.clock.now() + timedelta(days=1)))
    lead = arrive(house)
    assert (lead.state, lead.owner_id, lead.rule) == ("pool", None, "assignment.yaml: nobody_on_duty")
    (pooled,) = house.ask("rep1", LeadPool())
    assert pooled.phone == "138****8011", "masked until it is his"
    house.do("rep1", TakeLead(lead_id=lead.id))
    assert house.ask("rep1", LeadCard(lead_id=lead.id)).phone == PHONE
    assert house.ask("rep2", LeadPool()) == []


def test_nobody_on_duty_is_heard_by_the_manager(house: House) -> None:
    for who in ("rep1", "rep2"):
        house.do(who, SetAway(until=house.clock.now() + timedelta(days=1)))
    lead = arrive(house)
    (told,) = house.pushed("lead_pool")
    assert (told.person, told.subject) == ("manager1", f"lead:{lead.id}")


def test_a_group_wide_lead_goes_where_its_series_is_sold(house: House) -> None:
    system = house.core.system("starway")
    for path, brand in (("starway.east.aaa.", "奔驰"), ("starway.east.park.", "丰田"), (DEALER, "蔚来")):
        house.core.execute(AddUnit(path=path, name=path, brands=(brand,)), system)
    house.core.execute(AddModel(code="nio-et9", brand="蔚来", series="ET9"), system)
    group = house.core.intake("starway", "starway.")

    def owner(phone: str, vehicle: str) -> str | None:
        view = house.core.execute(CreateLead(phone=phone, vehicle=vehicle), group).view
        return str(view.owner_id) if view.owner_id else None

    assert owner("13800138021", "ET9") in (house.id("rep1"), house.id("rep2")), "by the brand of the series"
    assert owner("13800138022", "丰田某款") == house.id("rep3"), "by the brand as said"
    assert owner("13800138023", "别的车") is not None, "not where nobody sells, though that dealer comes first"


# Two dealers


@pytest.fixture
def park(house: House) -> Actor:
    """The intake of the other dealer, whose only rep is rep3."""
    return house.core.intake("starway", "starway.east.park.")


def test_two_dealers_know_nothing_of_each_other(house: House, park: Actor) -> None:
    here = arrive(house)
    there = house.core.execute(CreateLead(name="李芳", phone=PHONE, vehicle="迈腾"), park).view
    assert there.customer_id != here.customer_id
    assert there.owner_id == house.id("rep3")
    assert not there.duplicate
    for who, lead in (("rep3", here), ("rep1", there)):
        with pytest.raises(NotFound):
            house.ask(who, LeadCard(lead_id=lead.id))


@pytest.fixture
def one_group(house: House, tmp_path: Any) -> House:
    """The same house, whose policy is one customer in the whole group."""
    root = tmp_path / "policies"
    root.mkdir()
    (root / "privacy.yaml").write_text("dedupe_scope: group\n")
    settings = house.core.settings.model_copy(update={"policies": root})
    house.core.close()
    house.core = Core.open(settings, house.clock)
    return house


def test_in_group_scope_the_other_dealers_rep_hears_only_that_somebody_is_on_it(one_group: House) -> None:
    house = one_group
    here = arrive(house, message="预算三十万")
    for vehicle in ("迈腾", "ES6"):
        result = house.do("rep3", CreateLead(name="李女士", phone=PHONE, vehicle=vehicle, keep=True))
        heard = result.view
        assert (result.id, heard.id, heard.state) == ("", "", "looked_after")
        assert "李芳" not in heard.model_dump_json()
        assert here.owner_id not in heard.model_dump_json()
    assert {lead.unit.startswith(DEALER) for lead in house.rows(Lead)} == {True}, "it goes where he is looked after"
    assert len(house.rows(Customer)) == 1
    house.core.close()


# Working on it


def test_the_first_contact_is_kept_and_stops_the_ladder(house: House) -> None:
    lead = arrive(house)
    assert house.waiting() > 0
    house.clock.advance(minutes=20)
    house.do("rep1", MarkContacted(lead_id=lead.id, outcome="interested", text="周六来看"))
    assert house.waiting() == 0
    card = house.ask("rep1", LeadCard(lead_id=lead.id))
    assert (card.state, card.outcome, card.stage) == ("contacted", "interested", "contacted")
    told = house.ask("rep1", CustomerHistory(customer_id=lead.customer_id, kinds=("call",)))
    assert [(view.text, view.outcome) for view in told] == [("周六来看", "interested")]
    house.pushed()
    assert house.fire(hours=48) == []


def test_contacted_by_mistake_is_taken_back_and_the_ladder_goes_on(house: House) -> None:
    lead = arrive(house)
    house.clock.advance(minutes=5)
    house.do("rep1", MarkContacted(lead_id=lead.id, outcome="interested"))
    house.do("rep1", UndoLast())
    card = house.ask("rep1", LeadCard(lead_id=lead.id))
    assert (card.state, card.outcome) == ("new", "")
    assert house.ask("rep1", CustomerHistory(customer_id=lead.customer_id, kinds=("call",))) == []
    assert house.waiting() > 0


def test_losing_a_lead_ends_its_deal_and_reminders_and_undo_brings_all_back(house: House) -> None:
    lead = arrive(house)
    house.do("rep1", LoseLead(lead_id=lead.id, reason="预算不够"))
    assert house.ask("rep1", LeadCard(lead_id=lead.id)).state == "lost"
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).state == "lost"
    assert house.waiting() == 0
    with pytest.raises(Conflict, match="lead_closed"):
        house.do("rep1", LoseLead(lead_id=lead.id))
    house.do("rep1", UndoLast())
    assert house.ask("rep1", LeadCard(lead_id=lead.id)).state == "new"
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).state == "open"
    assert house.waiting() > 0


def test_a_lead_written_by_mistake_is_taken_back(house: House) -> None:
    lead = house.lead()
    house.do("rep1", UndoLast())
    assert house.ask("rep1", MyLeads()) == []
    assert house.ask("rep1", LatestLead(customer_id=lead.customer_id)) is None
    assert house.waiting() == 0


def test_a_lead_somebody_worked_on_is_not_dropped(house: House) -> None:
    lead = arrive(house)
    arrive(house)
    with pytest.raises(Conflict, match="changed_since"):
        house.do("rep1", DropLead(lead_id=lead.id))


@pytest.mark.parametrize("state", ["won", "nonsense", "lost"])
def test_a_lead_is_reopened_only_as_an_open_one(house: House, state: str) -> None:
    lead = arrive(house)
    with pytest.raises(Invalid):
        house.do("rep1", ReopenLead(lead_id=lead.id, state=state, version=lead.version))


# Handing on


def test_a_lead_given_away_goes_with_customer_and_deal_and_both_are_told(house: House) -> None:
    lead = arrive(house)
    house.pushed()
    house.do("rep1", AssignLead(lead_id=lead.id, to_id=house.id("rep2")))
    assert house.ask("rep2", LeadCard(lead_id=lead.id)).owner_id == house.id("rep2")
    assert house.ask("rep2", DealCard(deal_id=lead.deal_id)).owner_name == "林佳"
    house.ask("rep2", CustomerCard(customer_id=lead.customer_id))
    assert [(p.kind, p.person) for p in house.pushed("lead")] == [("lead", "rep2")]
    with pytest.raises(NotFound):
        house.ask("rep1", LeadCard(lead_id=lead.id))


def test_whoever_gave_it_takes_it_back_while_nobody_worked_on_it(house: House) -> None:
    lead = arrive(house)
    given = house.do("rep1", AssignLead(lead_id=lead.id, to_id=house.id("rep2")))
    house.do("rep1", UndoLast(undo_id=given.undo_id))
    assert house.ask("rep1", LeadCard(lead_id=lead.id)).owner_id == house.id("rep1")
    given = house.do("rep1", AssignLead(lead_id=lead.id, to_id=house.id("rep2")))
    house.do("rep2", MarkContacted(lead_id=lead.id, outcome="interested"))
    with pytest.raises(Conflict, match="changed_since"):
        house.do("rep1", UndoLast(undo_id=given.undo_id))


def test_nobody_outside_the_dealer_and_nobody_twice(house: House) -> None:
    lead = arrive(house)
    with pytest.raises(NotFound):
        house.do("manager1", AssignLead(lead_id=lead.id, to_id=house.id("rep3")))
    with pytest.raises(Conflict, match="already_owner"):
        house.do("manager1", AssignLead(lead_id=lead.id, to_id=house.id("rep1")))
    with pytest.raises(NotFound):
        house.do("manager1", AssignLead(lead_id=lead.id, to_id="01NOBODY"))


def test_a_rep_without_a_team_may_be_given_a_lead(house: House) -> None:
    house.job(AddPerson(code="rep9", name="周雨", role="rep", unit=DEALER))
    lead = arrive(house)
    house.do("manager1", AssignLead(lead_id=lead.id, to_id=house.core.actor("rep9").id))
    assert house.core.ask(LeadCard(lead_id=lead.id), house.core.actor("rep9")).owner_name == "周雨"


def test_an_offered_lead_is_taken_by_the_first_of_twenty(house: House) -> None:
    lead = arrive(house)
    takers = []
    for n in range(20):
        house.job(AddPerson(code=f"t{n}", name=f"同事{n}", role="rep", unit=f"{DEALER}a."))
        takers.append(house.core.actor(f"t{n}"))
    house.job(OfferLead(lead_id=lead.id))
    house.pushed()
    take: Command = TakeLead(lead_id=lead.id)
    done = together(10, [lambda a=a: house.core.execute(take, a) for a in takers])
    winners = [result for result in done if isinstance(result, Result)]
    assert len(winners) == 1
    assert [answer for answer in done if isinstance(answer, str)] == ["error.lead_taken"] * 19
    (row,) = house.rows(Lead)
    assert row.owner_id == winners[0].view.owner_id
    assert [p.kind for p in house.pushed() if p.kind == "lead_moved"] == ["lead_moved"]


def test_the_late_one_hears_who_has_it(house: House) -> None:
    lead = arrive(house)
    house.job(OfferLead(lead_id=lead.id))
    house.do("rep2", TakeLead(lead_id=lead.id))
    with pytest.raises(Conflict) as error:
        house.do("manager1", TakeLead(lead_id=lead.id))
    assert error.value.params["name"] == "林佳"


def test_an_offer_ends_with_the_first_call(house: House) -> None:
    lead = arrive(house)
    house.job(OfferLead(lead_id=lead.id))
    assert [one.id for one in house.ask("rep2", LeadPool())] == [lead.id]
    house.do("rep1", MarkContacted(lead_id=lead.id, outcome="interested"))
    assert house.ask("rep2", LeadPool()) == []
    with pytest.raises(NotFound):
        house.ask("rep2", LeadCard(lead_id=lead.id))
    with pytest.raises(Conflict, match="lead_taken"):
        house.do("rep2", TakeLead(lead_id=lead.id))


def test_those_who_are_away_are_not_offered_anything(house: House) -> None:
    lead = arrive(house)
    house.do("rep2", SetAway(until=house.clock.now() + timedelta(hours=1)))
    house.pushed()
    house.job(OfferLead(lead_id=lead.id))
    assert house.pushed("lead_offer") == []


def test_a_lead_released_goes_to_the_pool_with_its_reason(house: House) -> None:
    lead = arrive(house)
    house.pushed()
    house.do("rep1", ReleaseLead(lead_id=lead.id, reason="不在本店区域"))
    assert [p.person for p in house.pushed("lead_pool")] == ["rep1"]
    (pooled,) = house.ask("rep2", LeadPool())
    assert (pooled.state, pooled.reason, pooled.owner_id) == ("pool", "不在本店区域", None)


# Who may


def test_absent_and_forbidden_answer_alike(house: House) -> None:
    lead = arrive(house)
    answers = []
    for lead_id in (lead.id, "01HZZZZZZZZZZZZZZZZZZZZZZZ", "", "'; --"):
        for command in (MarkContacted(lead_id=lead_id), LoseLead(lead_id=lead_id), TakeLead(lead_id=lead_id)):
            with pytest.raises(NotFound) as error:
                house.do("rep3", command)
            answers.append(str(error.value))
        with pytest.raises(NotFound) as error:
            house.ask("rep3", LeadCard(lead_id=lead_id))
        answers.append(str(error.value))
    assert set(answers) == {"error.not_found {'resource': 'lead'}"}


def test_a_colleague_of_the_team_reads_only_his_own_and_the_manager_all(house: House) -> None:
    arrive(house)
    arrive(house, phone="13800138012", name="王刚")
    assert [len(house.ask(who, MyLeads())) for who in ("rep1", "rep2", "rep3", "manager1", "region1")] == [1, 1, 0, 2, 2]


@pytest.mark.parametrize("who", ["tech1"])
def test_who_has_nothing_to_do_with_leads(house: House, who: str) -> None:
    lead = arrive(house)
    with pytest.raises(Refused):
        house.do(who, CreateLead(name="x", phone=PHONE))
    with pytest.raises(NotFound):
        house.ask(who, LeadCard(lead_id=lead.id))
    assert house.ask(who, MyLeads()) == []


def test_an_intake_key_brings_leads_and_nothing_else(house: House) -> None:
    lead = arrive(house)
    intake = house.core.intake("starway", DEALER)
    assert lead.phone == "138****8011"
    with pytest.raises(NotFound):
        house.core.ask(LeadCard(lead_id=lead.id), intake)
    with pytest.raises(NotFound):
        house.core.execute(LoseLead(lead_id=lead.id), intake)


def test_the_card_goes_where_the_rep_reads(house: House) -> None:
    actor = house.actors["rep1"]
    house.job(BindAccount(person_id=actor.id, channel="telegram", account="bot", native_id="7", chat="tg:7"))
    arrive(house)
    (_delivery,) = [d for d in house.core.outbox.claim("w", house.clock.now()) if d.kind == "lead"]
