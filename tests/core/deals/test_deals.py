"""Deals move along their pipeline: forward by events, any way by command, and visibly."""

from __future__ import annotations

from datetime import date

import pytest

from crm_core.appointments.messages import AppointmentCard, Book
from crm_core.deals.messages import (
    DealCard,
    Funnel,
    MarkLost,
    MarkWon,
    OpenDeals,
    ReopenDeal,
    SetExpectedClose,
    SetLevel,
    SetStage,
    StageNames,
    TransferDeals,
)
from crm_core.deals.tables import DealStage
from crm_core.kernel.errors import Conflict, Invalid, NotFound
from crm_core.leads.messages import AssignLead, LeadCard, LoseLead, MarkContacted
from crm_core.tasks.messages import AddTask, TaskCard
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House


def test_the_first_call_moves_the_deal_on_and_never_back(house: House) -> None:
    lead = house.lead()
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).stage == "new"
    house.do("rep1", MarkContacted(lead_id=lead.id, outcome="interested"))
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).stage == "contacted"
    house.do("rep1", SetStage(deal_id=lead.deal_id, stage="报价"))
    house.do("rep1", MarkContacted(lead_id=lead.id, outcome="later"))
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).stage == "quote"


@pytest.mark.parametrize("said", ["报价", "quote", "Quotation", "方案报价", "报价阶段"])
def test_a_stage_is_known_by_its_key_and_its_words(house: House, said: str) -> None:
    deal = house.deal()
    assert house.do("rep1", SetStage(deal_id=deal, stage=said)).view.stage == "quote"


def test_a_stage_nobody_knows_is_refused_with_the_ones_there_are(house: House) -> None:
    with pytest.raises(Invalid) as error:
        house.do("rep1", SetStage(deal_id=house.deal(), stage="起飞"))
    assert error.value.key == "error.unknown_stage"
    assert "试驾" in error.value.params["known"]


def test_the_preview_shows_the_stage_and_changes_nothing(house: House) -> None:
    deal = house.deal()
    preview = house.core.preview(SetStage(deal_id=deal, stage="needs"), house.actors["rep1"])
    assert [(c.field, c.before, c.after, c.kind) for c in preview.changes] == [
        ("stage", "new", "needs", "stage")
    ]
    assert house.ask("rep1", DealCard(deal_id=deal)).stage == "new"


def test_back_by_command_and_back_by_undo(house: House) -> None:
    deal = house.deal()
    house.do("rep1", SetStage(deal_id=deal, stage="quote"))
    moved = house.do("rep1", SetStage(deal_id=deal, stage="contacted"))
    assert moved.view.stage == "contacted"
    house.do("rep1", UndoLast(undo_id=moved.undo_id))
    assert house.ask("rep1", DealCard(deal_id=deal)).stage == "quote"


def test_each_stay_is_recorded_with_its_end(house: House) -> None:
    deal = house.deal()
    house.clock.advance(days=2)
    house.do("rep1", SetStage(deal_id=deal, stage="needs"))
    stays = sorted(house.rows(DealStage, DealStage.deal_id == deal), key=lambda s: s.entered_at)
    assert [s.stage for s in stays] == ["new", "needs"]
    assert stays[0].left_at == stays[1].entered_at
    assert stays[1].left_at is None


def test_an_old_version_does_not_overwrite(house: House) -> None:
    deal = house.deal()
    house.do("rep1", SetStage(deal_id=deal, stage="needs"))
    with pytest.raises(Conflict):
        house.do("rep1", SetStage(deal_id=deal, stage="quote", version=1))


def test_contract_wins_and_leaving_it_takes_that_back(house: House) -> None:
    deal = house.deal()
    assert house.do("rep1", SetStage(deal_id=deal, stage="签约")).view.state == "won"
    assert house.do("rep1", SetStage(deal_id=deal, stage="交车")).view.state == "won"
    assert house.do("rep1", SetStage(deal_id=deal, stage="谈判")).view.state == "open"
    assert house.do("rep1", MarkWon(deal_id=deal)).view.state == "won"


@pytest.mark.parametrize(("said", "level"), [("A级", "A"), ("h", "H"), ("C", "C")])
def test_levels(house: House, said: str, level: str) -> None:
    deal = house.deal()
    assert house.do("rep1", SetLevel(deal_id=deal, level=said)).view.level == level


def test_a_level_that_does_not_exist(house: House) -> None:
    with pytest.raises(Invalid):
        house.do("rep1", SetLevel(deal_id=house.deal(), level="Z"))


def test_expected_close_is_today_or_later_at_the_dealer(house: House) -> None:
    deal = house.deal()
    done = house.do("rep1", SetExpectedClose(deal_id=deal, on=date(2026, 3, 14), amount_fen=100))
    assert done.view.expected_close == date(2026, 3, 14)
    with pytest.raises(Invalid):
        house.do("rep1", SetExpectedClose(deal_id=deal, on=date(2026, 3, 13)))


