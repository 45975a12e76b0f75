"""Backups of a working deployment: consistent, whole or not at all, and silent when they come back."""

from __future__ import annotations

import stat
import tarfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import SQLModel

from crm_core.api import Core
from crm_core.customers.messages import AddNote, CustomerHistory, FindCustomers
from crm_core.customers.tables import Customer, Record
from crm_core.kernel import backup, migrate, moving, pgtools
from crm_core.kernel.archive import read_manifest
from crm_core.kernel.backup import back_up, restore
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.db import make_engine, normal_url
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.hold import DirectoryHold
from crm_core.kernel.pause import read_pause
from crm_core.kernel.settings import Settings
from crm_core.kernel.tables import Lease, Outbox, Timer, WorkerRow
from tests.conftest import NOW, TEST_KEY
from tests.core.deals.house import House

LATER = NOW + timedelta(days=1)


@pytest.fixture
def target(core: Core, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An empty place of the same kind to restore into, with the same key."""
    empty = core.settings.model_copy(update={"data_dir": tmp_path / "target", "database_url": ""})
    if core.settings.is_sqlite:
        yield empty
    else:
        with request.getfixturevalue("postgres").database(empty=True) as url:
            yield empty.model_copy(update={"database_url": url})


@pytest.fixture
def file(house: House, tmp_path: Path) -> Path:
    """A backup of a small dealership with a lead and a note."""
    customer = house.lead().customer_id
    house.do("rep1", AddNote(customer_id=customer, text="太太喜欢白色"))
    path = tmp_path / "backups" / "one.backup"
    back_up(house.core.settings, path, "1.0", NOW)
    return path


def count(core: Core, table: Any) -> int:
    with core.database.read() as session:
        return len(session.execute(select(table)).scalars().all())


def tell(settings: Settings) -> tuple[list[str], list[str]]:
    """Names and notes of the restored dealership's only customer."""
    core = Core.open(settings, FixedClock(LATER))
    try:
        rep = core.actor("rep1")
        found = core.ask(FindCustomers(words="13800138011"), rep)
        told = core.ask(CustomerHistory(customer_id=found[0].id, kinds=("note",)), rep)
        return [c.name for c in found], [view.text for view in told]
    finally:
        core.close()


def test_what_was_there_is_there_again(file: Path, target: Settings, house: House) -> None:
    manifest = restore(target, file, LATER)
    assert tell(target) == (["李芳"], ["太太喜欢白色"])
    assert manifest.counts["people"] == 6
    assert manifest.counts["customers"] == 1
    core = Core.open(target, FixedClock(LATER))
    for table in (Outbox, Timer, Record, Customer):
        assert count(core, table) == manifest.counts[str(table.__tablename__)] == count(house.core, table)
    core.close()


def test_the_backup_is_private_and_holds_no_key_and_no_phone(file: Path, house: House) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as tar:
        stored = b"".join(tar.extractfile(member).read() for member in tar.getmembers())  # type: ignore[union-attr]
    for secret in (TEST_KEY, "13800138011", "太太喜欢白色"):
        assert secret.encode() not in stored
    assert read_manifest(file).key_id == house.core.cipher.key_id
    assert [path.name for path in file.parent.iterdir()] == [file.name], "nothing else is left beside it"


def test_a_backup_while_others_write_is_one_moment(house: House, target: Settings, tmp_path: Path) -> None:
    """Each command writes a customer and his note together; no backup has one without the other."""
    stop, failed = threading.Event(), []

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                house.lead(phone=f"139{number:08d}")
            except Exception as error:
                failed.append(error)
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        manifests = [back_up(house.core.settings, tmp_path / f"{n}.backup", "1.0", NOW) for n in range(3)]
    finally:
        stop.set()
        writer.join()
    assert failed == []
    assert manifests[0].counts["leads"] < manifests[-1].counts["leads"], "the writer went on meanwhile"
    for manifest in manifests:
        assert manifest.counts["leads"] == manifest.counts["customers"] == manifest.counts["contact_points"]
    restore(target, tmp_path / "2.backup", LATER)
    core = Core.open(target, FixedClock(LATER))
    assert count(core, Customer) == manifests[-1].counts["customers"]
    core.close()


def test_a_restored_deployment_sends_nothing_by_itself(
    house: House, target: Settings, tmp_path: Path
) -> None:
    house.lead()
    house.core.leases.take("worker:gone", "gone", NOW, timedelta(days=30))
    with house.core.database.write() as session:
        session.add(WorkerRow(id="gone", started_at=NOW, seen_at=NOW))
    back_up(house.core.settings, tmp_path / "b", "1.0", NOW)
    restore(target, tmp_path / "b", LATER)
    core = Core.open(target, FixedClock(LATER))
    with core.database.read() as session:
        assert read_pause(session).paused == "restored"
        assert session.execute(select(WorkerRow)).first() is None
        assert all(lease.until <= LATER for lease in session.execute(select(Lease)).scalars())
    assert core.timers.fire_due(LATER) == 0
    assert core.outbox.claim("w", LATER, accounts=["web", "term"]) == []
    core.close()


# Refusals


def test_a_place_that_holds_data_is_not_overwritten(file: Path, house: House) -> None:
    house.lead(phone="13911112222")
    house.core.database.close()
    with pytest.raises(ConfigError, match=r"holds (data|tables)"):
        restore(house.core.settings, file, LATER)
    assert count(house.core, Customer) == 2


def test_with_force_it_is_replaced_and_an_embedded_one_put_aside(file: Path, house: House) -> None:
    house.lead(phone="13911112222")
    house.core.close()
    restore(house.core.settings, file, LATER, force=True)
    assert tell(house.core.settings) == (["李芳"], ["太太喜欢白色"])
    if house.core.settings.is_sqlite:
        path = backup.sqlite_path(house.core.settings)
        aside = [p for p in path.parent.iterdir() if p.name.startswith(f"{path.name}.before-")]
        other = house.core.settings.model_copy(
            update={"database_url": f"sqlite:///{min(aside, key=lambda p: len(p.name))}"}
        )
        old = Core.open(other, FixedClock(LATER))
        assert count(old, Customer) == 2
        old.close()


def test_a_server_at_work_is_not_pulled_the_ground_from_under(
    file: Path, target: Settings, core: Core
) -> None:
    if target.is_sqlite:
        with DirectoryHold(target.data_dir), pytest.raises(ConfigError, match="another server is running"):
            restore(target, file, LATER)
    else:
        other = make_engine(normal_url(target.url))
        with other.connect() as connection:
            connection.execute(text("select 1"))
            with pytest.raises(ConfigError, match="in use"):
                restore(target, file, LATER)
        other.dispose()
    restore(target, file, LATER)


@pytest.mark.parametrize("where", [200, -2000])
def test_a_damaged_backup_changes_nothing(file: Path, target: Settings, where: int) -> None:
    content = bytearray(file.read_bytes())
    content[where] ^= 0xFF
    file.write_bytes(bytes(content))
    with pytest.raises(ConfigError, match=r"damaged|no backup"):
        restore(target, file, LATER)
    restored_nothing(target)


def test_a_backup_that_was_cut_changes_nothing(file: Path, target: Settings) -> None:
    file.write_bytes(file.read_bytes()[:-3000])
    with pytest.raises(ConfigError, match=r"cut|damaged"):
        restore(target, file, LATER)
    restored_nothing(target)


def restored_nothing(target: Settings) -> None:
    if target.is_sqlite:
        assert not backup.sqlite_path(target).exists()
    else:
        assert migrate.current(target.url) is None


def test_another_key_is_noticed_before_anything_is_touched(file: Path, target: Settings) -> None:
    other = target.model_copy(update={"secret_key": SecretStr("x" * 40)})
    with pytest.raises(ConfigError, match="was written with another key"):
        restore(other, file, LATER)
    restored_nothing(target)
    both = other.model_copy(update={"old_secret_keys": SecretStr(TEST_KEY)})
    restore(both, file, LATER)
    assert tell(both) == (["李芳"], ["太太喜欢白色"])


def test_no_key_is_made_where_one_is_missing(sqlite_url: str, tmp_path: Path) -> None:
    mine = Settings(_env_file=None, data_dir=tmp_path / "mine")  # type: ignore[call-arg]
    Core.open(mine, FixedClock(NOW)).close()
    back_up(mine, tmp_path / "b", "1.0", NOW)
    there = Settings(_env_file=None, data_dir=tmp_path / "there")  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match=r"copy its secret\.key"):
        restore(there, tmp_path / "b", LATER)
    assert not (tmp_path / "there" / "secret.key").exists()
    (tmp_path / "there").mkdir(exist_ok=True)
    (tmp_path / "there" / "secret.key").write_text((tmp_path / "mine" / "secret.key").read_text())
    restore(there, tmp_path / "b", LATER)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_backup_of_postgresql_does_not_come_back_to_sqlite(file: Path, target: Settings) -> None:
    with pytest.raises(ConfigError, match="comes back only to PostgreSQL"):
        restore(target.model_copy(update={"database_url": ""}), file, LATER)


