"""A session of one tenant: no row of another becomes an object in it, and none is written.

A net under the access rules, on both databases. It does not see single columns, nor statements on plain tables or in
text; those stand only in places that a test keeps count of, and PostgreSQL's own net (`rowsecurity.py`) is under them.
Looking at what was read costs next to nothing; a condition on every statement would cost a third of a command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import object_session
from sqlmodel import Session, SQLModel

from crm_core.kernel.db import TenantSession
from crm_core.kernel.errors import NotFound
from crm_core.kernel.rowsecurity import SYSTEM, TENANT


class ForeignRow(NotFound):
    """A row of another tenant was about to be read: to whoever asked it is not there."""


class ForeignWrite(RuntimeError):
    """A row of another tenant was about to be written; a mistake of ours, and nothing was changed."""


def narrow(session: Session, tenant: str) -> None:
    """From here on the session's transaction is one tenant's, also one that was begun across tenants."""
    if session.info.get("tenant") != tenant:
        session.info["tenant"] = tenant
        _set(session, tenant)


@contextmanager
def everywhere(session: Session) -> Iterator[None]:
    """For what is the whole deployment's, inside a transaction of one tenant: the mode that is asked for."""
    tenant = session.info.pop("tenant", None)
    if tenant is None:
        yield
        return
    session.flush()
    _set(session, SYSTEM)
    # What fails in here ends the transaction.
    yield
    session.flush()
    narrow(session, tenant)


def _set(session: Session, tenant: str) -> None:
    connection: Any = session.connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"select set_config('{TENANT}', %s, true)", (tenant,))


@event.listens_for(SQLModel, "load", propagate=True)
def _reads_own(row: Any, context: Any) -> None:
    # A row that is merged comes without a context.
    session = object_session(row) if context is None else context.session
    tenant = None if session is None else session.info.get("tenant")
    if tenant is not None and row.__dict__.get("tenant", tenant) != tenant:
        raise ForeignRow(resource="record")


@event.listens_for(TenantSession, "before_flush")
def _writes_own(session: Any, *_: Any) -> None:
    tenant = session.info.get("tenant")
    if tenant is None:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if getattr(row, "tenant", tenant) != tenant:
            raise ForeignWrite(f"a row of {type(row).__name__} belongs to another tenant")
