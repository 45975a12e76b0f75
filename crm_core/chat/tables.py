"""Rows of chats: who is reached where, what was said, which buttons are live."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from crm_core.kernel.db import BigId, UtcDateTime
from crm_core.kernel.tables import Row, text_column


class Identity(Row, table=True):
    """An account on a channel that is known to be a person, because a token or the corp vouched for it."""

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
    """A button: only its opaque id leaves the house. Verb and parameters stay here."""

    __tablename__ = "actions"
    __table_args__ = (
        Index("ix_actions_person", "person_id", "shown_at"),
        Index("ix_actions_message", "message_key"),
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