def test_a_lost_deal_ends_its_lead_its_drive_and_its_timers_and_undo_brings_them_back(house: House) -> None:
    lead = house.lead()
    drive = house.do(
        "rep1", Book(kind="test_drive", customer_id=lead.customer_id, start=house.clock.now().replace(hour=9))
    )
    lost = house.do("rep1", MarkLost(deal_id=lead.deal_id, reason="买了隔壁的"))
    assert house.ask("rep1", LeadCard(lead_id=lead.id)).state == "lost"
    assert house.ask("rep1", AppointmentCard(appointment_id=drive.id)).state == "cancelled"
    assert house.waiting() == 0
    house.do("rep1", UndoLast(undo_id=lost.undo_id))
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).state == "open"
    assert house.ask("rep1", LeadCard(lead_id=lead.id)).state == "new"
    assert house.waiting() > 0


def test_losing_the_lead_loses_the_deal_and_undo_brings_both_back(house: House) -> None:
    lead = house.lead()
    lost = house.do("rep1", LoseLead(lead_id=lead.id, reason="不买了"))
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).state == "lost"
    house.do("rep1", UndoLast(undo_id=lost.undo_id))
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).state == "open"


def test_a_lost_deal_is_closed(house: House) -> None:
    deal = house.deal()
    lost = house.do("rep1", MarkLost(deal_id=deal))
    for command in (MarkLost(deal_id=deal), SetStage(deal_id=deal, stage="quote")):
        with pytest.raises(Conflict):
            house.do("rep1", command)
    house.do("rep1", ReopenDeal(deal_id=deal, version=lost.view.version))
    assert house.ask("rep1", OpenDeals(customer_id=lost.view.customer_id))


def test_another_reps_deal_does_not_exist_for_him(house: House) -> None:
    deal = house.deal("rep1")
    for question in (DealCard(deal_id=deal), DealCard(deal_id="nothing")):
        with pytest.raises(NotFound):
            house.ask("rep2", question)
    with pytest.raises(NotFound):
        house.do("rep2", SetStage(deal_id=deal, stage="quote"))
    assert house.ask("manager1", DealCard(deal_id=deal)).id == deal


def test_a_transfer_brings_everything_along_and_keeps_the_stage(house: House) -> None:
    lead = house.lead()
    house.do("rep1", SetStage(deal_id=lead.deal_id, stage="needs"))
    drive = house.do(
        "rep1", Book(kind="test_drive", customer_id=lead.customer_id, start=house.clock.now().replace(hour=9))
    )
    task = house.do("rep1", AddTask(title="寄资料", customer_id=lead.customer_id))
    house.pushed()
    given = house.do(
        "rep1", TransferDeals(customer_id=lead.customer_id, to_id=house.id("rep2"), reason="休假")
    )
    assert [(c.field, c.before, c.after) for c in given.changes if c.field == "owner"] == [
        ("owner", "陈晓明", "林佳")
    ]
    deal = house.ask("rep2", DealCard(deal_id=lead.deal_id))
    assert (deal.owner_name, deal.stage) == ("林佳", "needs")
    assert house.ask("rep2", LeadCard(lead_id=lead.id)).owner_name == "林佳"
    assert house.ask("rep2", AppointmentCard(appointment_id=drive.id)).owner_name == "林佳"
    assert house.ask("rep2", TaskCard(task_id=task.id)).assignee_name == "林佳"
    assert [p.person for p in house.pushed("handover")] == ["rep2"]
    with pytest.raises(NotFound):
        house.ask("rep1", DealCard(deal_id=lead.deal_id))
    house.do("rep1", UndoLast(undo_id=given.undo_id))
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).owner_name == "陈晓明"


def test_a_customer_does_not_leave_the_dealer(house: House) -> None:
    customer = house.customer()
    with pytest.raises(NotFound):
        house.do("rep1", TransferDeals(customer_id=customer, to_id=house.id("rep3")))
    with pytest.raises(NotFound):
        house.do("rep1", TransferDeals(customer_id=customer, to_id="nobody"))


def test_the_deal_goes_where_its_lead_goes(house: House) -> None:
    lead = house.lead()
    house.do("manager1", AssignLead(lead_id=lead.id, to_id=house.id("rep2")))
    assert house.ask("rep2", DealCard(deal_id=lead.deal_id)).owner_name == "林佳"


def test_what_is_still_to_do_and_what_stays_too_long(house: House) -> None:
    lead = house.lead()
    card = house.ask("rep1", DealCard(deal_id=lead.deal_id))
    assert card.todo == ("完成首次联系",)
    assert not card.slow
    house.clock.advance(days=3)
    assert house.ask("rep1", DealCard(deal_id=lead.deal_id)).slow


def test_stage_names_and_the_funnel(house: House) -> None:
    house.deal()
    house.do("rep1", SetStage(deal_id=house.deal(name="王芳"), stage="quote"))
    assert house.ask("rep1", StageNames())[0] == ("new", "新线索")
    assert [name for _, name in house.ask("rep1", StageNames(pipeline="five_stages"))] == [
        "潜在客户", "初步沟通", "需求确认", "方案报价", "谈判签约",
    ]  # fmt: skip
    assert len(house.ask("rep1", StageNames(pipeline="parts_seven"))) == 7
    assert house.ask("rep1", Funnel()) == [("新线索", 1, 0), ("报价", 1, 0)]
    assert house.ask("rep2", Funnel()) == []
