"""Records whose timer is missing, as when somebody deleted it by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import ColumnElement, literal, select
from sqlmodel import col

from crm_core.kernel.reader import R
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Uow

PENDING, FIRED, DEAD = 0, 1, 3
AT_ONCE = 200


def lost(
    uow: Uow, table: type[R], concept: str, *where: Any, since: Any, kinds: tuple[str, ...] = ()
) -> Iterator[R]:
    """The records that satisfy `where` and have no timer (of these kinds), each held before it is looked at again.

    A timer that waits counts, one that is dead (the auditor reports those), and one that was due at `since` (a
    column or an instant) or later and has fired.
    """
    missing = (cast("Any", table).tenant == uow.tenant, *where, ~_armed(table, concept, since, kinds))
    found = select(cast("Any", table).id).where(*missing).order_by(cast("Any", table).id).limit(AT_ONCE)
    for record_id in list(uow.session.execute(found).scalars()):
        row = uow.seize(table, record_id)
        still = select(cast("Any", table).id).where(cast("Any", table).id == record_id, *missing)
        if row is not None and uow.session.execute(still).first() is not None:
            yield row


def _armed(table: Any, concept: str, since: Any, kinds: tuple[str, ...]) -> ColumnElement[bool]:
    done = (col(Timer.state) == FIRED) & (col(Timer.due_at) >= since)
    timer = select(col(Timer.id)).where(
        col(Timer.subject) == literal(f"{concept}:") + table.id, col(Timer.state).in_((PENDING, DEAD)) | done,
        *([col(Timer.kind).in_(kinds)] if kinds else []),
    )  # fmt: skip
    return timer.exists()


def again_key(uow: Uow, kind: str, record_id: str) -> str:
    """The key of a timer that is made again; the first one's may be taken by a row that fires no more."""
    return f"{kind}:{record_id}:again:{uow.now.timestamp():.0f}"
