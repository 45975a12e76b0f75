"""Several people in the chat at once: each says the next thing when he has read the answer to the last."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.chat import Person, Talkers
from benchmarks.timing import Timed
from bot.delivery import Deliverer
from bot.ports import Inbound
from bot.texts import Texts
from bot.turns import TurnRunner
from schedulers.engine import Engine

PATIENCE_S = 60.0
Line = tuple[Person, Inbound]


def _no_apology(person_id: str) -> dict[str, Any]:
    """An apology would count as an answer here; without it the measurement ends with an error."""
    raise RuntimeError(f"the turn of {person_id} failed")


@dataclass
class _Slot:
    """One of those who talk at once: what is still to be said, and since when he waits for an answer."""

    lines: Iterator[Line]
    chat: str = ""
    asked: float = 0.0


@dataclass
class Crowd:
    """Works turns off as a server does: due loops, four threads for turns, one for deliveries."""

    talkers: Talkers
    _told: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def working(self) -> Iterator[None]:
        """The loops run meanwhile."""
        core = self.talkers.core
        runner = TurnRunner(core, self.talkers.pipeline, lambda: self._engine.knock(), _no_apology)
        deliverer = Deliverer(core, Texts.load(), "bench", self._told.set)
        self._engine = Engine(core, "bench", turns=runner.run, deliver=deliverer.run, reindex=lambda: None)
        self._engine.start()
        try:
            yield
        finally:
            self._engine.stop()
            runner.stop()

    def talk(self, lines: Sequence[Line], people: int) -> Timed:
        """Say all lines, so many people at once. Raises RuntimeError when an answer stays away."""
        slots = [_Slot(iter(lines[n::people])) for n in range(people)]
        self._since = {person.chat: self._revision(person.chat) for person, _ in lines}
        each: list[float] = []
        cpu, start = time.process_time(), time.perf_counter()
        waiting = {slot.chat: slot for slot in slots if self._next(slot)}
        heard = start
        while waiting:
            self._told.wait(0.05)
            self._told.clear()
            for slot in self._answered(waiting):
                heard = time.perf_counter()
                each.append((heard - slot.asked) * 1000)
                del waiting[slot.chat]
                if self._next(slot):
                    waiting[slot.chat] = slot
            if time.perf_counter() - heard > PATIENCE_S:
                raise RuntimeError(f"{len(waiting)} people got no answer")
        return Timed(len(each), time.perf_counter() - start, time.process_time() - cpu, each)

    def _next(self, slot: _Slot) -> bool:
        """Say the next line; False when there is none."""
        line = next(slot.lines, None)
        if line is None:
            return False
        person, inbound = line
        slot.chat, slot.asked = person.chat, time.perf_counter()
        self.talkers.receive(person.tenant, inbound)
        self._engine.arrived()
        return True

    def _answered(self, waiting: dict[str, _Slot]) -> list[_Slot]:
        """Those whose answer stands in their thread, found as the web chat's pages find it."""
        found = []
        changed = self.talkers.core.chats.changed({chat: self._since[chat] for chat in waiting})
        for message in changed:
            self._since[message.chat] = max(self._since[message.chat], message.rev)
            if message.key.startswith("re:") and waiting[message.chat] not in found:
                found.append(waiting[message.chat])
        return found

    def _revision(self, chat: str) -> int:
        newest = self.talkers.core.chats.messages(chat, limit=200)
        return max((message.rev for message in newest), default=0)
