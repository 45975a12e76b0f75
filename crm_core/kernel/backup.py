"""Backups while the servers work: a consistent copy of the database, and its way back.

Everything that matters is in the database, pictures included; the search index is made again from it. A restored
deployment keeps what it has to send to itself until somebody decides, or yesterday's reminders would go out twice.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, delete, inspect, make_url, table, text, update

from crm_core.kernel import migrate, pgtools
from crm_core.kernel.anchors import Anchors
from crm_core.kernel.archive import Manifest, checksum, extract, read_manifest, write_archive
from crm_core.kernel.db import Database, make_engine, normal_url
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.hold import DirectoryHold
from crm_core.kernel.leases import Leases
from crm_core.kernel.moving import move
from crm_core.kernel.pause import DELIVERIES
from crm_core.kernel.pii import Cipher
from crm_core.kernel.rotate import DIGEST_FACT, KEY_FACT
from crm_core.kernel.settings import Settings
from crm_core.kernel.tables import Lease, WorkerRow

PAUSED = "paused:restored"
SUFFIX = ".backup"
WORK = ".chexin-backup-"
LEFT_OVER_S = 86_400


def back_up(settings: Settings, file: Path, version: str, now: datetime) -> Manifest:
    """Write a backup of the deployment to `file`, replacing it; servers go on working.

    Raises ConfigError when there is nothing to back up, or PostgreSQL's programs are missing or too old.
    """
    revision = _revision(settings)
    key_id = Cipher(settings.key()).key_id
    file.parent.mkdir(parents=True, exist_ok=True)
    _clear(file.parent)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=WORK) as folder:
        member = "chexin.db" if settings.is_sqlite else "chexin.dump"
        copy = Path(folder) / member
        schema, counts = (
            _copy_sqlite(settings, copy) if settings.is_sqlite else _dump_postgres(settings, copy)
        )
        manifest = Manifest(
            at=now.astimezone(UTC).isoformat(), version=version, revision=revision, key_id=key_id,
            dialect="sqlite" if settings.is_sqlite else "postgresql", schema=schema, member=member,
            size=copy.stat().st_size, sha256=checksum(copy), counts=counts,
        )  # fmt: skip
        write_archive(file, manifest, copy)
    return manifest


def restore(settings: Settings, file: Path, now: datetime, *, force: bool = False) -> Manifest:
    """Bring a backup into the database of the settings, at the newest schema, with deliveries paused.

    It is there whole or not at all. Raises ConfigError when the target is in use, or holds data and `force` is not
    given; when key, checksum or kind of database do not fit; and when the backup is newer than this version.
    """
    manifest = read_manifest(file)
    _check_fit(manifest, settings)
    if settings.is_sqlite:
        with DirectoryHold(settings.data_dir):
            _restore_sqlite(settings, file, manifest, now, force)
    else:
        _restore_postgres(settings, file, manifest, now, force)
    shutil.rmtree(settings.data_dir / "index", ignore_errors=True)
    _anchor(settings, now)
    return manifest


def _anchor(settings: Settings, now: datetime) -> None:
    """The audit ends earlier now than it did, and that was meant."""
    database, cipher = Database(settings.url), Cipher(settings.key(), settings.old_keys())
    try:
        leases = Leases(database)
        cipher.digest_with(leases.recall(KEY_FACT) or cipher.key_id, leases.recall(DIGEST_FACT))
        Anchors(database, cipher, settings.data_dir, settings.audit_anchor).restored(now)
    finally:
        database.close()


def prune(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest `keep` backups of a folder; returns what went."""
    found = sorted(
        folder.glob(f"*{SUFFIX}"), key=lambda path: (path.stat().st_mtime, path.name), reverse=True
    )
    for path in found[keep:]:
        path.unlink()
    return found[keep:]


# Copying


def _clear(folder: Path) -> None:
    """A backup that was killed left a copy behind, which must not fill the disk."""
    for path in folder.glob(f"{WORK}*"):
        if time.time() - path.stat().st_mtime > LEFT_OVER_S:
            shutil.rmtree(path, ignore_errors=True)


