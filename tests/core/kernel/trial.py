"""A command of the tests that leaves every kind of trace, and can be told to fail at its end."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from crm_core.api import Core
from crm_core.customers.tables import Customer
from crm_core.kernel.errors import Refused
from crm_core.kernel.registry import Command, Event, Result, View, handles, on_timer, reacts
from crm_core.kernel.tables import Attempt, Audit, Executed, Inbox, Outbox, Timer, Undo
from crm_core.kernel.uow import Uow

TABLES = (Customer, Audit, Outbox, Inbox, Attempt, Timer, Undo, Executed)
fired: Counter[str] = Counter()


class Trial(Command):
    """Write one customer of the actor's; `fail` says where it goes wrong: handler or reaction."""

    name: str = "试用"
    fail: str = ""


class Tried(Event):
    customer_id: str
    fail: str


class TrialView(View):
    name: str


class Forget(Command):
    """The inverse of Trial: the name becomes empty."""

    customer_id: str
    version: int


@handles(Trial)
def trial(cmd: Trial, uow: Uow) -> Result:
    row = uow.new(Customer, name=cmd.name, unit=uow.actor.unit, owner_id=uow.actor.id, touched_at=uow.now,
                  email_enc="secret@example.com")  # fmt: skip
    uow.change("name", "", cmd.name)
    uow.audit("create", "customer", row.id, name=cmd.name)
    uow.push(uow.actor.id, "trial", subject=f"customer:{row.id}", key=f"trial:{row.id}", name="not personal")
    uow.timer("trial", uow.now + timedelta(hours=1), subject=f"customer:{row.id}", key=f"trial:{row.id}")
    uow.emit(Tried(customer_id=row.id, fail=cmd.fail))
    if cmd.fail == "handler":
        raise Refused("error.not_allowed")
    undo = uow.undoable(Forget(customer_id=row.id, version=row.version), "trial")
    return Result(id=row.id, view=TrialView(name=cmd.name), undo_id=undo)


@reacts(Tried)
def tried(event: Tried, uow: Uow) -> None:
    if event.fail == "reaction":
        raise Refused("error.not_allowed")


@handles(Forget)
def forget(cmd: Forget, uow: Uow) -> Result:
    row = uow.get(Customer, cmd.customer_id, "customer", "write")
    uow.expect(row, cmd.version)
    uow.change("name", row.name, "")
    uow.touch(row, name="")
    return Result(id=row.id, undo_id=uow.undoable(Trial(), "forget"))


@on_timer("trial")
def on_trial(timer: Timer, uow: Uow) -> None:
    fired[timer.dedupe_key] += 1
    uow.audit("fired", "timer", str(timer.id))


@on_timer("broken")
def on_broken(timer: Timer, uow: Uow) -> None:
    uow.audit("fired", "timer", str(timer.id))
    raise RuntimeError("this timer's work always fails")


def counts(core: Core) -> dict[str, int]:
    """How many rows each table has."""
    with core.database.read() as session:
        return {t.__tablename__: session.execute(select(func.count()).select_from(t)).scalar() or 0 for t in TABLES}


def rows(core: Core, table: Any, *where: Any) -> list[Any]:
    with core.database.read() as session:
        return list(session.execute(select(table).where(*where)).scalars())
