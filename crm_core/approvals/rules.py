"""Who may give how much away, and who must be asked. Pure decisions over plain values; money is fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crm_core.kernel.money import fen


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Why(_Data):
    zh: str
    en: str

    def of(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class Rule(_Data):
    """One line of `approvals.yaml`; amounts are yuan."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    roles: list[str] = []
    above: Decimal | None = Field(default=None, ge=0)
    up_to: Decimal | None = Field(default=None, gt=0)
    approver: Literal["none", "manager"]
    why: Why

    def fits(self, roles: Sequence[str], amount_fen: int) -> bool:
        if self.roles and not set(self.roles) & set(roles):
            return False
        if self.above is not None and amount_fen <= fen(self.above):
            return False
        return self.up_to is None or amount_fen <= fen(self.up_to)


class ApprovalPolicy(_Data):
    """`approvals.yaml`: rules in order, and how much a person may grant by how far his right reaches."""

    rules: list[Rule] = Field(min_length=1)
    manager_limit: Decimal | None = Field(ge=0)
    region_limit: Decimal | None = Field(ge=0)
    group_limit: Decimal | None = Field(ge=0)
    quote_valid_days: int = Field(default=7, ge=1)

    @field_validator("rules")
    @classmethod
    def _someone_decides(cls, rules: list[Rule]) -> list[Rule]:
        last = rules[-1]
        if last.roles or last.above is not None or last.up_to is not None or last.approver == "none":
            raise ValueError("the last rule must fit everybody and every amount, and need an approver")
        return rules

    def limit_at(self, depth: int) -> int | None:
        """What a right that reaches a unit of this depth (1 group, 2 region, else dealer) may grant."""
        limit = {1: self.group_limit, 2: self.region_limit}.get(depth, self.manager_limit)
        return None if limit is None else fen(limit)


POLICIES = [("approvals", ApprovalPolicy)]


@dataclass(frozen=True)
class Ruling:
    """Which rule decided, and whether somebody must be asked."""

    rule: str
    needs_approval: bool
    reason: str


@dataclass(frozen=True)
class Candidate:
    """Somebody with the right to approve; `depth` is how many parts his unit has. A `reserve` decides for want of others."""

    person_id: str
    depth: int
    away: bool
    order: int = 0
    reserve: bool = False


@dataclass(frozen=True)
class Vote:
    """What a decision comes to: the state, and what is granted."""

    state: Literal["approved", "countered", "rejected"]
    granted_fen: int | None


def decide(policy: ApprovalPolicy, roles: Sequence[str], amount_fen: int, language: str = "zh") -> Ruling:
    """The first rule that fits an asker with these roles and a total of `amount_fen`."""
    for rule in policy.rules:
        if rule.fits(roles, amount_fen):
            return Ruling(f"approvals.yaml: {rule.name}", rule.approver != "none", rule.why.of(language))
    raise AssertionError("the last rule fits everything")


def choose(
    candidates: Sequence[Candidate], policy: ApprovalPolicy, amount_fen: int, asked: Sequence[str] = ()
) -> Candidate | None:
    """Whom to ask next: near before far, on duty before away, and with a limit that suffices; reserves last.

    Nobody's limit suffices: the widest reach is asked, who may still counter. None: there is nobody new.
    """
    fresh = [c for c in candidates if c.person_id not in asked]
    able_to = [c for c in fresh if not c.reserve]
    # Who is away is asked only when not even a reserve is here.
    fresh = [c for c in able_to if not c.away] or [c for c in fresh if not c.away] or able_to or fresh
    able = [c for c in fresh if covers(policy.limit_at(c.depth), amount_fen)]
    if able:
        return min(able, key=lambda c: (c.away, -c.depth, c.order))
    return min(fresh, key=lambda c: (c.away, c.depth, c.order), default=None)


def covers(limit_fen: int | None, amount_fen: int) -> bool:
    """Whether a limit allows an amount; None is no limit."""
    return limit_fen is None or amount_fen <= limit_fen


def vote(decision: str, requested_fen: int, amount_fen: int | None) -> Vote:
    """What a decision grants. A counter-offer of the whole amount or more is an approval.

    Raises ValueError for a counter-offer without an amount above zero.
    """
    if decision == "reject":
        return Vote("rejected", None)
    if decision == "approve" and amount_fen is None:
        return Vote("approved", requested_fen)
    if amount_fen is None or amount_fen <= 0:
        raise ValueError("a counter-offer needs an amount above zero")
    if amount_fen >= requested_fen:
        return Vote("approved", requested_fen)
    return Vote("countered", amount_fen)


def percent(part_fen: int, whole_fen: int) -> float:
    """`part` of `whole` in percent, two decimals; 0 when the whole is nothing."""
    return round(part_fen * 100 / whole_fen, 2) if whole_fen > 0 else 0.0
