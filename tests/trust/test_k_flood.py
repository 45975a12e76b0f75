"""Suite K: one person's flood is his alone: others are answered as if nothing was, and nothing grows without bound."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from bot.channels.webchat.hub import PAGES, Connection, Hub
from bot.channels.webchat.pace import Pace
from bot.conversation.brain import Rooms
from bot.conversation.pipeline import Pipeline
from bot.conversation.thinking import Thinking
from bot.reception.floods import Floods
from bot.reception.reception import Reception
from bot.texts import Texts
from bot.web import headers, pages
from bot.web.headers import Guard
from crm_core.api import Core
from crm_core.chat.messages import AddVisitor
from crm_core.chat.rules import FloodPolicy
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.inbox import NEW
from crm_core.kernel.tables import Inbox, Outbox
from intents.llm import LanguageModel, ModelSettings
from tests.reception.conftest import Hall, hall
from tests.support.site import Site, served
from tests.trust.support.size import size
from tests.web.conftest import open_copy

__all__ = ["hall"]
pytestmark = pytest.mark.trust
ROUNDS, FLOOD = size(12, 40), 25
OTHERS = ("rep2", "rep3", "manager1", "tech1", "admin1")
# So many turns are carried out while a round's messages come.
CAPACITY = 8
# Words for a model, and words that need none.
UNCLEAR, CLEAR = "这位再给捋捋", "帮助"
POLICY = FloodPolicy(at_once=40, a_minute=30, waiting=200, guests_waiting=300, guests_waiting_all=1000)


class Silent(GenericFakeChatModel):
    """A model that has nothing to say, and counts how often it was asked."""

    messages: Iterator[AIMessage | str] = iter(())
    asked: list[str] = Field(default_factory=list)

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Silent:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.asked.append(str(messages[-1].content))
        return ChatResult(generations=[ChatGeneration(message=AIMessage("?"))])


@dataclass
class Office:
    """A deployment worked off by hand, one arrival after the other, so that waiting is counted in turns."""

    core: Core
    brain: Rooms
    model: Silent = field(default_factory=Silent)
    turns: int = 0
    began: dict[int, tuple[str, int]] = field(default_factory=dict)
    waits: dict[str, list[int]] = field(default_factory=dict)
    longest: int = 0

    def __post_init__(self) -> None:
        language = LanguageModel(ModelSettings("silent:model"), chat=self.model)
        texts = Texts.load()
        pipeline = Pipeline(self.core, texts, self.brain, Thinking(self.core, language), heard=self._heard)
        self.reception = Reception(self.core, texts, pipeline, {})
        self.language = language

    def _heard(self, _: str) -> None:
        self.turns += 1

    def says(self, person: str, text: str, key: str) -> None:
        actor = self.core.actor(person)
        chat = self.core.chats.web_chat(actor.id)
        body = {"kind": "text", "person_id": actor.id, "chat": chat, "text": text}
        received = self.core.chats.receive(tenant=actor.tenant, channel="web", account="", chat=chat, person_id=actor.id,
                                           dedupe_key=f"{person}:{key}", body=body, now=self.core.now())  # fmt: skip
        assert received.inbox_id is not None
        self.began[received.inbox_id] = (person, self.turns)

    def work(self, turns: int) -> None:
        """Carry out about so many turns, eight taken up at a time as a process does."""
        until = self.turns + turns
        while self.turns < until and (found := self.core.inbox.claim(self.core.now(), 8)):
            for arrival in found:
                self.reception.process(arrival)
                person, began = self.began[arrival.id]
                self.waits.setdefault(person, []).append(self.turns - began)
            self.longest = max(self.longest, self.waiting())

    def waiting(self) -> int:
        with self.core.database.read() as session:
            return int(session.execute(select(func.count()).where(Inbox.state == NEW)).scalar_one())  # type: ignore[arg-type]

    def day(self, flood: int, name: str = "") -> list[int]:
        """Ten seconds with `flood` messages of one person in each round; how long each other one waited."""
        clock = self.core.clock
        assert isinstance(clock, FixedClock)
        for number in range(ROUNDS):
            for n in range(flood):
                self.says("rep1", f"{UNCLEAR}{number}-{n}", f"f{name}{number}-{n}")
            for person in OTHERS:
                self.says(person, CLEAR, f"n{name}{number}")
            self.work(CAPACITY)
            clock.advance(seconds=10 / ROUNDS)
        self.work(10**6)
        return sorted(wait for person in OTHERS for wait in self.waits[person])

    def told(self) -> list[str]:
        """What the flooder read, but for answers to his messages."""
        actor = self.core.actor("rep1")
        with self.core.database.read() as session:
            query = select(Outbox).where(Outbox.person_id == actor.id, Outbox.kind == "@reply")  # type: ignore[arg-type]
            rows = session.execute(query).scalars().all()
        texts = [self.core.outbox.open_payload(row.dedupe_key, row.payload_enc).get("text") or "" for row in rows]
        return [text for text in texts if "没来得及看" in text]


@pytest.fixture
def small(small_sqlite: Path, tmp_path: Path) -> Iterator[Core]:
    core = open_copy(small_sqlite, tmp_path)
    yield core
    core.close()


@pytest.fixture
def office(small: Core) -> Iterator[Office]:
    brain = Rooms(small)
    found = Office(small, brain)
    yield found
    found.language.close()
    brain.close()


def p95(waits: list[int]) -> int:
    return waits[int(len(waits) * 0.95)]


def test_others_are_answered_as_if_nothing_was(office: Office) -> None:
    calm = p95(office.day(0))
    office.began, office.waits, turns = {}, {}, office.turns
    waits = office.day(FLOOD, "flood")
    assert len(waits) == ROUNDS * len(OTHERS)
    assert p95(waits) < 2 * max(calm, 1)
    # What he may say in ten seconds, and no more.
    assert office.turns - turns - len(waits) <= POLICY.at_once + POLICY.a_minute / 6 + 2
    assert office.longest <= POLICY.waiting + 2 * FLOOD
    assert 0 < len([one for one in office.model.asked if UNCLEAR in one]) <= 20
    (said,) = office.told()
    assert any(figure.isdigit() for figure in said)
    assert office.waiting() == 0


def test_red_when_nobody_looks_at_what_waits(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Floods, "turned_away", lambda self, arrival: False)
    office.day(FLOOD, "flood")
    assert office.turns > 200 + POLICY.at_once + POLICY.a_minute
    assert office.told() == []


def test_who_is_answered_in_turn_is_never_too_fast(office: Office) -> None:
    for number in range(POLICY.at_once * 2):
        office.says("rep1", CLEAR, f"n{number}")
        office.work(10)
    assert office.turns == POLICY.at_once * 2
    assert office.told() == []


def test_many_guests_let_colleagues_pass(office: Office) -> None:
    core = office.core
    for number in range(POLICY.guests_waiting + 30):
        visitor = core.execute(AddVisitor(unit="starway."), core.system("starway")).id
        office.says(visitor, "你好", f"g{number}")
    office.says("rep2", CLEAR, "r")
    office.work(10**6)
    # Those of one handful are taken up before any of them is looked at.
    assert POLICY.guests_waiting < office.turns <= POLICY.guests_waiting + 10
    assert office.waits["rep2"]


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "没来得及看"), ("en", "left unread")])
def test_a_platforms_flood_is_answered_once_in_its_language(hall: Hall, language: str, words: str) -> None:
    line = hall.lines["telegram:8"]
    raws = [line.raw(f"k{n}", "text", "501", text="？", language=language) for n in range(120)]
    hall.core.arrivals.store(raws, hall.clock.now())
    while found := hall.core.inbox.claim(hall.clock.now()):
        for arrival in found:
            hall.reception.process(arrival)
    said = hall.said("telegram:8:501")
    assert len([one for one in said if words in one]) == 1
    assert len(said) <= POLICY.at_once + 2


# What an address, a key and a page may ask for


def app(addresses: Pace) -> Guard:
    async def ok(_: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    routes = [Route(path, ok) for path in ("/", "/api/leads", "/health")]
    return Guard(Starlette(routes=routes), (), lambda *_: None, addresses=addresses, local=())


async def _asked(guard: Guard, address: str, path: str, many: int) -> list[httpx.Response]:
    transport = httpx.ASGITransport(guard, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return [await http.get(path) for _ in range(many)]


def test_an_address_that_only_asks_is_told_to_wait_and_no_other_is() -> None:
    guard = app(Pace(50, 0))
    flood = asyncio.run(_asked(guard, "203.0.113.5", "/", size(200, 2_000)))
    assert [one.status_code for one in flood[:51]] == [200] * 50 + [429]
    assert {one.status_code for one in flood[50:]} == {429}
    assert flood[-1].headers["retry-after"]
    assert {one.status_code for one in asyncio.run(_asked(guard, "203.0.113.6", "/", 50))} == {200}
    assert {one.status_code for one in asyncio.run(_asked(guard, "203.0.113.5", "/health", 50))} == {200}


def test_a_key_has_a_quota(small: Core) -> None:
    with served(small, role="web") as site:
        site.house.intake.pace = Pace(3, 0)
        answers = [site.lead({"phone": f"1380013800{n}"}) for n in range(6)]
    assert [one.status_code for one in answers] == [201] * 3 + [429] * 3
    assert answers[-1].headers["retry-after"]


def test_one_person_has_only_so_many_pages_here(small: Core) -> None:
    async def nobody(_: str) -> None:
        return None

    hub = Hub(small)
    assert [hub.add(Connection("web:a", "a", nobody)) for _ in range(PAGES + 2)] == [True] * PAGES + [False] * 2
    assert hub.add(Connection("web:b", "b", nobody))


@pytest.mark.parametrize("path", ["/ws", "/widget/ws"])
def test_who_connects_and_keeps_silent_is_shown_out(small: Core, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(pages, "HELLO_SECONDS", 0.2)
    with served(small, role="web") as site, _silent(site, path) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013


def _silent(site: Site, path: str) -> connect:
    return connect(site.url.replace("http", "ws", 1) + path, origin=Origin(site.url), proxy=None,
                   additional_headers={"Cookie": site.cookie("rep1")})  # fmt: skip


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers, "BODY_SECONDS", 0.1)
    told: list[dict[str, Any]] = []

    async def read(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    async def never() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)

    guard = Guard(Starlette(routes=[Route("/", read, methods=["POST"])]), (), lambda *_: None)
    scope = {"type": "http", "path": "/", "raw_path": b"/", "query_string": b"", "method": "POST", "headers": [],
             "client": ("127.0.0.1", 1), "scheme": "http", "http_version": "1.1", "root_path": ""}  # fmt: skip
    asyncio.run(asyncio.wait_for(guard(scope, never, send), 30))
    assert told[0]["status"] == 408
    assert "in time" in json.loads(told[1]["body"])["detail"]
