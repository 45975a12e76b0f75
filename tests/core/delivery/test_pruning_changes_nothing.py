"""Deleting at any moment changes nothing that happens later: two houses live the same days, one of them prunes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from crm_core.api import Core
from crm_core.delivery.messages import Prune, PrunedView
from crm_core.delivery.rules import RetentionPolicy
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import ChexinError
from crm_core.kernel.settings import Settings
from crm_core.kernel.tables import Outbox
from crm_core.leads.messages import CreateLead, MarkContacted
from crm_core.org.messages import AddPerson, AddUnit
from crm_core.undo.messages import UndoLast
from tests.conftest import NOW, TEST_KEY
from tests.core.kernel.trial import rows

KEYS = st.integers(0, 3)
STEPS = st.lists(st.one_of(
    st.tuples(st.sampled_from(["command", "arrival", "push"]), KEYS), st.tuples(st.just("contact"), st.just(0)),
    st.tuples(st.just("undo"), st.just(0)), st.tuples(st.just("days"), st.sampled_from([1, 20, 61, 61, 91, 181])),
    st.tuples(st.just("hours"), st.integers(1, 30)), st.tuples(st.just("prune"), st.just(0)),
), min_size=6, max_size=25)  # fmt: skip


class Days:
    """One house and what happened in it. `prunes` says whether old rows go."""

    def __init__(self, core: Core, clock: FixedClock, *, prunes: bool) -> None:
        self.core, self.clock, self.prunes = core, clock, prunes
        self.seen: list[Any] = []
        self.first: dict[tuple[str, int], datetime] = {}
        self.leads: list[str] = []
        kept = core.policies.model("retention", RetentionPolicy)
        # How long the same thing is known as the same.
        self.window = {"command": kept.commands, "arrival": kept.arrivals, "push": kept.messages}
        system = core.system("star")
        core.execute(AddUnit(path="star.", name="星辰", city="上海"), system)
        core.execute(AddPerson(code="rep1", name="陈晓明", role="rep", unit="star."), system)
        self.rep = core.actor("rep1")

    def step(self, what: str, n: int) -> None:
        begun = self.first.setdefault((what, n), self.clock.now())
        if what in self.window and self.clock.now() - begun >= self.window[what]:
            return
        getattr(self, what)(n)
        while self.core.timers.fire_due(self.clock.now()):
            pass
        self.settle()

    def command(self, n: int) -> None:
        done = self.core.execute(CreateLead(name=f"客户{n}"), self.rep, key=f"{n}")
        self.leads += [] if done.again else [done.id]
        self.seen.append(("command", n, done.again, self.leads.index(done.id)))

    def contact(self, n: int) -> None:
        if self.leads:
            self.seen.append(("contact", self.told(MarkContacted(lead_id=self.leads[-1]))))

    def undo(self, n: int) -> None:
        # What may be taken back no more is not asked for: how that is said may change.
        if self.first.get(("contact", 0), NOW - timedelta(days=2)) > self.clock.now() - timedelta(hours=23):
            self.seen.append(("undo", self.told(UndoLast())))

    def told(self, command: Any) -> str:
        try:
            self.core.execute(command, self.rep)
        except ChexinError as error:
            return type(error).__name__
        return "done"

    def arrival(self, n: int) -> None:
        chat = self.core.chats.web_chat(self.rep.id)
        found = self.core.chats.receive(tenant="star", channel="web", account="", chat=chat, person_id=self.rep.id,
                                        dedupe_key=f"{n}", body={"text": "x"}, now=self.clock.now())  # fmt: skip
        self.seen.append(("arrival", n, found.inbox_id))
        for arrival in self.core.inbox.claim(self.clock.now()):
            self.core.chats.finish(arrival, chat=chat, person_id=self.rep.id, replies=[{"text": "ok"}], state=None,
                                   now=self.clock.now())  # fmt: skip

    def push(self, n: int) -> None:
        with self.core.database.write() as session:
            uow = self.core._system_uow(session, "star", self.clock.now())
            uow.push(self.rep.id, "note", key=f"push{n}", priority=1, text=f"{n}")
            uow.flush_pushes()

    def settle(self) -> None:
        """Everything due is delivered; what came out is seen, in its order."""
        while claimed := self.core.outbox.claim("w", self.clock.now(), 50, ["web"], runs=True):
            self.seen += [("sent", one.kind, one.id, one.params.get("text")) for one in claimed]
            self.core.chats.store([(one, {"text": "x"}) for one in claimed], "w", self.clock.now())

    def days(self, n: int) -> None:
        self.clock.advance(days=n)

    def hours(self, n: int) -> None:
        self.clock.advance(hours=n)

    def prune(self, n: int) -> None:
        view: PrunedView | None = None
        while self.prunes and (view is None or view.more):
            view = self.core.execute(Prune(), self.core.system("star")).view


@contextmanager
def opened(template: Path, *, prunes: bool) -> Iterator[Days]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chexin.db"
        shutil.copy(template, path)
        clock = FixedClock(NOW)
        core = Core.open(Settings(_env_file=None, data_dir=Path(folder), database_url=f"sqlite:///{path}",
                                  secret_key=SecretStr(TEST_KEY)), clock)  # fmt: skip
        try:
            yield Days(core, clock, prunes=prunes)
        finally:
            core.close()


@settings(deadline=None, max_examples=20)
@given(steps=STEPS)
@example([("arrival", 0), ("days", 61), ("prune", 0), ("arrival", 1)])
@example([("push", 0), ("push", 1), ("days", 20), ("prune", 0), ("push", 0)])
@example([("command", 0), ("days", 181), ("prune", 0), ("command", 0), ("push", 0), ("prune", 0), ("push", 0)])
def test_the_same_days_with_and_without(migrated_sqlite: Path, steps: list[tuple[str, int]]) -> None:
    with opened(migrated_sqlite, prunes=False) as keeps, opened(migrated_sqlite, prunes=True) as forgets:
        for what, n in steps:
            keeps.step(what, n)
            forgets.step(what, n)
        assert forgets.seen == keeps.seen
        assert len(rows(forgets.core, Outbox)) <= len(rows(keeps.core, Outbox))
