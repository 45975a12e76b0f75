"""What an answered question leaves behind."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from crm_core.customers.tables import Customer
from crm_core.kernel.registry import reacts
from crm_core.kernel.uow import Uow
from crm_core.knowledge.drafting import let_go
from crm_core.knowledge.messages import ChunkIn, ProposeDocument
from crm_core.org.people import dealer_of, person_name, zone_of
from crm_core.org.tables import Person
from crm_core.solved.rules import SOURCE, AnswerPolicy, called, lang_of, masked, piece_hash
from crm_core.solved.tables import SolvedCase
from crm_core.tasks.messages import AnswerTakenBack, QuestionAnswered
from crm_core.tasks.tables import Task


@reacts(QuestionAnswered)
def keep(event: QuestionAnswered, uow: Uow) -> None:
    """Kept for the next one who is asked so; offered to the knowledge base where the answer may be one for all."""
    task = uow.find(Task, event.task_id)
    if task is None or uow.first(select(SolvedCase).where(col(SolvedCase.task_id) == task.id)) is not None:
        return
    question, answer = (_masked(uow, task, uow.reveal(task, field)) for field in ("title", "answer"))
    if not question or not answer:
        return
    uow.new(SolvedCase, unit=dealer_of(task.unit) or task.unit, owner_id=uow.actor.id, customer_id=task.customer_id,
            task_id=task.id, ref=task.ref, question_enc=question, answer_enc=answer, solved_at=uow.now)  # fmt: skip
    policy = uow.policies.model("answers", AnswerPolicy, unit=task.unit)
    if task.role in policy.offer_from and len(answer) >= policy.least_chars:
        _offer(uow, task, question, answer)


@reacts(AnswerTakenBack)
def take_back(event: AnswerTakenBack, uow: Uow) -> None:
    """What was wrong helps nobody: neither the case nor the draft stays. What was published stays until it is removed."""
    task = uow.find(Task, event.task_id)
    for row in uow.rows(select(SolvedCase).where(col(SolvedCase.task_id) == event.task_id)):
        uow.session.delete(row)
    if task is not None:
        let_go(f"{SOURCE}{task.ref}", uow)


def _masked(uow: Uow, task: Task, text: str) -> str:
    customer = uow.find(Customer, task.customer_id)
    asker = uow.session.get(Person, task.asker_id) if task.asker_id else None
    names = [*called(customer.name if customer else ""), *called(asker.name if asker and asker.kind != "staff" else "")]
    return masked(text, names, "客户" if lang_of(text) == "zh" else "the customer")


def _offer(uow: Uow, task: Task, question: str, answer: str) -> None:
    """A draft for whoever may publish, with the author and the day as its section."""
    if not uow.access.may(uow.actor, "document", "propose"):
        return
    asker = uow.session.get(Person, task.asker_id) if task.asker_id else None
    day = uow.now.astimezone(ZoneInfo(zone_of(uow, task.unit))).date()
    section = f"{person_name(uow, uow.actor.id)} {day.isoformat()}"
    piece = ChunkIn(section=section, text=answer, position=0, hash=piece_hash(section, answer), lang=lang_of(answer))
    audience = "staff" if asker is not None and asker.kind == "staff" else "customer"
    uow.call(ProposeDocument(
        source=f"{SOURCE}{task.ref}", title=question[:200], audience=audience,
        lang=lang_of(question), chunks=(piece,), questions=(question[:300],), unit=dealer_of(task.unit) or "",
        author_id=uow.actor.id,
    ))  # fmt: skip
