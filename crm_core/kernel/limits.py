"""Limits that hold across processes: token buckets in rows, taken from in the claiming transaction.

What a claim is given is used at once, so that nothing is kept in a process's memory and no window ever sees more
than the platform allows. A bucket is kept a little below the platform's figure, because what leaves evenly may
arrive in a bunch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from crm_core.kernel.clock import SKEW
from crm_core.kernel.db import Database
from crm_core.kernel.tables import Bucket

SAFETY = 0.9
# Of single messages two that leave a second apart may arrive closer to each other.
ALONE = 0.8
BURST_SHARE = 0.1
# Of an account's burst, this much is left to replies and to what people must know.
KEPT_SHARE = 0.34
FIRST_NICE = 2
_BUCKETS: Any = SQLModel.metadata.tables[str(Bucket.__tablename__)]


@dataclass(frozen=True)
class Rate:
    """A platform's limit: at most `n` in any `seconds`. `share` of them may leave at once.

    A greater share lets a person's few messages go together, and makes the bucket fill more slowly.
    """

    n: int
    seconds: float
    share: float = BURST_SHARE

    @property
    def burst(self) -> float:
        """What may leave at once."""
        return max(1.0, math.floor(self.n * self.share))

    @property
    def per_second(self) -> float:
        """How fast a bucket fills: burst and refill together stay within the limit in any window."""
        if self.n == 1:
            return ALONE / self.seconds
        return (self.n * SAFETY - self.burst) / self.seconds


@dataclass(frozen=True)
class Pace:
    """The limits of an account's platform, for the account as a whole and for each of its chats."""

    per_account: tuple[Rate, ...] = ()
    per_chat: tuple[Rate, ...] = ()


@dataclass(frozen=True)
class Level:
    """A bucket's content at an instant."""

    tokens: float
    at: datetime
    blocked_until: datetime | None = None


def filled(level: Level, rate: Rate, now: datetime) -> Level:
    """The bucket at `now`. A clock that is a little behind adds nothing; one that was set back begins anew."""
    passed = (now - level.at).total_seconds()
    if passed < -SKEW.total_seconds():
        return Level(rate.burst, now)
    if passed <= 0:
        return level
    tokens = min(rate.burst, level.tokens + passed * rate.per_second)
    return Level(tokens, now, level.blocked_until)


def free(level: Level, rate: Rate, priority: int) -> int:
    """How many may go now; for what is nice to know a share of a burst is left over."""
    kept = math.floor(rate.burst * KEPT_SHARE) if priority >= FIRST_NICE else 0
    return max(0, math.floor(level.tokens + 1e-9 - kept))


def wait_for(level: Level, rate: Rate, priority: int) -> timedelta:
    """How long until one more may go."""
    kept = math.floor(rate.burst * KEPT_SHARE) if priority >= FIRST_NICE else 0
    missing = 1 + kept - level.tokens
    return timedelta(seconds=max(0.0, missing / rate.per_second))


