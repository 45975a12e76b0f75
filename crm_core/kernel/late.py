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
    """A late message of one person: its outbox id, kind, subject (`task:ID` or empty), priority, when it was due."""

    id: int
    kind: str
    priority: int
    due_at: datetime
    subject: str = ""


@dataclass(frozen=True)
class Gathered:
    """Ids that are sent after all, that are folded, and of those the ones to be told in one message."""

    released: tuple[int, ...] = ()
    folded: tuple[int, ...] = ()
    told: tuple[int, ...] = ()


def gathered(rows: Sequence[LateRow], uncertain: Sequence[int] = ()) -> Gathered:
    """What becomes of one person's late messages: three or more become one.

    Of several about one record, and of a digest that came due several times, only the newest is worth reading.
    `uncertain` are messages that may not have arrived; they are told again where there is something to tell anyway.
    """
    inorder = sorted(rows, key=lambda row: (row.due_at, row.id))
    newest = {_about(row): row for row in inorder}
    kept = tuple(row.id for row in inorder if newest[_about(row)] is row)
    outdated = tuple(row.id for row in inorder if newest[_about(row)] is not row)
    if len(kept) < ENOUGH:
        return Gathered(released=kept, folded=outdated)
    return Gathered(folded=(*outdated, *kept, *uncertain), told=(*kept, *uncertain))


def _about(row: LateRow) -> str | int:
    """What makes an earlier message outdated: the same record, or the same digest."""
    return row.subject or (row.kind if row.priority >= DIGEST else row.id)
