"""How far a rule reaches, as a condition that says the same of a row in memory and, in SQL, of a whole table.

Every right is one of these; a list and a single record cannot disagree because both ask the same condition. What a
table has no column for does not hold, in either form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, false

from crm_core.kernel.actors import Actor, Grant, Scope, Shared

_LEVEL = {Scope.GROUP: 1, Scope.REGION: 2, Scope.DEALER: 3, Scope.TEAM: 4}
_CUSTOMERS = "customers"


class Condition(Protocol):
    """A condition on a row."""

    def sql(self, table: Any) -> ColumnElement[bool]:
        """The rows of `table` for which it holds; NULL counts as no."""

    def holds(self, row: Any) -> bool:
        """Whether it holds for this row."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """A column holds one of these ids; none of them: never."""

    column: str
    values: tuple[str, ...]

    def sql(self, table: Any) -> ColumnElement[bool]:
        column: Any = getattr(table, self.column, None)
        if column is None or not self.values:
            return false()
        found: ColumnElement[bool] = (
            column == self.values[0] if len(self.values) == 1 else column.in_(self.values)
        )
        return found

    def holds(self, row: Any) -> bool:
        return getattr(row, self.column, None) in self.values


@dataclass(frozen=True, slots=True)
class Under:
    """The row belongs to this unit or one below it; an empty prefix holds for nothing."""

    prefix: str
    whole_group: bool = False

    def sql(self, table: Any) -> ColumnElement[bool]:
        column: Any = getattr(table, "unit", None)
        if column is None or not self.prefix:
            return false()
        # The whole group is no choice worth an index: it would keep the database from using one that gives the order.
        return in_range(column.concat("") if self.whole_group else column, self.prefix)

    def holds(self, row: Any) -> bool:
        unit = getattr(row, "unit", None)
        return bool(self.prefix) and unit is not None and str(unit).startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class Both:
    """Two conditions at once."""

    one: Condition
    other: Condition

    def sql(self, table: Any) -> ColumnElement[bool]:
        return and_(self.one.sql(table), self.other.sql(table))

    def holds(self, row: Any) -> bool:
        return self.one.holds(row) and self.other.holds(row)


def reach(unit: str, scope: Scope) -> str:
    """The path prefix a unit-wide scope covers: `a.b.c.d.` at dealer level is `a.b.c.`."""
    parts = [part for part in unit.split(".") if part]
    return "".join(f"{part}." for part in parts[: _LEVEL[scope]])


def in_range(column: Any, prefix: str) -> ColumnElement[bool]:
    """`column` starts with `prefix`, as a range an index can serve; '/' follows '.' in byte order."""
    return and_(column >= prefix, column < after(prefix))


def after(prefix: str) -> str:
    """The first string in byte order that does not start with this unit path."""
    return prefix[:-1] + "/"


def conditions(actor: Actor, grant: Grant, scope: Scope, action: str, table: str) -> Iterator[Condition]:
    """What one rule of one grant opens in a table (by its name; empty for a `Place`)."""
    if scope is Scope.SELF:
        if actor.customer_id is not None:
            yield OneOf(_about(table), (actor.customer_id,))
    elif scope is Scope.OWN:
        yield OneOf("owner_id", (actor.id,))
    elif scope is Scope.SHARED:
        wall = Under(reach(grant.unit, Scope.DEALER))
        yield from (Both(found, wall) for found in _shared(actor.shared, action, table))
    elif scope in _LEVEL:
        prefix = reach(grant.unit, scope)
        yield Under(prefix, prefix == f"{actor.tenant}.")
    elif actor.duties:
        yield Both(OneOf(_about(table), actor.duties), Under(reach(grant.unit, Scope.DEALER)))


def _about(table: str) -> str:
    """The column that says whom a row is about."""
    return "id" if table == _CUSTOMERS else "customer_id"


def _shared(shared: tuple[Shared, ...], action: str, table: str) -> Iterator[Condition]:
    """A customer is shared with all that is about him, a deal with its quotes and, to read, its customer."""
    counting = [one for one in shared if action == "read" or one.level == "write"]
    customers = [one.customer_id for one in counting if one.kind == "customer"]
    deals = tuple(one.record_id for one in counting if one.kind == "deal")
    if table == _CUSTOMERS:
        customers += [one.customer_id for one in counting if one.kind == "deal" and action == "read"]
    if customers:
        yield OneOf(_about(table), tuple(customers))
    if deals and table != _CUSTOMERS:
        yield OneOf("id" if table == "deals" else "deal_id", deals)
