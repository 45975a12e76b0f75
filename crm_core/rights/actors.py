"""Loading people as actors: their grants, whom they stand in for, and what was shared with them or given to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, literal, null, or_, select, union_all
from sqlmodel import Session, col

from crm_core.appointments.tables import Appointment
from crm_core.customers.tables import Customer
from crm_core.deals.tables import Deal
from crm_core.kernel.access import Actor, Delegator, Grant, Shared
from crm_core.kernel.db import UtcDateTime
from crm_core.org.people import Held, holds
from crm_core.org.tables import Absence, GrantRow, Person
from crm_core.rights.tables import Share
from crm_core.tasks.tables import Task

# Asked in nearly every command, so built once.
_PEOPLE = (
    select(Person, col(GrantRow.role), col(GrantRow.unit), col(GrantRow.valid_from), col(GrantRow.valid_until))
    .outerjoin(GrantRow, col(GrantRow.person_id) == Person.id)
)  # fmt: skip
_ACTORS = _PEOPLE.where(
    or_(col(Person.id) == bindparam("who"), col(Person.code) == bindparam("who")), col(Person.active)
)
_ACTORS_OF_TENANT = _ACTORS.where(col(Person.tenant) == bindparam("tenant"))
_ACTORS_BY_ID = _PEOPLE.where(col(Person.id).in_(bindparam("ids", expanding=True)), col(Person.active))
_NONE = cast(null(), String)
_WHENEVER = cast(null(), UtcDateTime)
# (what, whose, of which tenant, id, kind or role, level or unit, customer, from, until)
_DELEGATORS: Any = (
    select(literal("for"), col(Absence.deputy_id), col(Absence.tenant), col(Absence.person_id), col(GrantRow.role),
           col(GrantRow.unit), _NONE, col(GrantRow.valid_from), col(GrantRow.valid_until))
    .join(Person, and_(col(Person.id) == col(Absence.person_id), col(Person.active)))
    .outerjoin(GrantRow, col(GrantRow.person_id) == col(Absence.person_id))
    .where(col(Absence.deputy_id).in_(bindparam("ids", expanding=True)), col(Absence.end_at) > bindparam("now"),
           col(Absence.start_at) <= bindparam("now"), col(Absence.ended_at).is_(None), col(Absence.kind) == "leave")
)  # fmt: skip
# A share speaks for the one whose record it was: it rests while the record is somebody else's.
_SHARED: Any = (
    select(literal("shared"), col(Share.grantee_id), col(Share.tenant), col(Share.record_id), col(Share.kind),
           col(Share.level), col(Share.customer_id), _WHENEVER, _WHENEVER)
    .outerjoin(Customer, and_(col(Share.kind) == "customer", col(Customer.id) == col(Share.customer_id)))
    .outerjoin(Deal, and_(col(Share.kind) == "deal", col(Deal.id) == col(Share.record_id)))
    .where(col(Share.grantee_id).in_(bindparam("ids", expanding=True)), col(Share.ended_at).is_(None),
           or_(col(Share.until).is_(None), col(Share.until) > bindparam("now")),
           or_(col(Customer.owner_id) == col(Share.owner_id), col(Deal.owner_id) == col(Share.owner_id)))
)  # fmt: skip
_BESIDE = union_all(_DELEGATORS, _SHARED)
# A job somebody else gave him; whoever writes himself a task opens nothing by it.
_DUTIES = union_all(
    select(col(Task.owner_id), col(Task.tenant), col(Task.customer_id))
    .where(col(Task.owner_id).in_(bindparam("ids", expanding=True)), col(Task.state) == "open",
           col(Task.customer_id).is_not(None), col(Task.asker_id).is_not(None), col(Task.asker_id) != col(Task.owner_id)),
    select(col(Appointment.owner_id), col(Appointment.tenant), col(Appointment.customer_id))
    .where(col(Appointment.owner_id).in_(bindparam("ids", expanding=True)), col(Appointment.state) == "booked",
           col(Appointment.customer_id).is_not(None), col(Appointment.booked_by) != col(Appointment.owner_id)),
)  # fmt: skip


def load_actor(
    session: Session, who: str, now: datetime, tenant: str | None = None, *, by_duty: Collection[str] = ()
) -> Actor | None:
    """The active person with this id or code and what he holds now; None when there is none.

    `by_duty` are the roles whose duties are looked up (`AccessTable.by_duty`); the others have no use for them.
    """
    query = _ACTORS if tenant is None else _ACTORS_OF_TENANT
    found = session.execute(query, {"who": who, "tenant": tenant}).all()
    # Nobody stands in another's way by having his id as a code.
    found = [row for row in found if row[0].id == who] or list(found)
    if len({row[0].id for row in found}) != 1:
        return None
    return next(iter(_actors(session, {found[0][0].id: [tuple(row) for row in found]}, now, by_duty).values()))


def load_actors(
    session: Session, ids: Iterable[str], now: datetime, *, by_duty: Collection[str] = ()
) -> dict[str, Actor]:
    """Those of these people who are active, as `load_actor` gives them, in a few statements for all."""
    wanted = sorted(set(ids))
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in session.execute(_ACTORS_BY_ID, {"ids": wanted}) if wanted else ():
        found[row[0].id].append(tuple(row))
    return _actors(session, found, now, by_duty)


class _Beside:
    """What somebody has besides his grants."""

    def __init__(self) -> None:
        self.delegators: dict[str, list[Grant]] = {}
        self.shared: list[Shared] = []
        self.duties: list[str] = []


def _actors(
    session: Session, found: dict[str, list[tuple[Any, ...]]], now: datetime, by_duty: Collection[str]
) -> dict[str, Actor]:
    tenants = {who: rows[0][0].tenant for who, rows in found.items()}
    staff = sorted(who for who, rows in found.items() if rows[0][0].kind == "staff")
    on_duty = [who for who in staff if any(row[1] in by_duty for row in found[who])]
    beside: dict[str, _Beside] = defaultdict(_Beside)
    for what, whose, tenant, *rest in session.execute(_BESIDE, {"ids": staff, "now": now}) if staff else ():
        if tenant == tenants[whose]:
            _add(beside[whose], what, rest, now)
    for whose, tenant, customer_id in session.execute(_DUTIES, {"ids": on_duty}) if on_duty else ():
        if tenant == tenants[whose]:
            beside[whose].duties.append(customer_id)
    return {who: _actor(rows, beside[who], now) for who, rows in found.items()}


def _add(beside: _Beside, what: str, values: Sequence[Any], now: datetime) -> None:
    record_id, kind, level, customer_id, valid_from, valid_until = values
    if what == "shared":
        beside.shared.append(Shared(kind, record_id, customer_id, level))
        return
    held = beside.delegators.setdefault(record_id, [])
    if kind is not None and holds(Held(level, valid_from, valid_until), now):
        held.append(Grant(kind, level))


def _actor(rows: Sequence[tuple[Any, ...]], beside: _Beside, now: datetime) -> Actor:
    """An actor of a person's row, once for each grant he has or had."""
    first = rows[0][0]
    grants = tuple(Grant(role, held[0]) for _, role, *held in rows if role and holds(Held(*held), now))
    return Actor(
        id=first.id, tenant=first.tenant, kind=first.kind, name=first.name, unit=first.unit, grants=grants,
        customer_id=first.customer_id, language=first.language, zone=first.zone, code=first.code,
        delegators=tuple(Delegator(who, tuple(sorted(set(held), key=str)))
                         for who, held in sorted(beside.delegators.items())),
        shared=tuple(sorted(set(beside.shared), key=str)), duties=tuple(sorted(set(beside.duties))),
    )  # fmt: skip
