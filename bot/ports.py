"""What the conversation and the channels say to each other. Plain values; no vendor's type appears here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from crm_core.kernel.outbox import Delivery


class Style(StrEnum):
    PRIMARY = "primary"
    DEFAULT = "default"
    DANGER = "danger"


@dataclass(frozen=True)
class Button:
    """One press. `verb` and `params` stay on our side; only an opaque id goes out."""

    label: str
    verb: str
    params: dict[str, Any] = field(default_factory=dict)
    style: Style = Style.DEFAULT
    id: str = ""


@dataclass(frozen=True)
class Field:
    """A line of a card: what, its value, what it was before, and the person's own words for it."""

    k: str
    v: str
    was: str | None = None
    words: str | None = None
    emph: bool = False


@dataclass(frozen=True)
class Source:
    """Where an answer comes from."""

    title: str
    detail: str = ""


@dataclass(frozen=True)
class Card:
    """A card is data; each channel draws it. `subject` (`lead:ID`) lets it be drawn anew in place."""

    kind: str
    title: str
    fields: tuple[Field, ...] = ()
    buttons: tuple[Button, ...] = ()
    status: str | None = None
    tone: str | None = None
    note: str | None = None
    sources: tuple[Source, ...] = ()
    subject: str = ""


@dataclass(frozen=True)
class Outbound:
    """One message to one chat: text, a card, an image, or several of them."""

    text: str | None = None
    card: Card | None = None
    image: dict[str, str] | None = None
    quiet: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, as stored in the outbox and the chat log."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Outbound:
        """The inverse of `to_dict`."""
        card = data.get("card")
        return Outbound(data.get("text"), card_from_dict(card) if card else None, data.get("image"),
                        bool(data.get("quiet")))  # fmt: skip


def card_from_dict(data: dict[str, Any]) -> Card:
    """A card from its plain form."""
    return Card(
        kind=data["kind"],
        title=data["title"],
        fields=tuple(Field(**f) for f in data.get("fields", ())),
        buttons=tuple(Button(**(b | {"style": Style(b["style"])})) for b in data.get("buttons", ())),
        status=data.get("status"),
        tone=data.get("tone"),
        note=data.get("note"),
        sources=tuple(Source(**s) for s in data.get("sources", ())),
        subject=data.get("subject", ""),
    )


class InboundKind(StrEnum):
    TEXT = "text"
    PRESS = "press"
    IMAGE = "image"
    START = "start"


@dataclass(frozen=True)
class Inbound:
    """Something a person did in a chat. `message_id` is the channel's own, unique in (channel, account).

    Of a visitor: `came_from` is {"page", "referrer", "utm": {…}}, `contact` the form {"name", "phone"} he sent.
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


@dataclass(frozen=True)
class Capabilities:
    """What a channel can do; what it cannot is degraded by the sender."""

    max_buttons: int
    max_text_bytes: int
    edit: bool
    toast: bool
    images: bool
    push_first: bool
    idempotent: bool


@dataclass(frozen=True)
class Receipt:
    """How a send ended. `retry_after` in seconds."""

    outcome: str
    provider_id: str | None = None
    retry_after: float | None = None
    error: str | None = None


class Channel(Protocol):
    """One way to reach people."""

    name: str
    capabilities: Capabilities

    async def send(self, delivery: Delivery, message: Outbound) -> Receipt:
        """Send a new message. Never raises for what the other side did; the receipt says it."""
        ...

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        """Draw a message that was sent before anew, in place or as the channel can."""
        ...
