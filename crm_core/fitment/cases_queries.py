"""Questions about technicians' verdicts."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.fitment.cases_messages import FitCaseCard, FitCaseOf, FitCaseView, FitReviews
from crm_core.fitment.messages import CheckFit, FitAnswer, PartSpec, VehicleSpec
from crm_core.fitment.stock import part_name
from crm_core.fitment.tables import FitCase, Part
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import person_name
from crm_core.tasks.queries import may_see
from crm_core.tasks.tables import Task
from crm_core.vehicles.rules import model_name
from crm_core.vehicles.tables import Model

MANY = 100
OPPOSITE = {"fits": "does_not_fit", "fits_if": "does_not_fit", "does_not_fit": "fits"}


def case_of(reader: Reader, task_id: str) -> FitCase | None:
    """The case behind a task."""
    query = select(FitCase).where(col(FitCase.tenant) == reader.tenant, col(FitCase.task_id) == task_id)
    return reader.first(query)


@answers(FitCaseOf)
def fit_case_of(question: FitCaseOf, reader: Reader) -> FitCaseView | None:
    """None alike when there is no case and when the actor may not know of the task."""
    case = case_of(reader, question.task_id)
    return case_view(case, reader) if case is not None and _visible(case, reader) else None


@answers(FitCaseCard)
def fit_case(question: FitCaseCard, reader: Reader) -> FitCaseView:
    """Raises NotFound alike for absent and forbidden."""
    case = reader.find(FitCase, question.case_id)
    if case is None or case.tenant != reader.tenant or not _visible(case, reader):
        raise NotFound(resource="fit_case")
    return case_view(case, reader)


@answers(FitReviews)
def fit_reviews(question: FitReviews, reader: Reader) -> list[FitCaseView]:
    """Nothing for who may not decide, and not his own."""
    if not reader.access.may(reader.actor, "part", "write"):
        return []
    query = select(FitCase).where(
        col(FitCase.tenant) == reader.tenant, col(FitCase.state) == "proposed",
        col(FitCase.author_id) != reader.actor.id,
    ).order_by(col(FitCase.said_at), col(FitCase.id)).limit(MANY)  # fmt: skip
    return [case_view(case, reader) for case in reader.rows(query)]


def _visible(case: FitCase, reader: Reader) -> bool:
    if reader.access.may(reader.actor, "part", "write"):
        return True
    task = reader.session.get(Task, case.task_id)
    return task is not None and may_see(task, reader)


def case_view(case: FitCase, reader: Reader) -> FitCaseView:
    """A case the actor may know of."""
    part, model = reader.find(Part, case.part_id), reader.find(Model, case.model_id)
    waits = case.state == "proposed" and reader.access.may(reader.actor, "part", "write")
    return FitCaseView(
        id=case.id, task_id=case.task_id, state=case.state, part=part_name(part, reader) if part else "",
        oe=part.oe if part else "", vehicle=model_name(model, reader.actor.language) if model else "",
        verdict=case.verdict, condition=reader.reveal(case, "condition"), said_at=case.said_at,
        author_name=person_name(reader, case.author_id), reviewer_name=person_name(reader, case.reviewer_id),
        takes_verdict=case.state == "open" and part is not None and model is not None,
        may_review=waits and case.author_id != reader.actor.id, version=case.version,
        against=_against(part, model, case, reader) if waits and part and model else "",
    )  # fmt: skip


def _against(part: Part, model: Model, case: FitCase, reader: Reader) -> str:
    """The catalogue's own verdict where it is the opposite."""
    found: FitAnswer = reader.ask(CheckFit(part=PartSpec(oe=part.oe), vehicle=VehicleSpec(model_id=model.id)))
    return found.verdict if found.verdict == OPPOSITE.get(case.verdict) else ""
