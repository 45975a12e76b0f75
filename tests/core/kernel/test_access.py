"""Who may: the list and the single record never disagree, and what is not known is not allowed."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm_core.api import Core
from crm_core.customers.tables import Customer, Record
from crm_core.kernel.access import AccessTable, Actor, Grant, Place, Scope, parse_access, reach
from crm_core.kernel.errors import ConfigError
from crm_core.kernel.ids import new_id
from crm_core.kernel.policies import Document, Policies
from tests.conftest import NOW

UNITS = ["g.", "g.1.", "g.1.1.", "g.1.11.", "g.1.1.a.", "g.1.1.b.", "g.1.11.a.", "g.2.", "g.2.1.", "g.2.1.a.", "h.1.1.a."]
ROLES = ["own_role", "team_role", "dealer_role", "region_role", "group_role", "self_role"]
OWNERS = ["p1", "p2", "p3", None]
TABLE = AccessTable(
    {(f"{scope}_role", "customer", "read"): (scope,) for scope in Scope if f"{scope}_role" in ROLES}
)

grants = st.builds(Grant, st.sampled_from([*ROLES, "stranger"]), st.sampled_from([*UNITS, ""]))


@st.composite
def actors(draw: st.DrawFn) -> Actor:
    return Actor(
        id=draw(st.sampled_from(["p1", "p2", "p3"])), tenant=draw(st.sampled_from(["g", "h"])), kind="staff",
        grants=tuple(draw(st.lists(grants, max_size=3))),
        customer_id=draw(st.sampled_from([None, "c000", "c017", "c111"])),
    )  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """500 rows over all units, owners and two tenants."""
    spread = itertools.cycle(itertools.product(("g", "g", "h"), UNITS, OWNERS))
    return [
        {"id": f"c{n:03}", "tenant": tenant, "unit": unit, "owner_id": owner}
        for n, (tenant, unit, owner) in zip(range(500), spread, strict=False)
    ]


def fill(core: Core, rows: list[dict[str, Any]]) -> None:
    with core.database.write() as session:
        for row in rows:
            common = {"created_at": NOW, "updated_at": NOW}
            session.add(Customer(**row, **common, name="x", touched_at=NOW))
            session.add(Record(**row, **common, customer_id=row["id"], ref="R", kind="note", at=NOW, by_id="p1"))


@settings(max_examples=200, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(actor=actors())
def check_everybody(core: Core, kept: dict[type, list[Any]], actor: Actor) -> None:
    for table, stored in kept.items():
        with core.database.read() as session:
            listed = set(session.execute(
                select(table.id).where(TABLE.clause(actor, "customer", "read", table))  # type: ignore[attr-defined]
            ).scalars())  # fmt: skip
        singly = {row.id for row in stored if TABLE.allows(actor, "customer", "read", row)}
        assert listed == singly


def test_a_list_and_a_single_record_agree_for_everybody(core: Core, rows: list[dict[str, Any]]) -> None:
    """200 actors with up to three grants, 500 rows in two tables, both databases."""
    fill(core, rows)
    with core.database.read() as session:
        kept = {table: list(session.execute(select(table)).scalars()) for table in (Customer, Record)}
    check_everybody(core, kept)


def cases() -> list[tuple[str, str, str, bool]]:
    return [
        ("dealer_role", "g.1.1.a.", "g.1.1.a.", True),
        ("dealer_role", "g.1.1.a.", "g.1.1.b.", True),
        ("dealer_role", "g.1.1.", "g.1.1.b.", True),
        # The trap of prefixes: dealer 1 is not dealer 11.
        ("dealer_role", "g.1.1.", "g.1.11.", False),
        ("dealer_role", "g.1.1.", "g.1.11.a.", False),
        ("dealer_role", "g.1.11.", "g.1.1.a.", False),
        ("team_role", "g.1.1.a.", "g.1.1.b.", False),
        ("team_role", "g.1.1.", "g.1.1.b.", True),
        ("region_role", "g.1.1.a.", "g.1.11.a.", True),
        ("region_role", "g.1.1.a.", "g.2.1.a.", False),
        ("group_role", "g.1.1.a.", "g.2.1.a.", True),
        ("group_role", "g.1.1.a.", "h.1.1.a.", False),
        ("stranger", "g.", "g.1.1.a.", False),
        ("dealer_role", "", "g.1.1.a.", False),
    ]


@pytest.mark.parametrize(("role", "held_in", "unit", "allowed"), cases())
def test_how_far_a_grant_reaches(role: str, held_in: str, unit: str, allowed: bool) -> None:
    actor = Actor(id="p1", tenant="g", kind="staff", grants=(Grant(role, held_in),))
    assert TABLE.allows(actor, "customer", "read", Place("g", unit)) is allowed


def test_the_tenant_is_a_wall_even_with_the_same_unit_names() -> None:
    actor = Actor(id="p1", tenant="h", kind="staff", grants=(Grant("group_role", "g."),))
    assert not TABLE.allows(actor, "customer", "read", Place("g", "g.1.1."))


@pytest.mark.parametrize(("resource", "action"), [("customer", "write"), ("nothing", "read"), ("", "")])
def test_what_is_not_listed_is_not_allowed(resource: str, action: str) -> None:
    actor = Actor(id="p1", tenant="g", kind="staff", grants=tuple(Grant(role, "g.") for role in ROLES))
    assert not TABLE.may(actor, resource, action)
    assert not TABLE.allows(actor, resource, action, Place("g", "g.1.1.", "p1"))


def test_nobody_in_particular_owns_what_has_no_owner() -> None:
    actor = Actor(id="p1", tenant="g", kind="staff", grants=(Grant("own_role", "g."),))
    assert not TABLE.allows(actor, "customer", "read", Place("g", "g.1.1."))


def test_reach_of_each_scope() -> None:
    reached = [reach("g.1.1.a.", s) for s in (Scope.GROUP, Scope.REGION, Scope.DEALER, Scope.TEAM)]
    assert reached == ["g.", "g.1.", "g.1.1.", "g.1.1.a."]


def document(values: dict[str, Any]) -> Document:
    return Document("access", values, (), {("roles",): "access.yaml:1", ("roles", "rep"): "access.yaml:2"}, "")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"roles": {"rep": {"lead": {"read": "everything"}}}}, "access.yaml:2: unknown scope 'everything'"),
        ({"roles": {"rep": {"lead": "own"}}}, "access.yaml:2: must be a mapping"),
        ({"roles": ["rep"]}, "access.yaml:1: must be a mapping"),
        ({"fields": {"rep": {"contact": "sometimes"}}}, "'sometimes' is not read, mask, hide or write"),
        ({"rules": {}}, "unknown key 'rules'"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_access(document(values))
    assert says in str(error.value)


# What the shipped table must say, kept apart from it.
MAY = {
    "rep": {"lead read": "own", "lead take": "dealer", "customer read": "own", "lead assign": "own"},
    "manager": {"lead read": "team", "approval approve": "team", "customer read": "team"},
    "tech": {"task read": "own"},
    "customer": {"customer read": "self", "order read": "self", "appointment create": "self"},
    "visitor": {"lead create": "dealer", "document read": "group"},
    "intake": {"lead create": "group"},
}
MAY_NOT = {
    "rep": ["approval approve", "part see_cost", "person write", "person invite", "import write", "delivery write"],
    "tech": ["customer read", "lead read", "deal read", "quote read", "part see_cost"],
    "warehouse": ["customer write", "lead read", "deal read"],
    "admin": ["approval approve"],
    "group_admin": ["customer read", "lead read", "deal read"],
    "customer": ["lead read", "deal read", "record read", "approval read", "person read", "quote read"],
    "visitor": ["customer read", "lead read", "record read", "person read", "order read", "car read"],
    "intake": ["lead read", "customer read", "person read"],
    "job": ["approval approve", "delivery write"],
}


def test_the_shipped_table_says_what_it_must() -> None:
    table = parse_access(Policies().documents["access"])
    wrong = []
    for role, allowed in MAY.items():
        wrong += [(role, what) for what, scope in allowed.items()
                  if Scope(scope) not in table.rules.get((role, *what.split()), ())]  # type: ignore[arg-type]  # fmt: skip
    for role, forbidden in MAY_NOT.items():
        wrong += [(role, what) for what in forbidden if (role, *what.split()) in table.rules]
    assert wrong == []


def test_fields_are_as_wide_as_the_widest_role() -> None:
    table = parse_access(Policies().documents["access"])

    def sees(field_class: str, *roles: str) -> str:
        actor = Actor(id="p", tenant="g", kind="staff", grants=tuple(Grant(role, "g.") for role in roles))
        return table.sees(actor, field_class)

    assert [sees("contact", r) for r in ("rep", "tech", "warehouse", "visitor")] == ["read", "mask", "hide", "hide"]
    assert sees("contact", "tech", "rep") == "read"
    assert [sees("cost", r) for r in ("rep", "manager", "customer")] == ["hide", "read", "hide"]
    assert sees("contact") == "hide"


def test_ids_are_in_the_order_of_time() -> None:
    made = [new_id() for _ in range(50)]
    assert len(set(made)) == 50
    assert [i[:10] for i in made] == sorted(i[:10] for i in made)
