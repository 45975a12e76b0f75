"""What comes late: when a reminder counts as late, and what becomes of the late ones of one person. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PENDING, SKIPPED, FOLDED, HELD = 0, 5, 6, 7
LATE = timedelta(minutes=30)
ENOUGH = 3
DIGEST = 3


@dataclass(frozen=True)
class LateRow:
    """A late message of one person: its outbox id, kind, priority, and when it was due."""

    id: int
    kind: str
    priority: int
    due_at: datetime


@dataclass(frozen=True)
class Gathered:
    """Ids that are sent after all, that are folded, and of those the ones to be told in one message."""

    released: tuple[int, ...] = ()
    folded: tuple[int, ...] = ()
    told: tuple[int, ...] = ()


def gathered(rows: Sequence[LateRow], uncertain: Sequence[int] = ()) -> Gathered:
    """What becomes of one person's late messages: three or more become one.

    Of a digest that came due several times only the newest is worth reading. `uncertain` are messages that may
    not have arrived; they are told again where there is something to tell anyway.
    """
    newest: dict[str, LateRow] = {}
    for row in rows:
        if row.priority >= DIGEST and (row.kind not in newest or _later(row, newest[row.kind])):
            newest[row.kind] = row
    kept = sorted(
        (r for r in rows if r.priority < DIGEST or newest[r.kind] is r), key=lambda r: (r.due_at, r.id)
    )
    outdated = tuple(r.id for r in rows if r not in kept)
    ids = tuple(row.id for row in kept)
    if len(ids) < ENOUGH:
        return Gathered(released=ids, folded=outdated)
    return Gathered(folded=(*outdated, *ids, *uncertain), told=(*ids, *uncertain))


def _later(one: LateRow, other: LateRow) -> bool:
    return (one.due_at, one.id) > (other.due_at, other.id)
