"""What stands still, as the database shows it. Each look is served by an index of what is not done."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from crm_core.channels.troubles import account_troubles
from crm_core.delivery.messages import TroubleView
from crm_core.kernel.late import HELD
from crm_core.kernel.pause import read_pause
from crm_core.kernel.tables import Inbox, Meta, Outbox, Timer, UnservedAccount
from crm_core.kernel.workers import workers

LATE = timedelta(minutes=5)
DOUBTFUL = timedelta(minutes=10)
MUST_KNOW = 1
UNCERTAIN, DEAD = 3, 4
DEAD_TIMER = 3


def troubles(session: Session, tenant: str, now: datetime) -> list[TroubleView]:
    """Everything of a tenant that should have been done and was not, and processes that do not work."""
    pause = read_pause(session)
    found = _rows(session, tenant, now, paused=bool(pause.paused)) + _processes(session, now)
    found += [TroubleView(kind=one.kind, since=one.since, what=" ".join(filter(None, (one.id, one.detail))))
              for one in account_troubles(session, tenant)]  # fmt: skip
    if not pause.paused:
        found += _unserved(session, tenant)
    if pause.paused:
        found.append(TroubleView(kind="paused", since=pause.since))
    return found


def _rows(session: Session, tenant: str, now: datetime, *, paused: bool) -> list[TroubleView]:
    """While a restored backup waits, nothing that is due counts as late."""
    looks: list[tuple[str, Any, tuple[Any, ...]]] = [
        ("late_arrivals", Inbox.received_at, (col(Inbox.state).in_((0, 1)), col(Inbox.received_at) < now - LATE)),
        ("dead_timers", Timer.due_at, (col(Timer.state) == DEAD_TIMER,)),
    ]
    if not paused:
        looks += [
            ("late_timers", Timer.due_at, (col(Timer.state) == 0, col(Timer.due_at) < now - LATE)),
            ("late_messages", Outbox.created_at,
             (col(Outbox.state).in_((0, 1)), col(Outbox.created_at) < now - LATE,
              col(Outbox.account).not_in(select(col(UnservedAccount.id))))),
            ("late_messages", Outbox.created_at, (col(Outbox.state) == HELD, col(Outbox.created_at) < now - LATE)),
        ]  # fmt: skip
    found: dict[str, TroubleView] = {}
    for kind, at, where in looks:
        count, since = session.execute(
            select(func.count(), func.min(at)).where(at.class_.tenant == tenant, *where)
        ).one()
        if count:
            before = found.get(kind)
            found[kind] = TroubleView(kind=kind, count=count + (before.count if before else 0),
                                      since=min(filter(None, (since, before and before.since))))  # fmt: skip
    return list(found.values())


def _unserved(session: Session, tenant: str) -> list[TroubleView]:
    """Accounts messages wait for, and no process speaks for."""
    known = unserved(session)
    return [TroubleView(kind="unserved", count=count, since=known[account].since, what=account)
            for account, count in waiting_for(session, tenant, known).items()]  # fmt: skip


def unserved(session: Session) -> dict[str, UnservedAccount]:
    """Every account that is known to be served by nobody, by its name."""
    return {row.id: row for row in session.execute(select(UnservedAccount)).scalars()}


def waiting_for(session: Session, tenant: str, accounts: Iterable[str]) -> dict[str, int]:
    """How many messages of a tenant wait for each of these accounts."""
    counted = select(col(Outbox.account), func.count()).where(
        col(Outbox.tenant) == tenant, col(Outbox.state).in_((0, 1)), col(Outbox.account).in_(list(accounts)),
        col(Outbox.kind) != "@refresh",
    ).group_by(col(Outbox.account))  # fmt: skip
    return {row[0]: row[1] for row in session.execute(counted)}


def _processes(session: Session, now: datetime) -> list[TroubleView]:
    return [
        TroubleView(kind=f"worker_{w.state}", since=w.seen_at if w.state == "silent" else w.round_at, what=w.id)
        for w in workers(session, now) if w.state != "ok"
    ]  # fmt: skip


def untold(session: Session, tenant: str, now: datetime, limit: int = 200) -> list[Outbox]:
    """Messages that did not arrive, or that must be known and have been uncertain for ten minutes, of which
    nobody was told yet; an edit of a card that was sent is no message of its own."""
    lost = (col(Outbox.state) == DEAD) | (
        (col(Outbox.state) == UNCERTAIN) & (col(Outbox.priority) <= MUST_KNOW)
        & (func.coalesce(col(Outbox.settled_at), col(Outbox.created_at)) < now - DOUBTFUL)
    )  # fmt: skip
    query = select(Outbox).where(
        col(Outbox.state).in_((UNCERTAIN, DEAD)), lost, col(Outbox.tenant) == tenant, col(Outbox.told_at).is_(None),
        col(Outbox.kind) != "@refresh",
    )  # fmt: skip
    # What must be known first, so that any number of the others does not hide it.
    return list(session.execute(query.order_by(col(Outbox.priority), col(Outbox.id)).limit(limit)).scalars())


def long_unsure(session: Session, tenant: str, since: datetime, limit: int = 200) -> list[Outbox]:
    """Messages that are nice to know and may not have arrived, since before an instant; nobody was told of them again.

    A digest would have told of them. An edit of a card that was sent is no message of its own.
    """
    query = select(Outbox).where(
        col(Outbox.state) == UNCERTAIN, col(Outbox.priority) > MUST_KNOW, col(Outbox.tenant) == tenant,
        col(Outbox.told_at).is_(None), func.coalesce(col(Outbox.settled_at), col(Outbox.created_at)) <= since,
        col(Outbox.kind) != "@refresh", text("state in (3,4)"),  # the words of the partial index
    )  # fmt: skip
    return list(session.execute(query.order_by(col(Outbox.id)).limit(limit)).scalars())


def remembered(session: Session, tenant: str) -> dict[str, Any]:
    """The troubles that were told: key → {count, since, kind, what}."""
    row = session.get(Meta, memory_of(tenant))
    found: dict[str, Any] = json.loads(row.value) if row is not None and row.value else {}
    return found


def memory_of(tenant: str) -> str:
    """Where the told troubles of a tenant are noted."""
    return f"troubles:{tenant}"[:80]
