"""Texts of others that name somebody, freed of him: sealed and in clear, in every table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import JSON, Column, String, Table, Text, or_, select, update
from sqlmodel import Session

from crm_core.kernel.audit import clear_values
from crm_core.kernel.pii import Cipher
from crm_core.kernel.rotate import sealed_columns, sealed_tables
from crm_core.kernel.tables import metadata
from crm_core.privacy.opened import UNREADABLE, cell_of, opened
from crm_core.privacy.words import Words, in_json

BATCH = 500
# What is a value of its own and no text about anybody; whose it is decides, and another's stays.
_VALUES = frozenset({
    "contact_points", "people", "customers", "cars", "channel_accounts", "access_tokens", "response_codes",
    "service_desks", "stock_cars", "held_records",
})  # fmt: skip
# The catalogue and the house: a model named like a customer keeps its name.
_NAMED = _VALUES | {"models", "model_names", "parts", "applications", "cross_refs", "units", "documents", "chunks",
                    "audit", "alembic_version"}  # fmt: skip
_TECHNICAL = frozenset({"id", "tenant", "unit", "dedupe_key", "key", "chat", "subject", "kind", "state", "ref"})


def redact(session: Session, cipher: Cipher, tenant: str, words: Words) -> int:
    """Returns how many rows of others named him."""
    return sum(_sealed(session, cipher, tenant, words, table) for table in sealed_tables()
               if table.name not in _VALUES) + sum(
        _clear(session, tenant, words, table) for table in metadata.sorted_tables if table.name not in _NAMED
    )  # fmt: skip


def _sealed(session: Session, cipher: Cipher, tenant: str, words: Words, table: Table) -> int:
    columns = [column.name for column in sealed_columns(table) if column.name.endswith("_enc")]
    touched = 0
    for row in _rows(session, table, tenant) if columns else ():
        changes = {}
        for name in columns:
            text = opened(cipher, table.name, row, name)
            freed = words.without(text) if text != UNREADABLE else text
            if freed != text:
                changes[name] = cipher.seal(cell_of(table.name, name, row), freed)
        if changes and table.name == "audit":  # its lines are taken away whole, or not at all
            touched += clear_values(session, cipher, [row["id"]])
            continue
        touched += _write(session, table, row["id"], changes)
    return touched


def _rows(session: Session, table: Table, tenant: str) -> Iterator[Mapping[str, Any]]:
    """All rows of a tenant, in lots; those of tables without one are the deployment's."""
    last = None
    while True:
        query = select(table).order_by(table.c.id).limit(BATCH)
        if "tenant" in table.c:
            query = query.where(table.c.tenant == tenant)
        elif table.name == "executed":
            query = query.where(table.c.id.startswith(f"{tenant}:", autoescape=True))
        lot = session.connection().execute(query if last is None else query.where(table.c.id > last)).mappings().all()
        yield from map(dict, lot)
        if len(lot) < BATCH:
            return
        last = lot[-1]["id"]


def _clear(session: Session, tenant: str, words: Words, table: Table) -> int:
    columns = [column for column in table.c if _is_text(column)]
    if not columns:
        return 0
    query = select(table.c.id, *columns).where(or_(*(column.is_not(None) for column in columns)))
    if "tenant" in table.c:
        query = query.where(table.c.tenant == tenant)
    touched = 0
    for row in session.connection().execute(query).mappings().all():
        changes = {c.name: freed for c in columns if (freed := in_json(row[c.name], words)) != row[c.name]}
        touched += _write(session, table, row["id"], changes)
    return touched


def _is_text(column: Column[Any]) -> bool:
    if column.name in _TECHNICAL or column.name.endswith(("_enc", "_id", "_index", "_by", "_key")):
        return False
    # A column with a greatest length has a type of its own around the plain one.
    return isinstance(getattr(column.type, "impl", column.type), (String, Text, JSON))


def _write(session: Session, table: Table, key: Any, changes: Mapping[str, Any]) -> int:
    if changes:
        session.connection().execute(update(table).where(table.c.id == key).values(**changes))
    return 1 if changes else 0
