"""From the embedded database to PostgreSQL: every row as it is, in one transaction."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Integer, Table, func, insert, select, text
from sqlmodel import SQLModel

from crm_core.concepts import load_tables
from crm_core.kernel import migrate
from crm_core.kernel.db import make_engine, normal_url
from crm_core.kernel.errors import ConfigError

CHUNK = 1000


def move(source: Path, url: str) -> None:
    """Copy an SQLite file, which is brought to the newest schema first, into a PostgreSQL database without rows.

    Raises ConfigError when the target holds rows; nothing is changed then.
    """
    load_tables()
    migrate.upgrade(f"sqlite:///{source}")
    migrate.upgrade(url)
    reading, writing = make_engine(f"sqlite:///{source}"), make_engine(normal_url(url))
    try:
        with reading.connect() as old, writing.begin() as new:
            for table in SQLModel.metadata.sorted_tables:
                if new.execute(select(func.count()).select_from(table)).scalar():
                    raise ConfigError(
                        "CHEXIN_DATABASE_URL", f"the database holds rows ({table.name}); use an empty one"
                    )
                _copy(table, old, new)
    finally:
        reading.dispose()
        writing.dispose()


def _copy(table: Table, old: Connection, new: Connection) -> None:
    rows = old.execution_options(yield_per=CHUNK).execute(select(table)).mappings()
    for part in rows.partitions():
        new.execute(insert(table), [dict(row) for row in part])
    key = table.c.get("id")
    if key is not None and isinstance(key.type.dialect_impl(old.dialect), Integer):
        last = new.execute(select(func.max(key))).scalar() or 0
        sequence = text("select setval(pg_get_serial_sequence(:name, 'id'), :next, false)")
        new.execute(sequence, {"name": table.name, "next": last + 1})
