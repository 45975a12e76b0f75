"""Who may: one table `(role, resource, action) -> scope` that yields an SQL clause and an object check.

The two come from the same rule, so a list and a single record cannot disagree. Unknown means no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, false, or_

from crm_core.kernel.errors import ConfigError
from crm_core.kernel.policies import Document


class Scope(StrEnum):
    """How far a grant reaches, from the actor himself to the whole group."""

    SELF = "self"
    OWN = "own"
    TEAM = "team"
    DEALER = "dealer"
    REGION = "region"
    GROUP = "group"


LEVELS = ("read", "mask", "hide")
_LEVEL = {Scope.GROUP: 1, Scope.REGION: 2, Scope.DEALER: 3, Scope.TEAM: 4}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held in a unit; the unit path ends with a dot."""

    role: str
    unit: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `customer_id` is set for customers, `grants` for everybody else.

    `stands_for` are the colleagues on leave whose own records he looks after meanwhile.
    """

    id: str
    tenant: str
    kind: str
    name: str = ""
    unit: str = ""
    grants: tuple[Grant, ...] = ()
    customer_id: str | None = None
    language: str = "zh"
    zone: str = "Asia/Shanghai"
    code: str = ""
    stands_for: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(grant.role for grant in self.grants))

    @property
    def role(self) -> str:
        """The role this person is addressed as; managers before reps."""
        for role in ("manager", "admin"):
            if role in self.roles:
                return role
        return self.roles[0] if self.roles else "visitor"

    @property
    def is_staff(self) -> bool:
        return self.kind == "staff"


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in the tree, to ask about what is not there yet."""

    tenant: str
    unit: str
    owner_id: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True)
class AccessTable:
    """The rules as read from `access.yaml`."""

    rules: dict[tuple[str, str, str], Scope] = field(default_factory=dict)
    fields: dict[tuple[str, str], str] = field(default_factory=dict)

    def scopes(self, actor: Actor, resource: str, action: str) -> Iterable[tuple[Grant, Scope]]:
        """The grants of this actor that speak for this action."""
        for grant in actor.grants:
            scope = self.rules.get((grant.role, resource, action))
            if scope is not None:
                yield grant, scope

    def may(self, actor: Actor, resource: str, action: str) -> bool:
        """Whether the actor may do this to anything at all."""
        return any(True for _ in self.scopes(actor, resource, action))

    def clause(self, actor: Actor, resource: str, action: str, table: Any) -> ColumnElement[bool]:
        """The rows of `table` the actor may act on, as a WHERE clause; the tenant is always in it."""
        alternatives = [_clause(actor, grant, scope, table) for grant, scope in
                        self.scopes(actor, resource, action)]  # fmt: skip
        if not alternatives:
            return false()
        return and_(table.tenant == actor.tenant, or_(*alternatives))

    def allows(self, actor: Actor, resource: str, action: str, row: Any) -> bool:
        """The same rule for one row."""
        if row.tenant != actor.tenant:
            return False
        return any(_allows(actor, grant, scope, row) for grant, scope in self.scopes(actor, resource, action))

    def sees(self, actor: Actor, field_class: str) -> str:
        """`read`, `mask` or `hide`: the widest of the actor's roles for a class of fields."""
        found = {self.fields.get((grant.role, field_class), "hide") for grant in actor.grants}
        return next((level for level in LEVELS if level in found), "hide")


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


def _clause(actor: Actor, grant: Grant, scope: Scope, table: Any) -> ColumnElement[bool]:
    if scope is Scope.SELF:
        return _self_clause(actor, table)
    if scope is Scope.OWN:
        return cast("ColumnElement[bool]", table.owner_id.in_((actor.id, *actor.stands_for)) if actor.stands_for
                    else table.owner_id == actor.id)  # fmt: skip
    prefix = reach(grant.unit, scope)
    # The whole group is no choice worth an index: it would keep the database from using one that gives the order.
    column = table.unit.concat("") if prefix == f"{actor.tenant}." else table.unit
    return in_range(column, prefix) if prefix else false()


def _self_clause(actor: Actor, table: Any) -> ColumnElement[bool]:
    if actor.customer_id is None:
        return false()
    column = table.id if table.__tablename__ == "customers" else table.customer_id
    return cast("ColumnElement[bool]", column == actor.customer_id)


def _allows(actor: Actor, grant: Grant, scope: Scope, row: Any) -> bool:
    if scope is Scope.SELF:
        owner = row.id if getattr(row, "__tablename__", "") == "customers" else row.customer_id
        return actor.customer_id is not None and owner == actor.customer_id
    if scope is Scope.OWN:
        return row.owner_id == actor.id or row.owner_id in actor.stands_for
    prefix = reach(grant.unit, scope)
    return bool(prefix) and str(row.unit).startswith(prefix)


def parse_access(document: Document) -> AccessTable:
    """Read `roles: {role: {resource: {action: scope}}}` and `fields: {role: {class: level}}`.

    Raises ConfigError with file and line for an unknown scope, level or key, and for overrides: who may do
    what holds in the whole group.
    """
    values, locate = document.values, document.locate
    unknown = next((key for key in values if key not in ("roles", "fields")), None)
    if unknown is not None:
        raise ConfigError(locate((unknown,)), f"unknown key {unknown!r}; known are roles and fields")
    if document.overrides:
        raise ConfigError(document.overrides[0].where, "access has no overrides")
    rules: dict[tuple[str, str, str], Scope] = {}
    for (role, resource, action), scope in _leaves(values.get("roles"), ("roles",), 3, locate):
        if scope not in {known.value for known in Scope}:
            raise ConfigError(locate(("roles", role, resource, action)), f"unknown scope {scope!r}")
        rules[role, resource, action] = Scope(scope)
    fields: dict[tuple[str, str], str] = {}
    for (role, field_class), level in _leaves(values.get("fields"), ("fields",), 2, locate):
        if level not in LEVELS:
            raise ConfigError(locate(("fields", role, field_class)), f"{level!r} is not read, mask or hide")
        fields[role, field_class] = level
    return AccessTable(rules, fields)


def _leaves(
    node: Any, at: tuple[str, ...], depth: int, locate: Callable[[tuple[str | int, ...]], str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """The leaves `depth` levels below a node with their keys. Raises ConfigError for another shape."""
    if not isinstance(node, dict):
        if node is None:
            return
        raise ConfigError(locate(at), "must be a mapping")
    for key, value in node.items():
        if depth == 1:
            yield (str(key),), str(value)
            continue
        for keys, leaf in _leaves(value, (*at, key), depth - 1, locate):
            yield (str(key), *keys), leaf
