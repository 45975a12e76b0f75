"""Takes messages that are due, draws them for the person who gets them, and hands them to his channel.

Messages for the web chat end in the thread kept by the core, so attempt, message and result are one
transaction. Other channels send over a network and settle afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from bot.cards.draw import draw
from bot.ports import Outbound
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import NotFound
from crm_core.kernel.outbox import Delivery, Outcome, Settled

BATCH = 50


class Deliverer:
    """Draws and delivers what is due. Safe to run in several threads and processes."""

    def __init__(self, core: Core, texts: Texts, worker: str, told: Callable[[], None]) -> None:
        self._core = core
        self._texts = texts
        self._worker = worker
        self._told = told

    def run(self) -> int:
        """Deliver one batch; returns how many messages were taken."""
        now = self._core.now()
        due = self._core.outbox.next_due()
        if due is None or due > now:
            return 0
        claimed = self._core.outbox.claim(self._worker, now, BATCH)
        if not claimed:
            return 0
        drawn, failed = self._draw_all(claimed)
        if drawn:
            self._core.chats.store(drawn, self._worker, self._core.now())
        if failed:
            self._core.chats.settle(failed, [{}] * len(failed), self._core.now())
        self._told()
        return len(claimed)

    def _draw_all(self, claimed: list[Delivery]) -> tuple[list[tuple[Delivery, dict[str, Any]]], list[Settled]]:
        """Bodies to send; what cannot be drawn is tried later and does not hold up the rest."""
        drawn: list[tuple[Delivery, dict[str, Any]]] = []
        failed: list[Settled] = []
        actors: dict[str, Actor] = {}
        for delivery in claimed:
            try:
                drawn.append((delivery, delivery.body or self._body(delivery, actors)))
            except NotFound:
                failed.append(Settled(delivery, Outcome.DEAD, error="recipient is gone"))
            except Exception as error:
                structlog.get_logger().error("draw_failed", outbox=delivery.id, kind=delivery.kind,
                                             error=type(error).__name__, exc_info=error)  # fmt: skip
                failed.append(Settled(delivery, Outcome.RETRY, error=type(error).__name__))
        return drawn, failed

    def _body(self, delivery: Delivery, actors: dict[str, Actor]) -> dict[str, Any]:
        if delivery.kind == "@reply":
            return delivery.params
        actor = actors.get(delivery.person_id)
        if actor is None:
            actor = actors[delivery.person_id] = self._core.actor(delivery.person_id, delivery.tenant)
        if delivery.kind == "@refresh":
            if "status" in delivery.params:
                return used_up(self._core, delivery.params["message"], delivery.params["status"])
            return redraw(self._core, self._texts, delivery.params["message"], actor)
        found = draw(delivery.kind, delivery.subject, delivery.params, self._core, actor, self._texts)
        return found.to_dict()


def used_up(core: Core, message_id: int, status: str) -> dict[str, Any]:
    """A sent card whose buttons have done their work: none is left, and it says what became of it."""
    original = core.chats.original(message_id)
    if original is None or not (original[2].get("body") or {}).get("card"):
        raise NotFound(resource="message")
    body = original[2]["body"]
    return {**body, "card": {**body["card"], "buttons": [], "status": status, "tone": "done"}}


def redraw(core: Core, texts: Texts, message_id: int, actor: Actor) -> dict[str, Any]:
    """A sent card as its record is now; a message that was no card about a record stays as it is."""
    original = core.chats.original(message_id)
    if original is None:
        raise NotFound(resource="message")
    kind, subject, params = original
    body = params.get("body")
    if body is None:
        return draw(kind, subject, params, core, actor, texts).to_dict()
    card = body.get("card") or {}
    if not card.get("subject"):
        return dict(body)
    fresh: Outbound = draw(card["kind"], card["subject"], {}, core, actor, texts)
    return {**fresh.to_dict(), "text": body.get("text")}
