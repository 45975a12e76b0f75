"""Suite F, the nets under the access rules: another tenant's rows are not there, whoever forgot to ask (F8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from crm_core.api import Core
from crm_core.customers.messages import FindCustomers
from crm_core.customers.tables import Customer
from crm_core.kernel import rowsecurity
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.db import make_engine
from crm_core.kernel.errors import NotFound
from crm_core.kernel.tables import Audit, metadata
from crm_core.kernel.tenancy import ForeignWrite, narrow
from crm_core.leads.messages import CreateLead
from crm_core.org.messages import AddPerson, AddUnit
from tests.conftest import TEST_KEY
from tests.core.deals.house import House

pytestmark = pytest.mark.trust
only_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
OTHER = "moonway"


@pytest.fixture
def house(core: Core, clock: FixedClock) -> House:
    """Two groups in one database, each with a customer."""
    house = House(core, clock).build()
    house.lead()
    system = core.system(OTHER)
    for path in (f"{OTHER}.", f"{OTHER}.west.", f"{OTHER}.west.one.", f"{OTHER}.west.one.a."):
        core.execute(AddUnit(path=path, name=path), system)
    core.execute(AddPerson(code="far1", name="远远", role="rep", unit=f"{OTHER}.west.one.a."), system)
    core.execute(CreateLead(name="远客", phone="13911112222", vehicle="ES6", source="官网", unit=f"{OTHER}.west.one."),
                 system)  # fmt: skip
    return house


@pytest.fixture
def role(house: House) -> Iterator[Any]:
    """A bare connection that became the role, as every transaction of ours does."""
    with psycopg.connect(house.core.database.url.replace("+psycopg", "")) as connection:
        connection.execute(f"set role {rowsecurity.ROLE}")
        yield connection


def guarded_tables() -> list[str]:
    return sorted(table.name for table in metadata.tables.values() if "tenant" in table.c)


def counts(connection: Any, tenant: str | None) -> dict[str, tuple[int, int]]:
    """Of each table: (rows of another tenant, all rows) that a plain SELECT sees."""
    connection.execute("select set_config('chexin.tenant', %s, false)", (tenant or "",))
    found = {}
    for name in guarded_tables():
        query = f"select count(*) filter (where tenant <> %s), count(*) from {name}"
        found[name] = connection.execute(query, (tenant or "",)).fetchone()
    return found


@only_postgres
def test_raw_sql_sees_one_tenant_and_without_one_nothing(role: Any) -> None:
    ours, theirs, everything = counts(role, "starway"), counts(role, OTHER), counts(role, rowsecurity.SYSTEM)
    assert all(foreign == 0 for foreign, _ in (*ours.values(), *theirs.values()))
    assert ours["customers"][1] == theirs["customers"][1] == 1
    assert everything["customers"][1] == 2
    assert {seen for _, seen in counts(role, None).values()} == {0}
    assert {seen for _, seen in counts(role, "nobody").values()} == {0}


@only_postgres
def test_raw_sql_writes_no_row_of_another_tenant(role: Any) -> None:
    role.execute("select set_config('chexin.tenant', %s, false)", (OTHER,))
    assert role.execute("update customers set name = 'x' where tenant = 'starway'").rowcount == 0
    assert role.execute("delete from customers where tenant = 'starway'").rowcount == 0
    for statement in ("update customers set tenant = 'starway'",
                      "insert into audit (tenant, at, actor_id, action, resource, record_id, fields)"
                      " values ('starway', now(), 'x', 'x', 'x', 'x', '')"):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            role.execute(statement)
        role.rollback()
        role.execute(f"set role {rowsecurity.ROLE}")
        role.execute("select set_config('chexin.tenant', %s, false)", (OTHER,))


@only_postgres
def test_the_role_owns_nothing_and_only_adds_to_the_audit(role: Any) -> None:
    role.execute("select set_config('chexin.tenant', 'starway', false)")
    for statement in ("delete from audit", "update audit set action = 'x'", "alter table audit disable row level security",
                      "drop table customers", "create table mine (id int)"):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            role.execute(statement)
        role.rollback()
        role.execute(f"set role {rowsecurity.ROLE}")
    owned = "select count(*) from pg_class where relowner = %s::regrole and relkind in ('r', 'S')"
    assert role.execute(owned, (rowsecurity.ROLE,)).fetchone() == (0,)


@only_postgres
def test_every_table_with_a_tenant_is_guarded_and_forced(house: House) -> None:
    query = text("select relname from pg_class where relkind = 'r' and relrowsecurity and relforcerowsecurity")
    with house.core.database.read() as session:
        assert set(session.execute(query).scalars()) >= set(guarded_tables())
        assert session.execute(text("select current_user")).scalar() == rowsecurity.ROLE


@only_postgres
def test_it_is_set_for_one_transaction_and_not_for_the_next(house: House) -> None:
    core, ask = house.core, text("select current_setting('chexin.tenant', true)")
    for tenant in ("starway", OTHER, rowsecurity.SYSTEM, "starway"):
        for begin in (core.database.read, core.database.write):
            with begin(tenant) as session:
                assert session.execute(ask).scalar() == tenant
    with core.database.engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        assert driver.execute("select current_setting('chexin.tenant', true)").fetchone()[0] in ("", None)


@pytest.mark.postgres
def test_a_user_who_may_not_make_roles_is_bound_himself(migrated_postgres: Any, clock: FixedClock, tmp_path: Any) -> None:
    """The database's user owns the tables and is no superuser; without the role the forced policies hold him."""
    from pydantic import SecretStr

    from crm_core.kernel.settings import Settings

    with migrated_postgres.database(empty=True) as url:
        name = url.rpartition("/")[2]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"create role owner_{name} login nosuperuser nocreaterole")
            connection.execute(f"alter database {name} owner to owner_{name}")
            connection.execute(f"grant all on schema public to owner_{name}")
        plain = url.replace("chexin@", f"owner_{name}@")
        core = Core.open(Settings(_env_file=None, data_dir=tmp_path, database_url=plain,  # type: ignore[call-arg]
                                  secret_key=SecretStr(TEST_KEY)), clock)  # fmt: skip
        try:
            house = House(core, clock).build()
            house.lead()
            with core.database.read("starway") as session:
                assert session.execute(text("select current_user")).scalar() == f"owner_{name}"
                assert session.execute(text("select count(*) from customers")).scalar() == 1
            with core.database.read(OTHER) as session:
                assert session.execute(text("select count(*) from customers")).scalar() == 0
        finally:
            core.close()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"reassign owned by owner_{name} to chexin")
                connection.execute(f"drop owned by owner_{name}")
                connection.execute(f"drop role owner_{name}")


