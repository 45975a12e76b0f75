"""Answers about contact codes and transfers."""

from __future__ import annotations

from sqlalchemy import desc, func, select
from sqlmodel import col

from crm_core.campaigns.lookup import PREFIX
from crm_core.campaigns.messages import (
    ContactCodeCard,
    ContactCodes,
    ContactCodeView,
    ContactWelcome,
    PendingTransfers,
    TransferBatch,
    TransferCard,
    TransferView,
)
from crm_core.campaigns.tables import ContactCode, ContactTransfer, WechatFollower
from crm_core.channels.corps import colleague_of
from crm_core.customers.tables import Customer
from crm_core.kernel.access import Place
from crm_core.kernel.errors import NotFound, Refused
from crm_core.kernel.registry import answers
from crm_core.kernel.uow import Reader
from crm_core.org.people import find_person, person_name
from crm_core.servicedesk.welcome import welcome_text


def code_view(row: ContactCode, reader: Reader) -> ContactCodeView:
    """A code, and how many came by it."""
    came = select(func.count()).select_from(WechatFollower).where(
        col(WechatFollower.tenant) == row.tenant, col(WechatFollower.mark) == row.mark
    )  # fmt: skip
    return ContactCodeView(
        id=row.id, campaign=row.campaign, person_name=person_name(reader, row.person_id), state=row.state,
        link=row.link, image_id=row.image_id, error=row.error, customers=int(reader.session.execute(came).scalar_one()),
    )  # fmt: skip


def _may_see(reader: Reader, row: ContactCode) -> bool:
    place = Place(row.tenant, row.unit, row.person_id)
    return row.asker_id == reader.actor.id or reader.access.allows(reader.actor, "contact_code", "create", place)


@answers(ContactCodeCard)
def contact_code(question: ContactCodeCard, reader: Reader) -> ContactCodeView:
    """For whoever asked for it or may make such a one."""
    row = reader.find(ContactCode, question.code_id)
    if row is None or row.tenant != reader.tenant or not _may_see(reader, row):
        raise NotFound(resource="contact_code")
    return code_view(row, reader)


@answers(ContactCodes)
def contact_codes(question: ContactCodes, reader: Reader) -> list[ContactCodeView]:
    """Newest first."""
    query = select(ContactCode).where(col(ContactCode.tenant) == reader.tenant, col(ContactCode.state) == "ready")
    rows = reader.rows(query.order_by(desc(col(ContactCode.id))).limit(200))
    return [code_view(row, reader) for row in rows if _may_see(reader, row)][: question.limit]


@answers(ContactWelcome)
def contact_welcome(question: ContactWelcome, reader: Reader) -> str:
    """The approved text of the colleague's dealer."""
    _only_job(reader)
    person = colleague_of(reader, question.userid, question.account.removeprefix(PREFIX))
    return welcome_text(reader, person.unit if person else f"{reader.tenant}.", "zh")


@answers(PendingTransfers)
def pending_transfers(question: PendingTransfers, reader: Reader) -> TransferBatch:
    """The oldest first."""
    _only_job(reader)
    query = select(ContactTransfer).where(
        col(ContactTransfer.tenant) == reader.tenant, col(ContactTransfer.from_userid) == question.from_userid,
        col(ContactTransfer.to_userid) == question.to_userid, col(ContactTransfer.state) == question.state,
    )  # fmt: skip
    rows = reader.rows(query.order_by(col(ContactTransfer.id)).limit(question.limit))
    person = find_person(reader, rows[0].from_id) if rows else None
    return TransferBatch(native_ids=tuple(row.native_id for row in rows), gone=person is not None and not person.active)


@answers(TransferCard)
def transfer_card(question: TransferCard, reader: Reader) -> TransferView:
    """For whoever may read the customer."""
    row = reader.find(ContactTransfer, question.transfer_id)
    customer = reader.find(Customer, row.customer_id) if row is not None else None
    if row is None or customer is None or not reader.access.allows(reader.actor, "customer", "read", customer):
        raise NotFound(resource="transfer")
    before = find_person(reader, row.from_id)
    may = (
        before is not None and before.active and customer.owner_id == row.to_id
        and reader.access.allows(reader.actor, "deal", "transfer", customer)
    )  # fmt: skip
    return TransferView(
        id=row.id, customer_id=customer.id, customer_name=customer.name, from_id=row.from_id,
        from_name=person_name(reader, row.from_id), to_name=person_name(reader, row.to_id), state=row.state,
        error=row.error, may_return=may,
    )  # fmt: skip


def _only_job(reader: Reader) -> None:
    if reader.actor.kind != "job":
        raise Refused("error.not_allowed")
