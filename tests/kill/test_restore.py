"""A restore that is killed leaves what was there before it, whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_core.api import Core
from crm_core.kernel import pgtools
from crm_core.kernel.backup import back_up
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.db import make_engine
from crm_core.kernel.settings import Settings
from crm_core.org.messages import AddUnit
from tests.conftest import NOW
from tests.support.server import ROOT

pytestmark = [pytest.mark.kill, pytest.mark.slow, pytest.mark.postgres]
KEY = "k" * 40
# Reads half of the dump and then nothing more, as when a disk is very slow.
SLOW = """#!/bin/sh
case "$*" in *--version*) exec {real} "$@";; esac
{real} "$@" | head -n {lines}
touch {reached}
exec sleep 30
"""


@pytest.fixture
def url(migrated_postgres: Any) -> Iterator[str]:
    with migrated_postgres.database() as found:
        yield found


@pytest.mark.parametrize("lines", [300, 1200, 1700])
def test_killed_while_the_rows_come_back(url: str, tmp_path: Path, lines: int) -> None:
    settings = Settings(  # type: ignore[call-arg]
        _env_file=None, data_dir=tmp_path, database_url=url, secret_key=SecretStr(KEY)
    )
    core = Core.open(settings, FixedClock(NOW))
    core.execute(AddUnit(path="starway.", name="以前"), core.system("starway"))
    back_up(settings, tmp_path / "b", "1.0", NOW)
    core.execute(AddUnit(path="starway.", name="后来"), core.system("starway"))
    core.close()
    reached, slow = tmp_path / "reached", tmp_path / "bin" / "pg_restore"
    slow.parent.mkdir()
    slow.write_text(SLOW.format(real=pgtools.tool("pg_restore", 9), lines=lines, reached=reached))
    slow.chmod(0o755)
    env = {**os.environ, "PATH": f"{slow.parent}:{os.environ['PATH']}", "CHEXIN_DATA_DIR": str(tmp_path),
           "CHEXIN_DATABASE_URL": url, "CHEXIN_SECRET_KEY": KEY}  # fmt: skip
    restoring = subprocess.Popen([sys.executable, "run_bot.py", "restore", str(tmp_path / "b"), "--force"], cwd=ROOT,
                                 env=env, stderr=subprocess.PIPE, text=True, start_new_session=True)  # fmt: skip
    end = time.monotonic() + 60
    while not reached.exists():
        assert restoring.poll() is None, restoring.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.5)
    restoring.kill()
    restoring.wait()
    core = Core.open(settings, FixedClock(NOW))
    wait_until_alone(core)
    with core.database.read() as session:
        assert session.execute(text("select name from units")).scalars().all() == ["后来"]
    assert core.leases.recall("deliveries") is None
    core.close()
    os.killpg(restoring.pid, signal.SIGKILL)


def wait_until_alone(core: Core) -> None:
    """Whatever the killed process had begun in the database has ended."""
    others = text("select count(*) from pg_stat_activity where datname = current_database() and"
                  " application_name in ('psql', 'pg_restore')")  # fmt: skip
    end = time.monotonic() + 30
    owner = make_engine(core.database.url)
    while True:
        with owner.connect() as connection:
            if not connection.execute(others).scalar():
                owner.dispose()
                return
        assert time.monotonic() < end
        time.sleep(0.1)
