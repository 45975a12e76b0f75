"""Changes of deals."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from crm_core.customers.tables import Customer
from crm_core.deals.lookup import deal_of_lead, done_so_far, pipeline_for, pipeline_of
from crm_core.deals.messages import (
    DealLost,
    DealOpened,
    DealReopened,
    DealWon,
    LevelChanged,
    MarkLost,
    MarkWon,
    OpenDeal,
    ReopenDeal,
    SetExpectedClose,
    SetLevel,
    SetStage,
)  # fmt: skip
from crm_core.deals.moves import enter
from crm_core.deals.queries import deal_view
from crm_core.deals.rules import LEVELS, Pipeline, Stage, blocking, level_of
from crm_core.deals.tables import Deal, DealStage
from crm_core.deals.transfer import colleague
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.ids import short_ref
from crm_core.kernel.pii import clean_text, mask_vehicle
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Uow
from crm_core.leads.messages import ReopenLead
from crm_core.leads.tables import Lead
from crm_core.org.people import zone_of


@handles(OpenDeal)
def open_deal(cmd: OpenDeal, uow: Uow) -> Result:
    """One deal a lead; a lead that has one keeps it. The deal of a lead that arrives comes with it."""
    customer = _customer(cmd, uow)
    known = deal_of_lead(uow, cmd.lead_id) if cmd.lead_id else None
    if known is not None:
        return Result(id=known.id, view=deal_view(known, uow))
    deal = _new_deal(cmd, customer, uow)
    uow.audit("create", "deal", deal.id, interest=deal.interest, stage=deal.stage)
    uow.emit(DealOpened(deal_id=deal.id))
    return Result(id=deal.id, view=deal_view(deal, uow))


def _customer(cmd: OpenDeal, uow: Uow) -> Customer:
    """Whose deal it is. Beyond a lead made just now, the actor needs the right to the customer and to the lead."""
    if uow.is_new(Lead, cmd.lead_id):
        customer = uow.find(Customer, cmd.customer_id)
        if customer is None:
            raise NotFound(resource="customer")
        return customer
    customer = uow.get(Customer, cmd.customer_id, "customer", "write")
    uow.must("deal", "create", cmd.unit or customer.unit)
    if cmd.lead_id is not None and uow.get(Lead, cmd.lead_id, "lead", "write").customer_id != customer.id:
        raise NotFound(resource="lead")
    if cmd.owner_id is not None:
        colleague(uow, cmd.owner_id, customer.unit)
    return customer


def _new_deal(cmd: OpenDeal, customer: Customer, uow: Uow) -> Deal:
    unit = cmd.unit or customer.unit
    name, pipeline = pipeline_for(uow, unit)
    deal = uow.new(
        Deal, ref=short_ref("D"), unit=unit, owner_id=cmd.owner_id or customer.owner_id, customer_id=customer.id,
        lead_id=cmd.lead_id, pipeline=name, stage=pipeline.stages[0].key, stage_since=uow.now,
        level=level_of(cmd.level) or "", interest=mask_vehicle(clean_text(cmd.interest))[:200],
    )  # fmt: skip
    uow.new(
        DealStage, deal_id=deal.id, stage=deal.stage, entered_at=uow.now, by_id=uow.actor.id, cause="opened"
    )
    _tell_lead(uow, deal)
    return deal


def _tell_lead(uow: Uow, deal: Deal) -> None:
    lead = uow.find(Lead, deal.lead_id)
    if lead is not None and lead.deal_id is None:
        lead.deal_id = deal.id


@handles(SetStage)
def set_stage(cmd: SetStage, uow: Uow) -> Result:
    """Forward or back, by the stage's key or its words. Raises Conflict for a lost deal."""
    deal = _deal(uow, cmd.deal_id, cmd.version)
    if deal.state == "lost":
        raise Conflict("error.deal_closed", state=deal.state)
    pipeline = pipeline_of(uow, deal)
    stage = _stage(pipeline, cmd.stage, uow.actor.language)
    if stage.key == deal.stage:
        return Result(id=deal.id, view=deal_view(deal, uow))
    _may_move(uow, deal, pipeline, stage)
    before = deal.stage
    uow.change("stage", before, stage.key, "stage")
    enter(uow, deal, stage, "SetStage")
    undo = uow.undoable(SetStage(deal_id=deal.id, stage=before, version=deal.version), "stage")
    return Result(id=deal.id, view=deal_view(deal, uow), undo_id=undo)


def _stage(pipeline: Pipeline, said: str, language: str) -> Stage:
    stage = pipeline.find(said)
    if stage is None:
        known = [s.words.of(language) for s in pipeline.stages]
        raise Invalid("stage", "error.unknown_stage", value=said, known=" / ".join(known))
    return stage


def _may_move(uow: Uow, deal: Deal, pipeline: Pipeline, stage: Stage) -> None:
    if not any(todo.block for s in pipeline.stages for todo in s.before):
        return
    missing = blocking(pipeline, deal.stage, stage.key, done_so_far(uow, deal))
    if missing:
        raise Refused("error.stage_tasks", tasks=" / ".join(todo.of(uow.actor.language) for todo in missing))