@only_postgres
def test_the_suite_goes_red_without_the_policies(house: House, role: Any) -> None:
    """Planted: one table's policy is gone."""
    engine = make_engine(house.core.database.url)
    with engine.begin() as connection:
        connection.execute(text("alter table customers no force row level security"))
        connection.execute(text("alter table customers disable row level security"))
    engine.dispose()
    assert counts(role, OTHER)["customers"] == (1, 2)


# The net of the tables' classes, on both databases


def foreign_customer(core: Core) -> str:
    with core.database.read() as session:
        return str(session.execute(select(Customer.id).where(Customer.tenant == OTHER)).scalar_one())


def test_no_foreign_row_becomes_an_object(house: House) -> None:
    core, theirs = house.core, foreign_customer(house.core)
    with core.database.read("starway") as session:
        for query in (select(Customer), select(Customer).where(Customer.id == theirs)):
            if core.database.is_sqlite:
                with pytest.raises(NotFound):
                    session.execute(query).scalars().all()
            else:
                assert theirs not in [row.id for row in session.execute(query).scalars()]
    with core.database.read("starway") as session:
        reader = core.reader(session, house.actors["rep1"])
        with pytest.raises(NotFound):
            reader.get(Customer, theirs, "customer")
    reader_sees = core.ask(FindCustomers(words="远客"), house.actors["rep1"])
    assert not reader_sees


def test_no_foreign_row_is_written(house: House) -> None:
    core = house.core
    with pytest.raises(ForeignWrite), core.database.write("starway") as session:
        session.add(Audit(tenant=OTHER, at=core.now(), actor_id="x", action="x", resource="x", record_id="x"))
    theirs = foreign_customer(core)

    def change() -> None:
        with core.database.write() as session:
            row = session.get(Customer, theirs)
            assert row is not None
            narrow(session, "starway")
            row.updated_at = core.now() + timedelta(days=1)

    with pytest.raises(ForeignWrite):
        change()


@only_postgres
def test_plain_statements_write_no_foreign_row(house: House) -> None:
    core, customers = house.core, metadata.tables["customers"]
    with core.database.write("starway") as session:
        changed: Any = session.connection().execute(update(customers).values(version=7))
        assert changed.rowcount == 1
    line = {"tenant": OTHER, "at": core.now(), "actor_id": "x", "action": "x", "resource": "x", "record_id": "x"}
    with pytest.raises(ProgrammingError, match="row-level security"), core.database.write("starway") as session:
        session.connection().execute(insert(metadata.tables["audit"]).values(fields="", **line))
