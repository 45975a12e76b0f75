"""Where the benchmarks work: fresh databases of both kinds, and an invented dealer group in them."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from pydantic import SecretStr

from crm_core.api import Core
from crm_core.kernel import migrate
from crm_core.kernel.access import Actor
from crm_core.kernel.settings import Settings
from crm_core.org.messages import AddPerson, AddUnit
from tests.support import postgres

KEY = "a-key-for-benchmarks-" + "0" * 32
TENANT = "bench"
DEALERS = 2
REPS = 4
# The tests switch these off; a benchmark whose commits need not reach the disk would flatter nobody.
DURABLE = {"fsync": "on", "full_page_writes": "on"}
SQLITE, POSTGRES = "sqlite", "postgres"


@dataclass
class Place:
    """One kind of database: `fresh()` is the address of a new, migrated one."""

    name: str
    directory: Path
    cluster: postgres.Cluster | None
    _stack: ExitStack = field(default_factory=ExitStack)
    _count: int = 0

    def fresh(self) -> str:
        self._count += 1
        if self.cluster is not None:
            self.cluster.template(migrate.upgrade)
            return self._stack.enter_context(self.cluster.database())
        model = self.directory / "model.db"
        if not model.exists():
            migrate.upgrade(f"sqlite:///{model}")
        path = self.directory / f"{self._count}.db"
        with closing(sqlite3.connect(model)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)
        return f"sqlite:///{path}"

    def open(self, url: str | None = None) -> Core:
        """The core over a fresh database, or the one at `url`."""
        settings = Settings(
            _env_file=None, data_dir=self.directory / "data", database_url=url or self.fresh(),
            secret_key=SecretStr(KEY), policies=None,
        )  # type: ignore[call-arg]  # fmt: skip
        core = Core.open(settings)
        self._stack.callback(core.close)
        return core

    def close(self) -> None:
        self._stack.close()


@contextmanager
def places(names: list[str], skipped: list[dict[str, str]]) -> Iterator[list[Place]]:
    """The databases asked for. One that is not there is left out, with its reason in `skipped`."""
    with ExitStack() as stack:
        found = []
        for name in names:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chexin-bench-")))
            try:
                cluster = _cluster(stack) if name == POSTGRES else None
            except postgres.NoPostgres as error:
                skipped.append({"database": name, "reason": str(error)})
                continue
            place = Place(name, directory, cluster)
            stack.callback(place.close)
            found.append(place)
        yield found


def _cluster(stack: ExitStack) -> postgres.Cluster:
    with patch.dict(postgres.OPTIONS, DURABLE):
        cluster = postgres.open_cluster()
    stack.callback(cluster.close)
    return cluster


def dealer(number: int) -> str:
    """The unit path of a dealer; the first is number 0."""
    return f"{TENANT}.east.d{number:03d}."


def found_group(core: Core, dealers: int = DEALERS, reps: int = REPS) -> Actor:
    """Dealers with a team of reps and a manager each. Returns the actor of a lead-intake key."""
    system = core.system(TENANT)
    core.execute(AddUnit(path=f"{TENANT}.", name="集团"), system)
    core.execute(AddUnit(path=f"{TENANT}.east.", name="华东"), system)
    for d in range(dealers):
        core.execute(AddUnit(path=dealer(d), name=f"{d}号店", city="上海"), system)
        team = f"{dealer(d)}a."
        core.execute(AddUnit(path=team, name="销售一组"), system)
        core.execute(AddPerson(code=f"boss{d}", name=f"经理{d}", role="manager", unit=dealer(d)), system)
        for r in range(reps):
            core.execute(AddPerson(code=f"rep{d}-{r}", name=f"销售{d}{r}", role="rep", unit=team,
                                   expertise=("新能源",) if r % 2 else ()), system)  # fmt: skip
    return core.intake(TENANT, f"{TENANT}.")
