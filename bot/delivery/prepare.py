"""From claimed rows to what leaves over a network: drawn, rendered, and what a doubt allows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.delivery.drawing import Drawing
from bot.ports import Channel, Outbound
from crm_core.api import Core
from crm_core.chat.service import Ended, Original, Send
from crm_core.kernel.outbox import Delivery, Outcome, Settled
from crm_core.kernel.outcomes import Heard, MessageClass, decide

# A button may be pressed while the answer to the sending of its card is awaited.
NAME_IN, NAME_AGAIN = timedelta(seconds=40), timedelta(seconds=1)


@dataclass
class Prepared:
    """What may be sent, and what ends without being sent."""

    sends: list[Send] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)


def window_of(channel: Channel) -> timedelta | None:
    """How long the platform drops a message equal to the byte; None when it never does."""
    return channel.capabilities.dedupe_window if channel.capabilities.idempotent else None


class Preparer:
    """Makes sends of claimed rows."""

    def __init__(self, core: Core, drawing: Drawing) -> None:
        self._core = core
        self._drawing = drawing

    def prepare(self, claimed: Sequence[Delivery], channels: Mapping[str, Channel], now: datetime) -> Prepared:
        """What to send of these, by the channels of their accounts, each rendered once.

        A row that cannot be drawn holds up no other.
        """
        found = Prepared()
        fresh = []
        for delivery in claimed:
            channel = channels[delivery.account]
            if not delivery.began or delivery.cls is MessageClass.CHANGE:
                fresh.append(delivery)
            elif (over := self._over(delivery, channel, now)) is not None:
                found.ended.append(Ended(over, {}))
            else:
                found.sends.append(self._again(delivery, channel))
        drawn, failed = self._drawing.all(fresh)
        found.ended += [Ended(one, {}) for one in failed]
        edits = self._core.chats.originals([d.params["message"] for d, _ in drawn if d.kind == "@refresh"])
        for delivery, private in drawn:
            self._first(delivery, private, channels[delivery.account], edits, found)
        return found

    def _over(self, delivery: Delivery, channel: Channel, now: datetime) -> Settled | None:
        """A try began and nobody knows how it ended: whether that is the end of it, before anything is sent again."""
        tried = delivery.tried(now, doubt=False, again=False)
        decided = decide(Heard.UNKNOWN, tried, now, window=window_of(channel))
        if decided.outcome is Outcome.RETRY:
            return None
        return Settled(delivery, decided.outcome, error="not known whether it arrived", heard=Heard.UNKNOWN)

    def _again(self, delivery: Delivery, channel: Channel) -> Send:
        """The same to the byte where the platform drops repeats; elsewhere the same, marked as a repeat."""
        stored = delivery.body or {}
        message = stored["message"]
        if channel.capabilities.idempotent:
            return Send(delivery, message, stored["body"])
        marked = self._drawing.repeated(delivery, message)
        return Send(delivery, marked, channel.render(delivery, shown(marked)))

    def _first(
        self, delivery: Delivery, private: dict[str, Any], channel: Channel, edits: dict[int, Original],
        found: Prepared,
    ) -> None:  # fmt: skip
        original = edits.get(delivery.params["message"]) if delivery.kind == "@refresh" else None
        if delivery.kind == "@refresh" and (original is None or original.provider_id is None):
            found.ended.append(Ended(_nameless(delivery, original, self._core.now()), {}))
            return
        key = original.key if original else delivery.dedupe_key
        public = self._core.chats.buttons.public(key, delivery.person_id, private)
        if original is not None and original.shown == _as_kept(public):
            # It shows this already: nothing to send.
            found.ended.append(Ended(Settled(delivery, Outcome.SENT, original.provider_id), public))
            return
        try:
            body = channel.render(delivery, shown(public))
        except Exception as error:
            structlog.get_logger().error("render_failed", outbox=delivery.id, kind=delivery.kind,
                                         error=type(error).__name__, exc_info=error)  # fmt: skip
            found.ended.append(Ended(Settled(delivery, Outcome.RETRY, error=type(error).__name__), {}))
            return
        found.sends.append(Send(delivery, public, body, private, original))


def _nameless(delivery: Delivery, original: Original | None, now: datetime) -> Settled:
    """A message without the platform's name for it: who sent it may be about to say; after that nobody will."""
    if original is not None and now - delivery.created_at < NAME_IN:
        return Settled(delivery, Outcome.RETRY, retry_at=now + NAME_AGAIN, error="not named yet", heard=Heard.NOT_NOW)
    return Settled(delivery, Outcome.DEAD, error="the message is gone")


def shown(body: dict[str, Any]) -> Outbound:
    """A message as it may leave: its buttons have ids and no verbs."""
    card = body.get("card")
    if card:
        buttons = [{"verb": "", "params": {}, **button} for button in card.get("buttons", ())]
        body = body | {"card": card | {"buttons": buttons}}
    return Outbound.from_dict(body)


def _as_kept(body: dict[str, Any]) -> dict[str, Any]:
    """A body as it comes back from its thread: JSON knows no tuples."""
    found: dict[str, Any] = json.loads(json.dumps(body, ensure_ascii=False, default=str))
    return found
