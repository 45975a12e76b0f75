"""Rows of the kernel itself, and the columns every row of a concept shares. No logic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm.instrumentation import manager_of_class
from sqlmodel import Field, SQLModel

from crm_core.kernel.db import BigId, UnitPath, UtcDateTime
from crm_core.kernel.ids import new_id

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata
T = TypeVar("T", bound=SQLModel)


class Row(SQLModel):
    """A row of a concept: opaque id, tenant, when it came and when it last changed."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    tenant: str = Field(max_length=40)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    version: int = 1


def new_row(table: type[T], values: dict[str, Any]) -> T:
    """A row ready to be added. Raises TypeError for a column the table does not have.

    SQLModel's constructor puts each value through SQLAlchemy's and Pydantic's setters, a tenth of what a lead
    costs; a table's values are not validated by it either.
    """
    defaults, factories = _defaults(table)
    if not values.keys() <= defaults.keys() | factories.keys():
        raise TypeError(f"{table.__name__} has no column {values.keys() - defaults.keys() - factories.keys()}")
    row: T = manager_of_class(table).new_instance()
    made = {name: make() for name, make in factories.items() if name not in values}
    row.__dict__.update(defaults | made | values)
    return row


@lru_cache(maxsize=256)
def _defaults(table: type[SQLModel]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """Each column's default (None when it has none), and what makes those that are made anew."""
    factories: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    for name, field in table.model_fields.items():
        if field.default_factory is not None:
            factories[name] = field.default_factory
        else:
            defaults[name] = None if field.is_required() else field.default
    return defaults, factories


class Owned(Row):
    """A row that belongs to a unit and to a person; the access rule reads these columns."""

    unit: str = Field(sa_type=UnitPath)
    owner_id: str | None = Field(default=None, max_length=26)
    customer_id: str | None = Field(default=None, max_length=26)


def json_column(**kw: Any) -> Any:
    """A JSON column for plain, non-personal data."""
    return Field(default_factory=dict, sa_column_kwargs=kw, sa_type=JSON)


def added(default: Any, **kw: Any) -> Any:
    """A column that came later: the database fills it in for whoever does not know it yet (an older process)."""
    server: Any = text(str(default).lower()) if isinstance(default, bool) else str(default)
    return Field(default=default, sa_column_kwargs={"server_default": server}, **kw)


def text_column() -> Any:
    """A nullable text column of any length; with the suffix `_enc` it holds a sealed value."""
    return Field(default=None, sa_type=Text)


class Inbox(SQLModel, table=True):
    """An arrival from a channel, stored raw under its key before anything else is done with it."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "account", "dedupe_key"),
        Index("ix_inbox_todo", "id", sqlite_where=text("state in (0,1)"), postgresql_where=text("state in (0,1)")),
        Index("ix_inbox_sender", "sender", "id", sqlite_where=text("state in (0,1)"),
              postgresql_where=text("state in (0,1)")),
    )  # fmt: skip
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant: str = Field(max_length=40)
    channel: str = Field(max_length=20)
    account: str = Field(max_length=64)
    dedupe_key: str = Field(max_length=128)
    sender: str = Field(max_length=100)
    raw_enc: str = Field(sa_type=Text)
    state: int = 0
    token: int = 0
    attempts: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = Field(default=None, max_length=200)


class Outbox(SQLModel, table=True):
    """A message that is due now to one chat; `account` is the bot, app or page it leaves by.

    States: 0 pending, 1 claimed, 2 sent, 3 uncertain, 4 dead, 5 skipped by an admin, 6 folded into a digest,
    7 held: a late reminder, until it is known how many there are for its person, 8 moved: sent anew through another chat.
    `settled_at` is when it left the queue, `told_at` when somebody was told that it may not have arrived. `outdated`:
    what it is about changed while it was on its way; `then_enc` is what it is to become, where no record tells.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_outbox_due", "priority", "due_at", "id", sqlite_where=text("state = 0"),
              postgresql_where=text("state = 0")),
        Index("ix_outbox_account", "account", "priority", "due_at", "id", sqlite_where=text("state = 0"),
              postgresql_where=text("state = 0")),
        Index("ix_outbox_trouble", "settled_at", "id", sqlite_where=text("state in (3,4)"),
              postgresql_where=text("state in (3,4)")),
        Index("ix_outbox_held", "tenant", "person_id", sqlite_where=text("state = 7"),
              postgresql_where=text("state = 7")),
        Index("ix_outbox_chat", "chat", "id", sqlite_where=text("state in (0,1)"),
              postgresql_where=text("state in (0,1)")),
        Index("ix_outbox_lease", "lease_until", sqlite_where=text("state = 1"),
              postgresql_where=text("state = 1")),
        Index("ix_outbox_subject", "tenant", "subject", sqlite_where=text("state in (0,1,3,4) and subject <> ''"),
              postgresql_where=text("state in (0,1,3,4) and subject <> ''")),
        Index("ix_outbox_person", "person_id", "id"),
        Index("ix_outbox_unseen", "person_id", "id", sqlite_where=text("shown_at is null"),
              postgresql_where=text("shown_at is null")),
    )  # fmt: skip
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant: str = Field(max_length=40)
    chat: str = Field(max_length=100)
    person_id: str = Field(max_length=26)
    kind: str = Field(max_length=60)
    subject: str = Field(default="", max_length=80)
    payload_enc: str = Field(sa_type=Text)
    priority: int = 2
    dedupe_key: str = Field(max_length=160)
    due_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    state: int = 0
    token: int = 0
    attempts: int = 0
    worker: str | None = Field(default=None, max_length=60)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    shown_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    provider_id: str | None = Field(default=None, max_length=128)
    body_enc: str | None = Field(default=None, sa_type=Text)
    error: str | None = Field(default=None, max_length=200)
    account: str = added("", max_length=64)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outdated: bool = added(False)
    then_enc: str | None = Field(default=None, sa_type=Text)


