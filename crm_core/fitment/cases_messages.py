"""A technician's word on a part: asked for, said, and after review a row of the catalogue. The public vocabulary."""

from __future__ import annotations

from datetime import datetime

from crm_core.fitment.messages import PartSpec, VehicleSpec, Verdict
from crm_core.kernel.registry import Command, Question, View


class AskTechnician(Command):
    """Hand a question of fitment to a technician, who answers in words or with a verdict. Result: TaskView.

    `question` is what was asked, in words; `found` what the catalogue said.
    """

    part: PartSpec
    vehicle: VehicleSpec
    question: str
    found: str = ""
    customer_id: str | None = None


class GiveVerdict(Command):
    """The technician's answer: it goes to the asker, and where one part and one model are meant it is proposed for the
    catalogue. `condition`, in words, is needed for `fits_if`. Result: FitCaseView."""

    task_id: str
    verdict: Verdict
    text: str
    condition: str = ""


class TakeBackVerdict(Command):
    """It was said by mistake: the question is open again. The inverse of GiveVerdict, while nobody has reviewed it.

    `named_before`: the question was about one part already, not only the answer.
    """

    case_id: str
    version: int
    named_before: bool = True


class ReviewVerdict(Command):
    """Take a proposed row into the catalogue, or not. Nobody reviews his own. Result: FitCaseView."""

    case_id: str
    accept: bool


class ReopenReview(Command):
    """Back to what it was before the review; the row leaves the catalogue. The inverse of ReviewVerdict."""

    case_id: str
    version: int


class FitCaseView(View):
    """A case as the asker may see it. `takes_verdict`: one part and one model are meant, and it is still open.

    `may_review`: it is proposed and this person may decide. `against`: what the catalogue says without it.
    """

    id: str
    task_id: str
    state: str
    part: str = ""
    oe: str = ""
    vehicle: str = ""
    verdict: str = ""
    condition: str = ""
    author_name: str = ""
    said_at: datetime | None = None
    reviewer_name: str = ""
    takes_verdict: bool = False
    may_review: bool = False
    against: str = ""
    version: int = 1


class FitCaseOf(Question):
    """The case behind a technician's task: FitCaseView, or None when the task is about something else."""

    task_id: str


class FitCaseCard(Question):
    """One case, for its technician and for those who review: FitCaseView."""

    case_id: str


class FitReviews(Question):
    """Verdicts that wait to become rows, oldest first, those the actor may decide: list[FitCaseView]."""
