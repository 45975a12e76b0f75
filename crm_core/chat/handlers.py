"""Invitations, visitors and pictures."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlmodel import col

from crm_core.chat import groups as groups
from crm_core.chat.identities import account_row, add_visitor_row, bind
from crm_core.chat.invites import token_hash
from crm_core.chat.messages import (
    AddVisitor,
    BoundView,
    ConnectAccount,
    InvitePerson,
    InviteView,
    KeepImage,
    KeepVoice,
    RedeemInvite,
)  # fmt: skip
from crm_core.chat.tables import Invite
from crm_core.kernel.errors import Expired, Invalid, NotFound, Refused
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Blob
from crm_core.kernel.uow import Uow
from crm_core.org.tables import Person

# A link somebody makes for himself is used at once, or somebody else might find it.
OWN_LINK = timedelta(minutes=10)
IMAGE_TYPES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n", "image/webp": b"RIFF"}
MAX_IMAGE = 10 * 1024 * 1024
MAX_VOICE = 20 * 1024 * 1024


@handles(InvitePerson)
def invite_person(cmd: InvitePerson, uow: Uow) -> Result:
    """The token is told once and kept only as a hash."""
    found = uow.first(
        select(Person).where(
            col(Person.tenant) == uow.tenant, or_(col(Person.id) == cmd.person, col(Person.code) == cmd.person)
        )
    )
    if found is None or not found.active or not uow.access.allows(uow.actor, "person", "invite", found):
        raise NotFound(resource="person")
    return _invite(uow, found, cmd.channel, timedelta(hours=cmd.hours), reusable=cmd.reusable)


def _invite(
    uow: Uow, person: Person, channel: str, lasts: timedelta, *, reusable: bool = False, by_himself: bool = False
) -> Result:
    token = secrets.token_urlsafe(24)
    uow.session.add(Invite(id=token_hash(token), tenant=uow.tenant, person_id=person.id, channel=channel,
                           reusable=reusable, expires_at=uow.now + lasts, by_himself=by_himself))  # fmt: skip
    uow.audit("invite", "person", person.id, channel=channel)
    view = InviteView(
        token=token, person_id=person.id, person_name=person.name, channel=channel, expires_at=uow.now + lasts
    )
    return Result(id=person.id, view=view)


@handles(ConnectAccount)
def connect_account(cmd: ConnectAccount, uow: Uow) -> Result:
    """Anybody on our side binds his own further accounts; his former unused links end."""
    if not uow.actor.is_staff:
        raise NotFound(resource="person")
    uow.session.execute(
        update(Invite).where(col(Invite.person_id) == uow.actor.id, col(Invite.channel) == cmd.channel,
                             col(Invite.used_at).is_(None), col(Invite.expires_at) > uow.now, col(Invite.by_himself))
        .values(expires_at=uow.now)
    )  # fmt: skip
    person = uow.session.get(Person, uow.actor.id)
    if person is None:
        raise NotFound(resource="person")
    return _invite(uow, person, cmd.channel, OWN_LINK, by_himself=True)


@handles(RedeemInvite)
def redeem_invite(cmd: RedeemInvite, uow: Uow) -> Result:
    """Compare-and-set; a token is used up only when the account is bound. The same link again changes nothing."""
    uow.must("person", "invite")
    key = token_hash(cmd.token)
    row = uow.session.execute(select(Invite).where(col(Invite.id) == key).with_for_update()).scalars().first()
    if row is None or row.tenant != uow.tenant or row.channel != cmd.channel:
        raise Expired("error.link_over")
    person = uow.session.get(Person, row.person_id)
    if person is None or not person.active:
        raise Expired("error.link_over")
    if (person.kind == "staff") != (cmd.audience == "staff"):
        raise Refused("error.link_elsewhere")
    known = account_row(uow, cmd)
    spent = row.expires_at <= uow.now or (row.used_at is not None and not row.reusable)
    if spent and (known is None or known.person_id != person.id):
        raise Expired("error.link_over")
    row.used_at = row.used_at or uow.now
    _, again = bind(uow, cmd, person, "token", tell=True)
    view = BoundView(person_id=person.id, name=person.name, channel=cmd.channel, again=again)
    return Result(id=person.id, view=view)


@handles(AddVisitor)
def add_visitor(cmd: AddVisitor, uow: Uow) -> Result:
    """A visitor may ask what is public, and become a lead."""
    return Result(id=add_visitor_row(uow, cmd.unit, cmd.language).id)


@handles(KeepImage)
def keep_image(cmd: KeepImage, uow: Uow) -> Result:
    """Only what its first bytes show to be a picture is kept."""
    magic = IMAGE_TYPES.get(cmd.mime)
    if magic is None or not cmd.content.startswith(magic) or (magic == b"RIFF" and cmd.content[8:12] != b"WEBP"):
        raise Invalid("image", "error.not_an_image")
    if len(cmd.content) > MAX_IMAGE:
        raise Invalid("image", "error.image_too_large")
    return Result(id=_blob(uow, cmd.mime, cmd.content))


@handles(KeepVoice)
def keep_voice(cmd: KeepVoice, uow: Uow) -> Result:
    """As it came; nobody plays it but who sent it."""
    if len(cmd.content) > MAX_VOICE:
        raise Invalid("image", "error.image_too_large")
    return Result(id=_blob(uow, cmd.mime, cmd.content))


def _blob(uow: Uow, mime: str, content: bytes) -> str:
    blob = Blob(tenant=uow.tenant, unit=uow.actor.unit, person_id=uow.actor.id, mime=mime, content=b"",
                created_at=uow.now)  # fmt: skip
    blob.content = uow.cipher.seal_bytes(f"blobs.content.{blob.id}", content)
    uow.session.add(blob)
    return blob.id
