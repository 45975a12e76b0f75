"""The floors: the rows one item writes, written again by the bare driver and by SQLAlchemy Core.

One real item is watched through SQLAlchemy's events. Its rows are then made again with fresh keys, in as many
transactions as the item committed, into a database of the same schema. A transaction that only changes rows
changes one row by its key here, so that its commit costs what a commit costs.
"""

from __future__ import annotations

import itertools
import re
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Table, UniqueConstraint, event, insert, text
from sqlalchemy.sql.dml import Insert, UpdateBase
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from benchmarks.timing import Work
from crm_core.kernel.db import make_engine, normal_url
from crm_core.kernel.tables import metadata

# Rows that exist to be locked, not to be kept: an item makes them once and then only locks them.
NOT_COUNTED = {"locks"}
TOUCH = "update meta set value = 'x' where id = 'floor'"
_WRITES = re.compile(r"\s*(insert|update|delete)\b", re.IGNORECASE)
Rows = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Footprint:
    """What one item left: the rows of each of its transactions; empty for one that only changed rows."""

    transactions: tuple[Rows, ...]

    @property
    def commits(self) -> int:
        return len(self.transactions)

    @property
    def rows(self) -> dict[str, int]:
        """How many rows of each table."""
        return dict(sorted(Counter(table for rows in self.transactions for table, _ in rows).items()))


@dataclass
class _Watch:
    open: Rows = field(default_factory=list)
    wrote: bool = False
    done: list[Rows] = field(default_factory=list)

    def execute(self, conn: Any, clause: Any, many: Any, single: Any, options: Any) -> None:
        if isinstance(clause, TextClause):
            self.wrote |= bool(_WRITES.match(clause.text))
        elif isinstance(clause, UpdateBase):
            self.wrote = True
            if isinstance(clause, Insert) and clause.table.name not in NOT_COUNTED:
                given = many or ([single] if single else [clause.compile(dialect=conn.dialect).params])
                self.open += [(clause.table.name, dict(values)) for values in given]

    def commit(self, conn: Any) -> None:
        if self.wrote:
            self.done.append(self.open)
        self.rollback(conn)

    def rollback(self, conn: Any) -> None:
        self.open, self.wrote = [], False


@contextmanager
def watched(engine: Engine) -> Iterator[list[Rows]]:
    """Collects the rows written meanwhile, a list for each transaction that wrote and was committed."""
    watch = _Watch()
    hooks: dict[str, Callable[..., None]] = {
        "before_execute": watch.execute, "commit": watch.commit, "rollback": watch.rollback
    }  # fmt: skip
    for name, hook in hooks.items():
        event.listen(engine, name, hook)
    try:
        yield watch.done
    finally:
        for name, hook in hooks.items():
            event.remove(engine, name, hook)


def footprint(engine: Engine, item: Callable[[], object]) -> Footprint:
    """What `item` writes. Do one item before, so that nothing first-time is counted."""
    with watched(engine) as done:
        item()
    return Footprint(tuple(done))


class Copies:
    """Makes the rows of a footprint again, each time with other keys of the same length."""

    def __init__(self, print_: Footprint) -> None:
        self._transactions = print_.transactions
        self._unique = {name: _unique_columns(metadata.tables[name]) for name in print_.rows}
        ids = {v for rows in print_.transactions for _, values in rows
               for k, v in values.items() if k == "id" and isinstance(v, str)}  # fmt: skip
        self._ids = {known: place for place, known in enumerate(sorted(ids))}

    def make(self, number: int) -> list[Rows]:
        """The transactions of the copy with this number."""
        place = itertools.count()
        return [[(table, self._row(table, values, number, next(place))) for table, values in rows]
                for rows in self._transactions]  # fmt: skip

    def _row(self, table: str, values: dict[str, Any], number: int, place: int) -> dict[str, Any]:
        return {column: self._value(table, column, value, number, place) for column, value in values.items()}

    def _value(self, table: str, column: str, value: Any, number: int, place: int) -> Any:
        if isinstance(value, str) and value in self._ids:
            return f"{value[:10]}{self._ids[value]:03X}{number:013d}"
        if column.endswith("_index"):
            return secrets.token_hex(16)
        if column in self._unique[table]:
            mark = f"{place:02d}{number:08d}"
            return value[: -len(mark)] + mark if isinstance(value, str) else number * 64 + place
        return value


def _unique_columns(table: Table) -> set[str]:
    """The last column of each key, which alone makes the copy's key another one."""
    keys = [list(c.columns) for c in table.constraints if isinstance(c, UniqueConstraint)]
    keys += [list(table.primary_key.columns)]
    return {key[-1].name for key in keys}


def core_floor(url: str, print_: Footprint, items: int) -> Work:
    """Writes copy number N by SQLAlchemy Core: one INSERT a table and transaction."""
    engine = make_engine(normal_url(url))
    _prepare(engine)
    copies = Copies(print_)
    made = [copies.make(number) for number in range(items)]

    def write(number: int) -> None:
        for rows in made[number]:
            with engine.connect().execution_options(chexin_write=True) as connection, connection.begin():
                for name, values in _grouped(rows):
                    connection.execute(insert(metadata.tables[name]), values)
                if not rows:
                    connection.execute(text(TOUCH))

    return write


def driver_floor(url: str, print_: Footprint, items: int) -> Work:
    """Writes copy number N by the driver alone, its statements and values made ready before."""
    engine = make_engine(normal_url(url))
    _prepare(engine)
    copies = Copies(print_)
    made = [[_statements(engine, rows) for rows in copies.make(number)] for number in range(items)]
    connection: Any = engine.raw_connection().driver_connection
    begin = "BEGIN IMMEDIATE" if isinstance(connection, sqlite3.Connection) else "BEGIN"
    if not isinstance(connection, sqlite3.Connection):
        connection.autocommit = True

    def write(number: int) -> None:
        cursor = connection.cursor()
        for statements in made[number]:
            cursor.execute(begin)
            for statement, values in statements:
                cursor.execute(statement, values)
            if not statements:
                cursor.execute(TOUCH)
            cursor.execute("COMMIT")
        cursor.close()

    return write


def _prepare(engine: Engine) -> None:
    meta = text("insert into meta (id, value, updated_at) values ('floor', '', '2026-01-01 00:00:00') "
                "on conflict do nothing")  # fmt: skip
    with engine.connect().execution_options(chexin_write=True) as connection, connection.begin():
        connection.execute(meta)


def _grouped(rows: Rows) -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for name, values in rows:
        found.setdefault((name, *values), []).append(values)
    return [(key[0], values) for key, values in found.items()]


def _statements(engine: Engine, rows: Rows) -> list[tuple[str, Any]]:
    """SQL and values as the driver takes them."""
    return [_statement(engine, metadata.tables[name], values) for name, values in rows]


def _statement(engine: Engine, table: Table, values: dict[str, Any]) -> tuple[str, Any]:
    # What SQLAlchemy fills in by itself when it executes.
    own = {c.name: c.default.arg for c in table.columns if isinstance(c.default, ScalarElementColumnDefault)}
    filled = own | values
    compiled = insert(table).compile(dialect=engine.dialect, column_keys=list(filled))
    bound = compiled.construct_params(filled)
    for name, process in compiled._bind_processors.items():
        bound[name] = process(bound[name])  # type: ignore[operator]
    if compiled.positional:
        return compiled.string, tuple(bound[name] for name in compiled.positiontup or ())
    return compiled.string, bound
