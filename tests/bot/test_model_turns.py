"""A model that takes its time keeps nobody else waiting, and its person reads that work is under way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from bot.conversation import thinking as seam
from bot.conversation.pipeline import Pipeline, body_of
from bot.conversation.thinking import Thinking
from bot.ports import Inbound, InboundKind
from bot.texts import Texts
from bot.thinkers import Thinkers
from bot.turns import TurnRunner
from crm_core.api import Core
from crm_core.chat.tables import ChatMessage
from crm_core.kernel.outbox import SKIPPED
from crm_core.kernel.tables import Inbox, Outbox
from intents.llm import ModelSettings, open_model
from tests.bot.conftest import Scripted
from tests.support.fakes.openai import KEY, OpenAi, Say, openai_server

UNREAD = "那个姓康的后天一早戳我一下呗"
REMIND = Say(calls=[("remind_me", {"evidence": "戳我一下", "when": "后天一早"})], wait=True)
LONG = 10.0


@dataclass
class Office:
    """Turns worked off by one thread, and a model that may take its time."""

    core: Core
    server: OpenAi
    runner: TurnRunner
    thinking: Thinking
    woken: threading.Semaphore
    counted: list[str]
    channel: str = "telegram"
    count: int = 0

    def hear(self, person: str, text: str) -> int:
        """Store an arrival and begin what can begin."""
        actor = self.core.actor(person)
        self.count += 1
        inbound = Inbound(self.channel, "t", f"{self.channel}:{actor.id}", actor.id, str(self.count), InboundKind.TEXT, text)
        received = self.core.chats.receive(
            tenant=actor.tenant, channel=self.channel, account="t", chat=inbound.chat, person_id=actor.id,
            dedupe_key=str(self.count), body=body_of(inbound), now=self.core.now(),
        )  # fmt: skip
        self.runner.run()
        assert received.inbox_id is not None
        return received.inbox_id

    def states(self) -> dict[int, int]:
        with self.core.database.read() as session:
            return {row.id: row.state for row in session.execute(select(Inbox.id, Inbox.state))}  # type: ignore[call-overload]

    def ended(self, inbox_id: int) -> None:
        """Wait until this arrival is done with."""
        until(lambda: self.states()[inbox_id] == 2, self.runner.run)

    def sent(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(key, kind, body) of everything that was to be sent, in order."""
        with self.core.database.read() as session:
            rows = session.execute(select(Outbox).order_by(Outbox.id)).scalars().all()  # type: ignore[arg-type]
            return [(r.dedupe_key, r.kind, self.core.outbox.open_payload(r.dedupe_key, r.payload_enc)) for r in rows]


def until(holds: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Wait for something that happens in other threads."""
    end = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        meanwhile()
        time.sleep(0.01)


@pytest.fixture
def office(dealer: Core, brain: Scripted, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(seam, "SLOW", 0.05)
    with openai_server() as server:
        model = open_model(ModelSettings("deepseek:small", server.url, KEY))
        assert model is not None
        counted: list[str] = []
        thinking = Thinking(dealer, model, later=True, count=counted.append)
        model.warm()
        woken = threading.Semaphore(0)
        pipeline = Pipeline(dealer, Texts.load(), brain, thinking)
        runner = TurnRunner(dealer, pipeline, woken.release, threads=1, thinkers=Thinkers(thinking.close, room=1))
        yield Office(dealer, server, runner, thinking, woken, counted)
        server.let_go()
        runner.stop()


def test_others_do_not_wait(office: Office) -> None:
    office.server.will(REMIND)
    slow = office.hear("rep1", UNREAD)
    until(lambda: bool(office.server.asked))
    quick = office.hear("tech1", "你好")
    office.ended(quick)
    assert office.states()[slow] == 1
    office.server.let_go()
    office.ended(slow)
    assert office.counted == ["full", "answered"]


def test_his_own_next_message_comes_after_it(office: Office) -> None:
    office.server.will(REMIND)
    first = office.hear("rep1", UNREAD)
    second = office.hear("rep1", "我的任务")
    until(lambda: bool(office.server.asked), office.runner.run)
    assert office.states()[second] == 0
    office.server.let_go()
    office.ended(second)
    keys = [key for key, _, _ in office.sent() if key.startswith("re:")]
    assert [key.split(":")[1] for key in keys] == [str(first), str(second)]


def test_it_is_said_that_it_takes_a_while(office: Office) -> None:
    office.server.will(REMIND)
    slow = office.hear("rep1", UNREAD)
    until(lambda: any(key == f"while:{slow}" for key, _, _ in office.sent()))
    (notice,) = office.sent()
    assert notice[2]["text"] == "稍等，我想一想…"
    office.server.let_go()
    office.ended(slow)
    with office.core.database.read() as session:
        state = session.execute(select(Outbox.state).where(Outbox.dedupe_key == f"while:{slow}")).scalar()  # type: ignore[call-overload,arg-type]
    assert state == SKIPPED, "an unsent notice is not sent after the answer"
    assert [key for key, _, _ in office.sent()] == [f"while:{slow}", f"re:{slow}:0"]


def test_the_message_that_said_so_becomes_the_answer(office: Office) -> None:
    office.server.will(REMIND)
    slow = office.hear("rep1", UNREAD)
    until(lambda: bool(office.sent()))
    message = _delivered(office, slow)
    office.server.let_go()
    office.ended(slow)
    *_, (key, kind, payload) = office.sent()
    assert (key, kind) == (f"becomes:{message}", "@refresh")
    assert payload["message"] == message
    assert payload["body"]["card"]["kind"] == "confirm"


def _delivered(office: Office, inbox_id: int) -> int:
    """The notice has gone out and stands in its thread."""
    chats, actor = office.core.chats, office.core.actor("rep1")
    with office.core.database.write() as session:
        row = chats._append(session, tenant=actor.tenant, chat=f"telegram:{actor.id}", person_id=actor.id,
                            key=f"while:{inbox_id}", body={"text": "…"}, direction="out", now=office.core.now())  # fmt: skip
        row.provider_id = "7"
        session.flush()
        assert isinstance(row, ChatMessage)
        assert row.id is not None
        return row.id


def test_a_page_shows_dots_and_gets_no_notice(office: Office) -> None:
    office.channel = "web"
    office.server.will(REMIND)
    slow = office.hear("rep1", UNREAD)
    until(lambda: bool(office.server.asked))
    time.sleep(0.2)
    office.server.let_go()
    office.ended(slow)
    assert [key for key, _, _ in office.sent()] == [f"re:{slow}:0"]


def test_a_process_that_ends_leaves_the_turn_to_another(office: Office) -> None:
    office.server.will(REMIND)
    slow = office.hear("rep1", UNREAD)
    until(lambda: bool(office.server.asked))
    office.runner.stop()
    until(lambda: office.states()[slow] == 0)
    assert office.counted == ["stopped"]


def test_a_model_that_never_answers_is_left(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = office.thinking._policy(office.core.actor("rep1")).model_copy(update={"seconds": 0.3})
    monkeypatch.setattr(Thinking, "_policy", lambda self, actor: policy)
    office.server.will(Say(drip=True))
    slow = office.hear("rep1", UNREAD)
    office.ended(slow)
    assert office.counted == ["slow"]


def test_answers_are_forgotten_with_their_turn(office: Office) -> None:
    office.server.will(REMIND)
    office.server.let_go()
    office.ended(office.hear("rep1", UNREAD))
    assert office.thinking._answers == {}
