"""What every test has: an own data directory, a clock that stands still, and both databases."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import settings as properties
from pydantic import SecretStr

from tests.support import network
from tests.support.places import in_memory
from tests.support.postgres import GIVEN, Cluster, NoPostgres, open_cluster

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.kernel.clock import FixedClock
    from crm_core.kernel.settings import Settings

# Saturday, 10:00 in Shanghai.
NOW = datetime(2026, 3, 14, 2, 0, tzinfo=UTC)
TEST_KEY = "a-key-for-tests-only-" + "0" * 32
OURS = ("CHEXIN_", "TELEGRAM_", "WECOM_", "LLM_", "EMBEDDINGS", "PUBLIC_", "TRUSTED_", "WIDGET_", "CHROMA_")
FOR_TESTS = ("CHEXIN_TEST_", "CHEXIN_TRUST_")
# Set to `required` where a run without PostgreSQL must fail instead of being skipped.
POSTGRES_REQUIRED = os.environ.get("CHEXIN_TEST_POSTGRES") == "required"
# Set to 1 where also those transcripts run on PostgreSQL that are about words.
EVERYTHING = os.environ.get("CHEXIN_TEST_ALL") == "1"
# Where a change lands properties are tried with the same examples each time; at a desk, with new ones. A slow machine
# is no counter-example.
properties.register_profile("chexin", deadline=None, derandomize=EVERYTHING)
NO_POSTGRES = pytest.StashKey[str]()
# The fixtures that give a test its database, once of each kind.
DATABASES = ("database_url", "empty_database_url", "demo_url")


def pytest_configure(config: pytest.Config) -> None:
    """Forget the developer's own settings, and stay on this machine; what is for tests is for the workers too."""
    for name in list(os.environ):
        if (name.startswith(OURS) or name in ("HOST", "PORT")) and not name.startswith(FOR_TESTS):
            del os.environ[name]
    # Where pytest looks for the place of its own temporary directories.
    if (memory := in_memory()) is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory)
    network.guard(also=_given_host())
    properties.load_profile("chexin")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs on PostgreSQL, so that `-m postgres` and `-m "not postgres"` choose it."""
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if "postgres" in map(parameters.get, DATABASES):
            item.add_marker("postgres")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reason = config.stash.get(NO_POSTGRES, None)
    if reason:
        terminalreporter.write_line(f"PostgreSQL was not tested: {reason}", yellow=True)


@pytest.fixture(scope="session", autouse=True)
def _own_data_directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whoever opens the core without settings works in a temporary directory."""
    os.environ["CHEXIN_DATA_DIR"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session", autouse=True)
def _statements_are_compiled_once() -> None:
    from tests.support.statements import compile_once

    compile_once()


@pytest.fixture(autouse=True)
def _logs_stay_where_they_were() -> Iterator[None]:
    """A test that starts a program sends its logs to a stream that is closed after it; the next must not write there."""
    import structlog

    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
    threading.excepthook = hook
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The PostgreSQL server of this run, empty of tables; skips, with the reason, where there is none."""
    try:
        cluster = open_cluster()
    except NoPostgres as error:
        if POSTGRES_REQUIRED:
            pytest.fail(str(error), pytrace=False)
        request.config.stash[NO_POSTGRES] = str(error)
        pytest.skip(str(error))
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file at the newest revision, to copy."""
    path = tmp_path_factory.mktemp("template") / "chexin.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Cluster) -> Cluster:
    """The server whose new databases are at the newest revision."""
    postgres.template(migrate)
    return postgres


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh, migrated database; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
    else:
        with request.getfixturevalue("migrated_postgres").database() as url:
            yield url


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a fresh, migrated SQLite database, for tests whose subject is not the database."""
    path = tmp_path / "chexin.db"
    with closing(sqlite3.connect(migrated_sqlite)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table, on SQLite and on PostgreSQL; for tests of migrations."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with request.getfixturevalue("postgres").database(empty=True) as url:
            yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings over a fresh database and an own data directory."""
    from crm_core.kernel.settings import Settings

    return Settings(  # type: ignore[call-arg]
        _env_file=None, data_dir=tmp_path / "data", database_url=database_url, secret_key=SecretStr(TEST_KEY)
    )


@pytest.fixture
def clock() -> FixedClock:
    """Stands at NOW until the test moves it."""
    from crm_core.kernel.clock import FixedClock

    return FixedClock(NOW)


@pytest.fixture
def core(settings: Settings, clock: FixedClock) -> Iterator[Core]:
    """The core over a fresh database, on both dialects."""
    from crm_core.api import Core

    opened = Core.open(settings, clock)
    yield opened
    opened.close()


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest revision."""
    from crm_core.kernel.migrate import upgrade

    upgrade(url)


def _given_host() -> frozenset[str]:
    host = urlsplit(os.environ.get(GIVEN, "")).hostname
    return frozenset({host} if host else ())
