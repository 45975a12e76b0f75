"""Tasks, reminders and questions: each fires once, when it should, to whom it should."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_core.deals.messages import MarkLost
from crm_core.kernel.errors import Conflict, Invalid, NotFound
from crm_core.kernel.uow import Priority
from crm_core.org.messages import AddPerson, SetAway
from crm_core.tasks.messages import (
    AddTask,
    AnswerQuestion,
    AskColleague,
    CancelTask,
    CompleteTask,
    MyTasks,
    SnoozeTask,
    TaskCard,
)
from crm_core.tasks.rules import Worker, pick
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import DEALER, House

HOUR = timedelta(hours=1)


def remind(house: House, hours: float = 2, **more: object) -> str:
    due = house.clock.now() + timedelta(hours=hours)
    return house.do("rep1", AddTask(title="回访张先生", kind="reminder", due_at=due, **more)).id  # type: ignore[arg-type]


def test_a_reminder_comes_when_it_is_due_and_once(house: House) -> None:
    task = remind(house)
    assert house.fire(hours=1, minutes=59) == []
    assert [(p.kind, p.person, p.subject) for p in house.fire(minutes=1)] == [
        ("task_due", "rep1", f"task:{task}")
    ]
    assert house.fire(days=30) == []


def test_one_in_the_past_comes_at_once(house: House) -> None:
    remind(house, hours=-3)
    assert [p.kind for p in house.fire()] == ["task_due"]


def test_what_is_done_or_cancelled_never_comes(house: House) -> None:
    house.do("rep1", CompleteTask(task_id=remind(house)))
    house.do("rep1", CancelTask(task_id=remind(house)))
    assert house.fire(days=2) == []
    assert house.waiting() == 0


def test_snoozed_it_comes_at_the_new_time_only_also_after_it_came(house: House) -> None:
    task = remind(house)
    house.do("rep1", SnoozeTask(task_id=task, until=house.clock.now() + 3 * HOUR))
    assert house.fire(hours=2) == []
    assert [p.kind for p in house.fire(hours=1)] == ["task_due"]
    house.do("rep1", SnoozeTask(task_id=task, until=house.clock.now() + HOUR))
    assert [p.kind for p in house.fire(hours=1)] == ["task_due"]


def test_done_and_again_makes_the_next_occurrence(house: House) -> None:
    task = remind(house)
    again = house.clock.now() + timedelta(days=7)
    done = house.do("rep1", CompleteTask(task_id=task, again_at=again))
    assert done.view.state == "done"
    (following,) = house.ask("rep1", MyTasks())
    assert (following.title, following.due_at, following.state) == ("回访张先生", again, "open")
    assert [p.subject for p in house.fire(days=8)] == [f"task:{following.id}"]


def test_undoing_done_takes_the_next_occurrence_back(house: House) -> None:
    task = remind(house)
    done = house.do("rep1", CompleteTask(task_id=task, again_at=house.clock.now() + timedelta(days=7)))
    house.do("rep1", UndoLast(undo_id=done.undo_id))
    assert [t.id for t in house.ask("rep1", MyTasks())] == [task]
    assert [p.subject for p in house.fire(days=8)] == [f"task:{task}"]


@pytest.mark.parametrize(
    "make", [lambda t, w: SnoozeTask(task_id=t, until=w), lambda t, w: CompleteTask(task_id=t, again_at=w)]
)
def test_a_time_that_has_passed_reminds_at_once(house: House, make: object) -> None:
    house.do("rep1", make(remind(house), house.clock.now() - HOUR))  # type: ignore[operator]
    assert [p.kind for p in house.fire()] == ["task_due"]
    assert house.fire(days=3) == []


def test_what_is_over_is_over(house: House) -> None:
    task = remind(house)
    house.do("rep1", CompleteTask(task_id=task))
    for command in (
        CompleteTask(task_id=task),
        CancelTask(task_id=task),
        SnoozeTask(task_id=task, until=house.clock.now() + HOUR),
    ):
        with pytest.raises(Conflict):
            house.do("rep1", command)


def test_a_task_for_a_colleague_tells_him(house: House) -> None:
    task = house.do("manager1", AddTask(title="补资料", assignee_id=house.id("rep2")))
    assert [(p.kind, p.person, p.params["by"]) for p in house.pushed()] == [("task_new", "rep2", "赵国强")]
    assert house.ask("rep2", MyTasks())[0].id == task.id
    with pytest.raises(NotFound):
        house.do("rep1", CompleteTask(task_id=task.id))


def test_another_dealers_people_are_not_there(house: House) -> None:
    with pytest.raises(NotFound):
        house.do("rep1", AddTask(title="x", assignee_id=house.id("rep3")))


def test_what_is_late_comes_first_and_what_has_no_time_last(house: House) -> None:
    todo = house.do("rep1", AddTask(title="整理资料")).id
    later, late = remind(house, 5), remind(house, 1)
    house.clock.advance(hours=2)
    tasks = house.ask("rep1", MyTasks())
    assert [t.id for t in tasks] == [late, later, todo]
    assert [t.overdue for t in tasks] == [True, False, False]
    today = house.ask("rep1", MyTasks(start=house.clock.now(), end=house.clock.now() + HOUR))
    assert [t.id for t in today] == [late, todo]


def test_a_question_reaches_the_technician_and_the_answer_the_customer(house: House) -> None:
    house.customer(login="customer1")
    asked = house.do("customer1", AskColleague(question="发动机灯亮了还能开吗", found="手册:黄灯可低速行驶"))
    assert [(p.kind, p.person, p.priority) for p in house.pushed()] == [
        ("question", "tech1", Priority.MUST_KNOW)
    ]
    assert asked.view.text == ""
    assert house.ask("tech1", TaskCard(task_id=asked.id)).text == "手册:黄灯可低速行驶"
    house.do("tech1", AnswerQuestion(task_id=asked.id, text="黄灯可以开到店检查"))
    (push,) = house.pushed()
    assert (push.kind, push.person, push.params["text"]) == ("answer", "customer1", "黄灯可以开到店检查")
    assert house.ask("customer1", TaskCard(task_id=asked.id)).answer == "黄灯可以开到店检查"
    with pytest.raises(Conflict):
        house.do("tech1", AnswerQuestion(task_id=asked.id, text="再答一次"))


def test_an_unanswered_question_is_brought_up_again(house: House) -> None:
    house.do("rep1", AskColleague(question="能装吗"))
    house.pushed()
    assert [(p.kind, p.person) for p in house.fire(hours=2)] == [("task_due", "tech1")]


def test_a_role_nobody_has_goes_to_the_manager_and_that_is_said(house: House) -> None:
    view = house.do("rep1", AskColleague(question="库存还有吗", role="warehouse")).view
    assert (view.assignee_name, view.fallback, view.role) == ("赵国强", True, "warehouse")
    (push,) = house.pushed()
    assert (push.person, push.params["fallback"]) == ("manager1", True)


def test_the_least_busy_technician_on_duty_is_asked(house: House) -> None:
    house.job(AddPerson(code="tech2", name="周师傅", role="tech", unit=f"{DEALER}service."))
    house.actors["tech2"] = house.core.actor("tech2")
    names = [
        house.do("rep1", AskColleague(question=f"问题{i}", role="technician")).view.assignee_name
        for i in range(2)
    ]
    assert sorted(names) == ["周师傅", "孙建军"]
    house.do("tech1", SetAway(until=house.clock.now() + timedelta(days=1)))
    assert {house.do("rep1", AskColleague(question=f"再问{i}")).view.assignee_name for i in range(2)} == {
        "周师傅"
    }


def test_an_empty_title_is_refused(house: House) -> None:
    with pytest.raises(Invalid):
        house.do("rep1", AddTask(title="  \u200b"))


def test_work_for_a_lost_deal_ends(house: House) -> None:
    deal = house.deal()
    task = remind(house, subject=f"deal:{deal}")
    house.do("rep1", MarkLost(deal_id=deal))
    assert house.ask("rep1", TaskCard(task_id=task)).state == "cancelled"
    assert house.fire(days=2) == []


@pytest.mark.parametrize(
    ("workers", "chosen"),
    [
        ([], None),
        ([Worker("a", 3, False), Worker("b", 1, False)], "b"),
        ([Worker("a", 0, True), Worker("b", 9, False)], "b"),
        ([Worker("a", 1, False, 1), Worker("b", 1, False, 0)], "b"),
        ([Worker("a", 1, True)], "a"),
    ],
)
def test_pick(workers: list[Worker], chosen: str | None) -> None:
    found = pick(workers)
    assert (found.person_id if found else None) == chosen
