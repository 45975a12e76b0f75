"""Proofs 3 and 4: the database goes away, fills up or is locked, and a worker sleeps beyond its lease."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import select
from sqlmodel import col

from benchmarks.faults.clusters import Fragile
from benchmarks.faults.crew import Crew, NotDone, crew, wait_for
from benchmarks.faults.ends import finish, quiet, spent
from benchmarks.faults.field import Accounts, Field
from benchmarks.faults.load import Load, bring
from benchmarks.faults.proof import Finding, Ground, Size
from benchmarks.faults.tally import tally
from crm_core.kernel import migrate
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.tables import Attempt, Outbox
from tests.support.platforms import Orders

HEAL_S = 30.0
DISK_MB = 64
STALE_POINTS = ("claimed", "attempt_written", "before_send", "after_send", "before_settle")
SMALL_CROWD = Accounts(bots=2, corps=2, people=5)


# Proof 3


def outages(where: Ground, size: Size) -> Finding:
    """The database is stopped at once again and again, its disk fills up, its tables are locked."""
    found = Finding()
    if not where.is_sqlite:
        _stopped(where, size, found)
    _locked(where, size, found)
    _full(where, size, found)
    return found


def _stopped(where: Ground, size: Size, found: Finding) -> None:
    """PostgreSQL's immediate stop, with the workers left to cope."""
    draw = random.Random(where.seed)
    with Fragile() as server:
        migrate.upgrade(server.url("postgres"))
        field = where.field(SMALL_CROWD, url=server.url("postgres"))
        with crew(field, Orders(seed=where.seed, busy=0.1, retry_after=0.1)) as band:
            bring(field, Load(size.stops * 30, seconds=size.stops * 4), where.seed)
            band.hire().comes()
            band.hire().comes()
            worst = 0.0
            for _ in range(size.stops):
                time.sleep(draw.uniform(0.2, 1.5))
                server.crash()
                time.sleep(draw.uniform(0.0, 0.5))
                server.start()
                worst = max(worst, _healed(field, band, found))
            finish(field, band)
        found.figures |= {"stops": size.stops, "worst_heal_s": round(worst, 1)} | spent(field)
        found.of(tally(field))


def _healed(field: Field, band: Crew, found: Finding) -> float:
    """How long until something that falls due now is accepted."""
    before, began = len(field.entries()), time.monotonic()
    try:
        wait_for("a database that takes what is due", partial(_brought, field, before), HEAL_S)
        wait_for("a message after the fault", lambda: len(field.entries()) > before, HEAL_S)
        return time.monotonic() - began
    except NotDone as error:
        found.demand(len(band.living()) == 2, "a worker ended")
        found.demand(False, str(error))
        return HEAL_S


def _brought(field: Field, number: int) -> bool:
    """Something more falls due now; False while the database takes nothing."""
    try:
        bring(field, Load(2, seconds=0.0, ahead=0.0), number)
    except Unavailable:
        return False
    return True


def _locked(where: Ground, size: Size, found: Finding) -> None:
    """Somebody else holds the file, or every table of the path."""
    field = where.field(SMALL_CROWD)
    with crew(field, Orders(seed=where.seed)) as band:
        bring(field, Load(size.stops * 4 + 20, seconds=size.locked_s), where.seed)
        band.hire().comes()
        band.hire().comes()
        time.sleep(0.5)
        with _lock(field):
            time.sleep(size.locked_s)
        healed = _healed(field, band, found)
        finish(field, band)
    found.figures |= {"locked_s": size.locked_s, "heal_after_lock_s": round(healed, 1)}
    found.of(tally(field))


@contextmanager
def _lock(field: Field) -> Iterator[None]:
    if field.is_sqlite:
        path = field.url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            yield
            holder.execute("ROLLBACK")
    else:
        with psycopg.connect(field.url.replace("+psycopg", "")) as holder:
            holder.execute("LOCK TABLE timers, outbox, attempts IN ACCESS EXCLUSIVE MODE")
            yield


def _full(where: Ground, size: Size, found: Finding) -> None:
    """The disk under the database fills up, and is given room again."""
    try:
        with small_disk() as disk:
            if where.is_sqlite:
                migrate.upgrade(url := f"sqlite:///{disk / 'chexin.db'}")
                _fill(where.field(SMALL_CROWD, url=url), disk, size, found)
            else:
                with Fragile(disk) as server:
                    migrate.upgrade(server.url("postgres"))
                    _fill(where.field(SMALL_CROWD, url=server.url("postgres")), disk, size, found, server)
    except NoDisk as error:
        found.figures["disk_full"] = f"not tried: {error}"


def _fill(field: Field, disk: Path, size: Size, found: Finding, server: Fragile | None = None) -> None:
    with crew(field, Orders(seed=1)) as band:
        bring(field, Load(size.stops * 4 + 20, seconds=10), 1)
        band.hire().comes()
        band.hire().comes()
        time.sleep(1.0)
        ballast = disk / "ballast"
        # Without a buffer: what did not fit would be tried again, and fail again, when the file is closed.
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
            except OSError:
                full = True
        time.sleep(min(size.locked_s, 5))
        ballast.unlink()
        if server is not None:
            server.start_if_down()
        healed = _healed(field, band, found)
        finish(field, band)
    found.demand(full, "the disk was never full")
    found.figures |= {"disk_full": True, "heal_after_full_s": round(healed, 1)}
    found.of(tally(field))


class NoDisk(Exception):
    """There is no small disk to fill here."""


@contextmanager
def small_disk() -> Iterator[Path]:
    """A file system of a few megabytes. Raises NoDisk where one cannot be mounted."""
    with tempfile.TemporaryDirectory(prefix="chexin-disk-") as place:
        options = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0777", "tmpfs", place]
        made = subprocess.run(options, capture_output=True, text=True)
        if made.returncode:
            raise NoDisk("no right to mount one")
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", "-l", place], check=False)


# Proof 4


def stale(where: Ground, size: Size) -> Finding:
    """A worker freezes between sending and writing down the result; another takes its rows; it wakes up."""
    found, compared = Finding(), 0
    field = where.field(Accounts(bots=1, corps=1, people=4))
    with crew(field, Orders(seed=where.seed)) as band:
        for number, point in enumerate(STALE_POINTS):
            bring(field, Load(8, seconds=0.0, ahead=0.0), number)
            sleeper = band.hire(freeze_at=(point, 1))
            wait_for(f"it to freeze at {point}", partial(getattr, sleeper, "frozen"), 15)
            field.clock.offset += 91
            heir = band.hire()
            quiet(field, 90)
            heir.quit()
            before = _written(field)
            sleeper.thaw()
            time.sleep(1.5)
            after = _written(field)
            found.demand(before == after, f"{point}: a stale worker wrote {_differences(before, after)}")
            compared += len(before)
            sleeper.quit()
        finish(field, band)
    found.figures = {"points": len(STALE_POINTS), "rows_compared": compared}
    return found.of(tally(field))


def _written(field: Field) -> dict[str, Any]:
    """Every outbox row, and the tries that ended."""
    with field.core() as core, core.database.read() as session:
        rows = session.execute(select(Outbox)).scalars().all()
        ended = session.execute(select(Attempt).where(col(Attempt.ended_at).is_not(None))).scalars().all()
        return {f"outbox {r.id}": (r.state, r.token, r.provider_id, r.settled_at) for r in rows} | {
            f"attempt {a.id}": (a.token, a.outcome, a.ended_at) for a in ended
        }


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [f"{key}: {before.get(key)} → {after[key]}" for key in after if before.get(key) != after[key]]
