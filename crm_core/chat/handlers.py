"""Invitations, accounts, visitors and pictures."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import or_, select
from sqlmodel import col

from crm_core.chat.invites import token_hash
from crm_core.chat.messages import AddVisitor, BindAccount, InvitePerson, InviteView, KeepImage
from crm_core.chat.tables import Identity, Invite
from crm_core.kernel.errors import Invalid, NotFound
from crm_core.kernel.ids import new_id
from crm_core.kernel.registry import Result, handles
from crm_core.kernel.tables import Blob
from crm_core.kernel.uow import Uow
from crm_core.org.people import zone_of
from crm_core.org.tables import GrantRow, Person

IMAGE_TYPES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n", "image/webp": b"RIFF"}
MAX_IMAGE = 10 * 1024 * 1024


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
    token = secrets.token_urlsafe(24)
    expires = uow.now + timedelta(hours=cmd.hours)
    uow.session.add(Invite(id=token_hash(token), tenant=uow.tenant, person_id=found.id, channel=cmd.channel,
                           reusable=cmd.reusable, expires_at=expires))  # fmt: skip
    uow.audit("invite", "person", found.id, channel=cmd.channel)
    view = InviteView(
        token=token, person_id=found.id, person_name=found.name, channel=cmd.channel, expires_at=expires
    )
    return Result(id=found.id, view=view)


@handles(BindAccount)
def bind_account(cmd: BindAccount, uow: Uow) -> Result:
    """An account belongs to one person; binding it anew moves it.

    Only whoever may invite the person vouches for it: a channel that redeemed a token acts as the deployment. A
    person himself does not, or he could take somebody else's account.
    """
    person = uow.session.get(Person, cmd.person_id)
    if person is None or not uow.access.allows(uow.actor, "person", "invite", person):
        raise NotFound(resource="person")
    row = uow.first(
        select(Identity).where(col(Identity.channel) == cmd.channel, col(Identity.account) == cmd.account,
                               col(Identity.native_id) == cmd.native_id)
    )  # fmt: skip
    if row is not None and row.tenant != uow.tenant:
        raise NotFound(resource="person")
    if row is None:
        row = uow.new(Identity, channel=cmd.channel, account=cmd.account, native_id=cmd.native_id,
                      person_id=cmd.person_id, chat=cmd.chat, used_at=uow.now)  # fmt: skip
    else:
        uow.touch(row, person_id=cmd.person_id, chat=cmd.chat, dead=False, used_at=uow.now)
    uow.audit("bind", "person", cmd.person_id, channel=cmd.channel)
    return Result(id=row.id)


@handles(AddVisitor)
def add_visitor(cmd: AddVisitor, uow: Uow) -> Result:
    """A visitor may ask what is public, and become a lead."""
    code = f"visitor-{new_id()}"
    person = uow.new(Person, code=code, kind="visitor", name="", unit=cmd.unit, zone=zone_of(uow, cmd.unit),
                     language="en" if cmd.language == "en" else "zh")  # fmt: skip
    uow.session.add(GrantRow(tenant=uow.tenant, person_id=person.id, role="visitor", unit=cmd.unit))
    return Result(id=person.id)


@handles(KeepImage)
def keep_image(cmd: KeepImage, uow: Uow) -> Result:
    """Only what its first bytes show to be a picture is kept."""
    magic = IMAGE_TYPES.get(cmd.mime)
    if magic is None or not cmd.content.startswith(magic) or (magic == b"RIFF" and cmd.content[8:12] != b"WEBP"):
        raise Invalid("image", "error.not_an_image")
    if len(cmd.content) > MAX_IMAGE:
        raise Invalid("image", "error.image_too_large")
    blob = Blob(tenant=uow.tenant, unit=uow.actor.unit, person_id=uow.actor.id, mime=cmd.mime, content=b"",
                created_at=uow.now)  # fmt: skip
    blob.content = uow.cipher.seal_bytes(f"blobs.content.{blob.id}", cmd.content)
    uow.session.add(blob)
    return Result(id=blob.id)
