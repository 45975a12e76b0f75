"""A served house over a fresh database; `site` for one test, `front` shared by a module that changes little."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.settings import Settings
from tests.conftest import NOW, TEST_KEY
from tests.support.site import Site, served, settle_group


def open_small(url: str, data_dir: Path) -> Core:
    """The small dealership on a migrated database, on a Saturday at 10:00."""
    settings = Settings(_env_file=None, data_dir=data_dir, database_url=url, secret_key=SecretStr(TEST_KEY))
    core = Core.open(settings, FixedClock(NOW))
    settle_group(core)
    return core


@pytest.fixture(scope="session")
def small_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the small dealership in it, to copy."""
    path = tmp_path_factory.mktemp("small") / "chexin.db"
    copy_sqlite(migrated_sqlite, path)
    open_small(f"sqlite:///{path}", path.parent).close()
    return path


def copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def open_copy(template: Path, directory: Path) -> Core:
    """A core over a copy of the template in an own data directory."""
    copy_sqlite(template, directory / "chexin.db")
    settings = Settings(_env_file=None, data_dir=directory, secret_key=SecretStr(TEST_KEY))
    return Core.open(settings, FixedClock(NOW))


@pytest.fixture
def small(small_sqlite: Path, tmp_path: Path) -> Iterator[Core]:
    """The small dealership on SQLite."""
    core = open_copy(small_sqlite, tmp_path)
    yield core
    core.close()


@pytest.fixture
def site(small: Core) -> Iterator[Site]:
    """A served house of this test's own."""
    with served(small) as found:
        yield found


@pytest.fixture(scope="module")
def front(small_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A served house shared by the tests of a module."""
    core = open_copy(small_sqlite, tmp_path_factory.mktemp("front"))
    with served(core) as found:
        yield found
    core.close()
