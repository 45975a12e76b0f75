"""Who may speak through which account. The public vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from crm_core.kernel.registry import Command, Event, Question, View

Channel = Literal["telegram", "wecom", "web"]
Platform = Literal["telegram", "wecom", "kf", "aibot", "contacts"]
Vouched = Literal["token", "corp", "contact", "visit"]


class InvitePerson(Command):
    """A one-time link or token that binds an account to a person (his id or code)."""

    person: str
    channel: Channel = "web"
    hours: int = Field(default=72, ge=1, le=24 * 366)
    reusable: bool = False


class ConnectAccount(Command):
    """A token that binds an account of a platform to the actor himself, for a few minutes: InviteView."""

    channel: Literal["telegram", "wecom"]


class BindAccount(Command):
    """An account of a channel is this person from now on, because a token or the corp vouched for it."""

    person_id: str
    channel: Platform
    account: str
    native_id: str
    chat: str
    vouched: Vouched = "token"


class RedeemInvite(Command):
    """Use a token up and bind the account it came from, in one step: BoundView. Raises Expired, Refused."""

    token: str
    channel: Platform
    account: str
    native_id: str
    chat: str
    audience: Literal["staff", "customer"] = "staff"


class BindVouched(Command):
    """Bind the account to the colleague the corp's list names so: BoundView, or none when there is no such one."""

    channel: Platform
    account: str
    native_id: str
    chat: str


class BindKnownStaff(Command):
    """Every colleague with an imported userid is reached through this account of the corp from now on."""

    channel: Literal["wecom"] = "wecom"
    account: str


class BindContact(Command):
    """Somebody shared his own number, as the platform vouches: when it is exactly one customer's of the unit, the
    account is that customer's person from now on. BoundView, or none.
    """

    channel: Platform
    account: str
    native_id: str
    chat: str
    phone: str
    unit: str
    language: str = "zh"


class MeetVisitor(Command):
    """Somebody nobody knows writes to an account for customers: he is a visitor, and known again."""

    channel: Platform
    account: str
    native_id: str
    chat: str
    unit: str
    name: str = Field(default="", max_length=120)
    language: str = "zh"


class UnbindAccount(Command):
    """The account is nobody's any more: the actor's own, or that of somebody he may invite.

    `chat` is where he asks for it; the answer is enough to tell that place.
    """

    identity_id: str
    chat: str = ""


class PreferAccount(Command):
    """What the actor must know goes to this account of his; "" is the web chat."""

    identity_id: str = ""


class CloseChat(Command):
    """The account blocked us or left: it is reached no more until it writes again."""

    channel: Platform
    account: str
    native_id: str


class BindGroup(Command):
    """A group on a platform is a unit's from now on: it gets what concerns the unit."""

    channel: Platform
    account: str
    native_id: str
    chat: str
    unit: str


class UnbindGroup(Command):
    """The group is no unit's any more."""

    group_id: str


class AddVisitor(Command):
    """Somebody nobody knows yet opened the chat on a dealer's site."""

    unit: str
    language: str = "zh"
    referrer: str = ""


class KeepImage(Command):
    """Keep a picture the actor sent; `content` is the file."""

    mime: str
    content: bytes


class MoveGroup(Command):
    """The platform gave the group another name."""

    group_id: str
    native_id: str
    chat: str


class KeepVoice(Command):
    """Keep a voice note the actor sent; `content` is the file."""

    mime: str = Field(max_length=100)
    content: bytes


class InviteView(View):
    token: str
    person_id: str
    person_name: str
    channel: str
    expires_at: datetime


class BoundView(View):
    """`again`: the account was this person's already."""

    person_id: str
    name: str
    channel: str
    again: bool = False


class AccountView(View):
    """An account somebody is reached by. `named` is what people call the bot or app; `fixed`: the corp vouches."""

    id: str
    channel: str
    named: str
    chat: str
    used_at: datetime | None
    preferred: bool = False
    reached: bool = True
    fixed: bool = False


class MyAccounts(Question):
    """Where the actor is reached, last used first, the web chat at the end: list[AccountView]."""


class Connectable(Question):
    """The platforms the actor can bind an account of, with the bots' names: list[ConnectableView]."""


class ConnectableView(View):
    """`named` is the bot's or app's name as the platform knows it; empty when it is not known yet."""

    channel: str
    account: str
    named: str


class ChatClosed(Event):
    """Messages to this person go there no more."""

    chat: str
    person_id: str


class ImageView(View):
    mime: str
    content: bytes


class Image(Question):
    """A picture of the actor's own thread, or of a customer he may read: ImageView."""

    image_id: str
