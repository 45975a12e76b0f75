"""Changing the secret key: every sealed value is sealed anew and every blind index made anew, in batches.

Each value names its key, so a batch is whatever is not yet under the present key: killed and started again, this
goes on where it was. Servers may work meanwhile, as long as each of them knows both keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, and_, bindparam, func, literal, not_, or_, select, update
from sqlmodel import SQLModel

from crm_core.kernel.db import Database, deadlocked
from crm_core.kernel.errors import ConfigError, Unavailable
from crm_core.kernel.leases import Leases
from crm_core.kernel.pii import Cipher

KEY_FACT = "secret_key_id"
DIGEST_FACT = "digest_key"
BATCH = 500
PASSES = 5
# What a sealed value is bound to, where it is not the row's id.
CELLS: dict[str, Callable[[Any], str]] = {
    "inbox": lambda row: f"{row['channel']}.{row['account']}.{row['dedupe_key']}",
    "outbox": lambda row: str(row["dedupe_key"]),
    "chat_messages": lambda row: f"{row['chat']}.{row['key']}",
    "audit": lambda row: f"{row['resource']}.{row['record_id']}",
}
# Columns sealed as bytes; those sealed as text end `_enc`.
SEALED_BYTES = {("blobs", "content")}


@dataclass(frozen=True)
class BlindIndex:
    """A column that is the blind index of a sealed one, of the whole value or of its tail."""

    column: str
    of: str
    purpose: str
    tail: int = 0

    def made(self, cipher: Cipher, clear: str) -> str:
        return cipher.index(self.purpose, clear[-self.tail :] if self.tail else clear)


INDEXES: dict[str, tuple[BlindIndex, ...]] = {
    "contact_points": (
        BlindIndex("value_index", "value_enc", "phone"), BlindIndex("tail_index", "value_enc", "phone-tail", 4),
    ),
    "people": (BlindIndex("phone_index", "phone_enc", "phone"),),
    "cars": (
        BlindIndex("vin_index", "vin_enc", "vin"), BlindIndex("vin_tail_index", "vin_enc", "vin_tail", 6),
        BlindIndex("plate_index", "plate_enc", "plate"),
    ),
}  # fmt: skip


@dataclass
class Rotated:
    """How many rows were sealed anew, and those (`table.column#id`) that hold a value which no known key opens."""

    rows: int = 0
    broken: list[str] = field(default_factory=list)


def sealed_columns(table: Table) -> list[Column[Any]]:
    """The columns of a table that hold sealed values."""
    return [c for c in table.c if c.name.endswith("_enc") or (table.name, c.name) in SEALED_BYTES]


def sealed_tables() -> list[Table]:
    """Every table with a sealed column, by name."""
    return sorted((t for t in SQLModel.metadata.tables.values() if sealed_columns(t)), key=lambda t: t.name)


def left(database: Database, cipher: Cipher) -> dict[str, int]:
    """How many rows of each table hold a value under another key than the present one."""
    found = {}
    with database.read() as session:
        for table in sealed_tables():
            count = session.connection().execute(select(func.count()).where(_stale(table, cipher))).scalar()
            if count:
                found[table.name] = int(count)
    return found


def rotate(
    database: Database, cipher: Cipher, now: datetime, *, batch: int = BATCH,
    progress: Callable[[int], object] = lambda rows: None,
) -> Rotated:  # fmt: skip
    """Seal everything under the present key, and note it as the deployment's key once nothing else is left.

    Raises ConfigError while a running server still seals with another key.
    """
    done = Rotated()
    _keep_digests(Leases(database), cipher, now)
    for _ in range(PASSES):
        for table in sealed_tables():
            _rotate_table(table, database, cipher, batch, done, progress)
        remaining = left(database, cipher)
        if sum(remaining.values()) <= len(done.broken):
            Leases(database).remember(KEY_FACT, cipher.key_id, now)
            return done
        done.broken.clear()
    told = ", ".join(f"{name} {count}" for name, count in remaining.items())
    raise ConfigError(
        "CHEXIN_SECRET_KEY",
        f"a server still writes with another key ({told}); start every server with the new key and run this again",
    )


def _keep_digests(leases: Leases, cipher: Cipher, now: datetime) -> None:
    """Digests go on being made with the key they always had, kept under the new one."""
    kept = leases.recall(DIGEST_FACT)
    noted = leases.recall(KEY_FACT) or cipher.key_id
    cipher.digest_with(noted, kept)
    if kept is None or not kept.startswith(cipher.prefix):
        leases.remember(DIGEST_FACT, cipher.kept_digests(), now)


def _rotate_table(
    table: Table,
    database: Database,
    cipher: Cipher,
    batch: int,
    done: Rotated,
    progress: Callable[[int], object],
) -> None:
    for rows in _batches(table, database, cipher, batch):
        changes = [change for row in rows if (change := _sealed_anew(table, row, cipher, done)) is not None]
        if changes:
            done.rows += _write(database, _update(table), changes)
        progress(len(rows))


def _batches(table: Table, database: Database, cipher: Cipher, batch: int) -> Iterator[Sequence[Any]]:
    """Rows that hold a value under another key, in the order of their ids."""
    key = table.c.id
    query = select(table).where(_stale(table, cipher)).order_by(key).limit(batch)
    last = None
    while True:
        with database.read() as session:
            onward = query if last is None else query.where(key > last)
            rows = session.connection().execute(onward).mappings().all()
        if not rows:
            return
        last = rows[-1]["id"]
        yield rows


def _stale(table: Table, cipher: Cipher) -> Any:
    return or_(*(_under_another_key(table, column, cipher.prefix) for column in sealed_columns(table)))


def _under_another_key(table: Table, column: Column[Any], prefix: str) -> Any:
    start: Any = prefix.encode() if (table.name, column.name) in SEALED_BYTES else prefix
    return and_(
        column.is_not(None), column != start[:0], not_(func.substr(column, 1, len(prefix)) == literal(start))
    )


def _sealed_anew(table: Table, row: Any, cipher: Cipher, done: Rotated) -> dict[str, Any] | None:
    """The parameters of a row's update; None when a value opens under no known key."""
    bound = CELLS.get(table.name, lambda r: str(r["id"]))(row)
    change: dict[str, Any] = {"at_id": row["id"]}
    clear: dict[str, str] = {}
    for column in sealed_columns(table):
        old = row[column.name]
        change |= {f"old_{column.name}": old, column.name: old}
        if not old:
            continue
        cell = f"{table.name}.{column.name.removesuffix('_enc')}.{bound}"
        try:
            if isinstance(old, str):
                clear[column.name] = cipher.open(cell, old)
                change[column.name] = cipher.seal(cell, clear[column.name])
            else:
                change[column.name] = cipher.seal_bytes(cell, cipher.open_bytes(cell, old))
        except (ValueError, ConfigError):
            done.broken.append(f"{table.name}.{column.name}#{row['id']}")
            return None
    for index in INDEXES.get(table.name, ()):
        text = clear.get(index.of)
        change[index.column] = index.made(cipher, text) if text else row[index.column]
    return change


def _update(table: Table) -> Any:
    """Writes a row only as it was read: what a server changed meanwhile is left for the next pass."""
    sealed = sealed_columns(table)
    names = [c.name for c in sealed] + [index.column for index in INDEXES.get(table.name, ())]
    unchanged = (c.is_not_distinct_from(bindparam(f"old_{c.name}", type_=c.type)) for c in sealed)
    return (
        update(table).where(table.c.id == bindparam("at_id"), *unchanged)
        .values({name: bindparam(name, type_=table.c[name].type) for name in names})
    )  # fmt: skip


def _write(database: Database, statement: Any, changes: list[dict[str, Any]]) -> int:
    """One transaction; a deadlock with a server's is tried again."""
    while True:
        try:
            with database.write() as session:
                return session.connection().execute(statement, changes).rowcount
        except Unavailable as error:
            if not deadlocked(error):
                raise
