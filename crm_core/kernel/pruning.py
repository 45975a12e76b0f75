"""Rows that are done with, deleted in small parts: the oldest first, and never the newest of a table.

On SQLite the highest id, once deleted, would be given out again, and keys made of ids (`re:7:0`) would meet old ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, delete, func, select
from sqlmodel import Session, SQLModel


@dataclass(frozen=True, eq=False)
class Pruned:
    """Rows of a table that may go. `keep` names how long in `retention.yaml`, counted from `at`.

    `where(before)` is what must hold besides. `came` says when rows with numbers for ids were written: they come in
    that order. `parts` are columns of other tables that name these rows by id; those rows go with them. `of` limits
    a table without a tenant's column to one tenant; without it such a table is the deployment's.
    """

    keep: str
    table: type[SQLModel]
    at: Any
    where: Callable[[datetime], tuple[Any, ...]] = lambda before: ()
    came: Any = None
    parts: tuple[Any, ...] = ()
    of: Callable[[str], Any] | None = None


pruned: list[Pruned] = []


def prunes(*rules: Pruned) -> None:
    """Rows of these kinds are deleted when they are old enough. Called once, where the concept is loaded."""
    pruned.extend(rules)


def delete_some(session: Session, rule: Pruned, tenant: str, before: datetime, limit: int) -> int:
    """Delete up to `limit` rows done with before an instant; returns how many. What somebody holds is left out."""
    table: Any = SQLModel.metadata.tables[str(rule.table.__tablename__)]
    ids = _ids(session, rule, table, tenant, before, limit)
    if ids:
        connection = session.connection()
        for part in rule.parts:
            connection.execute(delete(part.class_).where(part.in_(ids)))
        connection.execute(delete(table).where(table.c.id.in_(ids)))
    return len(ids)


def _ids(session: Session, rule: Pruned, table: Any, tenant: str, before: datetime, limit: int) -> list[Any]:
    where = [rule.at < before, *rule.where(before)]
    if "tenant" in table.c:
        where.append(table.c.tenant == tenant)
    elif rule.of is not None:
        where.append(rule.of(tenant))
    if isinstance(table.c.id.type, Integer):
        where.append(table.c.id <= _last_before(session, rule, table, before))
        where.append(table.c.id < select(func.max(table.c.id)).scalar_subquery())
    query = select(table.c.id).where(*where).order_by(rule.at if rule.came is None else table.c.id).limit(limit)
    return list(session.execute(query.with_for_update(skip_locked=True)).scalars())


def _last_before(session: Session, rule: Pruned, table: Any, before: datetime) -> int:
    """The id up to which rows were written before an instant: what is younger need not be looked at one by one."""
    low, high = session.execute(select(func.min(table.c.id) - 1, func.max(table.c.id))).one()
    if low is None or rule.came is None:
        return int(high or 0)
    while low < high:
        middle = (low + high + 1) // 2
        query = select(table.c.id, rule.came).where(table.c.id >= middle).order_by(table.c.id).limit(1)
        row = session.execute(query).one()
        if row[1] < before:
            low = row[0]
        else:
            high = middle - 1
    return int(low)
