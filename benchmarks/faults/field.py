"""Where faults are made: a database, a dealer's people who read on the two platforms, and what was said to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from benchmarks.faults.clocks import SharedClock
from crm_core.api import Core
from crm_core.chat.tables import Identity
from crm_core.kernel.access import Actor
from crm_core.kernel.clock import Clock
from crm_core.kernel.ids import new_id
from crm_core.kernel.settings import Settings
from crm_core.org.messages import AddPerson, AddUnit
from tests.support.platforms import Entry, read_log

KEY = "a-key-for-fault-tests-" + "0" * 32
TENANT = "faults"
DEALER = f"{TENANT}.d1."
TEAM_OF = 8
# A Wednesday at 10:00, when everybody is on duty.
OPENING = datetime(2026, 3, 18, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass(frozen=True)
class Accounts:
    """The bots and corps people read at, and how many people each has."""

    bots: int = 2
    corps: int = 2
    people: int = 10

    @property
    def names(self) -> list[str]:
        return [f"telegram:bot{n}" for n in range(self.bots)] + [f"wecom:corp{n}" for n in range(self.corps)]


@dataclass
class Field:
    """One deployment under test. `people` are actors of sales reps, by chat."""

    database: str
    url: str
    directory: Path
    clock: SharedClock
    accounts: Accounts = Accounts()
    people: dict[str, Actor] = field(default_factory=dict)
    _core: Core | None = None

    @property
    def log(self) -> Path:
        return self.directory / "accepted.jsonl"

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def settings(self) -> Settings:
        return Settings(_env_file=None, data_dir=self.directory / "data", database_url=self.url,
                        secret_key=SecretStr(KEY), policies=None)  # type: ignore[call-arg]  # fmt: skip

    @contextmanager
    def core(self, clock: Clock | None = None) -> Iterator[Core]:
        """The deployment seen from here, under the shared clock or another."""
        if self._core is None:
            self._core = Core.open(self.settings(), self.clock)
        self._core.clock = clock or self.clock
        try:
            yield self._core
        finally:
            self._core.clock = self.clock

    def close(self) -> None:
        if self._core is not None:
            self._core.close()

    def entries(self) -> list[Entry]:
        """What the platforms saw."""
        return list(read_log(self.log)) if self.log.exists() else []

    def values(self) -> dict[str, Any]:
        """What a worker process needs to know."""
        return {"url": self.url, "directory": str(self.directory), "clock": self.clock.values(),
                "accounts": self.accounts.names}  # fmt: skip

    def settle_in(self, clock: SharedClock | None = None) -> None:
        """Dealer, manager, admin and reps; everybody reads at one of the accounts."""
        self.clock = clock or self.clock
        with self.core() as core:
            system, count = core.system(TENANT), len(self.accounts.names) * self.accounts.people
            teams = [f"{DEALER}t{n}." for n in range(-(-count // TEAM_OF))]
            for path in (f"{TENANT}.", DEALER, *teams):
                core.execute(AddUnit(path=path, name=path, city="上海"), system)
            chiefs = (("boss", "manager", DEALER), ("root", "admin", f"{TENANT}."))
            reps = [(f"rep{n}", "rep", teams[n // TEAM_OF]) for n in range(count)]
            for number, (code, role, unit) in enumerate([*reps, *chiefs]):
                core.execute(AddPerson(code=code, name=f"同事{number}", role=role, unit=unit), system)
                actor = core.actor(code)
                chat = f"{self.accounts.names[number % len(self.accounts.names)]}:{9000 + number}"
                _bind(core, actor, chat)
                if role == "rep":
                    self.people[chat] = actor


def _bind(core: Core, actor: Actor, chat: str) -> None:
    """This person reads in this chat."""
    account, _, native = chat.rpartition(":")
    channel, _, name = account.partition(":")
    now = core.now()
    with core.database.write() as session:
        session.add(Identity(id=new_id(), tenant=actor.tenant, channel=channel, account=name, native_id=native,
                             person_id=actor.id, chat=chat, used_at=now, created_at=now, updated_at=now))  # fmt: skip
