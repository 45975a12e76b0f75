"""What the conversation and the channels say to each other. Plain values; no vendor's type appears here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from crm_core.channels.accounts import Account
from crm_core.channels.arrivals import Raw
from crm_core.kernel.inbox import Arrival
from crm_core.kernel.outbox import Delivery
from crm_core.kernel.outcomes import Heard

__all__ = [
    "Account", "Anchored", "Arrival", "Button", "Capabilities", "Card", "Channel", "Connected", "Delivery",
    "Event", "EventKind", "Field", "Heard", "Held", "Inbound", "InboundKind", "Line", "Listener", "Media",
    "MediaKind", "Outbound", "Raw", "Receipt", "Source", "Style",
]  # fmt: skip

# Seconds: a platform that names no time is still left alone for a moment, and none for longer than a day.
SHORTEST_REST, LONGEST_REST = 1.0, 86_400.0


class Style(StrEnum):
    PRIMARY = "primary"
    DEFAULT = "default"
    DANGER = "danger"


@dataclass(frozen=True)
class Button:
    """One press. `verb` and `params` stay on our side; only an opaque id goes out.

    `line`: it belongs to that field of its card; a channel that can lets the line itself be pressed.
    `ticked`: it is one of several that may be chosen together, chosen by now or not; its label begins with its box.
    The one button of such a card that has none sends the choice off. Where a channel has forms, the card is one.
    """

    label: str
    verb: str
    params: dict[str, Any] = field(default_factory=dict)
    style: Style = Style.DEFAULT
    id: str = ""
    line: int | None = None
    ticked: bool | None = None


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
    """One message to one chat: text, a card, an image, or several of them.

    `image` has a `url` of ours, its words `alt`, and, when it is one to be shown around, the `link` it leads to.

    `contact` is the label of a button by which a person shares his own number, where a channel has such a thing.
    """

    text: str | None = None
    card: Card | None = None
    image: dict[str, str] | None = None
    quiet: bool = False
    contact: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, as stored in the outbox and the chat log."""
        # By hand: `asdict` copies everything it meets, which costs as much as drawing the card.
        found = vars(self) | {"card": _plain(self.card) if self.card else None}
        if not self.contact:
            del found["contact"]
        return found

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Outbound:
        """The inverse of `to_dict`."""
        card = data.get("card")
        return Outbound(data.get("text"), card_from_dict(card) if card else None, data.get("image"),
                        bool(data.get("quiet")), str(data.get("contact") or ""))  # fmt: skip


def _plain(card: Card) -> dict[str, Any]:
    """The inverse of `card_from_dict`."""
    parts = {name: tuple(dict(vars(one)) for one in getattr(card, name)) for name in ("fields", "buttons", "sources")}
    return vars(card) | parts


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


Limit = tuple[int, float] | tuple[int, float, float]


@dataclass(frozen=True)
class Capabilities:
    """What a channel can do; what it cannot is degraded before it is rendered.

    `idempotent` platforms drop a message equal to the byte within `dedupe_window`. `per_account` and `per_chat`
    are the platform's limits as (messages, seconds), or (messages, seconds, share that may leave at once); the
    sender stays below them. `max_label` in characters, 0 for as many as one likes. `max_caption` in bytes: words that
    fit under a picture. `numbered`: buttons are lines with numbers, and who types the number presses.
    """

    max_buttons: int
    max_text_bytes: int
    edit: bool
    toast: bool
    images: bool
    push_first: bool
    idempotent: bool
    dedupe_window: timedelta = timedelta(hours=4)
    per_account: tuple[Limit, ...] = ()
    per_chat: tuple[Limit, ...] = ()
    max_label: int = 0
    max_caption: int = 0
    numbered: bool = False


@dataclass(frozen=True)
class Receipt:
    """What was heard after a send. `retry_after` in seconds: with NOT_NOW how long to leave the chat alone, or
    (`whole_account`) everybody. `unreachable`: with NEVER, this person cannot be reached here any more.
    """

    heard: Heard
    provider_id: str | None = None
    retry_after: float | None = None
    error: str | None = None
    whole_account: bool = False
    unreachable: bool = False

    @property
    def rest(self) -> timedelta | None:
        """`retry_after` within reason, whatever the platform said."""
        if self.retry_after is None:
            return None
        asked = self.retry_after if math.isfinite(self.retry_after) else LONGEST_REST
        return timedelta(seconds=min(max(asked, SHORTEST_REST), LONGEST_REST))


