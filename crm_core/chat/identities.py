"""Whose an account is: bound by a token, the corp's list or somebody's own number, moved, given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from crm_core.channels.corps import corp_of, corps, vouches
from crm_core.channels.tables import ChannelAccount
from crm_core.chat.messages import (
    BindAccount,
    BindContact,
    BindKnownStaff,
    BindVouched,
    BoundView,
    ChatClosed,
    CloseChat,
    MeetVisitor,
    PreferAccount,
    UnbindAccount,
)  # fmt: skip
from crm_core.chat.routing import web_chat
from crm_core.chat.tables import Chat, ChatMessage, Identity
from crm_core.customers.handlers import add_login
from crm_core.customers.lookup import sharing_phone
from crm_core.customers.rules import plain_name
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.ids import new_id
from crm_core.kernel.phones import parse_phone
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.uow import Priority, Reader, Uow
from crm_core.org.people import zone_of
from crm_core.org.tables import GrantRow, Person

CORP_CHANNELS = ("wecom", "aibot")
WEB = "web"
# When an account was used that only the corp has spoken of: whatever somebody uses himself comes first.
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@handles(BindAccount)
def bind_account(cmd: BindAccount, uow: Uow) -> Result:
    """An account belongs to one person; binding it anew moves it.

    Only whoever may invite the person vouches for it: a channel that redeemed a token acts as the deployment. A
    person himself does not, or he could take somebody else's account.
    """
    person = uow.session.get(Person, cmd.person_id)
    if person is None or not uow.access.allows(uow.actor, "person", "invite", person):
        raise NotFound(resource="person")
    row, _ = bind(uow, cmd, person, cmd.vouched)
    return Result(id=row.id)


@handles(BindVouched)
def bind_vouched(cmd: BindVouched, uow: Uow) -> Result:
    """The corp's list is the administrator's import: whoever he gave this userid is it, if that is his corp."""
    uow.must("person", "invite")
    if cmd.channel not in CORP_CHANNELS or not cmd.native_id:
        return Result(id="")
    person = _meant(uow, cmd)
    if person is None:
        return Result(id="")
    row, again = bind(uow, cmd, person, "corp")
    return Result(id=row.id, view=_bound(person, cmd.channel, again=again))


@handles(BindKnownStaff)
def bind_known_staff(cmd: BindKnownStaff, uow: Uow) -> Result:
    """Those who are bound already stay as they are."""
    uow.must("person", "invite")
    bound = select(col(Identity.id)).where(
        col(Identity.channel) == "wecom", col(Identity.account) == cmd.account,
        col(Identity.native_id) == col(Person.wecom_userid), col(Identity.person_id) == col(Person.id),
    )  # fmt: skip
    missing = select(Person).where(
        col(Person.tenant) == uow.tenant, col(Person.active), col(Person.wecom_userid) != "", ~bound.exists()
    )
    for person in uow.rows(missing.order_by(col(Person.id))):
        if vouches(uow, corp_of(cmd.account), person.unit):
            bind_userid(uow, person, cmd.account)
    return Result(id=cmd.account)


@handles(BindContact)
def bind_contact(cmd: BindContact, uow: Uow) -> Result:
    """A number several customers share, or nobody's, binds nothing."""
    uow.must("person", "invite")
    phone = parse_phone(cmd.phone)
    found = sharing_phone(uow, phone, cmd.unit) if phone.ok else []
    if len(found) != 1:
        return Result(id="")
    uow.lock(f"accounts:{found[0].id}")
    person = uow.first(select(Person).where(col(Person.customer_id) == found[0].id, col(Person.active)))
    if person is None:
        person = add_login(uow, found[0], f"customer-{new_id()}")
        uow.touch(person, language="en" if cmd.language == "en" else "zh")
    row, again = bind(uow, cmd, person, "contact")
    return Result(id=row.id, view=_bound(person, cmd.channel, again=again))


@handles(MeetVisitor)
def meet_visitor(cmd: MeetVisitor, uow: Uow) -> Result:
    """Whoever is known already stays who he is."""
    uow.must("person", "invite")
    known = account_row(uow, cmd)
    if known is not None:
        return Result(id=known.person_id)
    person = add_visitor_row(uow, cmd.unit, cmd.language, plain_name(cmd.name))
    bind(uow, cmd, person, "visit")
    return Result(id=person.id)


