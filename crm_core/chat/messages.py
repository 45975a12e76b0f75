"""Who may speak through which account. The public vocabulary."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from crm_core.kernel.registry import Command, Question, View

Channel = Literal["telegram", "wecom", "web"]


class InvitePerson(Command):
    """A one-time link or token that binds an account to a person (his id or code)."""

    person: str
    channel: Channel = "web"
    hours: int = Field(default=72, ge=1, le=24 * 366)
    reusable: bool = False


class BindAccount(Command):
    """An account of a channel is this person from now on, because a token or the corp vouched for it."""

    person_id: str
    channel: Channel
    account: str
    native_id: str
    chat: str


class AddVisitor(Command):
    """Somebody nobody knows yet opened the chat on a dealer's site."""

    unit: str
    language: str = "zh"
    referrer: str = ""


class KeepImage(Command):
    """Keep a picture the actor sent; `content` is the file."""

    mime: str
    content: bytes


class InviteView(View):
    token: str
    person_id: str
    person_name: str
    channel: str
    expires_at: datetime


class ImageView(View):
    mime: str
    content: bytes


class Image(Question):
    """A picture of the actor's own thread, or of a customer he may read: ImageView."""

    image_id: str
