"""The crew: the two platforms, and worker processes that are started, frozen and killed."""

from __future__ import annotations

import atexit
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.faults.field import Field
from benchmarks.faults.processes import Process
from tests.support.platforms import Orders

ROOT = Path(__file__).parent.parent.parent
START_LIMIT_S = 60.0


class NotDone(AssertionError):
    """Something that had to happen did not, in time."""


def wait_for(what: str, done: Callable[[], Any], seconds: float, every: float = 0.1) -> float:
    """Wait until `done()`; the seconds it took. Raises NotDone."""
    start = time.monotonic()
    while not done():
        if time.monotonic() - start > seconds:
            raise NotDone(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)
    return time.monotonic() - start


@dataclass
class Hand:
    """A worker process."""

    name: str
    process: Process
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.alive

    def signal(self, number: signal.Signals) -> None:
        self.process.signal(number)

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is written any more."""
        self.signal(signal.SIGKILL)
        wait_for(f"{self.name} to be gone", lambda: not self.alive, 10, 0.002)

    def freeze(self) -> None:
        """Stop it, as it asked for itself: between two writes."""
        self.signal(signal.SIGUSR2)
        wait_for(f"{self.name} to freeze", lambda: self.frozen, 10, 0.02)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def comes(self, word: str = "ready") -> None:
        """Wait until it begins to work, or has said another word. Raises NotDone."""
        wait_for(f"{self.name}: {word}", lambda: self.has_said(word) or not self.alive, START_LIMIT_S, 0.02)
        if not self.has_said(word):
            raise NotDone(f"{self.name} ended")

    @property
    def frozen(self) -> bool:
        """Whether it was stopped by a signal."""
        if not self.alive:
            raise NotDone(f"{self.name} ended")
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def has_said(self, word: str) -> bool:
        return word in self.log.read_text(errors="replace")

    def quit(self, seconds: float = 30) -> float:
        """SIGTERM; the seconds its clean stop took."""
        self.signal(signal.SIGTERM)
        return wait_for(f"{self.name} to end", lambda: not self.alive, seconds, 0.02)


class Crew:
    """Starts workers by forking a process that has everything imported already."""

    def __init__(self, field: Field, orders: Orders) -> None:
        self._field = field
        self._numbers = itertools.count(1)
        self.hands: list[Hand] = []
        self._platforms = _start(
            "tests.support.platforms", "--log", str(field.log), "--orders", _json(orders)
        )
        self.port = int(_line(self._platforms))
        self._nursery = nursery()

    def hire(self, **options: Any) -> Hand:
        """A new worker; see `worker.Job` for the options."""
        name = f"w{next(self._numbers)}"
        log = self._field.directory / f"{name}.log"
        log.touch()
        job = self._field.values() | {"name": name, "log": str(log), "port": self.port, **options}
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(json.dumps(job) + "\n")
        self._nursery.stdin.flush()
        hand = Hand(name, Process(int(_line(self._nursery))), log)
        self.hands.append(hand)
        return hand

    def order(self, orders: Orders) -> None:
        """Other faults from now on."""
        url = f"http://127.0.0.1:{self.port}/orders"
        urllib.request.urlopen(
            urllib.request.Request(url, _json(orders).encode(), method="PUT"), timeout=10
        ).close()

    def living(self) -> list[Hand]:
        return [hand for hand in self.hands if hand.alive]

    def stacks(self) -> None:
        """Where the living stand, on standard error."""
        for hand in self.living():
            hand.thaw()
            hand.signal(signal.SIGQUIT)
            time.sleep(0.5)
            print(f"{hand.name}:", hand.log.read_text(errors="replace")[-12_000:], file=sys.stderr)

    def last_words(self) -> str:
        """What workers said that ended by themselves."""
        said = {
            hand.name: hand.log.read_text(errors="replace").strip() for hand in self.hands if not hand.alive
        }
        ends = {name: words[words.rindex(sign) :][-600:] for name, words in said.items()
                for sign in ("Traceback", "Fatal") if sign in words}  # fmt: skip
        return "".join(f"; {name}: {words}" for name, words in ends.items())

    def close(self) -> None:
        for hand in self.living():
            hand.thaw()
            hand.kill()
        _end(self._platforms)


@contextmanager
def crew(field: Field, orders: Orders | None = None) -> Iterator[Crew]:
    """Platforms and a crew for one field; nobody is left behind."""
    found = Crew(field, orders or Orders())
    try:
        yield found
    except NotDone as error:
        found.stacks()
        raise NotDone(f"{error}{found.last_words()}") from error
    finally:
        found.close()


@cache
def nursery() -> subprocess.Popen[str]:
    """The process workers are forked from; one for all, since it takes seconds to import everything."""
    found = _start("benchmarks.faults.worker")
    _line(found)
    atexit.register(_end, found)
    return found


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(timeout=15)


def _json(orders: Orders) -> str:
    return json.dumps(asdict(orders))


def _start(module: str, *args: str) -> subprocess.Popen[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CHEXIN_")}
    return subprocess.Popen([sys.executable, "-m", module, *args], cwd=ROOT, env=kept, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    found = process.stdout.readline().strip()
    if not found:
        raise NotDone(f"{process.args!r} ended")
    return found
