"""Whose list of colleagues counts where a group has several corps: userids are a corp's own, and two may give the same."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.channels.accounts import ENVIRONMENT
from crm_core.channels.tables import ChannelAccount
from crm_core.kernel.uow import Reader
from crm_core.org.tables import Person


def corp_of(account: str) -> str:
    """The corp of an app's account: `ww1` of `ww1-1000002`, and of itself."""
    return account.rpartition("-")[0] or account


def corps(reader: Reader) -> list[tuple[str, str]]:
    """(unit, corp) of the tenant's apps for staff, the nearest to a team first."""
    query = select(ChannelAccount).where(
        col(ChannelAccount.tenant) == reader.tenant, col(ChannelAccount.channel) == "wecom",
        col(ChannelAccount.audience) == "staff", col(ChannelAccount.active),
    )  # fmt: skip
    rows = sorted(reader.rows(query), key=lambda row: (-len(row.unit), row.source != ENVIRONMENT, row.created_at, row.id))
    return [(row.unit, corp_of(row.account)) for row in rows]


def vouches(reader: Reader, corp: str, unit: str) -> bool:
    """Whether a userid of this corp may be somebody's of this unit.

    The corp whose app is nearest to him speaks for him; of two as near, the one that was there first. A single corp
    speaks for all.
    """
    known = corps(reader)
    if len({one for _, one in known}) < 2:
        return True
    return next((one for place, one in known if unit.startswith(place)), "") == corp


def colleague_of(reader: Reader, userid: str, corp: str, *, left: bool = False) -> Person | None:
    """The colleague with a userid of this corp. With `left` also one who is here no more, if nobody else has it."""
    query = select(Person).where(
        col(Person.tenant) == reader.tenant, col(Person.wecom_userid) == userid.lower(), col(Person.kind) == "staff"
    )
    query = query if left else query.where(col(Person.active))
    found = reader.rows(query.order_by(col(Person.active).desc(), col(Person.updated_at).desc())) if userid else []
    return next((one for one in found if vouches(reader, corp, one.unit)), None)
