"""One database, two dialects. Only the begin and the claim differ."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Engine,
    Integer,
    String,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import DataError, DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

from crm_core.kernel.errors import Invalid, Unavailable
from crm_core.kernel.rowsecurity import SYSTEM, Net

BUSY_TIMEOUT_MS = 15_000
# How often a process looks whether another one still writes.
TURN_SECONDS = 0.002
# A process that stands still inside a transaction would hold its rows for ever; PostgreSQL ends it after so long.
FROZEN_MS = 30_000
FROZEN = ("25P03", "25P04")
# A connection that was not used for so long may have been cut meanwhile.
RESTED_SECONDS = 1.0
# Without these a machine that lost its power is waited for as long as the system does, which may be hours.
GONE: dict[str, Any] = {
    "connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}  # fmt: skip

# A plain BigInteger key does not auto-increment on SQLite.
BigId = BigInteger().with_variant(Integer, "sqlite")
# Prefix ranges need byte order, whatever the server's locale.
UnitPath = String(200).with_variant(String(200, collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware instants in UTC on both dialects; a naive value is a bug and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class TenantSession(Session):
    """A session that knows whose it is (`info["tenant"]`), which `tenancy.py` sees to; without, it is everybody's."""


class Database:
    """Sessions for reading and for writing."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = normal_url(url)
        self.is_sqlite = self.url.startswith("sqlite")
        self.engine = make_engine(self.url, pool_size=pool_size)
        if not self.is_sqlite:
            Net(self.engine)
        # Threads of one process queue here instead of polling SQLite's busy handler.
        self._writer = threading.RLock() if self.is_sqlite else None
        # SQLite's readers see one state anyway; PostgreSQL's default would show a new one to each statement.
        self._snapshot: dict[str, Any] = (
            {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )

    @contextmanager
    def write(self, tenant: str = SYSTEM) -> Iterator[Session]:
        """A session in a write transaction of one tenant (or across them), committed at the end or rolled back whole.

        Raises Unavailable when the database is locked or gone, and Invalid for a value that fits no column;
        nothing was changed then.
        """
        with self._writer or nullcontext():
            try:
                with (
                    self.engine.connect().execution_options(
                        chexin_write=True, chexin_tenant=tenant) as connection,
                    self._session(connection, tenant) as session,
                    connection.begin(),
                ):
                    yield session
                    session.flush()
            except PoolTimeout as error:
                raise Unavailable() from error
            except DataError as error:
                raise Invalid("value") from error
            except DBAPIError as error:
                if _is_outage(error):
                    raise Unavailable() from error
                raise

    @contextmanager
    def read(self, tenant: str = SYSTEM) -> Iterator[Session]:
        """A session that sees one consistent state and writes nothing. Raises Unavailable and Invalid as `write`."""
        try:
            with (
                self.engine.connect().execution_options(**self._snapshot, chexin_tenant=tenant) as connection,
                self._session(connection, tenant) as session,
                connection.begin() as transaction,
            ):
                yield session
                transaction.rollback()
        except PoolTimeout as error:
            raise Unavailable() from error
        except DataError as error:
            raise Invalid("value") from error
        except DBAPIError as error:
            if _is_outage(error):
                raise Unavailable() from error
            raise

    def _session(self, connection: Connection, tenant: str) -> Session:
        info = {} if tenant == SYSTEM else {"tenant": tenant}
        return TenantSession(connection, expire_on_commit=False, autoflush=False, info=info)

    def close(self) -> None:
        self.engine.dispose()


def normal_url(url: str) -> str:
    """Accept `postgres://` and a bare `postgresql://`; both mean psycopg 3."""
    for old in ("postgres://", "postgresql://"):
        if url.startswith(old):
            return "postgresql+psycopg://" + url.removeprefix(old)
    return url


def make_engine(url: str, *, pool_size: int = 8) -> Engine:
    """An engine with this project's begin, pragmas and pool."""
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_size=pool_size, max_overflow=pool_size, connect_args=_reach(url))
        event.listen(engine, "handle_error", _forget_old_plans)
        _ping_rested(engine)
        return engine
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=64,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _reach(url: str) -> dict[str, Any]:
    """How a connection finds out that the other machine is gone; what the address says itself comes first."""
    options = {"options": f"-c idle_in_transaction_session_timeout={FROZEN_MS}"} | GONE
    return {name: value for name, value in options.items() if name not in make_url(url).query}


def _ping_rested(engine: Engine) -> None:
    """A connection that rested is asked whether it still lives; one used a moment ago need not be."""

    def used(_connection: Any, record: Any, *_: Any) -> None:
        record.info["used"] = time.monotonic()

    def ping(connection: Any, record: Any, _fairy: Any) -> None:
        if time.monotonic() - record.info["used"] < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "connect", used)
    event.listen(engine, "checkin", used)
    event.listen(engine, "checkout", ping)


def _forget_old_plans(context: Any) -> None:
    # A newer version added a column: statements prepared before that never work again on their connection.
    error = context.original_exception
    if getattr(error, "sqlstate", "") == "0A000" and "cached plan" in str(error):
        context.is_disconnect = True


def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: a deferred begin that reads, then writes, fails
    # in a way no timeout cures.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "cache_size=-16000",
        "temp_store=MEMORY",
        # What is deleted is overwritten: a file that is copied later must not hold who was erased.
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    if connection.get_execution_options().get("chexin_write", False):
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Any) -> None:
    """Begin when no other process writes; asked again and again for as long as the busy timeout.

    SQLite's own waiting sleeps longer each time, up to a tenth of a second, while the file lies idle.
    """
    driver = connection.connection.dbapi_connection
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while _is_taken(driver) and time.monotonic() < until:
            time.sleep(TURN_SECONDS)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _is_taken(driver: Any) -> bool:
    """Whether another process writes just now; else this one does, unless something is wrong with the file."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    return False


def deadlocked(error: Unavailable) -> bool:
    """Whether two transactions waited for each other, so that the same again will do."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and getattr(cause.orig, "sqlstate", "") == "40P01"


def _is_outage(error: DBAPIError) -> bool:
    if error.connection_invalidated or str(getattr(error.orig, "sqlstate", "")) in FROZEN:
        return True
    text = str(error.orig).lower()
    return isinstance(error, OperationalError) and any(
        sign in text for sign in ("locked", "busy", "connection", "disk i/o", "deadlock", "full", "no space")
    )
