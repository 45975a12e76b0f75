"""Finding contacts and their followers."""

from __future__ import annotations

from sqlalchemy import desc, select
from sqlmodel import col

from crm_core.campaigns.tables import ContactCode, WechatContact, WechatFollower
from crm_core.kernel.uow import Reader
from crm_core.org.people import dealer_of

PREFIX = "contacts:"


def contacts_of(reader: Reader, account: str, native_id: str) -> list[WechatContact]:
    """A contact, once for each dealer that knows him."""
    query = select(WechatContact).where(
        col(WechatContact.tenant) == reader.tenant, col(WechatContact.account) == account,
        col(WechatContact.native_id) == native_id,
    )  # fmt: skip
    return reader.rows(query.order_by(col(WechatContact.id)))


def contact_at(reader: Reader, account: str, native_id: str, unit: str) -> WechatContact | None:
    """A contact as one dealer knows him."""
    dealer = dealer_of(unit)
    return next((one for one in contacts_of(reader, account, native_id) if one.dealer == dealer), None)


def contacts_of_customer(reader: Reader, customer_id: str) -> list[WechatContact]:
    query = select(WechatContact).where(
        col(WechatContact.tenant) == reader.tenant, col(WechatContact.customer_id) == customer_id
    )
    return reader.rows(query)


def followers_of(reader: Reader, contact_id: str) -> list[WechatFollower]:
    """The colleagues a contact is connected with, the newest connection first."""
    query = select(WechatFollower).where(
        col(WechatFollower.contact_id) == contact_id, col(WechatFollower.left_at).is_(None)
    )
    return reader.rows(query.order_by(desc(col(WechatFollower.since))))


def follower(reader: Reader, contact_id: str, userid: str) -> WechatFollower | None:
    """A connection, also one that ended."""
    query = select(WechatFollower).where(
        col(WechatFollower.contact_id) == contact_id, col(WechatFollower.userid) == userid
    )
    return reader.first(query)


def code_of(reader: Reader, mark: str) -> ContactCode | None:
    """The code a customer came by."""
    query = select(ContactCode).where(col(ContactCode.tenant) == reader.tenant, col(ContactCode.mark) == mark)
    return reader.first(query) if mark else None
