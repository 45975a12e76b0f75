"""What a question is given: one consistent look at the database on behalf of an actor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Select, select
from sqlmodel import Session

from crm_core.kernel.access import AccessTable, Actor, Place, Scope
from crm_core.kernel.errors import NotFound, Refused
from crm_core.kernel.pii import Cipher
from crm_core.kernel.policies import Policies
from crm_core.kernel.registry import Question, answerers
from crm_core.kernel.routes import Route
from crm_core.kernel.tables import Row

R = TypeVar("R", bound=Row)


@dataclass
class Services:
    """What one deployment shares: rules, keys and how a person is reached."""

    policies: Policies
    access: AccessTable
    cipher: Cipher
    is_sqlite: bool
    load_actor: Callable[[Session, str, datetime], Actor | None]
    routes: Callable[[Session, Iterable[str]], dict[str, Route]]
    cards_about: Callable[[Session, str, str], Sequence[tuple[int, str, str, int]]]


@dataclass
class Reader:
    """One consistent look at the database on behalf of an actor."""

    session: Session
    actor: Actor
    now: datetime
    services: Services
    # Records that were opened only because a task of the actor's is about them: each is noted in the audit.
    opened: dict[tuple[str, str], None] = field(default_factory=dict)

    @property
    def policies(self) -> Policies:
        return self.services.policies

    @property
    def access(self) -> AccessTable:
        return self.services.access

    @property
    def cipher(self) -> Cipher:
        return self.services.cipher

    @property
    def tenant(self) -> str:
        return self.actor.tenant

    def clause(self, table: Any, resource: str, action: str = "read") -> ColumnElement[bool]:
        """The rows of `table` this actor may act on."""
        return self.access.clause(self.actor, resource, action, table)

    def select(self, table: type[R], resource: str, action: str = "read") -> Select[R]:
        """A SELECT that holds only what the actor may act on."""
        return select(table).where(self.clause(table, resource, action))

    def rows(self, statement: Select[R]) -> list[R]:
        return list(self.session.execute(statement).scalars())

    def first(self, statement: Select[R]) -> R | None:
        return self.session.execute(statement.limit(1)).scalars().first()

    def find(self, table: type[R], record_id: str | None) -> R | None:
        """A record by id, whoever may see it; for a caller that was allowed to know of it."""
        return self.session.get(table, record_id) if record_id else None

    def preload(self, table: type[R], ids: Iterable[str | None]) -> list[R]:
        """Read records in one query and hold them, so that `find` of each costs nothing; returns them."""
        wanted = sorted({record_id for record_id in ids if record_id})
        if not wanted:
            return []
        found = list(self.session.execute(select(table).where(cast("Any", table).id.in_(wanted))).scalars())
        self.session.info.setdefault("held", []).extend(found)
        return found

    def is_new(self, table: type[Row], record_id: str | None) -> bool:
        """Whether this unit of work made the record: then nothing about it can be in the database yet."""
        return False

    def made(self, table: type[R]) -> list[R]:
        """The rows of a table this unit of work made, in that order, flushed or not."""
        return []

    def get(self, table: type[R], record_id: str, resource: str, action: str = "read") -> R:
        """One record. Raises NotFound, alike for absent and forbidden."""
        row = self.find(table, record_id)
        reason = self.access.why(self.actor, resource, action, row) if row is not None else None
        if row is None or reason is None:
            raise NotFound(resource=resource)
        if reason.scope is Scope.PURPOSE:
            self.opened[resource, row.id] = None
        return row

    def must(self, resource: str, action: str, unit: str | None = None) -> None:
        """Raises Refused when no role of the actor allows the action at all, or (given one) not in that unit."""
        place = Place(self.tenant, unit or "", self.actor.id, self.actor.customer_id)
        allowed = (
            self.access.may(self.actor, resource, action) if unit is None
            else unit.startswith(f"{self.tenant}.") and self.access.allows(self.actor, resource, action, place)
        )  # fmt: skip
        if not allowed:
            raise Refused("error.not_allowed")

    def reveal(self, row: Any, column: str) -> str:
        """Open the sealed column `<column>_enc` of a row the actor was allowed to load."""
        return self.cipher.get(row, column)

    def ask(self, question: Question) -> Any:
        """Answer another question inside this transaction."""
        return answerers[type(question)](question, self)