@handles(UnbindAccount)
def unbind_account(cmd: UnbindAccount, uow: Uow) -> Result:
    """Told there, for the last time, and in another place. What the corp vouches for only the corp's list ends."""
    row = uow.find(Identity, cmd.identity_id)
    person = uow.session.get(Person, row.person_id) if row is not None else None
    own = row is not None and row.tenant == uow.tenant and row.person_id == uow.actor.id
    if row is None or person is None or not (own or uow.access.allows(uow.actor, "person", "invite", person)):
        raise NotFound(resource="person")
    if row.vouched == "corp" and own:
        raise Invalid("channel", "error.account_fixed")
    if not row.dead and row.chat != cmd.chat:
        uow.push(person.id, "account_ended", key=f"ended:{row.id}", priority=Priority.MUST_KNOW, chat=row.chat,
                 channel=row.channel)  # fmt: skip
    _end(uow, row)
    uow.audit("unbind", "person", person.id, channel=row.channel)
    uow.push(person.id, "account_gone", key=f"unbound:{row.id}", priority=Priority.MUST_KNOW, channel=row.channel)
    return Result(id=person.id)


@handles(PreferAccount)
def prefer_account(cmd: PreferAccount, uow: Uow) -> Result:
    """One at a time; the web chat becomes an account of its own only when it is chosen."""
    uow.lock(f"accounts:{uow.actor.id}")
    mine = uow.rows(select(Identity).where(col(Identity.person_id) == uow.actor.id))
    chosen = next((row for row in mine if (row.channel == WEB if not cmd.identity_id else row.id == cmd.identity_id)), None)
    if chosen is None and cmd.identity_id:
        raise NotFound(resource="person")
    if chosen is None:
        chosen = uow.new(Identity, channel=WEB, account="", native_id=uow.actor.id, person_id=uow.actor.id,
                         chat=web_chat(uow.actor.id), used_at=uow.now, vouched="token")  # fmt: skip
    for row in mine:
        if row.preferred and row.id != chosen.id:
            uow.touch(row, preferred=False)
    uow.touch(chosen, preferred=True)
    return Result(id=chosen.id)


@handles(CloseChat)
def close_chat(cmd: CloseChat, uow: Uow) -> Result:
    """What waits for it goes elsewhere; it lives again as soon as it writes."""
    uow.must("person", "invite")
    row = account_row(uow, cmd)
    if row is None or row.dead:
        return Result(id="")
    uow.touch(row, dead=True)
    uow.emit(ChatClosed(chat=row.chat, person_id=row.person_id))
    return Result(id=row.id)


def account_row(uow: Uow, cmd: Any) -> Identity | None:
    """Who is known by (channel, account, native id) of a command, held until the transaction ends.

    Raises NotFound when it is known in another tenant.
    """
    uow.lock(f"identity:{cmd.channel}:{cmd.account}:{cmd.native_id}"[:60])
    row = uow.first(
        select(Identity).where(col(Identity.channel) == cmd.channel, col(Identity.account) == cmd.account,
                               col(Identity.native_id) == cmd.native_id)
    )  # fmt: skip
    if row is not None and row.tenant != uow.tenant:
        raise NotFound(resource="person")
    return row


def bind(
    uow: Uow, cmd: Any, person: Person, vouched: str, used_at: datetime | None = None, *, tell: bool = False
) -> tuple[Identity, bool]:
    """The account of a command is this person's; True when it was already.

    Whose it was before hears of it elsewhere. A colleague has one account on each bot or app: his former one is
    told, and speaks for him no more. `tell`: where he was reached so far he hears of it, so that nobody else can
    do it unnoticed.
    """
    row = account_row(uow, cmd)
    uow.lock(f"accounts:{person.id}")
    if row is not None and row.person_id == person.id:
        stays = "corp" if "corp" in (row.vouched, vouched) else vouched
        uow.touch(row, chat=cmd.chat, dead=False, vouched=stays)
        return row, True
    was_reached = uow.services.routes(uow.session, [person.id])[person.id].chat
    if row is None:
        row = uow.new(Identity, channel=cmd.channel, account=cmd.account, native_id=cmd.native_id,
                      person_id=person.id, chat=cmd.chat, used_at=used_at or uow.now, vouched=vouched)  # fmt: skip
    else:
        _take_from(uow, row)
        uow.touch(row, person_id=person.id, chat=cmd.chat, dead=False, used_at=used_at or uow.now, vouched=vouched,
                  preferred=False)  # fmt: skip
    uow.session.execute(update(Chat).where(col(Chat.id) == cmd.chat).values(person_id=person.id, state_enc=None))
    if person.kind == "staff":
        told = _replace(uow, row)
        if tell and was_reached not in told:
            uow.push(person.id, "account_new", key=f"bound:{row.id}:{row.version}", priority=Priority.MUST_KNOW,
                     chat=was_reached, channel=cmd.channel)  # fmt: skip
    uow.audit("bind", "person", person.id, channel=cmd.channel)
    return row, False


