"""Suite C: a list and a single record never disagree, for random people, random rows and policies of hostile shape."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.api import Core
from crm_core.customers.tables import Customer, Record
from crm_core.deals.tables import Deal
from crm_core.kernel import reach as reaching
from crm_core.kernel.access import AccessTable, Actor, Delegator, Grant, Scope, Shared
from crm_core.org.tables import Person
from crm_core.quotes.tables import Quote
from tests.conftest import NOW
from tests.trust.support.size import seeds, size

pytestmark = pytest.mark.trust
TABLES: tuple[Any, ...] = (Customer, Deal, Quote, Record, Person)
# Neighbours that share a beginning, empty and odd paths, other groups with the same names inside.
UNITS = ("g.", "g.1.", "g.1.1.", "g.1.1.a.", "g.1.1.ab.", "g.1.11.", "g.1.11.a.", "g.10.1.a.", "g.1.1-.a.", "g.1.1_.a.",
         "g.1.%.a.", "g.2.1.a.", "g.A.1.a.", "g.a.1.a.", "h.1.1.a.", "gg.1.1.a.", "g")  # fmt: skip
PEOPLE = ("p1", "p2", "p3", "p%", "", "P1")
ROLES = ("r1", "r2", "r3", "r4")


def ids(prefix: str, n: int) -> str:
    return f"{prefix}{n:05}"


def rows(rng: random.Random, many: int) -> Iterator[Any]:
    """`many` rows over the tables, about a few dozen customers, of three tenants."""
    common = {"created_at": NOW, "updated_at": NOW}
    for n in range(many):
        place = {"tenant": rng.choice(("g", "g", "g", "h", "gg")), "unit": rng.choice(UNITS)}
        owner = rng.choice((*PEOPLE, None))
        about = ids("c", rng.randrange(40)) if rng.random() < 0.8 else None
        kind = TABLES[n % len(TABLES)]
        if kind is Customer:
            yield Customer(id=ids("c", n // len(TABLES)), owner_id=owner, name="x", touched_at=NOW, **place, **common)
        elif kind is Deal:
            yield Deal(id=ids("d", n // len(TABLES)), owner_id=owner, customer_id=about, ref="D", pipeline="p", stage="s",
                       stage_since=NOW, **place, **common)  # fmt: skip
        elif kind is Quote:
            yield Quote(id=ids("q", n), owner_id=owner, customer_id=about, deal_id=ids("d", rng.randrange(40)), ref="Q",
                        title="x", list_fen=1, **place, **common)  # fmt: skip
        elif kind is Record:
            yield Record(id=ids("n", n), owner_id=owner, customer_id=about, ref="R", kind="note", at=NOW, by_id="p1",
                         **place, **common)  # fmt: skip
        else:
            yield Person(id=ids("p", n), code=ids("p", n), name="x", customer_id=about, **place, **common)


def policy(rng: random.Random) -> AccessTable:
    """Rules nobody would write: several scopes, scopes that do not fit the table, none at all."""
    rules = {}
    for role in ROLES:
        for action in ("read", "write"):
            scopes = tuple(rng.sample(list(Scope), k=rng.choice((0, 1, 1, 2, 3, len(Scope)))))
            if scopes or rng.random() < 0.5:
                rules[role, "thing", action] = scopes
    return AccessTable(rules)


def actor(rng: random.Random) -> Actor:
    """Grants anywhere, also nowhere; shares, duties and absent colleagues, also strange ones."""
    def grants(most: int) -> tuple[Grant, ...]:
        return tuple(Grant(rng.choice((*ROLES, "nobody")), rng.choice((*UNITS, ""))) for _ in range(rng.randrange(most)))

    shared = tuple(
        Shared(kind, ids(kind[0], rng.randrange(40)), ids("c", rng.randrange(40)), rng.choice(("read", "write")))
        for kind in rng.choices(("customer", "deal", "other"), k=rng.randrange(5))
    )
    return Actor(
        id=rng.choice(PEOPLE), tenant=rng.choice(("g", "g", "h", "gg", "")), kind="staff", grants=grants(4),
        customer_id=rng.choice((None, ids("c", rng.randrange(40)), "")), shared=shared,
        delegators=tuple(Delegator(rng.choice(PEOPLE), grants(3)) for _ in range(rng.randrange(3))),
        duties=tuple(ids("c", rng.randrange(40)) for _ in range(rng.randrange(4))),
    )  # fmt: skip


def differences(core: Core, seed: int, people: int, many: int) -> list[tuple[str, ...]]:
    """Where list and single record disagree; each actor meets a policy of his own."""
    rng = random.Random(seed)
    with core.database.write() as session:
        session.add_all(rows(rng, many))
    found, seen = [], 0
    with core.database.read() as session:
        kept = {table: list(session.execute(select(table)).scalars()) for table in TABLES}
        for _ in range(people):
            table, who = policy(rng), actor(rng)
            action = rng.choice(("read", "write"))
            for kind, stored in kept.items():
                listed = set(session.execute(select(kind.id).where(table.clause(who, "thing", action, kind))).scalars())
                singly = {row.id for row in stored if table.allows(who, "thing", action, row)}
                seen += len(singly)
                found += [(kind.__tablename__, one, repr(who)) for one in sorted(listed ^ singly)]
    assert seen > people, "nobody saw anything: the suite tried nothing"
    return found


@pytest.mark.parametrize("seed", seeds())
def test_a_list_and_a_single_record_never_disagree(core: Core, seed: int) -> None:
    assert differences(core, seed, size(60, 2_000), size(500, 5_000)) == []


def test_it_would_be_seen_if_prefixes_were_like_patterns(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """`LIKE` would make `_` and `%` of a path match anything, and forget the dot."""
    monkeypatch.setattr(reaching, "in_range", lambda column, prefix: column.like(f"{prefix[:-1]}%"))
    assert differences(core, 1, 60, 500)


def test_it_would_be_seen_if_a_share_knew_no_wall(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    holds = reaching.OneOf.holds
    monkeypatch.setattr(reaching.Both, "holds", lambda self, row: self.one.holds(row))
    assert reaching.OneOf.holds is holds
    assert differences(core, 1, 60, 500)