class Attempt(SQLModel, table=True):
    """One try to send one outbox row, committed before the network is touched."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("outbox_id", "token"),)
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    outbox_id: int = Field(sa_type=BigId)
    token: int
    worker: str = Field(max_length=60)
    at: datetime = Field(sa_type=UtcDateTime)
    outcome: str | None = Field(default=None, max_length=20)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = Field(default=None, max_length=200)


class Bucket(SQLModel, table=True):
    """A limit shared by all processes: `tokens` were left at `at`; nothing is given before `blocked_until`."""

    __tablename__ = "buckets"
    id: str = Field(primary_key=True, max_length=160)
    tokens: float = 0.0
    at: datetime = Field(sa_type=UtcDateTime)
    blocked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WorkerRow(SQLModel, table=True):
    """A process that works: when it last gave a sign of life, and when its due loop last came round.

    A process that ends cleanly takes its row with it; one that stands still is found by it. `accounts` are those
    its sender speaks for, separated by commas.
    """

    __tablename__ = "workers"
    id: str = Field(primary_key=True, max_length=60)
    role: str = Field(default="all", max_length=10)
    version: str = Field(default="", max_length=20)
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    round_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accounts: str = added("", sa_type=Text)


class UnservedAccount(SQLModel, table=True):
    """A bot, app or page something is meant for and no process speaks for, since when; as the auditor found it.

    Once it is `lapsed`, its people are reached elsewhere until somebody serves it again.
    """

    __tablename__ = "unserved_accounts"
    id: str = Field(primary_key=True, max_length=100)
    since: datetime = Field(sa_type=UtcDateTime)
    lapsed: bool = False


class Timer(SQLModel, table=True):
    """Something to do at an instant, once. States: 0 pending, 1 fired, 2 cancelled, 3 dead.

    `priority` decides who goes first when many are due, as after an outage.
    """

    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_timers_due", "due_at", "id", sqlite_where=text("state = 0"),
              postgresql_where=text("state = 0")),
        Index("ix_timers_rank", "priority", "due_at", "id", sqlite_where=text("state = 0"),
              postgresql_where=text("state = 0")),
        Index("ix_timers_subject", "subject", "state"),
        Index("ix_timers_dead", "tenant", "id", sqlite_where=text("state = 3"), postgresql_where=text("state = 3")),
    )  # fmt: skip
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant: str = Field(max_length=40)
    kind: str = Field(max_length=40)
    subject: str = Field(max_length=80)
    payload: dict[str, Any] = json_column()
    dedupe_key: str = Field(max_length=160)
    due_at: datetime = Field(sa_type=UtcDateTime)
    state: int = 0
    attempts: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = Field(default=None, max_length=200)
    priority: int = added(2)


class Executed(SQLModel, table=True):
    """A command's key and what it answered: the same key never acts twice."""

    __tablename__ = "executed"
    __table_args__ = (Index("ix_executed_at", "at"),)
    id: str = Field(primary_key=True, max_length=200)
    fingerprint: str = Field(max_length=32)
    result_enc: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcDateTime)


