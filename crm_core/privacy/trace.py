"""All rows of one customer, followed along the ties until nothing new is found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, or_, select
from sqlmodel import Session

from crm_core.kernel.tables import metadata
from crm_core.privacy.ties import TIES, Tie

# More ids than this in one statement is more than some databases take.
CHUNK = 500
Found = dict[str, dict[Any, Mapping[str, Any]]]


def trace(session: Session, tenant: str, customer_id: str) -> Found:
    """Rows by table and id, as they are stored."""
    found: Found = defaultdict(dict)
    for table in metadata.sorted_tables:
        column = table.c.id if table.name == "customers" else table.c.get("customer_id")
        if column is not None:
            _add(session, found, table.name, column, [customer_id], tenant)
    fresh = {name: list(rows.values()) for name, rows in found.items()}
    while fresh:
        before = {name: set(rows) for name, rows in found.items()}
        for tie in TIES:
            if tie.of in fresh:
                keys = [f"{tie.prefix}{row[tie.key]}" if tie.prefix else row[tie.key] for row in fresh[tie.of]]
                _add(session, found, tie.table, _column(tie), [key for key in keys if key], tenant)
        fresh = {name: new for name, rows in found.items()
                 if (new := [row for key, row in rows.items() if key not in before.get(name, ())])}  # fmt: skip
    return {name: rows for name, rows in found.items() if rows}


def _column(tie: Tie) -> ColumnElement[Any]:
    return metadata.tables[tie.table].c[tie.column]


def _add(session: Session, found: Found, name: str, column: Any, keys: Sequence[Any], tenant: str) -> None:
    table = metadata.tables[name]
    for part in parts(keys):
        query: Select[Any] = select(table).where(column.in_(part))
        if "tenant" in table.c:
            query = query.where(table.c.tenant == tenant)
        for row in session.connection().execute(query).mappings():
            if row.get("kind") != "staff" or name != "people":  # a colleague who buys here stays one
                found[name].setdefault(row["id"], dict(row))


def parts(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The keys in lots a statement can hold."""
    return (keys[at : at + CHUNK] for at in range(0, len(keys), CHUNK))


def about(session: Session, tenant: str, ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Audit lines about records with these ids, the oldest first."""
    table = metadata.tables["audit"]
    lines: list[Mapping[str, Any]] = []
    for part in parts(ids):
        query = select(table).where(table.c.tenant == tenant, or_(table.c.record_id.in_(part), table.c.actor_id.in_(part)))
        lines += map(dict, session.connection().execute(query).mappings())
    return sorted(lines, key=lambda line: line["id"])


def own_ids(found: Found) -> list[str]:
    """The opaque ids of everything that is his."""
    return [key for name, rows in found.items() if not isinstance(metadata.tables[name].c.id.type, Integer)
            for key in rows]  # fmt: skip
