"""Suite N: a process that writes is killed at any instant; what it had said is done is done, once (200 points).

The writer says a number aloud after `execute` returned. It is killed after a random time, the next one goes on with
the number that was not said, under the same key: it may have been written, and must not be written twice.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.api import Core
from crm_core.customers.messages import AddNote
from crm_core.customers.tables import Record
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.settings import Settings
from tests.conftest import NOW
from tests.core.deals.house import House
from tests.trust.support.size import seeds, size

pytestmark = [pytest.mark.trust, pytest.mark.kill]
LONGEST_S = 0.5


def write_on(settings: Settings, customer: str, start: int, say: Connection, keyed: bool) -> None:
    """Write notes, numbered, until killed; each number is said after it was written."""
    core = Core.open(settings, FixedClock(NOW))
    rep = core.actor("rep1")
    say.send(None)
    number = start
    while True:
        key = f"note-{number}" if keyed else None
        core.execute(AddNote(customer_id=customer, text=f"note-{number}"), rep, key=key)
        say.send(number)
        number += 1


def killed(settings: Settings, customer: str, start: int, after: float, keyed: bool = True) -> int:
    """Let a process write from `start` on and kill it; the number it said last, or the one before `start`."""
    context = multiprocessing.get_context("fork")
    hear, say = context.Pipe(duplex=False)
    process = context.Process(target=write_on, args=(settings, customer, start, say, keyed), daemon=True)
    process.start()
    say.close()
    last = start - 1
    with closing(hear):
        assert hear.poll(60), "it never began"
        hear.recv()
        time.sleep(after)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        try:
            while True:
                last = hear.recv()
        except (EOFError, OSError):
            return last


@pytest.fixture
def settled(settings: Settings, tmp_path: Path) -> tuple[Settings, str]:
    """A dealership with one customer, closed again: only the killed processes have it open."""
    core = Core.open(settings, FixedClock(NOW))
    customer = House(core, FixedClock(NOW)).build().lead().customer_id
    core.close()
    return settings, customer


def notes(settings: Settings) -> Counter[str]:
    """How often each note is there; what is read is whole, and so is the audit's chain."""
    core = Core.open(settings, FixedClock(NOW))
    try:
        with core.database.read() as session:
            rows: Any = session.execute(select(Record)).scalars().all()
            found = Counter(core.cipher.get(row, "text") for row in rows)
        verdict = core.verify_audit()
        assert verdict.whole, verdict.broken[:3]
        return Counter({text: count for text, count in found.items() if text.startswith("note-")})
    finally:
        core.close()


@pytest.mark.parametrize("seed", seeds()[:1])
def test_nothing_said_is_lost_and_nothing_is_there_twice(settled: tuple[Settings, str], seed: int) -> None:
    settings, customer = settled
    dice, said = random.Random(seed), -1
    for _ in range(size(6, 200)):
        said = killed(settings, customer, said + 1, dice.uniform(0, LONGEST_S))
    found = notes(settings)
    assert said > 0
    assert {found[f"note-{number}"] for number in range(said + 1)} == {1}
    assert set(found) - {f"note-{n}" for n in range(said + 1)} <= {f"note-{said + 1}"}, "one may be there unsaid"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_suite_goes_red(settled: tuple[Settings, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a write that says it is done before it is, and a repeat without its key."""
    settings, customer = settled
    whole = Core._execute

    def hasty(core: Core, command: Any, actor: Any, key: str | None) -> Any:
        with core.database.write(actor.tenant) as session:
            result = core._run(command, core._uow(session, actor))
            session.rollback()
        return result

    monkeypatch.setattr(Core, "_execute", hasty)
    said = killed(settings, customer, 0, 0.3)
    monkeypatch.setattr(Core, "_execute", whole)
    assert said >= 0
    assert notes(settings)[f"note-{said}"] == 0, "lost, and noticed"
    for _ in range(2):
        killed(settings, customer, 0, 0.3, keyed=False)
    assert notes(settings)["note-0"] > 1, "doubled, and noticed"