def everything(core: Core) -> dict[str, list[Any]]:
    """Every row of every table, in the order of their ids."""
    found = {}
    with core.database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            rows = session.connection().execute(select(table).order_by(*table.primary_key)).mappings()
            found[table.name] = [dict(row) for row in rows]
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_embedded_deployment_grows_into_postgresql(
    house: House, file: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with request.getfixturevalue("postgres").database(empty=True) as url:
        grown = house.core.settings.model_copy(update={"data_dir": tmp_path / "grown", "database_url": url})
        restore(grown, file, LATER)
        assert tell(grown) == (["李芳"], ["太太喜欢白色"])
        core = Core.open(grown, FixedClock(LATER))
        before, after = everything(house.core), everything(core)
        changed = {name for name in before if before[name] != after[name]}
        assert changed <= {"meta", "leases", "locks", "workers"}, "these say that it is paused, and nobody works"
        with core.database.read() as session:
            assert read_pause(session).paused == "restored"
        more = House(core, FixedClock(LATER))
        more.actors["rep1"] = core.actor("rep1")
        more.lead(phone="13711112222")
        assert count(core, Outbox) >= len(before["outbox"]), "numbers go on where they were"
        core.close()
        with pytest.raises(ConfigError, match="--force"):
            restore(grown, file, LATER)
        restore(grown, file, LATER, force=True)
        assert tell(grown) == (["李芳"], ["太太喜欢白色"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("broken", ["_copy", "_swap"])
def test_growing_into_a_filled_postgresql_that_fails_leaves_what_was_there(
    house: House, file: Path, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    with request.getfixturevalue("migrated_postgres").database() as url:
        grown = house.core.settings.model_copy(update={"data_dir": tmp_path / "grown", "database_url": url})
        core = Core.open(grown, FixedClock(NOW))
        House(core, FixedClock(NOW)).build().lead(phone="13911112222")
        before = everything(core)
        core.close()
        real = getattr(moving, broken)

        def late(*given: Any) -> None:
            real(*given)
            if given[0].name == "leads":
                raise OSError("no space left on device")

        def half(target: Any, replaced: list[str]) -> None:
            real(target, [*replaced, "of nobody"])

        monkeypatch.setattr(moving, broken, late if broken == "_copy" else half)
        with pytest.raises((OSError, ProgrammingError)):
            restore(grown, file, LATER, force=True)
        core = Core.open(grown, FixedClock(NOW))
        assert everything(core) == before
        core.close()
        monkeypatch.undo()
        restore(grown, file, LATER, force=True)
        assert tell(grown) == (["李芳"], ["太太喜欢白色"])


def test_a_file_that_is_none(tmp_path: Path, target: Settings) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        restore(target, tmp_path / "none", LATER)
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ConfigError, match="no backup"):
        restore(target, tmp_path / "text", LATER)


# Versions


def test_an_older_backup_comes_back_at_the_newest_schema(
    empty_database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    migrate.upgrade(empty_database_url, "0001")
    old = Settings(_env_file=None, data_dir=tmp_path / "old", database_url=empty_database_url,
                   secret_key=SecretStr(TEST_KEY))  # type: ignore[call-arg]  # fmt: skip
    assert back_up(old, tmp_path / "b", "0.1", NOW).revision == "0001"
    if old.is_sqlite:
        target = old.model_copy(update={"data_dir": tmp_path / "new", "database_url": ""})
        restore(target, tmp_path / "b", LATER)
        assert migrate.current(target.url) == migrate.head()
    else:
        with request.getfixturevalue("postgres").database(empty=True) as url:
            restore(old.model_copy(update={"database_url": url}), tmp_path / "b", LATER)
            assert migrate.current(url) == migrate.head()


def test_a_backup_of_a_later_version_is_refused(
    file: Path, target: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "head", lambda: "0001")
    with pytest.raises(ConfigError, match="newer than this one; upgrade first"):
        restore(target, file, LATER)


# PostgreSQL's programs


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_dump_that_cannot_be_read_to_its_end_leaves_what_was_there(
    file: Path, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pgtools.tool("pg_restore", 9)
    cut = tmp_path / "pg_restore"
    cut.write_text(
        f"#!/bin/sh\n{real} \"$@\" | head -n 400\necho 'pg_restore: error: read failed' >&2\nexit 1\n"
    )
    cut.chmod(0o755)
    tool = pgtools.tool
    monkeypatch.setattr(
        pgtools, "tool", lambda name, major: str(cut) if name == "pg_restore" else tool(name, major)
    )
    house.lead(phone="13911112222")
    house.core.close()
    with pytest.raises(ConfigError, match=r"pg_restore: .*read failed"):
        restore(house.core.settings, file, LATER, force=True)
    core = Core.open(house.core.settings, FixedClock(LATER))
    assert count(core, Customer) == 2
    core.close()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_tables_that_are_not_ours_are_never_dropped(file: Path, target: Settings) -> None:
    engine = make_engine(normal_url(target.url))
    with engine.begin() as connection:
        connection.execute(text("create table invoices (id int)"))
    engine.dispose()
    with pytest.raises(ConfigError, match="not Chexin's"):
        restore(target, file, LATER, force=True)
