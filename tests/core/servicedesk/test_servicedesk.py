"""A desk's conversations: what may be said when, who serves, and that every wait ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from crm_core.api import Core
from crm_core.channels.accounts import Account
from crm_core.chat.messages import AddVisitor
from crm_core.errands.tables import Errand
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import Command, auditors
from crm_core.kernel.tables import Outbox, Timer
from crm_core.org.messages import AddPerson, AddUnit
from crm_core.servicedesk.messages import (
    CallPerson,
    CustomerEntered,
    EndService,
    HearColleague,
    HearCustomer,
    HoldBack,
    NobodyServes,
    PersonServes,
    RateService,
    ServiceCall,
    ServiceEnded,
    SessionView,
)
from crm_core.servicedesk.rules import MESSAGES, WINDOW, is_word, may_send
from crm_core.servicedesk.tables import ServiceRating, ServiceSession
from crm_core.servicedesk.window import Desks
from tests.conftest import NOW
from tests.support.site import DEALER, settle_group

CHAT, LINE = "kf:ww1:wm1@wk1", "kf:ww1"


@pytest.fixture
def person(core: Core) -> str:
    settle_group(core)
    system = core.system("starway")
    core.execute(AddPerson(code="rep9", name="方敏", role="rep", unit=f"{DEALER}sales.", wecom_userid="fang"), system)
    return core.execute(AddVisitor(unit=DEALER), system).id


@pytest.fixture
def desks(core: Core) -> Desks:
    return Desks(core.database, core.cipher)


def do(core: Core, command: Command) -> SessionView:
    view: SessionView = core.execute(command, core.system("starway")).view
    return view


def hear(core: Core, person: str, *, ago: float = 0) -> SessionView:
    at = core.now() - timedelta(seconds=ago)
    return do(core, HearCustomer(account=LINE, chat=CHAT, person_id=person, said_at=at))


def rows(core: Core, table: type[Any]) -> list[Any]:
    with core.database.read() as session:
        found = list(session.execute(select(table)).scalars())
        session.expunge_all()
        return found


def kinds(core: Core) -> list[str]:
    return [row.kind for row in sorted(rows(core, Outbox), key=lambda row: row.id)]


def take(desks: Desks, core: Core, *ids: str, about: bool = False) -> str:
    return desks.take(CHAT, ids, core.now(), about_service=about).how


def test_five_messages_after_a_customers_word(core: Core, desks: Desks, person: str) -> None:
    assert take(desks, core, "a") == "hold"
    hear(core, person)
    assert [take(desks, core, f"m{n}") for n in range(6)] == ["message"] * 5 + ["hold"]
    assert take(desks, core, "m0") == "message", "the same again is no further message"
    desks.give_back(CHAT, ["m0"])
    assert take(desks, core, "x", "y") == "hold"
    assert take(desks, core, "x") == "message"


def test_window_ends_after_48_hours_and_opens_with_the_next_word(
    core: Core, clock: FixedClock, desks: Desks, person: str
) -> None:
    hear(core, person)
    clock.advance(hours=47, minutes=50)
    assert take(desks, core, "a") == "message"
    clock.advance(minutes=10)
    assert take(desks, core, "b") == "hold"
    hear(core, person)
    assert take(desks, core, "b") == "message"


def test_word_that_comes_late_opens_no_window_it_never_had(core: Core, desks: Desks, person: str) -> None:
    hear(core, person, ago=49 * 3600)
    assert take(desks, core, "a") == "hold"


@given(sent=st.integers(0, 12), more=st.integers(1, 6), minutes=st.integers(0, 60 * 60))
def test_never_more_than_the_platform_allows(sent: int, more: int, minutes: int) -> None:
    now = NOW + timedelta(minutes=minutes)
    if may_send(NOW, sent, more, now):
        assert sent + more <= MESSAGES
        assert now - NOW < WINDOW


@pytest.mark.parametrize("said", ["转人工", "转人工！", " 转 人工。", "人工", "Human", "REAL PERSON?"])
def test_words_for_a_person(core: Core, said: str) -> None:
    from crm_core.servicedesk.rules import DeskPolicy

    assert is_word(said, core.policies.model("servicedesk", DeskPolicy, unit="x.").call_words)


@pytest.mark.parametrize("said", ["人工费多少", "转人工的话要等多久", "", "。", "a human heart"])
def test_words_that_only_contain_it(core: Core, said: str) -> None:
    from crm_core.servicedesk.rules import DeskPolicy

    assert not is_word(said, core.policies.model("servicedesk", DeskPolicy, unit="x.").call_words)


def test_from_the_assistant_to_a_person_and_back(core: Core, desks: Desks, person: str) -> None:
    assert not hear(core, person).silent
    assert do(core, CallPerson(chat=CHAT)).state == "queue"
    assert do(core, CallPerson(chat=CHAT)).turn == 1
    assert take(desks, core, "a") == "hold"
    assert do(core, PersonServes(chat=CHAT, state="person", servicer="fang", code="c1")).state == "person"
    assert take(desks, core, "a") == "hold"
    assert take(desks, core, "b", about=True) == "event"
    desks.spent(CHAT)
    assert take(desks, core, "b", about=True) == "hold"
    assert hear(core, person).silent
    assert do(core, ServiceEnded(chat=CHAT, code="c2")).state == "over"
    assert kinds(core) == ["desk_call", "desk_person", "desk_rating"]
    assert not hear(core, person).silent
    assert [one.kind for one in rows(core, Errand)] == ["call_person"]


def test_without_a_code_he_is_asked_when_he_writes_again(core: Core, clock: FixedClock, person: str) -> None:
    hear(core, person)
    do(core, PersonServes(chat=CHAT, state="person", servicer="fang"))
    do(core, ServiceEnded(chat=CHAT))
    assert "desk_rating" not in kinds(core)
    clock.advance(hours=1)
    hear(core, person)
    hear(core, person)
    assert kinds(core).count("desk_rating") == 1


def test_only_the_customer_himself_rates(core: Core, person: str) -> None:
    hear(core, person)
    do(core, PersonServes(chat=CHAT, state="person", servicer="fang"))
    do(core, ServiceEnded(chat=CHAT, code="c"))
    (session,) = rows(core, ServiceSession)
    rate = RateService(session_id=session.id, turn=1, score=3)
    for other in ("rep1", "manager1"):
        with pytest.raises(NotFound):
            core.execute(rate, core.actor(other))
    core.execute(rate, core.actor(person))
    core.execute(rate.model_copy(update={"score": 1}), core.actor(person))
    (rating,) = rows(core, ServiceRating)
    assert (rating.score, rating.colleague_id) == (1, core.actor("rep9").id)
    assert kinds(core).count("desk_bad_rating") == 1


def test_colleague_who_writes_serves(core: Core, person: str) -> None:
    hear(core, person)
    do(core, HearColleague(chat=CHAT, at=core.now(), servicer="fang"))
    assert hear(core, person).silent


def test_nobody_comes(core: Core, clock: FixedClock, person: str) -> None:
    hear(core, person)
    do(core, CallPerson(chat=CHAT))
    clock.advance(minutes=5)
    core.timers.fire_due(core.now())
    assert not hear(core, person).silent
    assert kinds(core) == ["desk_call", "desk_nobody", "desk_missed"]


def test_nobody_is_there_at_all(core: Core, person: str) -> None:
    hear(core, person)
    do(core, CallPerson(chat=CHAT))
    assert do(core, NobodyServes(chat=CHAT)).state == "bot"
    assert do(core, NobodyServes(chat=CHAT)).state == "bot"
    assert kinds(core) == ["desk_call", "desk_nobody", "desk_missed"]


def test_person_stops_writing(core: Core, clock: FixedClock, person: str) -> None:
    hear(core, person)
    do(core, PersonServes(chat=CHAT, state="person", servicer="fang"))
    clock.advance(minutes=29)
    do(core, HearColleague(chat=CHAT, at=core.now(), servicer="fang"))
    clock.advance(minutes=2)
    core.timers.fire_due(core.now())
    assert rows(core, ServiceSession)[0].state == "person"
    clock.advance(minutes=28)
    core.timers.fire_due(core.now())
    assert rows(core, ServiceSession)[0].state == "over"
    assert [one.kind for one in rows(core, Errand)] == ["end_service"]


@pytest.mark.parametrize("state", ["queue", "person"])
def test_timer_that_is_gone_is_made_again(core: Core, clock: FixedClock, person: str, state: str) -> None:
    hear(core, person)
    do(core, CallPerson(chat=CHAT))
    if state == "person":
        do(core, PersonServes(chat=CHAT, state="person", servicer="fang"))
    with core.database.write() as session:
        for timer in session.execute(select(Timer)).scalars():
            session.delete(timer)
    clock.advance(hours=1)
    with core.database.write() as session:
        uow = core._uow(session, core.system("starway"))
        assert len(auditors["service"](uow)) == 1
        uow.flush_pushes()
    core.timers.fire_due(core.now())
    assert rows(core, ServiceSession)[0].state == "over"


def test_welcome_waits_for_no_one_and_for_nothing_late(core: Core, clock: FixedClock, desks: Desks, person: str) -> None:
    entered = CustomerEntered(account=LINE, chat=CHAT, person_id=person, at=core.now(), code="w1")
    do(core, entered)
    assert take(desks, core, "a") == "event"
    clock.advance(seconds=20)
    assert take(desks, core, "b") == "hold"
    do(core, entered.model_copy(update={"code": "w2"}))
    assert kinds(core) == ["desk_welcome"]


def test_who_waits_for_an_answer_gets_it_for_a_welcome(core: Core, desks: Desks, person: str) -> None:
    hear(core, person, ago=50 * 3600)
    do(core, HoldBack(chat=CHAT))
    do(core, HoldBack(chat=CHAT))
    assert kinds(core) == ["desk_held"]
    do(core, CustomerEntered(account=LINE, chat=CHAT, person_id=person, at=core.now(), code="w1"))
    assert kinds(core) == ["desk_held"]
    assert take(desks, core, "the answer") == "event"


def test_end_by_the_customer_tells_the_platform_once(core: Core, person: str) -> None:
    hear(core, person)
    do(core, PersonServes(chat=CHAT, state="person", servicer="fang"))
    do(core, EndService(chat=CHAT))
    do(core, EndService(chat=CHAT))
    assert [one.kind for one in rows(core, Errand)] == ["end_service"]


def test_calls_of_the_platform_are_kept_until_they_were_followed(core: Core, desks: Desks) -> None:
    desks.call("starway", LINE, "wk1", "t1", core.now() + timedelta(minutes=9), core.now())
    (seen,) = desks.desks(LINE, core.now())
    desks.call("starway", LINE, "wk1", "t2", core.now() + timedelta(minutes=9), core.now())
    desks.heard(LINE, "wk1", seen.calls, core.now())
    (again,) = desks.desks(LINE, core.now())
    assert (seen.called, seen.token, again.called, again.token) == (True, "t1", True, "t2")
    desks.heard(LINE, "wk1", again.calls, core.now())
    (last,) = desks.desks(LINE, core.now() + timedelta(minutes=10))
    assert (last.called, last.token) == (False, "")


def test_a_servicer_is_a_colleague_of_the_desks_corp(core: Core, person: str) -> None:
    """Another corp of the group may have given the same userid; the platform writes it as it likes."""
    park, now = "starway.east.park.", core.now()
    for account, unit in (("ww1-2", "starway."), ("ww2-9", park)):
        core.accounts.put(Account("starway", "wecom", account, "staff", unit), now)
    job = core.system("starway")
    core.execute(AddUnit(path=park, name="星驰园区店", name_en="Park", city="杭州"), job)
    core.execute(AddPerson(code="park", name="方园", role="rep", unit=park, wecom_userid="fang"), job)
    hear(core, person)
    do(core, CallPerson(chat=CHAT))
    do(core, PersonServes(chat=CHAT, state="person", servicer="Fang"))
    (row,) = rows(core, ServiceSession)
    seen = core.ask(ServiceCall(session_id=row.id), core.actor("manager1"))
    assert seen.servicer_name == "方敏"
