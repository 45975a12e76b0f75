"""What keeping backups needs and leaves: PostgreSQL's programs, old ones that go, traces of a killed one."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from crm_core.kernel import backup, db, pgtools
from crm_core.kernel.backup import back_up, prune
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.settings import Settings
from tests.conftest import NOW, TEST_KEY
from tests.core.deals.house import House


def test_programs_that_are_missing_or_too_old_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pgtools, "_PLACES", ())
    with pytest.raises(ConfigError, match=r"is of version 9, but the server is of 15.*postgresql-client-15"):
        pgtools.tool("pg_dump", 15)
    with pytest.raises(ConfigError, match=r"psql.*was not found.*postgresql-client-15"):
        pgtools.tool("psql", 15)
    assert pgtools.tool("pg_dump", 9) == str(old)


def test_no_password_is_seen_in_a_list_of_processes() -> None:
    address, environment = pgtools.reach(
        "postgresql+psycopg://chexin:h%40nter2@db.example:5433/chexin?sslmode=require"
    )
    assert address == "postgresql://chexin@db.example:5433/chexin?sslmode=require"
    assert environment["PGPASSWORD"] == "h@nter2"


def test_old_backups_of_a_folder_go(tmp_path: Path) -> None:
    for day in range(1, 6):
        (tmp_path / f"chexin-2026030{day}-030000.backup").write_text("")
        moment = datetime(2026, 3, day, tzinfo=UTC).timestamp()
        backup.os.utime(tmp_path / f"chexin-2026030{day}-030000.backup", (moment, moment))
    (tmp_path / "notes.txt").write_text("")
    assert len(prune(tmp_path, 2)) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "chexin-20260304-030000.backup", "chexin-20260305-030000.backup", "notes.txt",
    ]  # fmt: skip


def test_what_a_killed_backup_left_is_cleared_away_a_day_later(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(  # type: ignore[call-arg]
        _env_file=None, data_dir=tmp_path, database_url=sqlite_url, secret_key=SecretStr(TEST_KEY)
    )
    folder = tmp_path / "backups"
    for name, age in (("old", 2 * backup.LEFT_OVER_S), ("running", 60)):
        left = folder / f"{backup.WORK}{name}"
        left.mkdir(parents=True)
        (left / "chexin.db").write_text("")
        backup.os.utime(left, (time.time() - age,) * 2)
    back_up(settings, folder / "b", "1.0", NOW)
    assert {path.name for path in folder.iterdir()} == {"b", f"{backup.WORK}running"}


def test_nothing_to_back_up(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "new")  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="no database"):
        back_up(settings, tmp_path / "b", "1.0", NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_dump_may_take_longer_than_a_frozen_process_may_hold_its_rows(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = pgtools.dump

    def slowly(*given: Any) -> None:
        dump(*given)
        time.sleep(0.5)

    monkeypatch.setattr(db, "FROZEN_MS", 100)
    monkeypatch.setattr(pgtools, "dump", slowly)
    house.lead()
    assert back_up(house.core.settings, tmp_path / "slow.backup", "1.0", NOW).rows > 0
