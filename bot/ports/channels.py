"""What a channel is to the rest: how it renders, sends and reads, and what it may be able to do besides."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from bot.ports.arriving import Event, Media
from bot.ports.messages import Outbound
from crm_core.channels.accounts import Account
from crm_core.channels.arrivals import Raw
from crm_core.kernel.inbox import Arrival
from crm_core.kernel.outbox import Delivery
from crm_core.kernel.outcomes import Heard

# Seconds: a platform that names no time is still left alone for a moment, and none for longer than a day.
SHORTEST_REST, LONGEST_REST = 1.0, 86_400.0

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
