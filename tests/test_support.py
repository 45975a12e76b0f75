"""The ground the other tests stand on: real databases, a closed network, an own environment."""

from __future__ import annotations

import io
import logging
import os
import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import structlog

from bot.logs import Bare, configure_logs
from tests.support.network import LeftTheMachine, is_local
from tests.support.postgres import Cluster


def test_each_test_has_its_own_postgres_database(postgres: Cluster) -> None:
    with postgres.database(empty=True) as first, postgres.database(empty=True) as second:
        with psycopg.connect(first) as connection:
            connection.execute("CREATE TABLE seen (id int)")
        with psycopg.connect(second) as connection:
            found = connection.execute("SELECT to_regclass('seen')").fetchone()
    assert found == (None,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(first)


def test_a_fresh_database_is_migrated(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        path = Path(database_url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    else:
        with psycopg.connect(database_url) as connection:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert len(rows) == 1


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_program_that_sets_its_logs_up_does_so_for_one_test(time: str) -> None:
    assert not structlog.is_configured(), "by the test before"
    handlers, hook = logging.getLogger().handlers[:], threading.excepthook
    assert not any(isinstance(handler.formatter, Bare) for handler in handlers), "by the test before"
    configure_logs(io.StringIO())
    assert structlog.is_configured()
    assert threading.excepthook is not hook, "the test before took its own away again"


# 192.0.2.0/24 is reserved for documentation: nothing answers there.
@pytest.mark.parametrize("host", ["192.0.2.1", "example.com"])
def test_a_connection_beyond_this_machine_is_refused(host: str) -> None:
    with pytest.raises(LeftTheMachine):
        socket.create_connection((host, 80), timeout=1)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        (None, True),
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        (b"localhost", True),
        ("10.0.0.1", False),
        ("api.telegram.org", False),
    ],
)
def test_what_is_local(host: str | bytes | None, local: bool) -> None:
    assert is_local(host) is local


def test_the_developers_settings_do_not_reach_the_tests() -> None:
    ours = {name for name in os.environ if name.startswith(("TELEGRAM_", "WECOM_", "LLM_", "CHEXIN_"))}
    # What is said to the tests themselves does.
    assert {name for name in ours if not name.startswith("CHEXIN_TEST_")} == {"CHEXIN_DATA_DIR"}
    assert "data" in Path(os.environ["CHEXIN_DATA_DIR"]).name
