"""Who may decide: people whose right to approve covers a record."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import and_, or_, select

from crm_core.approvals.rules import ApprovalPolicy, Candidate
from crm_core.approvals.tables import Approval
from crm_core.kernel.access import Actor, Grant, in_range, reach
from crm_core.kernel.uow import Reader
from crm_core.org.people import away, dealer_of
from crm_core.org.tables import GrantRow, Person

# Who may approve; who may decide only what he himself was asked about, for want of anybody else.
RIGHT, LAST = "approve", "approve_asked"


def policy_for(reader: Reader, unit: str) -> ApprovalPolicy:
    """`approvals.yaml` as it holds for a unit."""
    return reader.policies.model("approvals", ApprovalPolicy, unit=unit)


def candidates(reader: Reader, unit: str, exclude: str) -> list[Candidate]:
    """Everybody whose right to approve covers `unit`, except the asker."""
    person, grant = cast(Any, Person), cast(Any, GrantRow)
    roles = {
        role
        for role, resource, action in reader.access.rules
        if resource == "approval" and action in (RIGHT, LAST)
    }
    above = [unit[: i + 1] for i, c in enumerate(unit) if c == "."]
    query = (
        select(Person, GrantRow).join(GrantRow, grant.person_id == person.id)
        .where(person.tenant == reader.tenant, person.active, person.id != exclude, grant.role.in_(roles),
               or_(grant.unit.in_(above), in_range(grant.unit, dealer_of(unit))))
        .order_by(person.code)
    )  # fmt: skip
    best: dict[str, Candidate] = {}
    found = reader.session.execute(query).all()
    gone = away(reader, {row.id: row for row, _ in found}.values())
    for order, (row, held) in enumerate(found):
        depth = _depth(reader, Grant(held.role, held.unit), unit)
        if depth is None or not _holds(held, reader):
            continue
        reserve = (held.role, "approval", RIGHT) not in reader.access.rules
        known = best.get(row.id)
        if known is None or (reserve, depth) < (known.reserve, known.depth):
            best[row.id] = Candidate(row.id, depth, row.id in gone, order, reserve)
    return list(best.values())


def _holds(held: GrantRow, reader: Reader) -> bool:
    begun = held.valid_from is None or held.valid_from <= reader.now
    return begun and (held.valid_until is None or reader.now < held.valid_until)


def _depth(reader: Reader, grant: Grant, unit: str) -> int | None:
    """How far a grant's right to approve reaches, as the depth of its unit; None when it does not cover `unit`."""
    widest = reader.access.widest
    scope = widest(grant.role, "approval", RIGHT) or widest(grant.role, "approval", LAST)
    prefix = reach(grant.unit, scope) if scope is not None else ""
    if not prefix or not unit.startswith(prefix):
        return None
    return grant.unit.count(".")


def may_decide(reader: Reader, approval: Approval) -> bool:
    """Whether the actor may decide: by his right to approve, or because he was asked for want of anybody else."""
    if reader.access.allows(reader.actor, "approval", RIGHT, approval):
        return True
    asked = approval.approver_id == reader.actor.id
    return asked and reader.access.allows(reader.actor, "approval", LAST, approval)


def decidable(reader: Reader) -> Any:
    """The approvals for which `may_decide` holds, as a WHERE clause."""
    asked = cast(Any, Approval).approver_id == reader.actor.id
    last = reader.clause(Approval, "approval", LAST)
    return or_(reader.clause(Approval, "approval", RIGHT), and_(asked, last))


def limit_of(reader: Reader, actor: Actor, approval: Approval) -> int | None:
    """How much the actor may grant here, in fen; None is no limit. He was allowed to approve."""
    policy = policy_for(reader, approval.unit)
    depths = [depth for grant in actor.grants if (depth := _depth(reader, grant, approval.unit)) is not None]
    return policy.limit_at(min(depths)) if depths else 0
