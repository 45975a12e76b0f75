"""Large databases that are built once: SQLite's files are kept between runs, PostgreSQL's are built anew."""

from __future__ import annotations

import hashlib
import inspect
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from benchmarks.places import Place
from crm_core.api import Core
from crm_core.kernel.tables import metadata

Build = Callable[[Core, int], object]


def opened(place: Place, size: int, build: Build) -> Core:
    """The core over a database of this size, built by `build`."""
    if place.cluster is not None:
        core = place.open()
        build(core, size)
        return core
    url = place.fresh()
    path, kept = Path(url.removeprefix("sqlite:///")), _kept(size, build)
    if kept.exists():
        shutil.copyfile(kept, path)
        return place.open(url)
    core = place.open(url)
    build(core, size)
    with core.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    kept.parent.mkdir(exist_ok=True)
    with suppress(OSError):
        shutil.copyfile(path, kept.with_suffix(".part"))
        kept.with_suffix(".part").replace(kept)
    return core


def _kept(size: int, build: Build) -> Path:
    """Where the file of this size is kept; another schema or way of building it has another name."""
    columns = [f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns]
    indexes = sorted(str(index.name) for table in metadata.sorted_tables for index in table.indexes)
    source = inspect.getsourcefile(build)
    built = Path(source).read_text(encoding="utf-8") if source else ""
    mark = hashlib.sha256("\n".join([*columns, *indexes, built]).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / "chexin-bench" / f"{build.__module__}-{size}-{mark}.db"
