"""Rows of chats: who is reached where, what was said, which buttons are live."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from crm_core.kernel.db import BigId, UnitPath, UtcDateTime
from crm_core.kernel.ids import new_id
from crm_core.kernel.tables import Row, added, text_column


class Identity(Row, table=True):
    """An account on a channel that is known to be a person. One person has several, which stay apart.

    `vouched` says why: token (a one-time link), corp (its list of people), contact (his own number, vouched for by
    the platform), visit (nobody: he is a visitor). What people must know goes to the `preferred` one.
    """

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("channel", "account", "native_id"),
        Index("ix_identities_person", "person_id", "used_at"),
    )
    channel: str = Field(max_length=20)
    account: str = Field(default="", max_length=64)
    native_id: str = Field(max_length=100)
    person_id: str = Field(max_length=26)
    chat: str = Field(max_length=100)
    dead: bool = False
    used_at: datetime = Field(sa_type=UtcDateTime)
    vouched: str = added("token", max_length=10)
    preferred: bool = added(False)


def is_group(person_id: str) -> bool:
    """Whether this reader is a group."""
    return person_id.startswith("group-")


def _group_id() -> str:
    return f"group-{new_id()[-20:]}"


class GroupChat(Row, table=True):
    """A team's group on a platform, which gets what concerns the unit. Who presses there acts as himself.

    Its id stands where a person's would, in the outbox and with buttons.
    """

    __tablename__ = "group_chats"
    __table_args__ = (
        UniqueConstraint("channel", "account", "native_id"), Index("ix_group_chats_unit", "tenant", "unit"),
    )  # fmt: skip
    id: str = Field(default_factory=_group_id, primary_key=True, max_length=26)
    channel: str = Field(max_length=20)
    account: str = Field(max_length=64)
    native_id: str = Field(max_length=100)
    chat: str = Field(max_length=100)
    unit: str = Field(sa_type=UnitPath)
    language: str = Field(default="zh", max_length=8)
    bound_by: str = Field(max_length=26)
    dead: bool = False


class Chat(SQLModel, table=True):
    """One thread with one person. `counter` numbers its messages and their changes."""

    __tablename__ = "chats"
    id: str = Field(primary_key=True, max_length=100)
    tenant: str = Field(max_length=40)
    person_id: str = Field(max_length=26)
    counter: int = 0
    read_seq: int = 0
    state_enc: str | None = text_column()
    state_version: int = 0
    updated_at: datetime = Field(sa_type=UtcDateTime)


class ChatMessage(SQLModel, table=True):
    """A message in a thread. `seq` is its place; a change in place gives it a higher `rev`."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        UniqueConstraint("chat", "seq"),
        UniqueConstraint("chat", "key"),
        Index("ix_chat_messages_rev", "chat", "rev"),
        Index("ix_chat_messages_subject", "tenant", "subject", sqlite_where=text("subject <> ''"),
              postgresql_where=text("subject <> ''")),
    )  # fmt: skip
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    tenant: str = Field(max_length=40)
    chat: str = Field(max_length=100)
    person_id: str = Field(max_length=26)
    seq: int
    rev: int
    direction: str = Field(max_length=3)
    key: str = Field(max_length=160)
    kind: str = Field(default="", max_length=60)
    subject: str = Field(default="", max_length=80)
    params_enc: str | None = text_column()
    body_enc: str | None = text_column()
    provider_id: str | None = Field(default=None, max_length=128)
    at: datetime = Field(sa_type=UtcDateTime)


class Action(SQLModel, table=True):
    """A button: only its opaque id leaves the house. Verb and parameters stay here.

    Only its person can press it; with a `unit`, whoever of that unit reads the chat it was shown in.
    """

    __tablename__ = "actions"
    __table_args__ = (
        Index("ix_actions_person", "person_id", "shown_at"),
        Index("ix_actions_message", "message_key"),
        Index("ix_actions_expires", "expires_at"),
    )
    id: str = Field(primary_key=True, max_length=32)
    tenant: str = Field(max_length=40)
    person_id: str = Field(max_length=26)
    chat: str = Field(max_length=100)
    message_key: str = Field(max_length=160)
    verb: str = Field(max_length=60)
    params_enc: str | None = text_column()
    subject: str = Field(default="", max_length=80)
    shown_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    unit: str = added("", sa_type=UnitPath)


class Invite(SQLModel, table=True):
    """A one-time link that makes an account a person's; only its hash is kept."""

    __tablename__ = "invites"
    id: str = Field(primary_key=True, max_length=64)
    tenant: str = Field(max_length=40)
    person_id: str = Field(max_length=26)
    channel: str = Field(max_length=20)
    reusable: bool = False
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    by_himself: bool = added(False)
