"""Rows of channel accounts, and of what a platform hands out once: tokens, response codes, cursors."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from crm_core.kernel.db import UnitPath, UtcDateTime
from crm_core.kernel.tables import Row, text_column

# What comes in by these was stored for somebody who serves their account.
PLATFORMS = ("telegram", "wecom", "kf", "aibot", "contacts")


class ChannelAccount(Row, table=True):
    """A bot, app or service desk. `account` is without the channel's name: `7000000001`, `ww1-1000002`.

    `audience` is staff or customer; whoever comes by it unknown belongs to `unit`. `source` is environment or
    command; only the second keeps its secrets here.
    """

    __tablename__ = "channel_accounts"
    __table_args__ = (UniqueConstraint("channel", "account"),)
    channel: str = Field(max_length=20)
    account: str = Field(max_length=64)
    audience: str = Field(default="staff", max_length=10)
    unit: str = Field(sa_type=UnitPath)
    name: str = Field(default="", max_length=120)
    source: str = Field(default="command", max_length=12)
    settings_enc: str | None = text_column()
    active: bool = True


class AccessToken(SQLModel, table=True):
    """A platform's access token, shared by all processes. `version` grows with each refresh."""

    __tablename__ = "access_tokens"
    id: str = Field(primary_key=True, max_length=64)
    token_enc: str = Field(sa_type=Text)
    version: int = 1
    expires_at: datetime = Field(sa_type=UtcDateTime)


class ResponseCode(SQLModel, table=True):
    """The newest one-use code by which a sent card may be changed for one person."""

    __tablename__ = "response_codes"
    id: str = Field(primary_key=True, max_length=64)
    account: str = Field(max_length=64)
    code_enc: str | None = text_column()
    issued_at: datetime = Field(sa_type=UtcDateTime)


class Cursor(SQLModel, table=True):
    """How far a stream was read. Written only with a lease's token as high as the last one's."""

    __tablename__ = "cursors"
    id: str = Field(primary_key=True, max_length=160)
    value: str = Field(sa_type=Text)
    token: int = 0
    updated_at: datetime = Field(sa_type=UtcDateTime)


class AccountTrouble(SQLModel, table=True):
    """Why a platform refuses a whole account, until it does not any more. `id` is the account's line."""

    __tablename__ = "account_troubles"
    id: str = Field(primary_key=True, max_length=100)
    tenant: str = Field(max_length=40, index=True)
    kind: str = Field(max_length=40)
    detail: str = Field(default="", max_length=120)
    since: datetime = Field(sa_type=UtcDateTime)
