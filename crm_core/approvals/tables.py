"""Rows of approvals, their steps and the votes given."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.db import UtcDateTime
from crm_core.kernel.tables import Owned, Row, text_column


class Approval(Owned, table=True):
    """A request that needs a decision; its owner is the owner of the deal, which may change hands.

    States: pending, approved, countered, rejected, withdrawn. `record_version` is what was asked about.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        Index("ix_approvals_unit", "tenant", "unit", "state"),
        Index("ix_approvals_record", "tenant", "record_id", "state"),
        Index("ix_approvals_deal", "tenant", "deal_id", "state"),
        Index("ix_approvals_owner", "tenant", "owner_id"),
    )
    ref: str = Field(max_length=12)
    kind: str = Field(max_length=20)
    state: str = Field(default="pending", max_length=12)
    record_id: str = Field(max_length=26)
    record_version: int
    deal_id: str = Field(max_length=26)
    amount_fen: int = Field(sa_type=BigInteger)
    before_fen: int = Field(default=0, sa_type=BigInteger)
    granted_fen: int | None = Field(default=None, sa_type=BigInteger)
    rule: str = Field(max_length=80)
    asker_id: str = Field(max_length=26)
    approver_id: str = Field(max_length=26)
    decider_id: str | None = Field(default=None, max_length=26)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    applied_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    superseded: bool = False
    reason_enc: str | None = text_column()
    said_enc: str | None = text_column()
    decided_text_enc: str | None = text_column()


class ApprovalStep(Row, table=True):
    """Who is asked at a step. An escalation adds a person to the step; any one of them decides it.

    States: pending, decided, escalated, void.
    """

    __tablename__ = "approval_steps"
    __table_args__ = (UniqueConstraint("approval_id", "number", "approver_id"),)
    approval_id: str = Field(max_length=26)
    number: int = 1
    approver_id: str = Field(max_length=26)
    state: str = Field(default="pending", max_length=12)


class ApprovalVote(Row, table=True):
    """What one person decided at a step."""

    __tablename__ = "approval_votes"
    __table_args__ = (UniqueConstraint("approval_id", "number", "person_id"),)
    approval_id: str = Field(max_length=26)
    number: int = 1
    person_id: str = Field(max_length=26)
    decision: str = Field(max_length=12)
    amount_fen: int | None = Field(default=None, sa_type=BigInteger)
