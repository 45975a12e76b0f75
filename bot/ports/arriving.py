"""What people did, as channels tell it: with a person known (Inbound), or as the platform says it (Event)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class InboundKind(StrEnum):
    TEXT = "text"
    PRESS = "press"
    IMAGE = "image"
    FILE = "file"
    START = "start"


@dataclass(frozen=True)
class Inbound:
    """Something a person did in a chat. `message_id` is the channel's own, unique in (channel, account).

    Of a visitor: `came_from` is {"page", "referrer", "utm": {…}}, `contact` the form {"name", "phone"} he sent.
    `chosen` are the options of a form by question. `spoken`: the text was written down from a voice note.
    `connected`: this account has just become his. `pressed_on` is the platform's name of the message with the button.
    """

    channel: str
    account: str
    chat: str
    person_id: str
    message_id: str
    kind: InboundKind
    text: str = ""
    action_id: str = ""
    media_id: str = ""
    at: datetime | None = None
    came_from: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, Any] = field(default_factory=dict)
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    spoken: bool = False
    connected: bool = False
    pressed_on: str = ""


class EventKind(StrEnum):
    """START: he opened the chat, maybe by a link with a token. CONTACT: he shared his own number. ENTER: he opened
    the app. LEFT: he blocked or left us. OTHER: something that is kept and answered politely.
    """

    TEXT = "text"
    PRESS = "press"
    MEDIA = "media"
    START = "start"
    CONTACT = "contact"
    ENTER = "enter"
    LEFT = "left"
    OTHER = "other"


class MediaKind(StrEnum):
    IMAGE = "image"
    VOICE = "voice"
    FILE = "file"


@dataclass(frozen=True)
class Media:
    """A file at the platform, by its own reference; `size` in bytes where it is told."""

    kind: MediaKind
    ref: str
    name: str = ""
    mime: str = ""
    size: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Event:
    """What somebody did on a platform, in our words. `native_id` is his account there, `chat` our name of the thread.

    `action_id` of a press, `pressed_on` what the platform calls the message it was on (as a Receipt's `provider_id`),
    `chosen` the options of a form by question. `token` came with a link. `phone` only where
    the platform vouches that it is his own. `group`: others read along. `facts` are the platform's own about where
    he came from (`state`, `scene`), never personal.
    """

    kind: EventKind
    native_id: str
    chat: str
    text: str = ""
    action_id: str = ""
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    media: tuple[Media, ...] = ()
    token: str = ""
    phone: str = ""
    name: str = ""
    language: str = ""
    group: bool = False
    at: datetime | None = None
    facts: dict[str, str] = field(default_factory=dict)
    pressed_on: str = ""
