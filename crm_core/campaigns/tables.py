"""Rows of contact codes, of the customers who came by them, and of whom they are connected with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field

from crm_core.kernel.db import UnitPath, UtcDateTime
from crm_core.kernel.tables import Row, text_column


class ContactCode(Row, table=True):
    """A code customers scan to add a colleague (活码). States: making, ready, failed.

    `state` is what the platform gives back with each customer who came by it: opaque, at most 30 characters.
    """

    __tablename__ = "contact_codes"
    __table_args__ = (UniqueConstraint("tenant", "mark"), Index("ix_contact_codes_person", "tenant", "person_id"))
    unit: str = Field(sa_type=UnitPath)
    account: str = Field(max_length=64)
    person_id: str = Field(max_length=26)
    asker_id: str = Field(max_length=26)
    campaign: str = Field(max_length=60)
    mark: str = Field(max_length=30)
    state: str = Field(default="making", max_length=10)
    config_id: str = Field(default="", max_length=64)
    link: str = Field(default="", max_length=500)
    image_id: str | None = Field(default=None, max_length=26)
    error: str = Field(default="", max_length=60)


class WechatContact(Row, table=True):
    """A customer as the corp knows him on WeChat, for one dealer. `person_id` speaks for him at the service desk."""

    __tablename__ = "wechat_contacts"
    __table_args__ = (
        UniqueConstraint("account", "native_id", "dealer"),
        Index("ix_wechat_contacts_customer", "tenant", "customer_id"),
    )
    account: str = Field(max_length=64)
    native_id: str = Field(max_length=64)
    dealer: str = Field(sa_type=UnitPath)
    customer_id: str = Field(max_length=26)
    named: bool = False
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WechatFollower(Row, table=True):
    """A colleague a contact is connected with. `lost`: which of them ended it (customer or colleague)."""

    __tablename__ = "wechat_followers"
    __table_args__ = (UniqueConstraint("contact_id", "userid"), Index("ix_wechat_followers_user", "tenant", "userid"))
    contact_id: str = Field(max_length=26)
    userid: str = Field(max_length=64)
    person_id: str | None = Field(default=None, max_length=26)
    mark: str = Field(default="", max_length=30)
    tags: list[str] = Field(default_factory=list, sa_column=Column(JSON))
    since: datetime = Field(sa_type=UtcDateTime)
    left_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lost: str = Field(default="", max_length=10)
    remark_enc: str | None = text_column()


class ContactTransfer(Row, table=True):
    """A contact goes from one colleague's WeChat to another's, as his customer did here.

    States: asked, waiting (the platform takes a day), done, refused (by the customer), full (the new colleague may
    have no more), failed, dropped (not needed any more).
    """

    __tablename__ = "contact_transfers"
    __table_args__ = (
        Index("ix_contact_transfers_contact", "contact_id", "state"),
        Index("ix_contact_transfers_pair", "tenant", "from_userid", "to_userid", "state"),
    )
    account: str = Field(max_length=64)
    contact_id: str = Field(max_length=26)
    customer_id: str = Field(max_length=26)
    native_id: str = Field(max_length=64)
    from_id: str = Field(max_length=26)
    to_id: str = Field(max_length=26)
    from_userid: str = Field(max_length=64)
    to_userid: str = Field(max_length=64)
    state: str = Field(default="asked", max_length=10)
    error: str = Field(default="", max_length=60)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
