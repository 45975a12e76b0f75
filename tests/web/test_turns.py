"""Working off arrivals: in order for each person, several people at once, and never stuck."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from bot.turns import TurnRunner
from crm_core.api import Core
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.inbox import MAX_ATTEMPTS, Arrival
from tests.support.site import Site


def arrive(core: Core, code: str, text: str) -> None:
    actor = core.actor(code)
    chat = core.chats.web_chat(actor.id)
    core.chats.receive(tenant=actor.tenant, channel="web", account="", chat=chat, person_id=actor.id, dedupe_key=text,
                       body={"kind": "text", "text": text, "person_id": actor.id, "chat": chat},
                       now=core.now())  # fmt: skip


class Script:
    """Ends arrivals as the test says."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.seen: list[str] = []
        self.wait_for: dict[str, threading.Event] = {}
        self.error: Exception | None = None

    def process(self, arrival: Arrival) -> None:
        text = arrival.body["text"]
        if text in self.wait_for:
            assert self.wait_for[text].wait(10)
        self.seen.append(text)
        if self.error is not None and text == "bad":
            raise self.error
        self.core.chats.finish(arrival, chat=arrival.sender, person_id=arrival.body["person_id"], replies=[],
                               state=None, now=self.core.now())  # fmt: skip


class Rounds:
    """Runs the runner until nothing is left to do."""

    def __init__(self, core: Core, script: Script, sorry: Any = None) -> None:
        self.woken = threading.Semaphore(0)
        self.runner = TurnRunner(core, script, self.woken.release, sorry)

    def until_idle(self) -> None:
        while begun := self.runner.run():
            for _ in range(begun):
                assert self.woken.acquire(timeout=10)


def test_one_person_in_order_others_meanwhile(small: Core) -> None:
    script = Script(small)
    script.wait_for["slow"] = threading.Event()
    rounds = Rounds(small, script)
    for code, text in (("rep1", "slow"), ("rep1", "after"), ("rep2", "quick")):
        arrive(small, code, text)
    assert rounds.runner.run() == 2
    assert rounds.woken.acquire(timeout=10)
    assert rounds.runner.run() == 0
    assert script.seen == ["quick"]
    script.wait_for["slow"].set()
    assert rounds.woken.acquire(timeout=10)
    rounds.until_idle()
    assert script.seen == ["quick", "slow", "after"]
    rounds.runner.stop()


def test_what_always_fails_ends_with_an_apology_and_lets_others_through(small: Core) -> None:
    script = Script(small)
    script.error = RuntimeError("no")
    rounds = Rounds(small, script, lambda person: {"text": f"sorry, {small.actor(person).name}"})
    arrive(small, "rep1", "bad")
    arrive(small, "rep1", "good")
    rounds.until_idle()
    assert script.seen == ["bad"] * MAX_ATTEMPTS + ["good"]
    replies = small.outbox.claim("w", small.now())
    assert [r.params["text"] for r in replies] == ["sorry, 陈晓明"]
    rounds.runner.stop()


def test_a_busy_database_is_waited_for(small: Core) -> None:
    script = Script(small)
    script.error = Unavailable("error.busy")
    rounds = Rounds(small, script)
    arrive(small, "rep1", "bad")
    assert rounds.runner.run() == 1
    assert rounds.woken.acquire(timeout=10)
    script.error = None
    rounds.until_idle()
    assert script.seen == ["bad", "bad"]
    rounds.runner.stop()


def test_a_turn_that_cannot_be_ended_is_apologised_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    finish = site.core.chats.finish

    def broken(arrival: Arrival, **more: Any) -> Any:
        if arrival.token < MAX_ATTEMPTS or not more.get("error"):
            raise RuntimeError("no")
        return finish(arrival, **more)

    monkeypatch.setattr(site.core.chats, "finish", broken)
    with site.page("rep3") as page:
        page.say("help")
        assert "E-" in page.last()
        assert "error" in page.last().lower() or "sorry" in page.last().lower() or "wrong" in page.last().lower()


def test_at_the_end_what_was_not_begun_is_given_back_at_once(small: Core) -> None:
    script, woken = Script(small), threading.Semaphore(0)
    script.wait_for["slow"] = threading.Event()
    runner = TurnRunner(small, script, woken.release, threads=1)
    for code, text in (("rep1", "slow"), ("rep2", "next"), ("rep3", "third")):
        arrive(small, code, text)
    assert runner.run() == 2, "two for one thread"
    runner.stop(patience=0.1)
    assert runner.run() == 0, "nothing is claimed any more"
    taken = small.inbox.claim(small.now())
    assert sorted(arrival.body["text"] for arrival in taken) == ["next", "third"]
    assert {arrival.attempts for arrival in taken} == {1}, "that was no attempt"
    script.wait_for["slow"].set()
    assert woken.acquire(timeout=10)
    assert script.seen == ["slow"], "what had begun was finished"


def test_one_part_that_cannot_end_keeps_no_other_from_ending(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise Unavailable

    arrive(site.core, "rep1", "help")
    monkeypatch.setattr(site.house._works, "stop", broken)
    site.house.drain()
    assert site.house._turns.run() == 0, "the turns have ended"
    site.house.drain()
