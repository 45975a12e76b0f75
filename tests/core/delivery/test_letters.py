"""Messages that did not arrive: who hears of them, who sees them, and what is done about them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.delivery.messages import (
    DeadLetters,
    DeliveryReport,
    FoldedMessages,
    LetterCard,
    ResendDelivery,
    ResumeDeliveries,
    SettleDeadTimers,
    SettledTimersView,
    SkipDelivery,
    TellTroubles,
)  # fmt: skip
from crm_core.kernel.errors import Conflict, NotFound, Refused
from crm_core.kernel.late import HELD
from crm_core.kernel.tables import Outbox, Timer
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.tables import Person, Unit
from crm_core.undo.messages import UndoLast
from tests.core.deals.house import House

PENDING, SENT, UNCERTAIN, DEAD, SKIPPED, FOLDED = 0, 2, 3, 4, 5, 6


def push(house: House, to: str, key: str, *, state: int = PENDING, priority: int = Priority.MUST_KNOW,
         kind: str = "task_new", minutes: float = 0) -> int:  # fmt: skip
    """A message in a state it got into `minutes` ago; its id."""
    core, at = house.core, house.clock.now() - timedelta(minutes=minutes)
    with core.database.write() as session:
        uow = Uow(session=session, actor=core.system("starway"), now=at, services=core.services)
        uow.push(house.actors[to].id, kind, subject=f"task:{key}", key=key, priority=priority)
        uow.flush_pushes()
        row = session.execute(select(Outbox).where(Outbox.dedupe_key.like(f"{key}>%"))).scalars().one()
        row.state, row.settled_at = state, at if state > SENT else None
        assert row.id is not None
        return row.id


def rows(house: House, **where: Any) -> list[Outbox]:
    with house.core.database.read() as session:
        query = select(Outbox).order_by(Outbox.id)
        for name, value in where.items():
            query = query.where(getattr(Outbox, name) == value)
        return list(session.execute(query).scalars())


def told(house: House, code: str, kind: str = "undelivered") -> list[str]:
    return [row.subject for row in rows(house, kind=kind, person_id=house.actors[code].id)]


def dead_timer(house: House, key: str) -> None:
    with house.core.database.write() as session:
        session.add(Timer(tenant="starway", kind="task_due", subject=f"task:{key}", dedupe_key=key, state=3, attempts=5,
                          due_at=house.clock.now() - timedelta(hours=1), created_at=house.clock.now()))  # fmt: skip


def timer_of(house: House, key: str) -> tuple[int, int, Any]:
    with house.core.database.read() as session:
        timer = session.execute(select(Timer).where(Timer.dedupe_key == key)).scalars().one()
        return timer.state, timer.attempts, timer.due_at


def tell(house: House) -> None:
    house.core.execute(TellTroubles(), house.core.system("starway"))


def test_what_is_dead_is_told_to_the_manager_and_the_admin_once(house: House) -> None:
    letter = push(house, "rep1", "a", state=DEAD)
    for _ in range(2):
        tell(house)
        house.clock.advance(minutes=1)
    for code in ("manager1", "admin1"):
        assert told(house, code) == [f"delivery:{letter}"]
    assert told(house, "rep2") == []


def test_what_is_uncertain_is_told_to_the_manager_after_ten_minutes(house: House) -> None:
    letter = push(house, "rep1", "a", state=UNCERTAIN, minutes=9)
    tell(house)
    assert told(house, "manager1") == []
    house.clock.advance(minutes=2)
    tell(house)
    assert told(house, "manager1") == [f"delivery:{letter}"]
    assert told(house, "admin1") == []


def test_a_managers_own_letter_goes_further_up(house: House) -> None:
    letter = push(house, "manager1", "a", state=DEAD)
    tell(house)
    assert told(house, "manager1") == []
    assert told(house, "admin1") == [f"delivery:{letter}"]


def test_an_uncertain_reminder_is_told_to_nobody(house: House) -> None:
    push(house, "rep1", "a", state=UNCERTAIN, priority=Priority.REMINDER, minutes=60)
    tell(house)
    assert rows(house, kind="undelivered") == []
    assert rows(house, kind="undelivered_many") == []


def test_many_at_once_are_one_card(house: House) -> None:
    for n in range(8):
        push(house, "rep1", f"k{n}", state=DEAD)
    tell(house)
    assert told(house, "manager1") == []
    (card,) = rows(house, kind="undelivered_many", person_id=house.actors["manager1"].id)
    assert house.core.outbox.open_payload(card.dedupe_key, card.payload_enc) == {"n": 8}


def test_dead_reminders_are_told_together_once_an_hour(house: House) -> None:
    for n in range(4):
        push(house, "rep1", f"k{n}", state=DEAD, priority=Priority.REMINDER)
        tell(house)
        house.clock.advance(minutes=20)
    assert len(told(house, "admin1", "undelivered_many")) == 2
    assert all(row.told_at for row in rows(house, state=DEAD)[:3])


def test_any_number_of_reminders_hides_nothing_that_must_be_known(house: House) -> None:
    for n in range(210):
        push(house, "rep1", f"nice{n}", state=DEAD, priority=Priority.REMINDER)
    tell(house)
    must = push(house, "rep1", "must", state=DEAD)
    tell(house)
    assert told(house, "manager1") == [f"delivery:{must}"]


def test_what_tells_of_trouble_is_no_trouble_of_its_own(house: House) -> None:
    push(house, "admin1", "a", state=DEAD, kind="delivery_trouble")
    push(house, "admin1", "b", state=DEAD, kind="undelivered")
    push(house, "rep1", "c", state=DEAD, kind="@refresh")
    before = len(rows(house))
    tell(house)
    assert len(rows(house)) == before


def test_whose_letters_one_sees(house: House) -> None:
    mine, other = push(house, "rep1", "a", state=DEAD), push(house, "rep3", "b", state=UNCERTAIN)
    core = house.core
    seen = {code: {one.id for one in core.ask(DeadLetters(), house.actors[code])} for code in ("admin1", "manager1")}
    assert seen == {"admin1": {mine, other}, "manager1": {mine}}
    with pytest.raises(Refused):
        core.ask(DeadLetters(), house.actors["rep1"])
    with pytest.raises(NotFound):
        core.ask(LetterCard(letter_id=other), house.actors["manager1"])
    with pytest.raises(NotFound):
        core.execute(ResendDelivery(letter_id=other), house.actors["manager1"])


def test_figures_by_account(house: House) -> None:
    push(house, "rep1", "a", state=DEAD)
    push(house, "rep1", "b", state=UNCERTAIN)
    push(house, "rep1", "c", state=SENT)
    push(house, "rep1", "d", minutes=3)
    view = house.core.ask(DeliveryReport(), house.actors["admin1"])
    (web,) = view.accounts
    assert (web.account, web.dead, web.uncertain, web.sent, web.waiting) == ("web", 1, 1, 1, 1)
    assert web.oldest_at == house.clock.now() - timedelta(minutes=3)
    assert (view.letters, view.paused) == (2, "")
    theirs = house.core.ask(DeliveryReport(), house.actors["manager1"])
    assert theirs.accounts == view.accounts
    assert (theirs.workers, theirs.troubles, theirs.may_resume) == ((), (), False)


def test_sent_again_it_is_a_new_message_and_the_old_one_is_over(house: House) -> None:
    letter = push(house, "rep1", "a", state=DEAD)
    house.core.execute(ResendDelivery(letter_id=letter), house.actors["admin1"])
    fresh, old = rows(house, state=PENDING)[-1], house.core.ask(LetterCard(letter_id=letter), house.actors["admin1"])
    assert (fresh.kind, fresh.subject, fresh.person_id) == ("task_new", "task:a", house.actors["rep1"].id)
    assert old.state == "skipped"
    for command in (ResendDelivery(letter_id=letter), SkipDelivery(letter_id=letter)):
        with pytest.raises(Conflict):
            house.core.execute(command, house.actors["admin1"])


def test_left_unsent_and_taken_back(house: House) -> None:
    letter = push(house, "rep1", "a", state=UNCERTAIN)
    done = house.core.execute(SkipDelivery(letter_id=letter), house.actors["admin1"])
    assert [row.state for row in rows(house, id=letter)] == [SKIPPED]
    house.core.execute(UndoLast(undo_id=done.undo_id), house.actors["admin1"])
    assert [row.state for row in rows(house, id=letter)] == [UNCERTAIN]


def test_only_an_admin_lets_a_restored_deployment_go_on(house: House) -> None:
    with pytest.raises(Conflict):
        house.core.execute(ResumeDeliveries(choice="skip"), house.actors["admin1"])
    house.core.leases.remember("deliveries", "paused:restored", house.clock.now())
    for code in ("rep1", "manager1"):
        with pytest.raises(Refused):
            house.core.execute(ResumeDeliveries(choice="resend"), house.actors[code])
    # The command line acts as the deployment itself.
    house.core.execute(ResumeDeliveries(choice="resend"), house.core.system("starway"))


def test_where_groups_share_a_deployment_none_decides_for_the_others(house: House) -> None:
    with house.core.database.write() as session:
        other = house.core.system("otherway")
        Uow(session=session, actor=other, now=house.clock.now(), services=house.core.services).new(
            Unit, path="otherway.", name="另一家"
        )
    house.core.leases.remember("deliveries", "paused:restored", house.clock.now())
    with pytest.raises(Refused):
        house.do("admin1", ResumeDeliveries(choice="skip"))
    assert not house.ask("admin1", DeliveryReport()).may_resume
    house.core.execute(ResumeDeliveries(choice="resend"), house.core.system("starway"))


def test_an_admin_tries_dead_reminders_again_or_gives_them_up(house: House) -> None:
    dead_timer(house, "one")
    assert house.ask("admin1", DeliveryReport()).dead_timers == 1
    for who in ("rep1", "manager1"):
        with pytest.raises(Refused):
            house.do(who, SettleDeadTimers(choice="retry"))
    assert house.do("admin1", SettleDeadTimers(choice="retry")).view == SettledTimersView(count=1)
    assert timer_of(house, "one") == (0, 0, house.clock.now())
    with pytest.raises(Conflict):
        house.do("admin1", SettleDeadTimers(choice="retry"))
    dead_timer(house, "two")
    house.do("admin1", SettleDeadTimers(choice="drop"))
    assert timer_of(house, "two")[0] == 2
    assert house.ask("admin1", DeliveryReport()).dead_timers == 0


@pytest.mark.parametrize(("choice", "sent"), [("resend", 2), ("skip", 0)])
def test_what_was_due_before_a_restore_is_sent_or_not(house: House, choice: Any, sent: int) -> None:
    """A message the backup had as unsent, and a reminder that fell due since."""
    from crm_core.tasks.messages import AddTask

    core, clock = house.core, house.clock
    due = clock.now() + timedelta(minutes=10)
    core.execute(AddTask(title="回电话", due_at=due, kind="reminder"), house.actors["rep1"])
    unsent = push(house, "rep1", "a")
    clock.advance(hours=2)
    core.leases.remember("deliveries", "paused:restored", clock.now())
    clock.advance(minutes=1)
    core.execute(ResumeDeliveries(choice=choice), house.actors["admin1"])
    clock.advance(minutes=1)
    while core.timers.fire_due(clock.now()):
        continue
    waiting = [row for row in rows(house, person_id=house.actors["rep1"].id) if row.state == PENDING]
    assert len([row for row in waiting if row.id == unsent or row.kind == "task_due"]) == sent
    core.execute(AddTask(title="再打一次", due_at=clock.now(), kind="reminder"), house.actors["rep1"])
    clock.advance(minutes=1)
    core.timers.fire_due(clock.now())
    assert rows(house, kind="task_due")[-1].state == PENDING, "what falls due now is told as ever"


def test_late_reminders_become_one_and_take_the_uncertain_along(house: House) -> None:
    from crm_core.tasks.messages import AddTask

    core, clock = house.core, house.clock
    doubtful = push(house, "rep1", "u", state=UNCERTAIN, priority=Priority.REMINDER)
    for n in range(4):
        due = clock.now() + timedelta(minutes=10 + n)
        core.execute(AddTask(title=f"第{n}件", due_at=due, kind="reminder"), house.actors["rep1"])
    core.execute(AddTask(title="一件", due_at=clock.now() + timedelta(minutes=5), kind="reminder"), house.actors["rep2"])
    clock.advance(hours=24)
    while core.timers.fire_due(clock.now()):
        continue
    assert rows(house, state=HELD) == []
    (card,) = rows(house, kind="catch_up")
    folded = rows(house, state=FOLDED)
    assert len(folded) == 5
    ids = core.outbox.open_payload(card.dedupe_key, card.payload_enc)["rows"]
    assert set(ids) == {row.id for row in folded} == {doubtful, *(row.id for row in rows(house, kind="task_due")
                                                                  if row.state == FOLDED)}  # fmt: skip
    told = core.ask(FoldedMessages(ids=tuple(ids)), house.actors["rep1"])
    assert len(told) == 5
    assert core.ask(FoldedMessages(ids=tuple(ids)), house.actors["rep2"]) == ()
    assert [row.state for row in rows(house, person_id=house.actors["rep2"].id, kind="task_due")] == [PENDING]


def test_must_know_goes_first_and_is_never_folded(house: House) -> None:
    core, clock = house.core, house.clock
    push(house, "rep1", "must", minutes=600)
    for n in range(5):
        push(house, "rep1", f"nice{n}", priority=Priority.REMINDER, minutes=600 - n)
    assert core.timers.hold_late(clock.now()) == 5
    assert core.timers.hold_late(clock.now()) == 0
    while core.timers.fire_due(clock.now()):
        continue
    claimed = core.outbox.claim("w", clock.now())
    assert next(one.kind for one in claimed if one.dedupe_key.startswith(("must", "catch_up"))) == "task_new"
    assert len(rows(house, kind="catch_up")) == 1


def test_a_reminder_nobody_is_sure_of_is_told_again_once_after_a_day(house: House) -> None:
    first = push(house, "tech1", "a", state=UNCERTAIN, priority=Priority.REMINDER)
    house.clock.advance(hours=23)
    push(house, "tech1", "b", state=UNCERTAIN, priority=Priority.REMINDER)
    tell(house)
    assert rows(house, kind="catch_up") == []
    house.clock.advance(hours=1)
    for _ in range(2):
        tell(house)
        house.clock.advance(hours=25)
    (card,) = rows(house, kind="catch_up")
    told_of = house.core.outbox.open_payload(card.dedupe_key, card.payload_enc)
    assert told_of["unsure"] is True
    assert told_of["rows"][0] == first
    assert len(told_of["rows"]) == 2, "the younger one is told along"
    assert [row.state for row in rows(house, kind="task_new")] == [FOLDED, FOLDED]


def test_a_customers_reminder_nobody_is_sure_of_is_shown_to_the_manager(house: House) -> None:
    house.hire("c1", "王芳", "tech", house.actors["rep1"].unit)
    with house.core.database.write() as session:
        person = session.get(Person, house.actors["c1"].id)
        assert person is not None
        person.kind = "customer"
    letter = push(house, "c1", "a", state=UNCERTAIN, priority=Priority.REMINDER, minutes=24 * 60)
    for _ in range(2):
        tell(house)
        house.clock.advance(days=2)
    assert rows(house, kind="catch_up") == []
    assert len(told(house, "manager1", "undelivered_many")) == 1
    assert letter in [one.id for one in house.core.ask(DeadLetters(), house.actors["manager1"])]


def test_a_telling_that_may_not_have_arrived_is_not_told_in_turn(house: House) -> None:
    push(house, "tech1", "a", state=UNCERTAIN, priority=Priority.REMINDER, kind="catch_up", minutes=24 * 60)
    tell(house)
    assert len(rows(house, kind="catch_up")) == 1
    assert len(told(house, "manager1", "undelivered_many")) == 1
