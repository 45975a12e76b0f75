"""Who may: one table `(role, resource, action) -> scopes` that yields an SQL clause and an object check.

Both come from the same conditions (`reach`), so a list and a single record cannot disagree. Grants add up; the tenant
is a wall. Unknown means no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_

from crm_core.kernel.actors import BY_DUTY, Actor, Delegator, Grant, Place, Scope, Shared
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.policies import Document
from crm_core.kernel.reach import Both, Condition, OneOf, after, conditions, in_range, reach

__all__ = ["AccessTable", "Actor", "Delegator", "Grant", "Place", "Reason", "Scope", "Shared", "after", "in_range",
           "parse_access", "reach"]  # fmt: skip
LEVELS = ("write", "read", "mask", "hide")
Rules = dict[tuple[str, str, str], tuple[Scope, ...]]


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that speaks for an action: of which grant, how far it reaches, and for whom the actor stands in."""

    grant: Grant
    scope: Scope
    condition: Condition
    delegator: str = ""


@dataclass(frozen=True)
class AccessTable:
    """The rules as read from `access.yaml`. `profiles` are the named bundles of roles an admin may assign."""

    rules: Rules = field(default_factory=dict)
    fields: dict[tuple[str, str], str] = field(default_factory=dict)
    profiles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # What was asked last: a list asks the same of the same actor row after row. Swapped whole, so threads may share it.
    _last: list[tuple[Any, ...]] = field(default_factory=lambda: [(None,)], repr=False, compare=False)

    def scopes(self, actor: Actor, resource: str, action: str) -> Iterable[tuple[Grant, Scope]]:
        """The grants of this actor that speak for this action."""
        return _spoken(self.rules, actor.grants, resource, action)

    def may(self, actor: Actor, resource: str, action: str) -> bool:
        """Whether the actor may do this to anything at all."""
        return any((grant.role, resource, action) in self.rules for grant in actor.grants)

    def widest(self, role: str, resource: str, action: str) -> Scope | None:
        """How far a role reaches in the tree of units; None when it does not."""
        found = [scope for scope in self.rules.get((role, resource, action), ()) if scope in _UNITS]
        return max(found, key=_UNITS.index, default=None)

    def by_duty(self) -> frozenset[str]:
        """The roles to whom a job that was given to them opens something."""
        return frozenset(role for (role, *_), scopes in self.rules.items() if BY_DUTY & set(scopes))

    def clause(self, actor: Actor, resource: str, action: str, table: Any) -> ColumnElement[bool]:
        """The rows of `table` the actor may act on, as a WHERE clause; the tenant is always in it."""
        found = dict.fromkeys(one.condition for one in self._found(actor, resource, action, table.__tablename__))
        if not found:
            return false()
        alternatives = [one.sql(table) for one in _merged(found)]
        within = or_(*alternatives) if len(alternatives) > 1 else alternatives[0]
        return and_(table.tenant == actor.tenant, within)

    def allows(self, actor: Actor, resource: str, action: str, row: Any) -> bool:
        """The same rule for one row."""
        return self.why(actor, resource, action, row) is not None

    def why(self, actor: Actor, resource: str, action: str, row: Any) -> Reason | None:
        """The first rule that speaks for an action on this row; None: none does."""
        if row.tenant != actor.tenant:
            return None
        for one in self._found(actor, resource, action, getattr(row, "__tablename__", "")):
            if one.condition.holds(row):
                return one
        return None

    def _found(self, actor: Actor, resource: str, action: str, table: str) -> tuple[Reason, ...]:
        """The reasons, as last time when the same is asked again."""
        last = self._last[0]
        if last[0] is actor and last[1:4] == (resource, action, table):
            kept: tuple[Reason, ...] = last[4]
            return kept
        found = tuple(self.reasons(actor, resource, action, table))
        self._last[0] = (actor, resource, action, table, found)
        return found

    def reasons(self, actor: Actor, resource: str, action: str, table: str) -> Iterator[Reason]:
        """Every rule that speaks for this actor and action, and what it opens in a table."""
        for grant, scope in self.scopes(actor, resource, action):
            for condition in conditions(actor, grant, scope, action, table):
                yield Reason(grant, scope, condition)
            if scope is Scope.OWN:
                for delegator in actor.delegators:
                    yield from self._delegated(grant, delegator, resource, action)

    def _delegated(self, grant: Grant, delegator: Delegator, resource: str, action: str) -> Iterator[Reason]:
        """What is the absent colleague's own, as far as he may act on it himself."""
        his = OneOf("owner_id", (delegator.id,))
        for held, scope in _spoken(self.rules, delegator.grants, resource, action):
            if scope is Scope.OWN:
                yield Reason(grant, scope, his, delegator.id)
                return
            if scope in _UNITS:
                for condition in conditions(_NOBODY, held, scope, action, ""):
                    yield Reason(grant, scope, Both(his, condition), delegator.id)

    def sees(self, actor: Actor, field_class: str) -> str:
        """`write`, `read`, `mask` or `hide`: the widest of the actor's roles for a class of fields.

        What may be written may be read: `write` is told as `read` here, and by `writes`.
        """
        found = {self.fields.get((grant.role, field_class), "hide") for grant in actor.grants}
        level = next((level for level in LEVELS if level in found), "hide")
        return "read" if level == "write" else level

    def writes(self, actor: Actor, field_class: str) -> bool:
        """Whether one of the actor's roles may set fields of this class."""
        return any(self.fields.get((grant.role, field_class)) == "write" for grant in actor.grants)