class Meter:
    """The buckets of some names (accounts, chats) inside one transaction: look, take, write back."""

    def __init__(self, session: Session, rates: dict[str, tuple[Rate, ...]], now: datetime) -> None:
        """Hold the buckets of each name in `rates` until the transaction ends."""
        self._session = session
        self._rates = rates
        self._now = now
        self._taken: set[str] = set()
        ids = sorted(set(rates) | {_id(n, r) for n, found in rates.items() for r in found})
        self._levels = self._hold(ids)

    def free(self, name: str, priority: int) -> int:
        """How many messages of this priority may go to `name` now; 0 while it is blocked."""
        if self.blocked_until(name) is not None:
            return 0
        return min((free(self._level(name, r), r, priority) for r in self._rates[name]), default=1_000_000)

    def blocked_until(self, name: str) -> datetime | None:
        """Until when the platform wants to be left alone."""
        level = self._levels.get(name)
        if level is None or level.blocked_until is None or level.at > self._now + SKEW:
            # Asked for by a clock that was set back since: the platform will say it again.
            return None
        return level.blocked_until if level.blocked_until > self._now else None

    def next_at(self, name: str, priority: int) -> datetime:
        """When one more may go."""
        until = self.blocked_until(name) or self._now
        waits = [wait_for(self._level(name, r), r, priority) for r in self._rates[name]]
        return max(until, self._now + max(waits, default=timedelta()))

    def take(self, name: str, n: int = 1) -> None:
        """Take what `free` promised."""
        for rate in self._rates[name]:
            level = self._level(name, rate)
            self._levels[_id(name, rate)] = Level(level.tokens - n, level.at, level.blocked_until)
            self._taken.add(_id(name, rate))

    def save(self) -> None:
        """Write the buckets taken from."""
        rows = [
            {"id": i, "tokens": self._levels[i].tokens, "at": self._levels[i].at} for i in sorted(self._taken)
        ]
        _upsert(self._session, rows, ("tokens", "at"))

    def _level(self, name: str, rate: Rate) -> Level:
        key = _id(name, rate)
        self._levels[key] = filled(self._levels.get(key) or Level(rate.burst, self._now), rate, self._now)
        return self._levels[key]

    def _hold(self, ids: list[str]) -> dict[str, Level]:
        """The rows, locked in a fixed order. On PostgreSQL missing ones are made first, so that two that meet
        at a new bucket do not both find it full."""
        if self._session.connection().dialect.name != "sqlite":
            self._make_missing(ids)
        rows = self._session.execute(_held(ids)).all()
        return {row.id: Level(row.tokens, row.at, row.blocked_until) for row in rows}

    def _make_missing(self, ids: list[str]) -> None:
        known = set(self._session.execute(select(_BUCKETS.c.id).where(_BUCKETS.c.id.in_(ids))).scalars())
        bursts = {_id(name, rate): rate.burst for name, found in self._rates.items() for rate in found}
        rows = [
            {"id": i, "tokens": bursts[i], "at": self._now} for i in ids if i not in known and i in bursts
        ]
        if rows:
            self._session.connection().execute(postgresql.insert(_BUCKETS).on_conflict_do_nothing(), rows)


class Limits:
    """Buckets in transactions of their own, and blocks that every process obeys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, name: str, rates: Sequence[Rate], n: int, now: datetime, priority: int = 0) -> int:
        """Take up to `n` from the buckets of `name`; returns how many were granted. To be used at once."""
        with self._database.write() as session:
            meter = Meter(session, {name: tuple(rates)}, now)
            granted = min(n, meter.free(name, priority))
            if granted:
                meter.take(name, granted)
                meter.save()
            return granted

    def block(self, name: str, until: datetime, now: datetime) -> None:
        """Nothing goes to `name` (an account or a chat) before `until`, from any process."""
        self.block_all([(name, until)], now)

    def block_all(self, blocks: Sequence[tuple[str, datetime]], now: datetime) -> None:
        """`block` for several names at once."""
        with self._database.write() as session:
            for name, until in sorted(blocks):
                block(session, name, until, now)


def block(session: Session, name: str, until: datetime, now: datetime) -> None:
    """`Limits.block` inside the caller's transaction; a longer one stays."""
    known = session.execute(_held([name])).first()
    if known is None or known.blocked_until is None or known.blocked_until < until or known.at > now + SKEW:
        _upsert(
            session, [{"id": name, "tokens": 0.0, "at": now, "blocked_until": until}], ("at", "blocked_until")
        )


def _id(name: str, rate: Rate) -> str:
    return f"{name}|{rate.n}/{rate.seconds:g}"


def _held(ids: list[str]) -> Any:
    query = select(_BUCKETS).where(_BUCKETS.c.id.in_(ids)).order_by(_BUCKETS.c.id)
    return query.with_for_update()


def _upsert(session: Session, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    if not rows:
        return
    dialect: Any = sqlite if session.connection().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(_BUCKETS)
    changed = {name: getattr(statement.excluded, name) for name in columns}
    session.connection().execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed), rows)
