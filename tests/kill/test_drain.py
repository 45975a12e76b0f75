"""Clean ends: what was begun is finished, the rest is given back, and a rolling restart loses and doubles nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from crm_core.api import Core
from crm_core.chat.tables import ChatMessage
from crm_core.customers.tables import Customer
from crm_core.kernel.tables import Inbox, Outbox, Timer, WorkerRow
from crm_core.tasks.messages import AddTask
from tests.support import demo
from tests.support.server import Server

pytestmark = pytest.mark.kill
PEOPLE = ("rep1", "rep2", "manager1", "tech1")


def rows(core: Core, table: Any) -> list[Any]:
    with core.database.read() as session:
        return list(session.execute(select(table)).scalars())


def say(core: Core, code: str, text: str) -> None:
    """Something arrives, as a web process stores it."""
    person = core.actor(code)
    chat = core.chats.web_chat(person.id)
    core.chats.receive(tenant=person.tenant, channel="web", account="", chat=chat, person_id=person.id,
                       dedupe_key=f"{code}:{text}", now=core.now(),
                       body={"kind": "text", "text": text, "person_id": person.id, "chat": chat})  # fmt: skip


def until(core: Core, done: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not done(core):
        assert time.monotonic() < end, "not done in time"
        time.sleep(0.1)


def worked_off(core: Core) -> bool:
    """No arrival, no message and no timer of now waits."""
    return (
        all(arrival.state == 2 for arrival in rows(core, Inbox))
        and all(message.state == 2 for message in rows(core, Outbox))
        and all(timer.state == 1 for timer in rows(core, Timer) if timer.due_at <= core.now())
    )


def test_a_signal_drains_and_the_end_is_a_clean_one(server: Server) -> None:
    core = server.core()
    for number in range(20):
        say(core, PEOPLE[number % 4], f"帮助 {number}")
    assert server.stop() == 0
    left = [arrival.state for arrival in rows(core, Inbox)]
    assert set(left) <= {0, 2}, "nothing stays claimed"
    assert all(message.state in (0, 2) for message in rows(core, Outbox))
    assert rows(core, WorkerRow) == []
    server.start()
    until(core, worked_off)
    core.close()
    said = [line for line in server.log.read_text().splitlines() if "Traceback" in line]
    assert said == []


@pytest.mark.slow
def test_a_second_signal_ends_at_once(server: Server) -> None:
    # A stopped process takes both signals together, before it could drain anything.
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
        os.kill(server.pid, number)
    assert server._process is not None
    assert server._process.wait(timeout=5) in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    server.start()


@pytest.fixture
def house(migrated_postgres: Any, tmp_path: Path) -> Iterator[list[Server]]:
    """A web process and two workers on one PostgreSQL."""
    with migrated_postgres.database(empty=True) as url:
        env = {"CHEXIN_DATABASE_URL": url, "CHEXIN_SECRET_KEY": "k" * 40}
        demo.build(tmp_path / "web", url, "k" * 40)
        servers = [Server(tmp_path / "web", role="web", **env)]
        servers += [Server(tmp_path / f"worker{n}", role="worker", **env) for n in (1, 2)]
        try:
            yield [server.start() for server in servers]
        finally:
            for server in servers:
                server.kill()


class Load(threading.Thread):
    """People who go on talking, leads that come in, and reminders that fall due, until it is told to stop."""

    def __init__(self, core: Core, web: Server) -> None:
        super().__init__(name="load")
        self.core = core
        self.web = web
        self.leads = 0
        self.over = threading.Event()
        self.said = 0
        self.tasks: list[str] = []
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            while not self.over.is_set():
                say(self.core, PEOPLE[self.said % 4], f"帮助 {self.said}")
                if self.said % 5 == 0:
                    self.remind()
                    self.lead()
                self.said += 1
                time.sleep(0.05)
        except Exception as error:
            self.error = error

    def lead(self) -> None:
        """A form on a dealer's site; it tries again until it hears something, as such forms do."""
        self.leads += 1
        while True:
            try:
                body = {"name": f"来客{self.leads}", "phone": f"1360000{self.leads:04d}", "vehicle": "ES6"}
                if self.web.lead(f"form-{self.leads}", **body).status_code in (200, 201):
                    return
            except httpx.TransportError:
                time.sleep(0.1)

    def remind(self) -> None:
        """A reminder that is due in a moment."""
        rep = self.core.actor("rep1")
        due = self.core.now().replace(microsecond=0)
        made = self.core.execute(AddTask(title=f"打电话 {self.said}", due_at=due), rep)
        self.tasks.append(made.id)


@pytest.mark.postgres
@pytest.mark.slow
def test_a_rolling_restart_under_load_loses_and_doubles_nothing(house: list[Server]) -> None:
    core = house[0].core()
    load = Load(core, house[0])
    load.start()
    for server in house:
        time.sleep(1.0)
        assert server.stop() == 0
        server.start()
    time.sleep(1.0)
    load.over.set()
    load.join()
    assert load.error is None
    until(core, worked_off, 90)
    assert Counter(c.name for c in rows(core, Customer) if c.name.startswith("来客")) == Counter(
        f"来客{number}" for number in range(1, load.leads + 1)
    ), "each lead came in once"
    arrivals = rows(core, Inbox)
    assert len(arrivals) == load.said
    assert {arrival.attempts for arrival in arrivals} == {1}, "each was carried out by the first that took it"
    answers = Counter(row.key.split(":")[1] for row in rows(core, ChatMessage) if row.key.startswith("re:"))
    assert answers == Counter(str(arrival.id) for arrival in arrivals), "each was answered once"
    subjects = {f"task:{one}" for one in load.tasks}
    told = Counter(m.subject for m in rows(core, Outbox) if m.kind == "task_due" and m.subject in subjects)
    assert told == Counter(subjects), "each reminder came once"
    assert len({row.id for row in rows(core, WorkerRow)}) == 2, "who left took his row with him"
    core.close()
