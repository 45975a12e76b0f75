"""A technician's word on a part: to the asker at once, into the catalogue after somebody else has looked at it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from crm_core.fitment.cases_messages import (
    AskTechnician,
    FitCaseCard,
    FitCaseOf,
    FitCaseView,
    GiveVerdict,
    ReviewVerdict,
)
from crm_core.fitment.messages import CheckFit, PartSpec, VehicleSpec
from crm_core.fitment.tables import Application
from crm_core.kernel.errors import Conflict, Invalid, NotFound, Refused
from crm_core.kernel.tables import Outbox
from crm_core.org.messages import AddPerson
from crm_core.undo.messages import UndoLast
from tests.core.fitment.shop import HERE, Shop

GOLF = VehicleSpec(words="2017款高尔夫1.4T")
SENSOR = PartSpec(oe="WHT003857")


@pytest.fixture
def staffed(shop: Shop) -> Shop:
    for code, role in (("tech2", "tech"), ("store1", "warehouse"), ("store2", "warehouse")):
        shop.do(AddPerson(code=code, name=f"员工{code}", role=role, unit=HERE))
    return shop


def who(shop: Shop, code: str) -> Any:
    return shop.core.actor(code)


def asked(shop: Shop, part: PartSpec = SENSOR, vehicle: VehicleSpec = GOLF) -> str:
    """The id of the technician's task."""
    made = shop.do(AskTechnician(part=part, vehicle=vehicle, question="这个能装吗", found="无数据"), shop.rep)
    assert made.view.assignee_name == "员工tech2"
    return str(made.id)


def said(shop: Shop, task: str, verdict: str = "fits", condition: str = "", text: str = "适用") -> FitCaseView:
    command = GiveVerdict.model_validate({"task_id": task, "verdict": verdict, "text": text, "condition": condition})
    view: FitCaseView = shop.do(command, who(shop, "tech2")).view
    return view


def verdict(shop: Shop, **answers: str) -> str:
    spec = GOLF.model_copy(update={"answers": tuple(answers.items())})
    return shop.ask(CheckFit(part=SENSOR, vehicle=spec)).verdict


def pushed(shop: Shop, kind: str) -> int:
    with shop.core.database.read() as session:
        return len(session.execute(select(Outbox).where(Outbox.kind == kind)).scalars().all())


def test_it_is_a_row_only_after_review_with_its_author_as_the_source(staffed: Shop) -> None:
    task = asked(staffed)
    case = said(staffed, task)
    assert (case.state, verdict(staffed), pushed(staffed, "answer"), pushed(staffed, "fit_review")) == (
        "proposed", "no_data", 1, 1)  # fmt: skip
    done = staffed.do(ReviewVerdict(case_id=case.id, accept=True), who(staffed, "store1"))
    answer = staffed.ask(CheckFit(part=SENSOR, vehicle=GOLF))
    day = staffed.core.now().date().isoformat()
    assert (answer.verdict, answer.rows[0].source) == ("fits", f"员工tech2 {day}")
    with staffed.core.database.read() as session:
        row = session.get(Application, answer.rows[0].application_id)
        assert row is not None
        assert row.author_id == who(staffed, "tech2").id
    staffed.do(UndoLast(undo_id=done.undo_id), who(staffed, "store1"))
    assert verdict(staffed) == "no_data"
    again = staffed.do(ReviewVerdict(case_id=case.id, accept=True), who(staffed, "store2"))
    assert (again.view.state, verdict(staffed)) == ("accepted", "fits")


def test_on_a_condition_it_is_never_a_plain_fit(staffed: Shop) -> None:
    task = asked(staffed)
    with pytest.raises(Invalid):
        said(staffed, task, "fits_if")
    case = said(staffed, task, "fits_if", "带自适应巡航")
    staffed.do(ReviewVerdict(case_id=case.id, accept=True), who(staffed, "store1"))
    assert verdict(staffed) == "fits_if"
    assert verdict(staffed, **{"is:带自适应巡航": "yes"}) == "fits"
    assert verdict(staffed, **{"is:带自适应巡航": "unknown"}) == "fits_if"


def test_a_denial_becomes_one(staffed: Shop) -> None:
    case = said(staffed, asked(staffed), "does_not_fit", text="不适用")
    staffed.do(ReviewVerdict(case_id=case.id, accept=True), who(staffed, "store1"))
    assert verdict(staffed) == "does_not_fit"


def test_what_is_declined_stays_out(staffed: Shop) -> None:
    case = said(staffed, asked(staffed))
    staffed.do(ReviewVerdict(case_id=case.id, accept=False), who(staffed, "store1"))
    assert verdict(staffed) == "no_data"
    with pytest.raises(Conflict):
        staffed.do(ReviewVerdict(case_id=case.id, accept=True), who(staffed, "store2"))


def test_a_number_in_the_answer_is_the_part_when_none_was_named(staffed: Shop) -> None:
    task = asked(staffed, PartSpec(category="轮速传感器"))
    view = staffed.core.ask(FitCaseOf(task_id=task), who(staffed, "tech2"))
    assert (view.takes_verdict, view.oe) == (False, "")
    assert said(staffed, task, text="用 wht-003.857,适用").oe == "WHT 003 857"


def test_without_one_part_and_one_model_it_is_only_an_answer(staffed: Shop) -> None:
    for part, vehicle in ((PartSpec(category="轮速传感器"), GOLF), (SENSOR, VehicleSpec(words="高尔夫"))):
        assert said(staffed, asked(staffed, part, vehicle)).state == "said"
    assert pushed(staffed, "fit_review") == 0


def test_who_may_answer_and_who_may_review(staffed: Shop) -> None:
    task = asked(staffed)
    with pytest.raises(NotFound):
        staffed.do(GiveVerdict(task_id=task, verdict="fits", text="适用"), who(staffed, "tech1"))
    case = said(staffed, task)
    with pytest.raises(Conflict):
        said(staffed, task, "does_not_fit")
    for code in ("tech2", "rep1", "boss"):
        with pytest.raises(Refused):
            staffed.do(ReviewVerdict(case_id=case.id, accept=True), who(staffed, code))
    _, customer = staffed.customer()
    with pytest.raises(NotFound):
        staffed.core.ask(FitCaseCard(case_id=case.id), customer)
    assert staffed.core.ask(FitCaseOf(task_id=task), customer) is None
    assert staffed.core.ask(FitCaseOf(task_id=task), staffed.rep).verdict == "fits"
    assert verdict(staffed) == "no_data"


def test_nobody_reviews_his_own(staffed: Shop) -> None:
    """A colleague of the store who was asked himself waits for another one."""
    task = asked(staffed)
    staffed.do(AddPerson(code="tech2", name="员工tech2", role="warehouse", unit=HERE))
    case = said(staffed, task)
    with pytest.raises(Refused) as refused:
        staffed.do(ReviewVerdict(case_id=case.id, accept=True), who(staffed, "tech2"))
    assert refused.value.key == "error.own_verdict"


def test_a_review_against_the_catalogue_is_said_to_be_one(staffed: Shop) -> None:
    part = PartSpec(oe="06L115562B")
    case = said(staffed, asked(staffed, part))
    view = staffed.core.ask(FitCaseCard(case_id=case.id), who(staffed, "store1"))
    assert (view.may_review, view.against) == (True, "does_not_fit")
    staffed.do(ReviewVerdict(case_id=case.id, accept=True), who(staffed, "store1"))
    answer = staffed.ask(CheckFit(part=part, vehicle=GOLF))
    assert (answer.verdict, answer.contradiction) == ("no_data", True)
