"""PostgreSQL's own net under the access rules: a transaction sees and writes the rows of its tenant, and no others.

Every transaction of ours goes on as a role that owns nothing, with its tenant set for as long as it lasts; policies on
every table with a tenant do the rest, for the owner as well. Queues, sign-in and clean-up work across tenants: that is
a mode they ask for (`SYSTEM`). Where the database's user may not make roles it stays itself, and the policies bind it
all the same. Whoever owns the tables and names no tenant is at maintenance: backups, migrations, a version before.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event, text

ROLE = "chexin_app"
TENANT = "chexin.tenant"
# The tenant of what looks across them.
SYSTEM = "*"
POLICY = "chexin_tenant"
_SET = f"select set_config('role', %s, true), set_config('{TENANT}', %s, true)"
# In brackets of their own they are asked for once a statement, not once a row.
_NOW = f"(select current_setting('{TENANT}', true))"
_RULE = (
    f"tenant = {_NOW} or (select current_setting('{TENANT}', true) = '{SYSTEM}') or (select current_user <> '{ROLE}'"
    f" and coalesce(current_setting('{TENANT}', true), '') = '')"
)
# Lines are added and never changed, but for their sealed values (a new key, an erased person).
_APPEND_ONLY = {"audit": ("values_enc", "cleared")}
_MAKE_ROLE = f"""
do $$ begin
    if not exists (select from pg_roles where rolname = '{ROLE}') then
        create role {ROLE} nologin;
    end if;
    if not pg_has_role('{ROLE}', 'MEMBER') then
        grant {ROLE} to current_user;
    end if;
exception when insufficient_privilege or duplicate_object or unique_violation then
    null;
end $$
"""
_USABLE = """
select exists (select from pg_roles where rolname = :role)
   and to_regclass('meta') is not null
"""


def secure(connection: Connection) -> None:
    """Put the net under every table there is by now; what has it already is left alone."""
    connection.execute(text(_MAKE_ROLE))
    for table in _unguarded(connection):
        connection.execute(text(f"alter table {table} enable row level security"))
        connection.execute(text(f"alter table {table} force row level security"))
        connection.execute(text(f"create policy {POLICY} on {table} using ({_RULE}) with check ({_RULE})"))
    if connection.execute(text("select 1 from pg_roles where rolname = :role"), {"role": ROLE}).scalar():
        _grant(connection)


def _unguarded(connection: Connection) -> list[str]:
    found = connection.execute(text(
        "select format('%I', c.relname) from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attname = 'tenant'"
        " and not a.attisdropped and not exists"
        " (select from pg_policy p where p.polrelid = c.oid and p.polname = :policy) order by 1"
    ), {"policy": POLICY})  # fmt: skip
    return list(found.scalars())


def _grant(connection: Connection) -> None:
    quoted = connection.execute(text("select format('%I', current_schema())")).scalar()
    script = [
        f"grant usage on schema {quoted} to {ROLE}",
        f"grant select, insert, update, delete on all tables in schema {quoted} to {ROLE}",
        f"grant usage, select on all sequences in schema {quoted} to {ROLE}",
    ]
    for table, columns in _APPEND_ONLY.items():
        known = [name for name in columns if _has(connection, table, name)]
        if known:
            script += [f"revoke update, delete on {table} from {ROLE}",
                       f"grant update ({', '.join(known)}) on {table} to {ROLE}"]  # fmt: skip
    for statement in script:
        connection.execute(text(statement))


def _has(connection: Connection, table: str, column: str) -> bool:
    query = text("select 1 from pg_attribute where attrelid = to_regclass(:table) and attname = :column")
    return connection.execute(query, {"table": table, "column": column}).scalar() is not None


class Net:
    """Begins each transaction of an engine as the role, for the tenant named in its execution options."""

    def __init__(self, engine: Engine) -> None:
        self._role: str | None = None
        event.listen(engine, "begin", self._begin)

    def _begin(self, connection: Connection) -> None:
        if self._role is None:
            self._role = ROLE if usable(connection) else "none"
        tenant = connection.get_execution_options().get("chexin_tenant", SYSTEM)
        driver: Any = connection.connection.dbapi_connection
        try:
            # Past SQLAlchemy, which would take several times as long for so small a thing.
            driver.execute(_SET, (self._role, tenant))
        except driver.Error:
            # The connection is gone, or will be: said in the usual way.
            connection.exec_driver_sql(_SET, (self._role, tenant))


def usable(connection: Connection) -> bool:
    """Whether this database's user can become the role, and the role may use the tables."""
    if not connection.execute(text(_USABLE), {"role": ROLE}).scalar():
        return False
    version = int(str(connection.execute(text("show server_version_num")).scalar()))
    mode = "SET" if version >= 160_000 else "MEMBER"
    asked = text("select pg_has_role(:role, :mode) and has_table_privilege(:role, 'meta', 'select')")
    return bool(connection.execute(asked, {"role": ROLE, "mode": mode}).scalar())
