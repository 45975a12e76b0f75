"""An answered question returns to its asker, is kept without whom it was about, and waits for a review."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import Session, select

from crm_core.api import Core
from crm_core.kernel.errors import Conflict, NotFound, Refused
from crm_core.kernel.tables import Outbox
from crm_core.knowledge.messages import Chunks, DraftCard, Drafts, ReviewDraft
from crm_core.org.messages import AddPerson
from crm_core.solved.messages import ForgetCase, RewordAnswer, SolvedCases
from crm_core.solved.tables import SolvedCase
from crm_core.tasks.messages import AnswerQuestion, AskColleague
from tests.core.fitment.shop import HERE, THERE, Shop


@pytest.fixture
def shop(core: Core) -> Shop:
    return Shop(core)


def person(shop: Shop, code: str, role: str, unit: str = HERE) -> Any:
    shop.do(AddPerson(code=code, name=code, role=role, unit=unit))
    return shop.core.actor(code)


def asked(
    shop: Shop, question: str = "涡轮怠速时啸叫正常吗", answer: str = "冷车头 30 秒正常，热车还叫要查旁通阀。"
) -> str:
    """A rep's question, answered by the technician; the task's id."""
    task = shop.do(AskColleague(question=question, found="涡轮保养"), shop.rep)
    shop.do(AnswerQuestion(task_id=task.id, text=answer), shop.core.actor("tec"))
    return str(task.id)


def pushes(core: Core, kind: str) -> list[str]:
    with Session(core.database.engine) as session:
        return [row.person_id for row in session.exec(select(Outbox).where(Outbox.kind == kind))]


def test_the_answer_returns_once_is_kept_and_waits_for_a_review(shop: Shop) -> None:
    admin = person(shop, "adm", "admin")
    person(shop, "tec", "tech")
    task = asked(shop)
    assert pushes(shop.core, "answer") == [shop.rep.id]
    with pytest.raises(Conflict):
        shop.do(AnswerQuestion(task_id=task, text="不一样的回答"), shop.core.actor("tec"))
    (case,) = shop.core.ask(SolvedCases(), shop.rep)
    assert (case.question, case.author_name) == ("涡轮怠速时啸叫正常吗", "tec")
    (draft,) = shop.core.ask(Drafts(), admin)
    assert (draft.title, draft.questions, draft.author_name) == (case.question, (case.question,), "tec")
    assert shop.core.ask(Chunks(), shop.rep) == []
    shop.do(ReviewDraft(draft_id=draft.id, publish=True), admin)
    (chunk,) = shop.core.ask(Chunks(), shop.rep)
    assert chunk.text == case.answer
    assert chunk.section.startswith("tec 20")


def test_other_words_are_the_reviewer_s_and_once(shop: Shop) -> None:
    admin, tech = person(shop, "adm", "admin"), person(shop, "tec", "tech")
    asked(shop)
    (draft,) = shop.core.ask(Drafts(), admin)
    with pytest.raises(Refused):
        shop.do(RewordAnswer(draft_id=draft.id, text="我改"), tech)
    new = shop.do(RewordAnswer(draft_id=draft.id, text="热车还叫，请到店检查旁通阀。"), admin)
    assert shop.core.ask(DraftCard(draft_id=new.id), admin).first == "热车还叫，请到店检查旁通阀。"
    assert shop.core.ask(DraftCard(draft_id=new.id), admin).author_name == "tec"
    with pytest.raises(Conflict):
        shop.do(RewordAnswer(draft_id=draft.id, text="再改"), admin)


def test_what_is_said_in_confidence_is_masked_and_sealed(shop: Shop) -> None:
    person(shop, "tec", "tech")
    asked(shop, "王总 13800138029 的沪A12345 漏油怎么办", "请王总 13800138029 尽快来店")
    (case,) = shop.core.ask(SolvedCases(), shop.rep)
    assert "13800138029" not in case.question + case.answer
    assert "12345" not in case.question
    with Session(shop.core.database.engine) as session:
        row = session.exec(select(SolvedCase)).one()
        assert "漏油" not in (row.question_enc or "")


def test_another_dealer_sees_and_forgets_nothing(shop: Shop) -> None:
    person(shop, "tec", "tech")
    stranger = person(shop, "far", "admin", THERE)
    asked(shop)
    (case,) = shop.core.ask(SolvedCases(), shop.rep)
    assert shop.core.ask(SolvedCases(), stranger) == []
    with pytest.raises(NotFound):
        shop.do(ForgetCase(case_id=case.id), stranger)
    shop.do(ForgetCase(case_id=case.id), person(shop, "adm", "admin"))
    assert shop.core.ask(SolvedCases(), shop.rep) == []
