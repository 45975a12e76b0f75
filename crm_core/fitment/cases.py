"""What a technician says about a part: it goes to the asker, and after review it is a row of the catalogue."""

from __future__ import annotations

from crm_core.fitment.cases_messages import (
    AskTechnician,
    GiveVerdict,
    ReopenReview,
    ReviewVerdict,
    TakeBackVerdict,
)
from crm_core.fitment.cases_queries import case_of, case_view
from crm_core.fitment.catalogue import meant_by, parts_with
from crm_core.fitment.normalise import number_keys
from crm_core.fitment.rules import FitmentPolicy
from crm_core.fitment.tables import Application, FitCase, Part
from crm_core.fitment.vehicle import find_vehicle
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.pii import clean_text
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import holders, person_name
from crm_core.tasks.messages import AnswerQuestion, AskColleague, TakeBackAnswer
from crm_core.tasks.tables import Task
from crm_core.vehicles.tables import Model

MAX_CONDITION = 200
OPEN, SAID, PROPOSED, ACCEPTED, DECLINED = "open", "said", "proposed", "accepted", "declined"


@handles(AskTechnician)
def ask_technician(cmd: AskTechnician, uow: Uow) -> Result:
    """A question to a technician that remembers which part and which model it is about."""
    uow.must("part", "read")
    asked = uow.call(AskColleague(question=cmd.question, role="tech", found=cmd.found, customer_id=cmd.customer_id))
    vehicle = find_vehicle(cmd.vehicle, uow)
    parts = meant_by(uow, cmd.part.oe) if cmd.part.oe else []
    uow.new(FitCase, task_id=asked.id, unit=uow.actor.unit, position=cmd.part.position,
            part_id=parts[0].id if len(parts) == 1 else None, model_id=vehicle.model_id or None)  # fmt: skip
    return asked


@handles(GiveVerdict)
def give_verdict(cmd: GiveVerdict, uow: Uow) -> Result:
    """The asker hears it; nobody else's question is answered by it until somebody reviewed it."""
    condition = clean_text(cmd.condition)[:MAX_CONDITION]
    if cmd.verdict == "fits_if" and not condition:
        raise Invalid("condition", "error.empty")
    case = _case_of(uow, cmd.task_id)
    named_before = case.part_id is not None
    uow.call(AnswerQuestion(task_id=cmd.task_id, text=cmd.text))
    part_id = case.part_id or _named_in(uow, cmd.text)
    row = part_id and case.model_id and cmd.verdict != "no_data"
    uow.touch(case, state=PROPOSED if row else SAID, part_id=part_id, verdict=cmd.verdict, author_id=uow.actor.id,
              said_at=uow.now, condition_enc=condition or None)  # fmt: skip
    uow.audit("verdict", "fit_case", case.id, verdict=cmd.verdict)
    if row:
        _ask_review(uow, case)
    back = TakeBackVerdict(case_id=case.id, version=case.version, named_before=named_before)
    return Result(id=case.id, view=case_view(case, uow), undo_id=uow.undoable(back, "verdict"))


@handles(TakeBackVerdict)
def take_back_verdict(cmd: TakeBackVerdict, uow: Uow) -> Result:
    """Only its author; Conflict when somebody has reviewed it."""
    case = _seized(uow, cmd.case_id)
    uow.expect(case, cmd.version)
    task = uow.session.get(Task, case.task_id)
    if case.author_id != uow.actor.id or task is None:
        raise NotFound(resource="fit_case")
    if case.state not in (SAID, PROPOSED):
        raise Conflict("error.changed_since")
    uow.call(TakeBackAnswer(task_id=task.id, version=task.version))
    uow.change("state", case.state, OPEN)
    uow.touch(case, state=OPEN, verdict="", author_id=None, said_at=None, condition_enc=None,
              part_id=case.part_id if cmd.named_before else None)  # fmt: skip
    uow.audit("verdict_taken_back", "fit_case", case.id)
    uow.refresh(f"fit_case:{case.id}")
    return Result(id=case.id, view=case_view(case, uow))


