"""A batch of cards is drawn from one look at the database, and shows what each would show drawn by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.cards import draw
from bot.cards.base import Easel, by_kind
from bot.delivery import Drawing
from bot.ports import Delivery, Outbound
from bot.texts import Texts
from crm_core.absences.messages import SetAbsence
from crm_core.api import Core
from crm_core.kernel.errors import NotFound, Unavailable
from crm_core.kernel.outbox import Outcome
from crm_core.leads.messages import CreateLead
from crm_core.rights.actors import load_actor, load_actors
from crm_core.tasks.messages import AddTask
from tests.bot.conftest import PEOPLE, TEAM

TEXTS = Texts.load()


def claimed(
    core: Core, number: int, kind: str, subject: str, person_id: str, tenant: str = "star"
) -> Delivery:
    now = core.now()
    return Delivery(number, tenant, f"web:{person_id}", person_id, kind, subject, {}, 2, 1, 1, f"k{number}", None,
                    now, now, "web")  # fmt: skip


@pytest.fixture
def batch(dealer: Core) -> list[Delivery]:
    """Tasks and leads of several people, read by those they concern."""
    found = []
    for number, code in enumerate(("rep1", "rep2", "rep3", "manager1") * 3):
        actor = dealer.actor(code)
        task = dealer.execute(
            AddTask(title=f"给客户{number}回电", due_at=dealer.now() + timedelta(hours=1)), actor
        )
        found.append(claimed(dealer, number, "task_due", f"task:{task.id}", actor.id))
    lead = CreateLead(name="张伟", phone="13800138000", vehicle="ES6", unit=TEAM, keep=True, channel="chat")
    subject = f"lead:{dealer.execute(lead, dealer.actor('rep1')).id}"
    readers = [dealer.actor(code).id for code in ("rep1", "rep3", "admin1")]
    return found + [claimed(dealer, 100 + n, "lead", subject, reader) for n, reader in enumerate(readers)]


def alone(core: Core, delivery: Delivery) -> dict[str, Any]:
    actor = core.actor(delivery.person_id)
    return draw(delivery.kind, delivery.subject, delivery.params, core, actor, TEXTS).to_dict()


def test_each_card_is_what_it_would_be_alone(dealer: Core, batch: list[Delivery]) -> None:
    drawn, failed = Drawing(dealer, TEXTS).all(batch)
    assert failed == []
    assert [delivery for delivery, _ in drawn] == batch
    for delivery, body in drawn:
        assert body == alone(dealer, delivery)


def test_more_cards_of_one_kind_cost_no_more_statements(dealer: Core, batch: list[Delivery]) -> None:
    counts = []
    for size in (1, 12):
        said: list[str] = []
        event.listen(
            dealer.database.engine, "before_cursor_execute", lambda *given, to=said: to.append(given[2])
        )
        Drawing(dealer, TEXTS).all(batch[:size])
        counts.append(len(said))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("place", [0, 5, 14])
def test_one_that_fails_spoils_no_other(
    dealer: Core, batch: list[Delivery], monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    def fail(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
        raise ValueError("cannot be drawn")

    monkeypatch.setitem(by_kind, "broken", fail)
    broken = claimed(dealer, 999, "broken", "", batch[0].person_id)
    drawn, failed = Drawing(dealer, TEXTS).all([*batch[:place], broken, *batch[place:]])
    assert [(one.delivery.id, one.outcome) for one in failed] == [(999, Outcome.RETRY)]
    assert [delivery for delivery, _ in drawn] == batch


def test_who_is_gone_gets_nothing_and_stops_nobody(dealer: Core, batch: list[Delivery]) -> None:
    nobody = claimed(dealer, 999, "task_due", batch[0].subject, "nobody")
    stranger = claimed(dealer, 998, "task_due", batch[0].subject, batch[0].person_id, tenant="moon")
    drawn, failed = Drawing(dealer, TEXTS).all([nobody, *batch, stranger])
    assert [(one.delivery.id, one.outcome) for one in failed] == [(999, Outcome.DEAD), (998, Outcome.DEAD)]
    assert [delivery for delivery, _ in drawn] == batch


def test_without_a_database_nothing_is_drawn(
    dealer: Core, batch: list[Delivery], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> Outbound:
        raise Unavailable()

    monkeypatch.setitem(by_kind, "task_due", gone)
    with pytest.raises(Unavailable):
        Drawing(dealer, TEXTS).all(batch)


def test_people_loaded_together_are_as_each_alone(dealer: Core) -> None:
    boss, now = dealer.actor("manager1"), dealer.now()
    for away, deputy in (("rep1", "rep2"), ("tech1", "rep2")):
        leave = SetAbsence(end=now + timedelta(days=2), person_id=dealer.actor(away).id,
                           deputy_id=dealer.actor(deputy).id)  # fmt: skip
        dealer.execute(leave, boss)
    people = [dealer.actor(code).id for code, *_ in PEOPLE]
    with dealer.database.read() as session:
        together = load_actors(session, [*people, "nobody"], now)
        assert together == {person: load_actor(session, person, now) for person in people}
    assert len(together[dealer.actor("rep2").id].stands_for) == 2


def test_a_look_knows_only_whom_it_read(dealer: Core) -> None:
    rep1, rep2 = dealer.actor("rep1"), dealer.actor("rep2")
    with dealer.look() as look:
        look.read([rep1.id], [])
        assert look.actor(rep1.id, "star") == rep1
        with pytest.raises(NotFound):
            look.actor(rep2.id, "star")
