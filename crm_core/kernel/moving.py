"""From the embedded database to PostgreSQL: every row as it is, into tables beside the old ones, which then give way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, Integer, Table, func, insert, inspect, make_url, select, text
from sqlmodel import SQLModel

from crm_core.concepts import load_tables
from crm_core.kernel import migrate
from crm_core.kernel.db import make_engine, normal_url
from crm_core.kernel.errors import ConfigError

CHUNK = 1000
# Where the rows come to first; what an interrupted restore left there is removed by the next one.
FRESH = "restoring_chexin"


def move(source: Path, url: str, replaced: Sequence[str] = ()) -> None:
    """Copy an SQLite file, which is brought to the newest schema first, into a PostgreSQL database.

    Its tables take the place of `replaced` in one transaction, after every row was copied and counted: whatever
    goes wrong or is killed before, the old ones stay as they were. Raises ConfigError when rows are missing.
    """
    load_tables()
    migrate.upgrade(f"sqlite:///{source}")
    target = make_engine(normal_url(url))
    try:
        _clear(target)
        with target.begin() as connection:
            connection.execute(text(f"create schema {FRESH}"))
        try:
            _fill(source, _inside(url))
            _swap(target, replaced)
        except BaseException:
            _clear(target)
            raise
    finally:
        target.dispose()


def _clear(target: Engine) -> None:
    with target.begin() as connection:
        connection.execute(text(f"drop schema if exists {FRESH} cascade"))


def _inside(url: str) -> str:
    """The same database, seen from the schema the rows come to first."""
    parsed = make_url(normal_url(url))
    given = str(parsed.query.get("options", ""))
    inside = parsed.update_query_dict({"options": f"{given} -csearch_path={FRESH}".strip()})
    return inside.render_as_string(hide_password=False)


def _fill(source: Path, url: str) -> None:
    migrate.upgrade(url)
    reading, writing = make_engine(f"sqlite:///{source}"), make_engine(url)
    try:
        with reading.connect() as old, writing.begin() as new:
            for table in SQLModel.metadata.sorted_tables:
                _copy(table, old, new)
                if _count(table, old) != _count(table, new):
                    raise ConfigError("backup", f"rows are missing after the copy: {table.name}")
    finally:
        reading.dispose()
        writing.dispose()


def _count(table: Table, connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar() or 0)


def _copy(table: Table, old: Connection, new: Connection) -> None:
    rows = old.execution_options(yield_per=CHUNK).execute(select(table)).mappings()
    for part in rows.partitions():
        new.execute(insert(table), [dict(row) for row in part])
    key = table.c.get("id")
    if key is not None and isinstance(key.type.dialect_impl(old.dialect), Integer):
        last = new.execute(select(func.max(key))).scalar() or 0
        sequence = text("select setval(pg_get_serial_sequence(:name, 'id'), :next, false)")
        new.execute(sequence, {"name": table.name, "next": last + 1})


def _swap(target: Engine, replaced: Sequence[str]) -> None:
    """The old tables go and the new ones take their place, with their keys, indexes and sequences."""
    with target.begin() as connection:
        quote = connection.dialect.identifier_preparer.quote
        own = quote(str(connection.execute(text("select current_schema()")).scalar()))
        for name in replaced:
            connection.execute(text(f"drop table {own}.{quote(name)} cascade"))
        for name in inspect(connection).get_table_names(FRESH):
            connection.execute(text(f"alter table {FRESH}.{quote(name)} set schema {own}"))
        connection.execute(text(f"drop schema {FRESH}"))
