"""Proof 11: what would otherwise fail in silence is told to somebody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from sqlalchemy import delete, select
from sqlmodel import col

from benchmarks.faults.crew import crew, wait_for
from benchmarks.faults.field import TENANT, Accounts, Field
from benchmarks.faults.load import Load, bring
from benchmarks.faults.proof import Finding, Ground, Size
from benchmarks.faults.tally import SENT
from crm_core.delivery.troubles import remembered
from crm_core.kernel.tables import Outbox, Timer
from tests.support.platforms import Orders

WITHIN_S = 300.0
SETTLED_S = 12.0


def alarms(where: Ground, size: Size) -> Finding:
    """Three workers: one well, one that freezes, one whose clock stands still; and a timer somebody deleted."""
    found = Finding()
    with crew(field := where.field(Accounts(bots=1, corps=1, people=2)), Orders(seed=where.seed)) as band:
        bring(field, Load(2, seconds=0, ahead=3600), where.seed)
        well, frozen, stopped = band.hire(), band.hire(), band.hire(stopped=True)
        time.sleep(SETTLED_S)
        assert well.alive
        begun = time.monotonic()
        frozen.freeze()
        _delete_timer(field)
        # A stopped clock also looks like a silent worker to the others.
        for what, signs in (("a deleted timer", ("healed",)), ("a frozen worker", (f"worker_silent:{frozen.name}:",)),
                            ("a stopped clock", ("clock", f"worker_silent:{stopped.name}:"))):  # fmt: skip
            wait_for(what, partial(_is_told, field, signs), WITHIN_S, 1.0)
            found.figures[f"{what}, told after s"] = round(time.monotonic() - begun, 1)
        with field.core() as core, core.database.read() as session:
            again = session.execute(
                select(Timer).where(col(Timer.kind) == "task_due", col(Timer.state) == 0)
            ).all()
        found.demand(len(again) == 2, f"{len(again)} of 2 reminders have a timer")
    return found


def _delete_timer(field: Field) -> None:
    """Somebody's hand in the database."""
    with field.core() as core, core.database.write() as session:
        first = select(col(Timer.id)).where(col(Timer.kind) == "task_due").limit(1).scalar_subquery()
        session.execute(delete(Timer).where(col(Timer.id) == first))


def _is_told(field: Field, signs: tuple[str, ...]) -> bool:
    return any(told.startswith(signs) for told in _told(field))


def _told(field: Field) -> Iterator[str]:
    """The troubles of which the platforms accepted a message: their kinds, and (as they stand) what each is about."""
    with field.core() as core, core.database.read() as session:
        sent = select(Outbox).where(col(Outbox.kind) == "delivery_trouble", col(Outbox.state) == SENT)
        kinds = {kind for row in session.execute(sent).scalars()
                 for kind in core.outbox.open_payload(row.dedupe_key, row.payload_enc)["kinds"]}  # fmt: skip
        yield from kinds
        yield from (key for key in remembered(session, TENANT) if key.partition(":")[0] in kinds)
