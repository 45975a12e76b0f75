"""What waits for somebody."""

from __future__ import annotations

from typing import Any, cast

from crm_core.approvals.tables import Approval
from crm_core.customers.tables import Customer
from crm_core.deals.lookup import customer_name
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.leads.tables import Lead
from crm_core.nudges.messages import Waiting, WaitingView, What
from crm_core.org.people import person_name
from crm_core.org.tables import Person
from crm_core.tasks.tables import Task


@answers(Waiting)
def waiting(question: Waiting, reader: Reader) -> list[WaitingView]:
    """Leads nobody called, requests nobody decided, questions nobody answered; the actor's own are not among them."""
    found = [*_leads(reader, question), *_approvals(reader, question), *_questions(reader, question)]
    others = [one for one in found if one.person_id != reader.actor.id]
    return sorted(others, key=lambda one: (one.since, one.subject))[: question.limit]


def _rows(reader: Reader, query: Any, owner: Any, question: Waiting, order: Any) -> list[Any]:
    if question.person_id is not None:
        query = query.where(owner == question.person_id)
    rows = reader.rows(query.order_by(order).limit(question.limit))
    reader.preload(Customer, (row.customer_id for row in rows))
    return rows


def _leads(reader: Reader, question: Waiting) -> list[WaitingView]:
    row = cast(Any, Lead)
    query = reader.select(Lead, "lead").where(row.state.in_(("new", "pool")))
    rows: list[Lead] = _rows(reader, query, row.owner_id, question, row.created_at)
    reader.preload(Person, (lead.owner_id for lead in rows))
    return [
        _view(reader, _kind(lead), f"lead:{lead.id}", lead, lead.vehicle, lead.owner_id,
              lead.assigned_at or lead.created_at)
        for lead in rows
    ]  # fmt: skip


def _kind(lead: Lead) -> What:
    if lead.state == "pool":
        return "pool"
    return "offer" if lead.offered_at is not None else "lead"


def _approvals(reader: Reader, question: Waiting) -> list[WaitingView]:
    row = cast(Any, Approval)
    query = reader.select(Approval, "approval").where(row.state == "pending")
    rows: list[Approval] = _rows(reader, query, row.approver_id, question, row.created_at)
    return [
        _view(reader, "approval", f"approval:{one.id}", one, person_name(reader, one.asker_id), one.approver_id,
              one.created_at)
        for one in rows
    ]  # fmt: skip


def _questions(reader: Reader, question: Waiting) -> list[WaitingView]:
    row = cast(Any, Task)
    query = reader.select(Task, "task").where(row.state == "open", row.kind == "question")
    rows: list[Task] = _rows(reader, query, row.owner_id, question, row.created_at)
    return [
        _view(reader, "question", f"task:{one.id}", one, reader.reveal(one, "title"), one.owner_id, one.created_at)
        for one in rows
    ]


def _view(reader: Reader, what: What, subject: str, row: Any, about: str, person_id: str | None, since: Any) -> WaitingView:
    return WaitingView(what=what, subject=subject, customer_name=customer_name(reader, row.customer_id), about=about,
                       person_id=person_id, person_name=person_name(reader, person_id), since=since)  # fmt: skip