def _case_of(uow: Uow, task_id: str) -> FitCase:
    case = case_of(uow, task_id)
    if case is None:
        raise NotFound(resource="task")
    if case.state != OPEN:
        raise Conflict("error.task_over", state="done")
    return case


def _named_in(uow: Uow, text: str) -> str | None:
    """The part whose number stands in the technician's words, when it is one."""
    found = [part for parts in parts_with(uow, number_keys(text)).values() for part in parts]
    return found[0].id if len(found) == 1 else None


def _ask_review(uow: Uow, case: FitCase) -> None:
    """One who may, by the order of the policy, and who is not its author: who is on duty first.

    With nobody to ask it waits; whoever may decide finds it in the list of what waits.
    """
    policy = uow.policies.model("fitment", FitmentPolicy, unit=case.unit)
    for role, on_duty in ((role, on_duty) for on_duty in (True, False) for role in policy.reviewers):
        people = holders(uow, role, case.unit, exclude=(uow.actor.id,), on_duty=on_duty)
        if people:
            uow.push(people[0].id, "fit_review", subject=f"fit_case:{case.id}", by=uow.actor.name,
                     key=f"fit_case:{case.id}:{case.version}:review", priority=Priority.REMINDER)  # fmt: skip
            return


@handles(ReviewVerdict)
def review_verdict(cmd: ReviewVerdict, uow: Uow) -> Result:
    """The row goes into the catalogue with its author and his day as the source, or it does not."""
    uow.must("part", "write")
    case = _seized(uow, cmd.case_id)
    if case.state != PROPOSED:
        raise Conflict("error.changed_since")
    if case.author_id == uow.actor.id:
        raise Refused("error.own_verdict")
    application_id = _into_catalogue(uow, case) if cmd.accept else None
    state = ACCEPTED if cmd.accept else DECLINED
    uow.change("state", case.state, state)
    uow.touch(case, state=state, reviewer_id=uow.actor.id, application_id=application_id)
    uow.audit(state, "fit_case", case.id, application=application_id)
    uow.refresh(f"fit_case:{case.id}")
    undo = uow.undoable(ReopenReview(case_id=case.id, version=case.version), "review")
    return Result(id=case.id, view=case_view(case, uow), undo_id=undo)


def _seized(uow: Uow, case_id: str) -> FitCase:
    uow.lock(f"fit_case:{case_id}")
    case = uow.seize(FitCase, case_id)
    if case is None or case.tenant != uow.tenant:
        raise NotFound(resource="fit_case")
    return case


def _into_catalogue(uow: Uow, case: FitCase) -> str:
    part, model = uow.find(Part, case.part_id), uow.find(Model, case.model_id)
    if part is None or model is None or case.said_at is None:
        raise Conflict("error.changed_since")
    condition = uow.reveal(case, "condition")
    source = f"{person_name(uow, case.author_id)} {case.said_at:%Y-%m-%d}"
    row = uow.new(
        Application, natural_key=uow.cipher.digest("application", f"case:{case.id}"), part_id=part.id, model_id=model.id,
        category=part.category, position=part.position, fits=case.verdict != "does_not_fit", source=source[:120],
        author_id=case.author_id or "", conditions=[["note", condition]] if condition else [],
    )  # fmt: skip
    return row.id


@handles(ReopenReview)
def reopen_review(cmd: ReopenReview, uow: Uow) -> Result:
    """Whoever reviewed it takes that back; Conflict when it moved on."""
    uow.must("part", "write")
    case = _seized(uow, cmd.case_id)
    uow.expect(case, cmd.version)
    row = uow.find(Application, case.application_id)
    if row is not None:
        uow.session.delete(row)
    uow.change("state", case.state, PROPOSED)
    uow.touch(case, state=PROPOSED, reviewer_id=None, application_id=None)
    uow.audit("reopen", "fit_case", case.id)
    uow.refresh(f"fit_case:{case.id}")
    return Result(id=case.id, view=case_view(case, uow))