class Undo(SQLModel, table=True):
    """How to take a write back: the inverse command, the version it expects, and until when."""

    __tablename__ = "undo"
    __table_args__ = (Index("ix_undo_actor", "actor_id", "created_at"), Index("ix_undo_expires", "expires_at"))
    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    tenant: str = Field(max_length=40)
    actor_id: str = Field(max_length=26)
    command: str = Field(max_length=60)
    inverse_enc: str = Field(sa_type=Text)
    label: str = Field(default="", max_length=60)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Audit(SQLModel, table=True):
    """Who did what to which record. Values are sealed, so that erasing a person breaks no line.

    Each line is a link of a chain (see `audit.py`): `mac` covers it and the one before; `values_mac` commits to the
    values, and `cleared` proves that it was us who took them away. Lines of versions before have no chain.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_record", "tenant", "resource", "record_id"),)
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant: str = Field(max_length=40)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: str = Field(max_length=26)
    action: str = Field(max_length=60)
    resource: str = Field(max_length=40)
    record_id: str = Field(max_length=26)
    fields: str = Field(default="", max_length=400)
    values_enc: str | None = text_column()
    reason: str | None = Field(default=None, max_length=200)
    chain: int | None = None
    position: int | None = Field(default=None, sa_type=BigId)
    mac: str | None = Field(default=None, max_length=32)
    values_mac: str | None = Field(default=None, max_length=32)
    cleared: str | None = Field(default=None, max_length=32)


class AuditHead(SQLModel, table=True):
    """The end of one of the audit's chains; `seal` is what nobody without the key can make for another end."""

    __tablename__ = "audit_heads"
    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    position: int = Field(default=0, sa_type=BigId)
    mac: str = Field(default="", max_length=32)
    seal: str = Field(default="", max_length=32)


class Lease(SQLModel, table=True):
    """A thing only one process may hold: fenced by a token that only grows."""

    __tablename__ = "leases"
    id: str = Field(primary_key=True, max_length=80)
    holder: str = Field(default="", max_length=60)
    token: int = 0
    until: datetime = Field(sa_type=UtcDateTime)


class Lock(SQLModel, table=True):
    """A row to lock on PostgreSQL, so that look-then-insert is one step. SQLite has one writer anyway."""

    __tablename__ = "locks"
    id: str = Field(primary_key=True, max_length=60)


class Meta(SQLModel, table=True):
    """Small facts about this deployment: demo clock, index version, heartbeats."""

    __tablename__ = "meta"
    id: str = Field(primary_key=True, max_length=80)
    value: str = Field(sa_type=Text)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Blob(SQLModel, table=True):
    """Bytes kept with the data, sealed: images people sent and cards show."""

    __tablename__ = "blobs"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    tenant: str = Field(max_length=40)
    unit: str = Field(default="", sa_type=UnitPath)
    person_id: str = Field(max_length=26)
    mime: str = Field(max_length=60)
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcDateTime)