_UNITS = (Scope.TEAM, Scope.DEALER, Scope.REGION, Scope.GROUP)
_NOBODY = Actor(id="", tenant="", kind="")


def _spoken(rules: Rules, grants: Iterable[Grant], resource: str, action: str) -> Iterator[tuple[Grant, Scope]]:
    for grant in grants:
        for scope in rules.get((grant.role, resource, action), ()):
            yield grant, scope


def _merged(found: Iterable[Condition]) -> list[Condition]:
    """The same conditions, those on one column as one: an index serves `IN` better than `OR`."""
    values: dict[str, list[str]] = {}
    others: list[Condition] = []
    for one in found:
        if isinstance(one, OneOf):
            values.setdefault(one.column, []).extend(one.values)
        else:
            others.append(one)
    return [*(OneOf(column, tuple(dict.fromkeys(ids))) for column, ids in values.items()), *others]


def parse_access(document: Document) -> AccessTable:
    """Read `roles: {role: {resource: {action: scope or [scopes]}}}`, `fields: {role: {class: level}}` and `profiles:
    {name: [role]}`.

    Raises ConfigError with file and line for an unknown scope, level, role or key, and for overrides: who may do
    what holds in the whole group.
    """
    values, locate = document.values, document.locate
    unknown = next((key for key in values if key not in ("roles", "fields", "profiles")), None)
    if unknown is not None:
        raise ConfigError(locate((unknown,)), f"unknown key {unknown!r}; known are roles, fields and profiles")
    if document.overrides:
        raise ConfigError(document.overrides[0].where, "access has no overrides")
    rules: Rules = {}
    for (role, resource, action), said in _leaves(values.get("roles"), ("roles",), 3, locate):
        rules[role, resource, action] = _scopes(said, locate(("roles", role, resource, action)))
    fields: dict[tuple[str, str], str] = {}
    for (role, field_class), level in _leaves(values.get("fields"), ("fields",), 2, locate):
        if level not in LEVELS:
            raise ConfigError(locate(("fields", role, field_class)), f"{level!r} is not read, mask, hide or write")
        fields[role, field_class] = str(level)
    return AccessTable(rules, fields, _profiles(values, {role for role, *_ in rules}, locate))


def _scopes(said: Any, where: str) -> tuple[Scope, ...]:
    """One scope or a list of them. Raises ConfigError for a word that is none."""
    words = said if isinstance(said, list) else [said]
    for word in words:
        if word not in {known.value for known in Scope}:
            raise ConfigError(where, f"unknown scope {word!r}")
    return tuple(dict.fromkeys(Scope(word) for word in words))


def _profiles(
    values: Any, roles: set[str], locate: Callable[[tuple[str | int, ...]], str]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for (name,), bundle in _leaves(values.get("profiles"), ("profiles",), 1, locate):
        wrong = next((role for role in bundle if role not in roles), None) if isinstance(bundle, list) else bundle
        if wrong is not None or not bundle:
            raise ConfigError(locate(("profiles", name)), f"{wrong!r} is no list of roles")
        found[name] = tuple(bundle)
    return found


def _leaves(
    node: Any, at: tuple[str, ...], depth: int, locate: Callable[[tuple[str | int, ...]], str]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The leaves `depth` levels below a node with their keys. Raises ConfigError for another shape."""
    if not isinstance(node, dict):
        if node is None:
            return
        raise ConfigError(locate(at), "must be a mapping")
    for key, value in node.items():
        if depth == 1:
            yield (str(key),), value
            continue
        for keys, leaf in _leaves(value, (*at, key), depth - 1, locate):
            yield (str(key), *keys), leaf
