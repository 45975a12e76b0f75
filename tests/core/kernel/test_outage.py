"""A database that goes away is told from a mistake, in reading as in writing; another machine that is gone is noticed."""

from __future__ import annotations

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
            with core.database.write() as other:
                other.execute(text("select pg_terminate_backend(:pid)"), {"pid": own})
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
