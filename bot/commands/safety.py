"""`backup`, `restore`, `rotate-key` and `migrate`: what keeps a deployment safe."""

from __future__ import annotations

import os
import secrets
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.commands.opening import has_database, policy_settings
from crm_core import __version__
from crm_core.api import Core
from crm_core.kernel import migrate as schema
from crm_core.kernel import rotate
from crm_core.kernel.archive import read_manifest
from crm_core.kernel.backup import SUFFIX, back_up, prune
from crm_core.kernel.backup import restore as bring_back
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.hold import DirectoryHold
from crm_core.kernel.pii import Cipher
from crm_core.kernel.settings import Settings

_console = Console(stderr=True, highlight=False, soft_wrap=True)


def backup(target: Path, keep: int) -> int:
    """Write a backup to a file, or with a date in its name into a folder, keeping the newest `keep` there."""
    now = SystemClock().now()
    into = target.is_dir()
    file = target / f"chexin-{now:%Y%m%d-%H%M%S}{SUFFIX}" if into else target
    manifest = back_up(Settings(), file, __version__, now)
    gone = prune(target, keep) if into and keep else []
    print(file)
    _console.print(f"{manifest.rows} rows in {len(manifest.counts)} tables, schema {manifest.revision}, "
                   f"key {manifest.key_id}, {file.stat().st_size / 1e6:.1f} MB")  # fmt: skip
    _console.print("not in it: the secret key (keep it elsewhere), your policies and settings")
    for old in gone:
        _console.print(f"deleted: {old.name}", markup=False)
    return 0


def restore(file: Path, into: str, force: bool, look: bool) -> int:
    """Bring a backup back; with `look` only say what is in it."""
    if look:
        print(read_manifest(file).to_json())
        return 0
    settings = _target(into)
    manifest = bring_back(settings, file, SystemClock().now(), force=force)
    where = settings.data_dir if settings.is_sqlite else "PostgreSQL"
    _console.print(f"restored into {where}: {manifest.rows} rows as of {manifest.at}", markup=False)
    _console.print("Deliveries are paused: reminders and messages that were due then may have gone out already.\n"
                   "Start the servers, then choose:\n"
                   "  run_bot.py deliveries status              what waits\n"
                   "  run_bot.py deliveries resume --skip       what was due by now is not sent\n"
                   "  run_bot.py deliveries resume --resend     it is sent, perhaps for the second time")  # fmt: skip
    return 0


def _target(into: str) -> Settings:
    """The deployment of the environment, or another data directory or database."""
    settings = Settings()
    if "://" in into:
        return settings.model_copy(update={"database_url": into})
    return settings.model_copy(update={"data_dir": Path(into), "database_url": ""}) if into else settings


def migrate(check: bool) -> int:
    """Bring the schema up to date; with `check` only say where it is, with 1 when something is to be done."""
    settings = Settings()
    revision = schema.current(settings.url) if has_database(settings) else None
    if check or not schema.is_older(revision):
        print(schema_note(settings) or f"the schema is up to date ({revision})")
        return 1 if schema.is_older(revision) else 0
    schema.upgrade(settings.url)
    print(f"the schema went from {revision or 'nothing'} to {schema.head()}")
    return 0


def schema_note(settings: Settings) -> str:
    """What is to be said about the schema: empty when it is the one of this version, or there is none yet."""
    revision = schema.current(settings.url) if has_database(settings) else None
    if schema.is_newer(revision):
        return (f"the database is at {revision}, this version knows {schema.head()}: a later version has changed it; "
                "this one works on it, but upgrade it soon")  # fmt: skip
    if revision is not None and schema.is_older(revision):
        return f"the database is at {revision}, this version needs {schema.head()}: it is changed at the next start"
    return ""


# Changing the key


def rotate_key(check: bool, batch: int) -> int:
    """Seal everything under the present key; on a made key, under a new one that is made now. 1: some did not open."""
    settings = policy_settings()
    if not has_database(settings):
        raise ConfigError("CHEXIN_DATA_DIR", "there is no database yet")
    made = not settings.secret_key.get_secret_value()
    if made and not check:
        return _replace_made_key(settings, batch)
    core = Core.open(settings)
    try:
        if check:
            return _say_left(core)
        done = _rotate(core, batch)
    finally:
        core.close()
    _console.print("Now take the old key out of CHEXIN_OLD_SECRET_KEYS and restart the servers. Keep it with the "
                   "backups it was used for.")  # fmt: skip
    return 1 if done.broken else 0


def _say_left(core: Core) -> int:
    found = rotate.left(core.database, core.cipher)
    for table, count in found.items():
        print(f"{table}: {count} rows are under another key")
    if not found:
        print(f"everything is sealed with the present key ({core.cipher.key_id})")
    return 1 if found else 0


def _rotate(core: Core, batch: int) -> rotate.Rotated:
    total = sum(rotate.left(core.database, core.cipher).values())
    columns: tuple[Any, ...] = (TextColumn("sealing anew"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console, transient=True) as bar:
        task = bar.add_task("", total=total)
        done = rotate.rotate(core.database, core.cipher, core.now(), batch=batch,
                             progress=lambda rows: bar.advance(task, rows))  # fmt: skip
    _console.print(f"{done.rows} rows sealed anew; nothing is left under another key ({core.cipher.key_id})")
    for cell in done.broken:
        _console.print(f"warning: {cell} opens under no known key and was left as it is", markup=False)
    return done


def _replace_made_key(settings: Settings, batch: int) -> int:
    """The key beside the database: a new one is written first, and takes its place when all is sealed with it."""
    kept, coming = settings.kept_key, settings.next_key
    hold: Any = DirectoryHold(settings.data_dir) if settings.is_sqlite else nullcontext()
    with hold:
        old = settings.key()
        if not coming.exists():
            _write_private(coming, secrets.token_hex(32))
        new = coming.read_text().strip()
        both = ",".join((old, *settings.old_keys()))
        changed = {"secret_key": SecretStr(new), "old_secret_keys": SecretStr(both)}
        core = Core.open(settings.model_copy(update=changed))
        try:
            done = _rotate(core, batch)
        finally:
            core.close()
        former = kept.with_name(f"secret.key.{Cipher(old).key_id}")
        _write_private(former, old)
        os.replace(coming, kept)
    _console.print(f"{kept} is the new key. Keep {former.name} with the backups made before, not here.", markup=False)
    return 1 if done.broken else 0


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, for its owner alone."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


