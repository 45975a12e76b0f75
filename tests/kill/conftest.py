"""Demo servers to kill, on SQLite and on PostgreSQL with web and worker processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import demo
from tests.support.server import Server


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo dealership's data directory, to copy."""
    return demo.build(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def server(demo_template: Path, tmp_path: Path) -> Iterator[Server]:
    """One process that does everything, on SQLite."""
    running = Server(demo.copy(demo_template, tmp_path / "data")).start()
    yield running
    running.kill()
