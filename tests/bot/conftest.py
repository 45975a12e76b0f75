"""A small dealership, and people who speak through a pipeline whose brain is scripted where that matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from bot.conversation.brain import CodeSaid, Found, PartWords
from bot.conversation.pipeline import Pipeline, Turn, body_of
from bot.ports import Inbound, InboundKind
from bot.terminal import Terminal
from bot.texts import Texts
from crm_core.api import Core
from crm_core.customers.messages import AddCustomer, RecordView
from crm_core.kernel.access import Actor
from crm_core.org.messages import AddPerson, AddUnit
from crm_core.vehicles.messages import AddModel
from intents.types import Command, Context, Slot, Understanding

TEAM = "star.east.pudong.sales."
PEOPLE = (
    ("rep1", "陈晓明", "rep", TEAM, "zh"),
    ("rep2", "林佳", "rep", TEAM, "zh"),
    ("rep3", "Daniel Wu", "rep", "star.east.suzhou.sales.", "en"),
    ("manager1", "赵国强", "manager", "star.east.pudong.", "zh"),
    ("tech1", "孙建军", "tech", "star.east.pudong.", "zh"),
    ("admin1", "周敏", "admin", "star.", "zh"),
)
Script = dict[str, list[tuple[str, dict[str, Any]]]]


def slots(**values: Any) -> dict[str, Slot]:
    """Slots whose words are their values."""
    return {name: Slot(value, str(value)) for name, value in values.items()}


@dataclass
class Scripted:
    """A brain that understands what it was told to; anything else is unrecognised."""

    script: dict[str, tuple[Command, ...]] = field(default_factory=dict)
    layer: str = "grammar"
    found: Found = field(default_factory=lambda: Found("unknown"))
    names: tuple[str, ...] = ()
    heard: list[tuple[str, Context | None, str | None]] = field(default_factory=list)

    def learn(self, text: str, *commands: Command) -> None:
        self.script[text] = commands

    def understand(
        self, text: str, actor: Actor, now: datetime, context: Context | None = None, role: str | None = None
    ) -> Understanding:
        self.heard.append((text, context, role))
        commands = self.script.get(text, ())
        outcome = "recognised" if commands else "unrecognised"
        return Understanding(text, outcome, commands, self.layer)  # type: ignore[arg-type]

    def knowledge(self, question: str, actor: Actor, *, outward: bool = False) -> Found:
        return self.found

    def related(self, question: str, actor: Actor) -> tuple[tuple[str, str, str], ...]:
        return ()

    def similar(self, question: str, texts: Sequence[str], most: int) -> tuple[int, ...]:
        return ()

    def history(self, question: str, records: Sequence[RecordView], now: datetime) -> Found:
        return self.found

    def parts_said(self, text: str, actor: Any, now: Any) -> tuple[CodeSaid, ...]:
        return ()

    def part(self, words: str) -> PartWords:
        return PartWords()

    def people(self, text: str, now: datetime) -> tuple[str, ...]:
        return tuple(name for name in self.names if name in text)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Conversation is the same on every database; the transcripts run on both."""
    return sqlite_url


@pytest.fixture
def dealer(core: Core) -> Core:
    """Two dealers, their people, two customers called 李 and a car with a list price."""
    system = core.system("star")
    for path in ("star.", "star.east.", "star.east.pudong.", TEAM, "star.east.suzhou.", "star.east.suzhou.sales."):
        core.execute(AddUnit(path=path, name=path, city="上海"), system)
    for code, name, role, unit, language in PEOPLE:
        core.execute(AddPerson(code=code, name=name, role=role, unit=unit, language=language), system)
    rep1 = core.actor("rep1").id
    for code, name, phone in (("c1", "李建国", "13900001111"), ("c2", "李建军", "13900002222")):
        core.execute(AddCustomer(name=name, phones=(phone,), unit=TEAM, owner_id=rep1, code=code,
                                 login="customer1" if code == "c1" else ""), system)  # fmt: skip
    core.execute(AddModel(code="es6", brand="蔚来", series="ES6", year=2026, list_fen=33_800_000), system)
    return core


@pytest.fixture
def brain() -> Scripted:
    return Scripted()


@pytest.fixture
def terminal(dealer: Core, brain: Scripted) -> Callable[[str], Terminal]:
    """`terminal("rep1")` is that person's terminal over the scripted brain."""
    return lambda person: Terminal(dealer, person, brain)


@dataclass
class Wire:
    """A channel stripped to the bone: stores arrivals and lets a pipeline answer them."""

    core: Core
    pipeline: Pipeline
    count: int = 0

    def receive(self, person: str, text: str = "", action: str = "") -> int:
        """Store an arrival; its place in the inbox."""
        actor = self.core.actor(person)
        self.count += 1
        kind = InboundKind.PRESS if action else InboundKind.TEXT
        inbound = Inbound("test", "t", f"test:{actor.id}", actor.id, str(self.count), kind, text, action)
        received = self.core.chats.receive(
            tenant=actor.tenant, channel="test", account="t", chat=inbound.chat, person_id=actor.id,
            dedupe_key=str(self.count), body=body_of(inbound), now=self.core.now(),
        )  # fmt: skip
        assert received.inbox_id is not None
        return received.inbox_id

    def say(self, person: str, text: str = "", action: str = "") -> Turn:
        """Store and answer."""
        (arrival,) = self.core.inbox.claim(self.core.now(), 1, only=self.receive(person, text, action))
        return self.pipeline.process(arrival, shown=True)


@pytest.fixture
def wire(dealer: Core, brain: Scripted) -> Wire:
    return Wire(dealer, Pipeline(dealer, Texts.load(), brain))
