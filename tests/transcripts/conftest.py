"""The demo dealership, loaded once for each kind of database and copied for each scenario."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from tests.conftest import TEST_KEY
from tests.support.postgres import Cluster

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.kernel.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
# A Saturday, before the dealer opens.
LOADED = datetime(2026, 11, 21, 8, 0, tzinfo=ZONE)
EXAMPLE = Path(__file__).parents[2] / "examples" / "dealership"


class _Demo(Cluster):
    """Databases with the demo in them, on the server of this run."""

    def __init__(self, server_url: str) -> None:
        super().__init__(server_url)
        self._prefix += "_demo"


def settings_for(url: str, directory: Path) -> Settings:
    from crm_core.kernel.settings import Settings

    return Settings(_env_file=None, data_dir=directory, database_url=url, policies=EXAMPLE / "policies",
                    secret_key=SecretStr(TEST_KEY))  # fmt: skip


def load_demo_into(url: str, directory: Path) -> None:
    from bot.commands.learning import learn_paths
    from crm_core.api import Core
    from crm_core.imports.demo import load_demo
    from crm_core.kernel.clock import FixedClock

    core = Core.open(settings_for(url, directory), FixedClock(LOADED))
    try:
        tenant = load_demo(core, EXAMPLE)["tenant"]
        learn_paths(core, core.system(tenant), [EXAMPLE / "knowledge"], "staff")
    finally:
        core.close()


@pytest.fixture(scope="session")
def demo_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the demo, to copy."""
    path = tmp_path_factory.mktemp("demo") / "chexin.db"
    load_demo_into(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def demo_postgres(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server whose new databases have the demo in them."""
    directory = tmp_path_factory.mktemp("demo-postgres")
    cluster = _Demo(postgres.server_url)
    cluster.template(lambda url: load_demo_into(url, directory))
    yield cluster
    Cluster.close(cluster)


@pytest.fixture(params=["sqlite", "postgres"])
def demo_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh copy of the demo, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "chexin.db"
        with (
            closing(sqlite3.connect(request.getfixturevalue("demo_sqlite"))) as source,
            closing(sqlite3.connect(path)) as target,
        ):
            source.backup(target)
        yield f"sqlite:///{path}"
    else:
        with request.getfixturevalue("demo_postgres").database() as url:
            yield url


@pytest.fixture
def demo(demo_url: str, tmp_path: Path) -> Iterator[Core]:
    """The core over a fresh copy of the demo; its clock stands still."""
    from crm_core.api import Core
    from crm_core.kernel.clock import FixedClock

    core = Core.open(settings_for(demo_url, tmp_path), FixedClock(LOADED))
    yield core
    core.close()