class Channel(Protocol):
    """One way to reach people: one bot, app or page.

    No method raises for what the other side did; the receipt says it. An answer is waited for at most 20 s, a
    third of a claim's lease.
    """

    name: str
    capabilities: Capabilities

    def render(self, delivery: Delivery, message: Outbound) -> dict[str, Any]:
        """The platform's body of a message, as JSON data, with `delivery.ref` in it.

        It is stored before the network is touched, so that a repeat is the same to the byte. Buttons carry the
        ids that may go out.
        """
        ...

    async def send(self, delivery: Delivery, message: Outbound, body: dict[str, Any]) -> Receipt:
        """Send a new message whose body was rendered, and stored, before."""
        ...

    async def update(self, delivery: Delivery, provider_id: str, message: Outbound) -> Receipt:
        """Draw a message that was sent before anew, in place or as the channel can.

        That nothing had to be changed is ACCEPTED.
        """
        ...


@runtime_checkable
class Anchored(Protocol):
    """A channel that can send only from the process that holds its connection."""

    def ready(self) -> bool:
        """Whether that is this process, now."""
        ...


@runtime_checkable
class Connected(Protocol):
    """A channel that keeps connections, for each event loop its own."""

    async def close(self) -> None:
        """End those of the calling loop, before it ends."""
        ...


class Line(Channel, Protocol):
    """One account of a platform, both ways. `name` is the channel's (`telegram`), `account.line` its own."""

    account: Account

    def read(self, arrival: Arrival) -> Event | None:
        """What a stored arrival means; None for what concerns nobody. Pure: asks no network. Never raises."""
        ...

    def fetch(self, media: Media) -> bytes:
        """The file, at most 20 MB. Blocks; raises `crm_core.kernel.errors.ChexinError` with words for the sender."""
        ...

    async def acknowledge(self, arrived: Raw) -> None:
        """Right after something was stored: end a button's waiting, show that we are at it. Never raises."""
        ...


@runtime_checkable
class Works(Protocol):
    """A line some of whose arrivals are no conversation."""

    def work(self, arrival: Arrival) -> bool:
        """True when it was none, and is worked off: by commands that are safe to repeat."""
        ...


@runtime_checkable
class Attends(Protocol):
    """A line on which colleagues answer people themselves for a while."""

    def attend(self, arrival: Arrival, event: Event, person_id: str) -> bool:
        """Whether we answer; False while a colleague serves this person."""
        ...


@runtime_checkable
class Vouches(Protocol):
    """A line whose platform may know better than we who somebody is."""

    def person(self, event: Event) -> str | None:
        """The person the platform vouches for; None when it knows no more than we do."""
        ...


@runtime_checkable
class Places(Protocol):
    """A line of several dealers."""

    def unit(self, event: Event) -> str:
        """The unit somebody belongs to who comes by it unknown."""
        ...


@runtime_checkable
class Names(Protocol):
    """A line whose platform tells what somebody calls himself only when it is asked."""

    def nickname(self, event: Event) -> str:
        """His name there; empty when it is not told soon. Blocks for a moment, never raises."""
        ...


class Transcriber(Protocol):
    """Writes down what was said; which one is a setting."""

    def transcribe(self, content: bytes, mime: str, language: str) -> str:
        """The words; empty when nothing was understood. Blocks. Raises ChexinError with words for the speaker."""
        ...


@dataclass(frozen=True)
class Held:
    """A lease a listener works under: `token` fences what it writes."""

    name: str
    token: int


class Listener(Protocol):
    """Hears a platform that does not call us: polls, reads a stream, or keeps a socket. One process at a time."""

    name: str

    async def listen(self, held: Held) -> None:
        """Go on until cancelled (the lease was lost, the process ends) or until an error, after which it is begun
        anew. Raises `bot.reception.listening.GiveWay` when the platform says that somebody else listens.
        """
        ...
