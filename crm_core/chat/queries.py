"""Questions about chats."""

from __future__ import annotations

from sqlalchemy import desc, select
from sqlmodel import col

from crm_core.channels.tables import ChannelAccount
from crm_core.chat.identities import NEVER
from crm_core.chat.messages import AccountView, Connectable, ConnectableView, Image, ImageView, MyAccounts
from crm_core.chat.routing import web_chat
from crm_core.chat.tables import Identity
from crm_core.customers.tables import Customer, Record
from crm_core.kernel.errors import NotFound
from crm_core.kernel.registry import answers
from crm_core.kernel.tables import Blob
from crm_core.kernel.uow import Reader
from crm_core.tasks.queries import asked_about

WEB = "web"
CONNECTED_BY_LINK = ("telegram", "wecom")


@answers(Image)
def image(question: Image, reader: Reader) -> ImageView:
    """Whoever sent a picture sees it again, and who may read the record or the question it is in; all else answers alike."""
    blob = reader.session.get(Blob, question.image_id)
    mine = blob is not None and blob.tenant == reader.tenant and blob.person_id == reader.actor.id
    if blob is None or not (mine or _in_a_record(blob, reader) or _in_a_question(blob, reader)):
        raise NotFound(resource="image")
    content = reader.cipher.open_bytes(f"blobs.content.{blob.id}", blob.content)
    return ImageView(mime=blob.mime, content=content)


def _in_a_record(blob: Blob, reader: Reader) -> bool:
    """Whether a record shows the picture that the actor may read: of a customer he may read."""
    query = select(Record).where(col(Record.tenant) == reader.tenant, col(Record.image_id) == blob.id,
                                 col(Record.image_id) != "", col(Record.removed_at).is_(None))  # fmt: skip
    record = reader.first(query) if blob.tenant == reader.tenant else None
    customer = reader.find(Customer, record.customer_id) if record is not None else None
    if customer is None or not reader.access.allows(reader.actor, "customer", "read", customer):
        return False
    return reader.actor.customer_id == customer.id or reader.access.may(reader.actor, "record", "read")


def _in_a_question(blob: Blob, reader: Reader) -> bool:
    """Whether somebody asked the actor about the picture."""
    return blob.tenant == reader.tenant and reader.actor.is_staff and asked_about(blob.id, reader)


@answers(MyAccounts)
def my_accounts(question: MyAccounts, reader: Reader) -> list[AccountView]:
    """His own only; the web chat is always there, for those who have nothing else."""
    rows = reader.rows(select(Identity).where(col(Identity.person_id) == reader.actor.id)
                       .order_by(desc(col(Identity.used_at)), col(Identity.id)))  # fmt: skip
    names = {(row.channel, row.account): row.name for row in _served(reader)}
    found = [_view(row, names.get((row.channel, row.account), "")) for row in rows if row.channel != WEB]
    web = next((row for row in rows if row.channel == WEB), None)
    page = AccountView(id=web.id if web else "", channel=WEB, named="", chat=web_chat(reader.actor.id), used_at=None,
                       preferred=web is not None and web.preferred)  # fmt: skip
    return [*found, page]


@answers(Connectable)
def connectable(question: Connectable, reader: Reader) -> list[ConnectableView]:
    """Bots and apps for colleagues, in the order they came; none for anybody else."""
    if not reader.actor.is_staff:
        return []
    return [ConnectableView(channel=row.channel, account=row.account, named=row.name.lstrip("@"))
            for row in _served(reader) if row.audience == "staff" and row.channel in CONNECTED_BY_LINK]  # fmt: skip


def _served(reader: Reader) -> list[ChannelAccount]:
    active = (col(ChannelAccount.tenant) == reader.tenant, col(ChannelAccount.active))
    return reader.rows(select(ChannelAccount).where(*active).order_by(col(ChannelAccount.created_at)))


def _view(row: Identity, name: str) -> AccountView:
    return AccountView(
        id=row.id, channel=row.channel, named=f"@{name.lstrip('@')}" if name and row.channel == "telegram" else name,
        chat=row.chat, used_at=row.used_at if row.used_at > NEVER else None, preferred=row.preferred,
        reached=not row.dead, fixed=row.vouched == "corp",
    )  # fmt: skip