def bind_userid(uow: Uow, person: Person, account: str) -> None:
    """The person's userid at an account, when that is of his corp; a former userid of his ends."""
    userid = person.wecom_userid if vouches(uow, corp_of(account), person.unit) else ""
    mine = uow.rows(_of_account(uow, "wecom", account, person.id))
    for row in mine:
        if row.vouched == "corp" and row.native_id != userid:
            _end(uow, row)
    if userid and not any(row.native_id == userid and row.vouched == "corp" for row in mine):
        bind(uow, BindAccount(person_id=person.id, channel="wecom", account=account, native_id=userid,
                              chat=f"wecom:{account}:{userid}"), person, "corp", NEVER)  # fmt: skip


def corp_accounts(reader: Reader) -> list[str]:
    """The tenant's WeCom apps for staff."""
    query = select(col(ChannelAccount.account)).where(
        col(ChannelAccount.tenant) == reader.tenant, col(ChannelAccount.channel) == "wecom",
        col(ChannelAccount.audience) == "staff", col(ChannelAccount.active),
    )  # fmt: skip
    return list(reader.session.execute(query.order_by(col(ChannelAccount.account))).scalars())


def add_visitor_row(uow: Uow, unit: str, language: str, name: str = "") -> Person:
    """Somebody who may ask what is public, and become a lead."""
    person = uow.new(Person, code=f"visitor-{new_id()}", kind="visitor", name=name, unit=unit,
                     zone=zone_of(uow, unit), language="en" if language == "en" else "zh")  # fmt: skip
    uow.session.add(GrantRow(tenant=uow.tenant, person_id=person.id, role="visitor", unit=unit))
    return person


def _meant(uow: Uow, cmd: BindVouched) -> Person | None:
    """The colleague with the userid in this corp. An AI bot does not say whose it is: there he must be the only one."""
    found: Sequence[Person] = uow.rows(_with_userid(uow, cmd.native_id.lower()))
    if cmd.channel == "wecom":
        return next((one for one in found if vouches(uow, corp_of(cmd.account), one.unit)), None)
    several = len({corp for _, corp in corps(uow)}) > 1
    return None if several and len(found) > 1 else next(iter(found), None)


def _with_userid(uow: Uow, userid: str) -> Any:
    return select(Person).where(col(Person.tenant) == uow.tenant, col(Person.active),
                                col(Person.wecom_userid) == userid).order_by(col(Person.updated_at).desc())  # fmt: skip


def _of_account(uow: Uow, channel: str, account: str, person_id: str) -> Any:
    return select(Identity).where(col(Identity.person_id) == person_id, col(Identity.channel) == channel,
                                  col(Identity.account) == account).order_by(col(Identity.id))  # fmt: skip


def _bound(person: Person, channel: str, *, again: bool) -> BoundView:
    return BoundView(person_id=person.id, name=person.name, channel=channel, again=again)


def _take_from(uow: Uow, row: Identity) -> None:
    """The account becomes somebody else's: whose it was is told where he is reached besides."""
    before = uow.session.get(Person, row.person_id)
    _forget_thread(uow, row)
    if before is not None and before.kind != "visitor":
        uow.push(before.id, "account_gone", key=f"moved:{row.id}:{row.version}", priority=Priority.MUST_KNOW,
                 channel=row.channel)  # fmt: skip


def _replace(uow: Uow, row: Identity) -> set[str]:
    """End the person's former account there; the chats that were told."""
    told = set()
    others: Sequence[Identity] = uow.rows(_of_account(uow, row.channel, row.account, row.person_id))
    for other in others:
        if other.id != row.id:
            if not other.dead:
                uow.push(other.person_id, "account_replaced", key=f"replaced:{other.id}:{row.id}",
                         priority=Priority.MUST_KNOW, chat=other.chat, channel=row.channel)  # fmt: skip
                told.add(other.chat)
            _end(uow, other)
    return told


def _end(uow: Uow, row: Identity) -> None:
    _forget_thread(uow, row)
    uow.session.delete(row)
    uow.flush()


def _forget_thread(uow: Uow, row: Identity) -> None:
    """Nothing of this person is shown, changed in place or remembered there any more."""
    uow.session.execute(update(Chat).where(col(Chat.id) == row.chat).values(state_enc=None))
    cards = (col(ChatMessage.chat) == row.chat, col(ChatMessage.person_id) == row.person_id, col(ChatMessage.subject) != "")
    uow.session.execute(update(ChatMessage).where(*cards).values(subject="").execution_options(synchronize_session=False))
    uow.emit(ChatClosed(chat=row.chat, person_id=row.person_id))
