"""How a run is brought to its end: everything that is due is done, and who had to be told was told."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlmodel import col

from benchmarks.faults.crew import Crew, NotDone, wait_for
from benchmarks.faults.field import Field
from benchmarks.faults.tally import UNSETTLED
from crm_core.api import Core
from crm_core.kernel.tables import Attempt, Inbox, Outbox, Timer
from schedulers.auditor import Auditor
from tests.support.platforms import BUSY, LIMITED, Orders

# Longer than a lease, than any back-off that is left, and than the ten minutes after which somebody is told.
LATER_S = 660
ROUNDS = 4


def left(core: Core) -> dict[str, int]:
    """Rows that are not done by now, of each kind."""
    with core.database.read() as session:

        def count(*where: object) -> int:
            return int(session.execute(select(func.count()).where(*where)).scalar() or 0)  # type: ignore[arg-type]

        return {
            "timers": count(col(Timer.state) == 0, col(Timer.due_at) <= core.now()),
            "messages": count(col(Outbox.state).in_(UNSETTLED)),
            "arrivals": count(col(Inbox.state).in_((0, 1))),
        }


def quiet(field: Field, seconds: float) -> float:
    """Wait until nothing is left to do; the seconds it took. Raises NotDone with what is left."""
    with field.core() as core:
        try:
            return wait_for("everything due", lambda: not any(left(core).values()), seconds)
        except NotDone as error:
            raise NotDone(f"{error}: {left(core)}, {_examples(core)}") from error


def _examples(core: Core) -> list[str]:
    with core.database.read() as session:
        rows = session.execute(select(Outbox).where(col(Outbox.state).in_(UNSETTLED)).limit(3)).scalars()
        return [
            f"{r.kind} to {r.chat}: state {r.state}, attempt {r.attempts}, due {r.due_at}, {r.error}"
            for r in rows
        ]


def finish(field: Field, band: Crew, *, seconds: float = 60) -> float:
    """Let the living finish, then, without faults, let time pass until everybody was told; the seconds of the first."""
    if not band.living():
        band.hire()
    took = quiet(field, seconds)
    band.order(Orders())
    for _ in range(ROUNDS):
        for hand in band.living():
            hand.quit()
        field.clock.offset += LATER_S
        with field.core() as core:
            Auditor(core, "harness", lambda: None).look()
        band.hire()
        quiet(field, seconds)
    for hand in band.living():
        hand.quit()
    return took


def spent(field: Field) -> dict[str, int]:
    """What the run cost: requests, answers that never came, refusals for the time being, tries nobody knows of."""
    entries = field.entries()
    with field.core() as core, core.database.read() as session:
        unknown = session.execute(select(func.count()).where(col(Attempt.ended_at).is_(None))).scalar() or 0
    return {
        "requests": len(entries),
        "unanswered": sum(not e.answered for e in entries),
        "busy": sum(e.verdict in (BUSY, LIMITED) for e in entries),
        "open_tries": int(unknown),
    }
