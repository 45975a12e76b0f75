"""Questions about answered questions."""

from __future__ import annotations

from sqlalchemy import desc
from sqlmodel import col

from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import person_name
from crm_core.solved.messages import SolvedCases, SolvedCaseView
from crm_core.solved.tables import SolvedCase


@answers(SolvedCases)
def solved_cases(question: SolvedCases, reader: Reader) -> list[SolvedCaseView]:
    """Those the actor may see, newest first; none for whoever may see none."""
    if not reader.access.may(reader.actor, "case", "read"):
        return []
    newest = reader.select(SolvedCase, "case").order_by(desc(col(SolvedCase.solved_at)), desc(col(SolvedCase.id)))
    return [
        SolvedCaseView(
            id=row.id, ref=row.ref, question=reader.reveal(row, "question"), answer=reader.reveal(row, "answer"),
            author_name=person_name(reader, row.owner_id), at=row.solved_at,
        ) for row in reader.rows(newest.limit(question.limit))
    ]  # fmt: skip
