"""Finding the colleague a piece of work goes to."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import func, select

from crm_core.customers.tables import Customer
from crm_core.kernel.errors import NotFound, Refused
from crm_core.kernel.uow import Uow
from crm_core.org.people import away, dealer_of, find_person, holders, manager_of, on_duty_for
from crm_core.org.tables import Person
from crm_core.tasks.rules import Worker, pick
from crm_core.tasks.tables import Task

_ALIASES = {"technician": "tech", "sales": "rep"}


def role_key(role: str) -> str:
    """The role as the access table names it."""
    return _ALIASES.get(role, role)


def person_for(uow: Uow, role: str, unit: str) -> tuple[Person, bool]:
    """The right person of a role for a unit, and whether it is a manager in his stead.

    On duty and least busy first. Raises Refused when there is not even a manager.
    """
    people = holders(uow, role, unit, exclude=(uow.actor.id,))
    load, gone = _load(uow, [p.id for p in people]), away(uow, people)
    workers = [Worker(p.id, load.get(p.id, 0), p.id in gone, place) for place, p in enumerate(people)]
    chosen = pick(workers)
    if chosen is not None:
        return next(p for p in people if p.id == chosen.person_id), False
    manager = manager_of(uow, unit, exclude=(uow.actor.id,))
    if manager is None:
        raise Refused("error.no_colleague", role=role)
    return manager, True


def person_about(uow: Uow, role: str, unit: str, customer_id: str | None) -> tuple[Person, bool]:
    """The same for work about a customer: a rep's is his own rep's, or that of whoever stands in for him."""
    customer = uow.find(Customer, customer_id) if role == "rep" else None
    owner = find_person(uow, on_duty_for(uow, customer.owner_id, customer.unit)) if customer is not None else None
    if owner is None or not owner.active or owner.id == uow.actor.id:
        return person_for(uow, role, unit)
    return owner, False


def _load(uow: Uow, ids: list[str]) -> dict[str, int]:
    uow.flush()
    task = cast(Any, Task)
    query = select(task.owner_id, func.count()).where(
        task.tenant == uow.tenant, task.owner_id.in_(ids), task.state == "open"
    ).group_by(task.owner_id)  # fmt: skip
    return {owner: int(n) for owner, n in uow.session.execute(query)}


def colleague(uow: Uow, person_id: str) -> Person:
    """An active colleague of the actor's dealer, or above it. Others answer like nobody."""
    person = uow.session.get(Person, person_id)
    home = dealer_of(uow.actor.unit)
    if person is None or person.tenant != uow.tenant or person.kind != "staff" or not person.active:
        raise NotFound(resource="person")
    if not (person.unit.startswith(home) or home.startswith(person.unit)):
        raise NotFound(resource="person")
    return person
