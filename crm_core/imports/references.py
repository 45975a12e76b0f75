"""Whom and what a cell speaks of: customers, colleagues, units and models, each looked up once a batch."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlmodel import col

from crm_core.customers.tables import ContactPoint, Customer
from crm_core.kernel.errors import Invalid
from crm_core.kernel.phones import parse_phone
from crm_core.kernel.uow import Uow
from crm_core.org.messages import AddUnit
from crm_core.org.people import zone_of
from crm_core.org.tables import Person, Unit
from crm_core.vehicles.messages import FindModels
from crm_core.vehicles.queries import models_for

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass
class References:
    """Look-ups of one batch, each remembered. `quiet`: a history is loaded, nobody is to be told."""

    uow: Uow
    quiet: bool = False
    _customers: dict[str, Customer] = field(default_factory=dict)
    _people: dict[str, Person] = field(default_factory=dict)
    _units: dict[str, str] = field(default_factory=dict)
    _zones: dict[str, str] = field(default_factory=dict)
    _models: dict[str, str] = field(default_factory=dict)

    def customer(self, said: str) -> Customer:
        """The customer with this code or phone whom the actor may write to. Raises Invalid."""
        if said not in self._customers:
            found = self._customer_by_code(said) or self._customer_by_phone(said)
            if found is None:
                raise Invalid("customer", "error.unknown_customer")
            self._customers[said] = found
        return self._customers[said]

    def _customer_by_code(self, said: str) -> Customer | None:
        query = self.uow.select(Customer, "customer", "write").where(col(Customer.code) == said[:60])
        return self.uow.first(query)

    def _customer_by_phone(self, said: str) -> Customer | None:
        indexes = self.uow.cipher.indexes("phone", parse_phone(said).value)
        query = self.uow.select(Customer, "customer", "write").join(
            ContactPoint, col(ContactPoint.customer_id) == col(Customer.id)
        )
        return self.uow.first(query.where(col(ContactPoint.tenant) == self.uow.tenant,
                                          col(ContactPoint.value_index).in_(indexes)))  # fmt: skip

    def person(self, said: str) -> Person:
        """The colleague with this code or, if it is unique, this name. Raises Invalid."""
        if said not in self._people:
            query = select(Person).where(
                col(Person.tenant) == self.uow.tenant, col(Person.kind) == "staff",
                or_(col(Person.code) == said, col(Person.name) == said),
            )  # fmt: skip
            found = self.uow.rows(query)
            exact = [p for p in found if p.code == said] or found
            if len(exact) != 1:
                raise Invalid("owner", "error.unknown_person", value=said)
            self._people[said] = exact[0]
        return self._people[said]

    def unit(self, said: str) -> str:
        """The path of a unit given as path, name or last part of the path; the actor's own for an empty cell.

        Raises Invalid.
        """
        if not said:
            return self.uow.actor.unit
        if not self._units:
            self.uow.flush()
            for unit in self.uow.rows(select(Unit).where(col(Unit.tenant) == self.uow.tenant)):
                names = (unit.path, unit.path.rstrip("."), unit.path.split(".")[-2], unit.name, unit.name_en)
                self._units |= {name.lower(): unit.path for name in names if name}
        path = self._units.get(said.lower()) or self._new_unit(said)
        if path is None:
            raise Invalid("unit", "error.unknown_unit", value=said)
        return path

    def _new_unit(self, said: str) -> str | None:
        """A path inside the tenant names a unit by itself: it and what is missing above it are made.

        Only whoever may write units makes them; for others the name stays unknown.
        """
        parts = [part for part in said.lower().split(".") if part]
        fits = 2 <= len(parts) <= 4 and parts[0] == self.uow.tenant and all(map(_PLAIN.fullmatch, parts))
        if not fits or not self.uow.access.may(self.uow.actor, "unit", "write"):
            return None
        for depth in range(1, len(parts) + 1):
            path = ".".join(parts[:depth]) + "."
            if path not in self._units:
                self.uow.call(AddUnit(path=path, name=parts[depth - 1]))
                self.uow.flush()
                self._units[path] = self._units[path.rstrip(".")] = path
        return path

    def zone(self, unit: str) -> str:
        if unit not in self._zones:
            self._zones[unit] = zone_of(self.uow, unit)
        return self._zones[unit]

    def model_code(self, said: str) -> str:
        """The code of the one catalogue model these words mean; empty when there is none or several."""
        if said not in self._models:
            found = models_for(FindModels(words=said), self.uow)
            self._models[said] = found[0].code if len(found) == 1 else ""
        return self._models[said]
