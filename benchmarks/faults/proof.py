"""What a proof is given and what it hands back."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.faults.clocks import SharedClock
from benchmarks.faults.field import OPENING, Accounts, Field
from benchmarks.faults.tally import Tally
from benchmarks.places import SQLITE, Place
from tests.support.postgres import Cluster

__all__ = ["FULL", "QUICK", "SMALL", "Finding", "Ground", "Proof", "Size", "ground"]


@dataclass(frozen=True)
class Size:
    """How much is done; `FULL` is `make faults`, `QUICK` a tenth of it, `SMALL` what CI runs in
    seconds."""

    kills: int
    reminders: int
    repeats: int
    stops: int
    locked_s: float
    at_once: int
    turns: int
    digests: int
    limit_s: float
    down: int
    steps: int


FULL = Size(kills=500, reminders=2400, repeats=20, stops=30, locked_s=10, at_once=10_000, turns=120, digests=10_000,
            limit_s=120, down=2000, steps=10_000)  # fmt: skip
QUICK = Size(kills=50, reminders=400, repeats=2, stops=4, locked_s=5, at_once=1000, turns=24, digests=2000, limit_s=30,
             down=300, steps=1000)  # fmt: skip
SMALL = Size(kills=6, reminders=80, repeats=1, stops=1, locked_s=1.5, at_once=300, turns=6, digests=200, limit_s=8,
             down=60, steps=200)  # fmt: skip


@dataclass
class Ground:
    """One kind of database; `field()` is a fresh deployment on it."""

    database: str
    seed: int
    _place: Place
    _directory: Path
    _fields: list[Field] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        return self.database == SQLITE

    def address(self) -> str:
        """A fresh, migrated database."""
        return self._place.fresh()

    def field(
        self, accounts: Accounts | None = None, *, rate: float = 1.0, start: datetime = OPENING, url: str = ""
    ) -> Field:
        """A dealer whose clock shows `start` now and runs at `rate`."""
        directory = self._directory / str(len(self._fields) + 1)
        (directory / "data").mkdir(parents=True)
        found = Field(self.database, url or self._place.fresh(), directory, SharedClock.at(start, rate),
                      accounts or Accounts())  # fmt: skip
        self._fields.append(found)
        found.settle_in()
        return found

    def close(self) -> None:
        for one in self._fields:
            one.close()


@contextmanager
def ground(database: str, cluster: Cluster | None, seed: int) -> Iterator[Ground]:
    """Fresh databases in a temporary directory, or on a PostgreSQL server."""
    with tempfile.TemporaryDirectory(prefix="chexin-faults-") as place:
        directory = Path(place)
        made = Place(database, directory, cluster)
        found = Ground(database, seed, made, directory / "fields")
        try:
            yield found
        finally:
            found.close()
            made.close()


@dataclass
class Finding:
    """What one proof found: figures for the page, and what broke the promise (nothing, when it holds)."""

    figures: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    tally: Tally | None = None
    seconds: float = 0.0

    def demand(self, holds: bool, problem: str) -> None:
        """Note a problem unless `holds`."""
        if not holds:
            self.problems.append(problem)

    def of(self, tally: Tally) -> Finding:
        """Take over a run's account; that of several runs is their sum."""
        self.tally = tally if self.tally is None else self.tally + tally
        self.problems += tally.problems
        return self


Run = Callable[[Ground, Size], Finding]


@dataclass(frozen=True)
class Proof:
    """One row of the table: its number, what is done, what it must show."""

    number: int
    name: str
    does: str
    shows: str
    run: Run
    alone: bool = False

    def on(self, where: Ground, size: Size) -> Finding:
        """Run it; an error of the run itself is a problem too."""
        start = time.monotonic()
        try:
            found = self.run(where, size)
        except Exception as error:
            found = Finding(problems=[f"{type(error).__name__}: {str(error)[:300]}"])
        found.seconds = round(time.monotonic() - start, 1)
        return found
