"""Whatever people do with their accounts, everybody is reached where a plain model says."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_core.chat.messages import PreferAccount, UnbindAccount
from crm_core.chat.service import Chats
from crm_core.kernel.routes import Route
from tests.core.deals.house import DEALER
from tests.reception.conftest import Hall

LINES = ("telegram:7", "wecom:ww1-2")
NATIVES = ("1", "2")
PEOPLE = (0, 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("bind"), st.sampled_from(PEOPLE), st.sampled_from(LINES), st.sampled_from(NATIVES)),
        st.tuples(st.just("write"), st.just(0), st.sampled_from(LINES), st.sampled_from(NATIVES)),
        st.tuples(st.just("leave"), st.just(0), st.sampled_from(LINES), st.sampled_from(NATIVES)),
        st.tuples(st.just("unbind"), st.sampled_from(PEOPLE), st.sampled_from(LINES), st.just("")),
        st.tuples(st.just("prefer"), st.sampled_from(PEOPLE), st.sampled_from((*LINES, "web")), st.just("")),
    ),
    min_size=8,
    max_size=16,
)
_examples = count()


@dataclass
class Place:
    """An account in the model: whose it is, when he used it, whether it reaches him."""

    who: int
    used: int
    alive: bool = True
    preferred: bool = False


@dataclass
class Model:
    """Accounts by chat, and who prefers the web chat."""

    places: dict[str, Place] = field(default_factory=dict)
    web: set[int] = field(default_factory=set)
    tick: int = 0

    def bind(self, who: int, line: str, chat: str) -> None:
        known = self.places.get(chat)
        if known is not None and known.who == who:
            known.alive = True
            return
        for other in [c for c, p in self.places.items() if p.who == who and c.startswith(f"{line}:")]:
            del self.places[other]
        self.places[chat] = Place(who, self.tick)

    def prefer(self, who: int, chat: str) -> None:
        for place in self.places.values():
            if place.who == who:
                place.preferred = False
        self.web.discard(who)
        if chat == "web":
            self.web.add(who)
        else:
            self.places[chat].preferred = True

    def route(self, who: int, web: str) -> Route:
        mine = {chat: place for chat, place in self.places.items() if place.who == who and place.alive}
        last = max(mine, key=lambda chat: mine[chat].used, default=web)
        best = next((chat for chat, place in mine.items() if place.preferred), web if who in self.web else last)
        return Route(last, best)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_everybody_is_reached_where_the_model_says(hall: Hall, steps: list[tuple[str, int, str, str]]) -> None:
    example = next(_examples)
    people = [f"x{example}p{n}" for n in PEOPLE]
    for code in people:
        hall.hire(code, code, "rep", f"{DEALER}a.")
    model = Model()
    for step in steps:
        hall.clock.advance(minutes=2)
        model.tick += 1
        _take(hall, model, people, example, step)
        ids = [hall.id(code) for code in people]
        known = {one.chat: ids.index(one.person_id) for one in hall.identities() if one.person_id in ids}
        known = {chat: who for chat, who in known.items() if not chat.startswith("web:")}
        assert known == {chat: place.who for chat, place in model.places.items()}, step
        for n, code in enumerate(people):
            with hall.core.database.read() as session:
                found = hall.core.services.routes(session, [hall.id(code)])[hall.id(code)]
            assert found == model.route(n, Chats.web_chat(hall.id(code))), step


def _take(hall: Hall, model: Model, people: list[str], example: int, step: tuple[str, int, str, str]) -> None:
    """One step, in the house and in the model."""
    what, who, line, native = step
    native = f"e{example}n{native}"
    chat = f"{line}:{native}"
    mine = next((c for c, p in model.places.items() if p.who == who and c.startswith(f"{line}:")), None)
    if what == "bind":
        hall.bind(people[who], native, line)
        model.bind(who, line, chat)
    elif what == "write":
        hall.happens(line, "other", native)
        if chat in model.places:
            model.places[chat].used, model.places[chat].alive = model.tick, True
    elif what == "leave":
        hall.happens(line, "left", native)
        if chat in model.places:
            model.places[chat].alive = False
    elif what == "unbind" and mine is not None:
        hall.do(people[who], UnbindAccount(identity_id=_identity(hall, mine)))
        del model.places[mine]
    elif what == "prefer" and (mine is not None or line == "web"):
        hall.do(people[who], PreferAccount(identity_id=_identity(hall, mine) if mine else ""))
        model.prefer(who, mine or "web")


def _identity(hall: Hall, chat: str) -> str:
    (found,) = [one.id for one in hall.identities() if one.chat == chat]
    return found


@pytest.mark.parametrize("channel", ["telegram", "wecom"])
def test_accounts_of_one_person_stay_apart(hall: Hall, channel: str) -> None:
    hall.bind("rep1", "100")
    hall.bind("rep1", "100", "wecom:ww1-2")
    found = [one for one in hall.identities("rep1") if one.channel == channel]
    assert [one.native_id for one in found] == ["100"]
    assert len(hall.identities("rep1")) == 2