@handles(SetLevel)
def set_level(cmd: SetLevel, uow: Uow) -> Result:
    """How serious the customer is: H, A, B or C."""
    deal = _deal(uow, cmd.deal_id, cmd.version)
    level = level_of(cmd.level) if cmd.level else ""
    if level is None:
        raise Invalid("level", "error.unknown_level", value=cmd.level, known=" / ".join(LEVELS))
    before = deal.level
    if before == level:
        return Result(id=deal.id, view=deal_view(deal, uow))
    uow.change("level", before, level, "level")
    uow.touch(deal, level=level)
    uow.audit("write", "deal", deal.id, level=level)
    uow.emit(LevelChanged(deal_id=deal.id, before=before, after=level))
    uow.refresh(f"deal:{deal.id}")
    undo = uow.undoable(SetLevel(deal_id=deal.id, level=before, version=deal.version), "level")
    return Result(id=deal.id, view=deal_view(deal, uow), undo_id=undo)


@handles(SetExpectedClose)
def set_expected_close(cmd: SetExpectedClose, uow: Uow) -> Result:
    """The day the customer is expected to sign, today or later at the dealer."""
    deal = _deal(uow, cmd.deal_id, cmd.version)
    today = uow.now.astimezone(ZoneInfo(zone_of(uow, deal.unit))).date()
    if cmd.on < today:
        raise Invalid("on", "error.past_date", value=cmd.on.isoformat())
    if cmd.amount_fen is not None and cmd.amount_fen <= 0:
        raise Invalid("amount_fen", "error.amount_not_positive")
    before, before_fen = deal.expected_close, deal.amount_fen
    uow.change("expected_close", before, cmd.on, "date")
    if cmd.amount_fen is not None:
        uow.change("amount", before_fen, cmd.amount_fen, "money")
    uow.touch(deal, expected_close=cmd.on, amount_fen=cmd.amount_fen or before_fen)
    uow.audit("write", "deal", deal.id, expected_close=cmd.on, amount_fen=cmd.amount_fen)
    uow.refresh(f"deal:{deal.id}")
    undo = None
    if before is not None and before >= today:
        back = SetExpectedClose(deal_id=deal.id, on=before, amount_fen=before_fen, version=deal.version)
        undo = uow.undoable(back, "expected_close")
    return Result(id=deal.id, view=deal_view(deal, uow), undo_id=undo)


@handles(MarkLost)
def mark_lost(cmd: MarkLost, uow: Uow) -> Result:
    """战败. Raises Conflict when the deal is closed already."""
    deal = _deal(uow, cmd.deal_id, None)
    if deal.state != "open":
        raise Conflict("error.deal_closed", state=deal.state)
    lose(uow, deal, cmd.reason)
    undo = uow.undoable(ReopenDeal(deal_id=deal.id, version=deal.version), "lost")
    return Result(id=deal.id, view=deal_view(deal, uow), undo_id=undo)


def lose(uow: Uow, deal: Deal, reason: str) -> None:
    """Close an open deal as lost and tell the others."""
    text = clean_text(reason)[:500]
    uow.change("state", deal.state, "lost")
    uow.touch(deal, state="lost", closed_at=uow.now, lost_reason_enc=text or None)
    uow.flush()
    uow.audit("lost", "deal", deal.id, text=text)
    uow.emit(DealLost(deal_id=deal.id, reason=text))
    uow.refresh(f"deal:{deal.id}")


@handles(ReopenDeal)
def reopen_deal(cmd: ReopenDeal, uow: Uow) -> Result:
    """A lost deal is open again in its stage."""
    deal = _deal(uow, cmd.deal_id, cmd.version)
    if deal.state != "lost":
        raise Conflict("error.deal_open", state=deal.state)
    uow.change("state", "lost", "open")
    uow.touch(deal, state="open", closed_at=None, lost_reason_enc=None)
    uow.flush()
    uow.audit("reopen", "deal", deal.id)
    uow.emit(DealReopened(deal_id=deal.id))
    _reopen_lead(uow, deal)
    uow.refresh(f"deal:{deal.id}")
    return Result(id=deal.id, view=deal_view(deal, uow))


def _reopen_lead(uow: Uow, deal: Deal) -> None:
    lead = uow.find(Lead, deal.lead_id)
    if lead is not None and lead.state == "lost":
        state = "contacted" if lead.contacted_at else "new"
        uow.call(ReopenLead(lead_id=lead.id, state=state, version=lead.version))


@handles(MarkWon)
def mark_won(cmd: MarkWon, uow: Uow) -> Result:
    """The deal is won in the stage it is in."""
    deal = _deal(uow, cmd.deal_id, cmd.version)
    if deal.state != "open":
        raise Conflict("error.deal_closed", state=deal.state)
    uow.change("state", "open", "won")
    uow.touch(deal, state="won", closed_at=uow.now)
    uow.audit("won", "deal", deal.id)
    uow.emit(DealWon(deal_id=deal.id))
    uow.refresh(f"deal:{deal.id}")
    return Result(id=deal.id, view=deal_view(deal, uow))


def _deal(uow: Uow, deal_id: str, version: int | None) -> Deal:
    """The deal, locked for this transaction, so that two changes come one after the other."""
    uow.lock(f"deal:{deal_id}")
    deal = uow.get(Deal, deal_id, "deal", "write")
    uow.expect(deal, version)
    return deal