def _revision(settings: Settings) -> str:
    path = sqlite_path(settings) if settings.is_sqlite else None
    revision = None if path is not None and not path.exists() else migrate.current(settings.url)
    if revision is None:
        raise ConfigError("CHEXIN_DATA_DIR", "there is no database to back up yet")
    return revision


def sqlite_path(settings: Settings) -> Path:
    """The file of an embedded database."""
    return Path(make_url(settings.url).database or "")


def _copy_sqlite(settings: Settings, copy: Path) -> tuple[str, dict[str, int]]:
    """Copy in one step: one snapshot, and writers go on meanwhile."""
    with closing(sqlite3.connect(sqlite_path(settings))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        _whole_file(target)
    with _connected(f"sqlite:///{copy}") as connection:
        counts = _counts(connection, None)
    return "", counts


def _whole_file(connection: sqlite3.Connection) -> None:
    """Check a copy, and make it one file without a journal beside it."""
    (said,) = connection.execute("pragma quick_check(1)").fetchone()
    if said != "ok":
        raise ConfigError("CHEXIN_DATA_DIR", f"the database is damaged: {said[:200]}")
    connection.execute("pragma journal_mode=delete")


def _dump_postgres(settings: Settings, copy: Path) -> tuple[str, dict[str, int]]:
    """Dump the very snapshot the rows are counted in."""
    with _connected(settings.url) as connection:
        connection.execute(text("set transaction isolation level repeatable read, read only"))
        # This session waits for the dump, as long as that takes.
        connection.execute(text("set local idle_in_transaction_session_timeout = 0"))
        snapshot = str(connection.execute(text("select pg_export_snapshot()")).scalar())
        schema = str(connection.execute(text("select current_schema()")).scalar())
        counts = _counts(connection, schema)
        pgtools.dump(settings.url, snapshot, copy, _major(connection))
    return schema, counts


def _major(connection: Connection) -> int:
    return int(str(connection.execute(text("show server_version_num")).scalar())) // 10_000


def _counts(connection: Connection, schema: str | None) -> dict[str, int]:
    """Rows by table."""
    return {
        name: int(
            connection.execute(text(f"select count(*) from {_quoted(connection, name, schema)}")).scalar()
            or 0
        )
        for name in sorted(inspect(connection).get_table_names(schema))
    }


def _quoted(connection: Connection, name: str, schema: str | None) -> str:
    return connection.dialect.identifier_preparer.format_table(table(name, schema=schema))


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = make_engine(normal_url(url))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


# Bringing back


def _check_fit(manifest: Manifest, settings: Settings) -> None:
    if settings.is_sqlite and manifest.dialect != "sqlite":
        raise ConfigError(
            "CHEXIN_DATABASE_URL", "the backup is of PostgreSQL, and comes back only to PostgreSQL"
        )
    if manifest.revision > migrate.head():
        raise ConfigError(
            "backup", f"is of version {manifest.version}, which is newer than this one; upgrade first"
        )
    kept = settings.kept_key
    if settings.is_sqlite and not settings.secret_key.get_secret_value() and not kept.exists():
        raise ConfigError("CHEXIN_SECRET_KEY", f"needs the key the backup was written with ({manifest.key_id}); "
                                               f"set it, or copy its secret.key to {kept.parent}")  # fmt: skip
    if not Cipher(settings.key(), settings.old_keys()).knows(manifest.key_id):
        raise ConfigError("CHEXIN_SECRET_KEY", f"the backup was written with another key ({manifest.key_id}); "
                                               "set the key it was written with")  # fmt: skip


def _restore_sqlite(settings: Settings, file: Path, manifest: Manifest, now: datetime, force: bool) -> None:
    target = sqlite_path(settings)
    if target.exists() and not force and _has_rows(target):
        raise ConfigError("CHEXIN_DATA_DIR", f"{target} holds data; --force puts it aside")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.restoring")
    for old in (part, *_journals(part)):
        old.unlink(missing_ok=True)
    extract(file, manifest, part)
    _check_counts(f"sqlite:///{part}", manifest, None)
    _finish(f"sqlite:///{part}", now)
    with closing(sqlite3.connect(part)) as connection:
        _whole_file(connection)
    part.chmod(0o600)
    _put_aside(target, now)
    os.replace(part, target)


def _has_rows(path: Path) -> bool:
    with _connected(f"sqlite:///{path}") as connection:
        return any(count for name, count in _counts(connection, None).items() if name != "alembic_version")


def _journals(path: Path) -> list[Path]:
    return [path.with_name(f"{path.name}-{kind}") for kind in ("wal", "shm")]


def _put_aside(target: Path, now: datetime) -> None:
    """Nothing is deleted: what was there stands beside it under another name."""
    stamp = f"{now:%Y%m%d-%H%M%S}"
    for path in (target, *_journals(target)):
        if path.exists():
            path.rename(path.with_name(path.name.replace(target.name, f"{target.name}.before-{stamp}", 1)))


def _restore_postgres(settings: Settings, file: Path, manifest: Manifest, now: datetime, force: bool) -> None:
    with _connected(settings.url) as connection:
        schema = manifest.schema or None
        major, tables = _major(connection), inspect(connection).get_table_names(schema)
        _check_target(connection, tables, force)
        drop = "".join(f"drop table {_quoted(connection, name, schema)} cascade;\n" for name in tables)
        meta = _quoted(connection, "meta", schema)
    with tempfile.TemporaryDirectory(prefix="chexin-restore-") as folder:
        copy = Path(folder) / manifest.member
        extract(file, manifest, copy)
        if manifest.dialect == "sqlite":
            # It is paused before its rows are anywhere.
            _finish(f"sqlite:///{copy}", now)
            move(copy, settings.url, tables)
        else:
            # Paused in the transaction that brings the rows: no server can start in between and send them.
            pgtools.load(settings.url, copy, major, before=drop, after=_pause_sql(meta))
    _check_counts(settings.url, manifest, manifest.schema or None)
    _finish(settings.url, now)


def _pause_sql(meta: str) -> str:
    return (
        f"\ninsert into {meta} (id, value, updated_at) values ('{DELIVERIES}', '{PAUSED}', now())\n"
        "on conflict (id) do update set value = excluded.value, updated_at = excluded.updated_at;\n"
    )


def _check_target(connection: Connection, tables: list[str], force: bool) -> None:
    others = connection.execute(text(
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        " and backend_type = 'client backend'"
    )).scalar()  # fmt: skip
    if others:
        raise ConfigError(
            "CHEXIN_DATABASE_URL", f"the database is in use ({others} connections); stop the servers"
        )
    if tables and not force:
        raise ConfigError("CHEXIN_DATABASE_URL", "the database holds tables; --force replaces them")
    if tables and "alembic_version" not in tables:
        raise ConfigError(
            "CHEXIN_DATABASE_URL", "the database holds tables that are not Chexin's; use another one"
        )


def _check_counts(url: str, manifest: Manifest, schema: str | None) -> None:
    """Every row of the manifest is there; only the pause may have come in addition."""
    with _connected(url) as connection:
        found = _counts(connection, schema)
    short = [name for name, count in manifest.counts.items() if found.get(name, 0) < count]
    if short:
        raise ConfigError("backup", f"rows are missing after the restore: {', '.join(short)}")


def _finish(url: str, now: datetime) -> None:
    """Newest schema, deliveries paused, and nobody who worked then is believed to be working now."""
    migrate.upgrade(url)
    database = Database(url)
    try:
        Leases(database).remember(DELIVERIES, PAUSED, now)
        with database.write() as session:
            session.execute(update(Lease).values(until=now))
            session.execute(delete(WorkerRow))
    finally:
        database.close()
