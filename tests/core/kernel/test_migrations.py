"""The schema comes and goes on both databases, and is the one the tables declare."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from crm_core.concepts import load_tables
from crm_core.kernel import migrate
from crm_core.kernel.db import make_engine, normal_url
from crm_core.kernel.tables import metadata


def tables(url: str) -> set[str]:
    engine = make_engine(normal_url(url))
    try:
        return set(inspect(engine).get_table_names()) - {"alembic_version"}
    finally:
        engine.dispose()


def test_up_down_up(empty_database_url: str) -> None:
    load_tables()
    assert migrate.current(empty_database_url) is None
    for _ in range(2):
        migrate.upgrade(empty_database_url)
        assert migrate.current(empty_database_url) == migrate.head()
        assert tables(empty_database_url) == set(metadata.tables)
        migrate.downgrade(empty_database_url)
        assert tables(empty_database_url) == set()
    migrate.upgrade(empty_database_url)
    migrate.upgrade(empty_database_url)


def test_the_migrated_schema_is_the_declared_one(empty_database_url: str) -> None:
    load_tables()
    migrate.upgrade(empty_database_url)
    engine = make_engine(normal_url(empty_database_url))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
    finally:
        engine.dispose()


def test_every_key_and_look_up_names_its_tenant_or_hangs_on_a_row_that_does() -> None:
    load_tables()
    without = {name for name, table in metadata.tables.items() if "tenant" not in table.c}
    # These belong to the deployment, or carry a key that is already unique to a tenant's row.
    assert without <= {"attempts", "buckets", "executed", "leases", "locks", "meta", "workers",
                       "access_tokens", "response_codes", "cursors", "unserved_accounts", "audit_heads"}  # fmt: skip


def test_every_instant_has_a_zone_and_every_sealed_column_room() -> None:
    load_tables()
    naive, short = [], []
    for table in metadata.tables.values():
        for column in table.columns:
            if "DATETIME" in str(column.type).upper() and type(column.type).__name__ != "UtcDateTime":
                naive.append(f"{table.name}.{column.name}")
            if column.name.endswith("_enc") and type(column.type).__name__ not in ("Text", "LargeBinary"):
                short.append(f"{table.name}.{column.name}")
    assert naive == []
    assert short == []


def test_unit_paths_sort_by_bytes_and_queues_have_partial_indexes(empty_database_url: str) -> None:
    """What the comparison does not look at: the collation of prefix ranges, and the WHERE of an index."""
    migrate.upgrade(empty_database_url)
    engine = make_engine(normal_url(empty_database_url))
    sqlite = engine.dialect.name == "sqlite"
    indexes = "select sql from sqlite_master where type = 'index'" if sqlite else "select indexdef from pg_indexes"
    collations = text("select distinct collation_name from information_schema.columns where column_name = 'unit'"
                      " and table_name in ('customers', 'leads', 'deals', 'people')")  # fmt: skip
    try:
        with engine.connect() as connection:
            found = [str(sql).lower() for sql in connection.execute(text(indexes)).scalars()]
            for name in ("ix_outbox_due", "ix_outbox_chat", "ix_outbox_lease", "ix_inbox_todo", "ix_timers_due"):
                (sql,) = [one for one in found if f" {name} " in one]
                assert " where " in sql, name
            if not sqlite:
                assert connection.execute(collations).scalars().all() == ["C"]
    finally:
        engine.dispose()
