"""A database that goes away is told from a mistake, in reading as in writing; another machine that is gone is noticed."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest
from sqlalchemy import text

from crm_core.api import Core
from crm_core.kernel.db import GONE, make_engine
from crm_core.kernel.errors import Unavailable


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("way", ["read", "write"])
def test_a_connection_that_was_ended_is_an_outage(core: Core, way: str) -> None:
    def ended() -> None:
        with getattr(core.database, way)() as session:
            own = session.execute(text("select pg_backend_pid()")).scalar()
            # As the server's owner: what works for people may not end others' connections.
            other = make_engine(core.database.url)
            with other.connect() as connection:
                connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": own})
            other.dispose()
            session.execute(text("select 1"))

    with pytest.raises(Unavailable):
        ended()
    assert core.tenants() == []


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("way", ["read", "write"])
def test_a_process_that_stood_still_in_a_transaction_finds_an_outage(core: Core, way: str) -> None:
    def stood_still() -> None:
        with getattr(core.database, way)() as session:
            session.execute(text("set local idle_in_transaction_session_timeout = 50"))
            session.execute(text("select 1"))
            time.sleep(0.4)
            session.execute(text("select 1"))

    with pytest.raises(Unavailable):
        stood_still()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_machine_that_is_gone_is_noticed_within_half_a_minute(core: Core) -> None:
    with core.database.engine.connect() as connection:
        given = connection.connection.dbapi_connection.info.get_parameters()  # type: ignore[union-attr]
    assert {name: given[name] for name in GONE} == {name: str(value) for name, value in GONE.items()}
    assert GONE["keepalives_idle"] + GONE["keepalives_interval"] * GONE["keepalives_count"] <= 30


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_what_the_address_says_comes_first(core: Core) -> None:
    url = f"{core.database.url}{'&' if '?' in core.database.url else '?'}connect_timeout=3"
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            given = connection.connection.dbapi_connection.info.get_parameters()  # type: ignore[union-attr]
        assert given["connect_timeout"] == "3"
    finally:
        engine.dispose()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_connections_cut_while_they_rested_are_not_noticed(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_all(core)
    monkeypatch.setattr("crm_core.kernel.db.RESTED_SECONDS", 0.0)
    assert core.tenants() == []


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_connections_cut_while_they_were_busy_cost_one_try(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_core.kernel.db.RESTED_SECONDS", 60.0)
    cut_all(core)
    with pytest.raises(Unavailable):
        core.tenants()
    assert core.tenants() == []
    assert core.tenants() == []


def cut_all(core: Core) -> None:
    """End every connection of the pool, of which there are two, behind its back."""
    with core.database.read() as one, core.database.read() as two:
        pids = [session.execute(text("select pg_backend_pid()")).scalar() for session in (one, two)]
    other = make_engine(core.database.url)
    with other.connect() as connection:
        connection.execute(text("select pg_terminate_backend(pid) from unnest(:pids) pid"), {"pids": pids})
        ended = text("select count(*) from pg_stat_activity where pid = any(:pids)")
        while connection.execute(ended, {"pids": pids}).scalar():
            time.sleep(0.01)
            connection.rollback()
    other.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_writer_waits_for_another_process_and_then_writes(core: Core) -> None:
    held, done = sqlite3.connect(str(core.database.engine.url.database), isolation_level=None), []
    held.execute("begin immediate")

    def write() -> None:
        with core.database.write() as session:
            session.execute(text("insert into meta (id, value, updated_at) values ('w', '1', '2026-01-01')"))
        done.append(True)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.1)
    assert done == []
    held.execute("commit")
    writer.join(10)
    assert done == [True]
    assert held.execute("select value from meta where id = 'w'").fetchone() == ("1",)
    held.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_that_stays_locked_is_an_outage(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_core.kernel.db.BUSY_TIMEOUT_MS", 50)
    held = sqlite3.connect(str(core.database.engine.url.database), isolation_level=None)
    held.execute("begin immediate")
    with pytest.raises(Unavailable), core.database.write():
        pass
    held.execute("rollback")
    held.close()
    with core.database.write() as session:
        (timeout,) = session.execute(text("pragma busy_timeout")).one()
    assert timeout == 50
