"""The secret key is changed by a process that is killed in the middle; nothing is lost, and it goes on where it was."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from crm_core.api import Core
from crm_core.customers.messages import FindCustomers
from crm_core.kernel import rotate
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.pii import Cipher
from crm_core.kernel.settings import Settings
from tests.support import demo
from tests.support.server import ROOT

pytestmark = [pytest.mark.kill, pytest.mark.slow]


@pytest.fixture
def directory(demo_template: Path, tmp_path: Path) -> Path:
    """The demo dealership, sealed with a key that was made for it."""
    return demo.copy(demo_template, tmp_path / "data")


def command(directory: Path, *args: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "run_bot.py", *args], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env={**os.environ, "CHEXIN_DATA_DIR": str(directory), **env},
                            start_new_session=True)  # fmt: skip


def settings(directory: Path, key: str = "", old: str = "") -> Settings:
    return Settings(  # type: ignore[call-arg]
        _env_file=None, data_dir=directory, secret_key=SecretStr(key), old_secret_keys=SecretStr(old)
    )


def sealed(directory: Path, key_id: str) -> int:
    """How many records are sealed with a key."""
    with closing(sqlite3.connect(directory / "chexin.db")) as connection:
        count = connection.execute("select count(*) from records where text_enc like ?", (f"v1:{key_id}:%",))
        return int(count.fetchone()[0])


def found(directory: Path, **keys: str) -> list[str]:
    """Whom the demo's rep finds by the last digits of the phones of all his customers: every index is asked for."""
    core = Core.open(settings(directory, **keys), SystemClock())
    try:
        rep = core.actor("rep1")
        return sorted(c.name for tail in range(0, 10_000, 37) for c in core.ask(FindCustomers(words=f"{tail:04d}"), rep))
    finally:
        core.close()


def kill_halfway(running: subprocess.Popen[str], directory: Path, new_id: Iterator[str]) -> None:
    """Wait until some records are under the new key, and not all, and kill."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert running.poll() is None, running.communicate()[0]
        key_id = next(new_id)
        if key_id and sealed(directory, key_id):
            running.kill()
            running.wait()
            return
        time.sleep(0.002)
    raise AssertionError("no record was sealed anew in time")


def test_a_made_key_that_is_changed_and_killed(directory: Path) -> None:
    before = found(directory)
    assert before
    coming = settings(directory).next_key

    def new_id() -> Iterator[str]:
        while True:
            yield Cipher(coming.read_text().strip()).key_id if coming.exists() else ""

    old = settings(directory).key()
    kill_halfway(command(directory, "rotate-key", "--batch", "3"), directory, new_id())
    core = Core.open(settings(directory), SystemClock())
    assert core.settings.key() == old, "the old key is still the one in use"
    left = rotate.left(core.database, Cipher(coming.read_text().strip(), (old,)))
    assert left, "it was killed before its end"
    core.close()
    assert found(directory) == before, "and everybody is found, whichever key his phone is under"
    again = command(directory, "rotate-key")
    assert again.wait(120) == 0, again.communicate()[0]
    assert not coming.exists()
    new = settings(directory).key()
    assert new != old
    assert (directory / f"secret.key.{Cipher(old).key_id}").read_text() == old
    core = Core.open(settings(directory), SystemClock())
    assert rotate.left(core.database, core.cipher) == {}
    core.close()
    assert found(directory) == before


def test_a_given_key_that_is_changed_and_killed_three_times(directory: Path) -> None:
    before, old, new = found(directory), settings(directory).key(), "n" * 40
    keys = {"CHEXIN_SECRET_KEY": new, "CHEXIN_OLD_SECRET_KEYS": old}
    for _ in range(3):
        reached = sealed(directory, Cipher(new).key_id)

        def more(than: int = reached) -> Iterator[str]:
            while True:
                yield Cipher(new).key_id if sealed(directory, Cipher(new).key_id) > than else ""

        kill_halfway(command(directory, "rotate-key", "--batch", "2", **keys), directory, more())
        assert found(directory, key=new, old=old) == before
    last = command(directory, "rotate-key", **keys)
    assert last.wait(120) == 0, last.communicate()[0]
    check = command(directory, "rotate-key", "--check", CHEXIN_SECRET_KEY=new)
    assert check.wait(60) == 0, check.communicate()[0]
    assert found(directory, key=new) == before
