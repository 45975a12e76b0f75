"""Moving a deal: the one place where a stage changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from crm_core.deals.lookup import pipeline_of
from crm_core.deals.messages import DealLost, DealWon, StageChanged
from crm_core.deals.rules import Cause, Stage, forward_to
from crm_core.deals.tables import Deal, DealStage
from crm_core.kernel.uow import Uow


def enter(uow: Uow, deal: Deal, stage: Stage, cause: str) -> None:
    """Leave the present stage and enter another; won stages win the deal, leaving them takes that back."""
    before = deal.stage
    row = cast(Any, DealStage)
    query = select(DealStage).where(row.tenant == deal.tenant, row.deal_id == deal.id, row.left_at.is_(None))
    for stay in uow.rows(query):
        uow.touch(stay, left_at=uow.now)
    uow.new(DealStage, deal_id=deal.id, stage=stage.key, entered_at=uow.now, by_id=uow.actor.id, cause=cause)
    won_now = stage.won and deal.state == "open"
    if won_now:
        uow.touch(deal, stage=stage.key, stage_since=uow.now, state="won", closed_at=uow.now)
    else:
        state = "open" if deal.state == "won" and not stage.won else deal.state
        closed = deal.closed_at if state == deal.state else None
        uow.touch(deal, stage=stage.key, stage_since=uow.now, state=state, closed_at=closed)
    uow.flush()
    uow.audit("stage", "deal", deal.id, cause, before=before, after=stage.key)
    uow.emit(StageChanged(deal_id=deal.id, before=before, after=stage.key))
    if won_now:
        uow.emit(DealWon(deal_id=deal.id))
    uow.refresh(f"deal:{deal.id}")


def back_from(uow: Uow, deal: Deal | None, cause: Cause, since: datetime) -> None:
    """What moved it on did not happen: it is back where it was, unless it has moved on since.

    `since`: when what happened was written down; only a move made by it, then, is taken back.
    """
    if deal is None or deal.tenant != uow.tenant or deal.state != "open":
        return
    row = cast(Any, DealStage)
    stays = uow.rows(select(DealStage).where(row.tenant == deal.tenant, row.deal_id == deal.id).order_by(
        row.entered_at.desc(), row.id.desc()).limit(2))  # fmt: skip
    if len(stays) < 2 or stays[0].cause != cause or stays[0].left_at is not None or stays[0].entered_at != since:
        return
    stage = next((s for s in pipeline_of(uow, deal).stages if s.key == stays[1].stage), None)
    if stage is not None:
        uow.change("stage", deal.stage, stage.key, "stage")
        enter(uow, deal, stage, "undo")


def drop(uow: Uow, deal: Deal) -> None:
    """It was never meant: it counts as neither open nor lost, and what was begun for it ends."""
    uow.change("state", deal.state, "dropped")
    uow.touch(deal, state="dropped", closed_at=uow.now)
    uow.flush()
    uow.audit("drop", "deal", deal.id)
    uow.emit(DealLost(deal_id=deal.id, reason="dropped"))
    uow.refresh(f"deal:{deal.id}")


def advance(uow: Uow, deal: Deal | None, cause: Cause) -> None:
    """Move an open deal forward as its pipeline says for an event; never back."""
    if deal is None or deal.tenant != uow.tenant or deal.state != "open":
        return
    stage = forward_to(pipeline_of(uow, deal), deal.stage, cause)
    if stage is not None:
        uow.change("stage", deal.stage, stage.key, "stage")
        enter(uow, deal, stage, cause)
