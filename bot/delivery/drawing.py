"""From a claimed row to the message its person gets, as the record is now."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog

from bot.cards.draw import draw
from bot.cards.groups import GROUP_KINDS
from bot.ports import Outbound
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.tables import is_group
from crm_core.delivery.rerouting import REPEAT
from crm_core.kernel.access import Actor
from crm_core.kernel.errors import NotFound, Unavailable
from crm_core.kernel.outbox import Delivery, Outcome, Settled
from crm_core.look import Look
from crm_core.privacy.messages import Unwanted
from crm_core.privacy.sending import is_service

Drawn = list[tuple[Delivery, dict[str, Any]]]


class _Spoilt(Exception):
    """Something failed in a look at the database; nothing more is asked in it."""


class Drawing:
    """Draws deliveries for the people who get them."""

    def __init__(self, core: Core, texts: Texts) -> None:
        self._core = core
        self._texts = texts

    def all(self, claimed: Sequence[Delivery]) -> tuple[Drawn, list[Settled]]:
        """Bodies to send; what cannot be drawn is tried later and does not hold up the rest.

        All are drawn from one look at the database. When something fails there, it and what comes after it are
        drawn one by one.
        """
        drawn: Drawn = []
        failed: list[Settled] = []
        with suppress(_Spoilt), self._core.look() as look:
            look.read([one.person_id for one in claimed], [one.subject for one in claimed])
            for delivery in claimed:
                self._one(delivery, look, drawn, failed)
        for delivery in claimed[len(drawn) + len(failed) :]:
            self._one(delivery, None, drawn, failed)
        return drawn, failed

    def _one(self, delivery: Delivery, look: Look | None, drawn: Drawn, failed: list[Settled]) -> None:
        try:
            if self._unwanted(delivery, look):
                failed.append(Settled(delivery, Outcome.UNWANTED, error="consent was taken back"))
            else:
                drawn.append((delivery, self._body(delivery, look)))
        except Unavailable:
            raise
        except NotFound:
            failed.append(Settled(delivery, Outcome.DEAD, error="recipient is gone"))
        except Exception as error:
            if look is not None:
                raise _Spoilt from error
            structlog.get_logger().error("draw_failed", outbox=delivery.id, kind=delivery.kind,
                                         error=type(error).__name__, exc_info=error)  # fmt: skip
            failed.append(Settled(delivery, Outcome.RETRY, error=type(error).__name__))

    def _unwanted(self, delivery: Delivery, look: Look | None) -> bool:
        """Whether a customer's word came between the planning and now; what answers him is never asked about."""
        if is_service(delivery.kind) or is_group(delivery.person_id):
            return False
        actor = self._reader(delivery, look)
        if actor.kind != "customer":
            return False
        asked = Unwanted(kind=delivery.kind, planned_at=delivery.created_at)
        return bool((look or self._core).ask(asked, actor))

    def repeated(self, delivery: Delivery, message: dict[str, Any]) -> dict[str, Any]:
        """A message that may have arrived already, marked as a repeat in its reader's language."""
        try:
            language = self._core.actor(delivery.person_id, delivery.tenant).language
        except NotFound:
            language = "zh"
        mark = self._texts.say("delivery.repeat", language)
        card = message.get("card")
        if card:
            return message | {"card": card | {"title": _marked(card["title"], mark)}}
        return message | {"text": _marked(message.get("text") or "", mark)}

    def _body(self, delivery: Delivery, look: Look | None) -> dict[str, Any]:
        if delivery.params.get(REPEAT):
            unmarked = {name: value for name, value in delivery.params.items() if name != REPEAT}
            return self.repeated(delivery, self._body(replace(delivery, params=unmarked), look))
        if delivery.kind == "@reply":
            return delivery.params
        actor = self._reader(delivery, look)
        if delivery.kind == "@refresh":
            became: dict[str, Any] | None = delivery.params.get("body")
            if "status" in delivery.params:
                return used_up(self._core, delivery.params["message"], delivery.params["status"], became)
            if became is not None:
                return became
            return redraw(self._core, self._texts, delivery.params["message"], actor, look)
        found = draw(delivery.kind, delivery.subject, delivery.params, self._core, actor, self._texts, look)
        return found.to_dict()

    def _reader(self, delivery: Delivery, look: Look | None) -> Actor:
        """Whom it is drawn for; a group, to which little may be said, is drawn for by the deployment itself."""
        if not is_group(delivery.person_id):
            return (look or self._core).actor(delivery.person_id, delivery.tenant)
        group = self._core.accounts.group_of(delivery.person_id)
        if group is None or group.tenant != delivery.tenant or delivery.kind not in (*GROUP_KINDS, "@refresh"):
            raise NotFound(resource="group")
        return replace(self._core.system(delivery.tenant), language=group.language)


def _marked(words: str, mark: str) -> str:
    """The words with the mark once, however often they are repeated."""
    return words if words.endswith(mark) else f"{words} {mark}".strip()


def used_up(core: Core, message_id: int, status: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """A sent card whose buttons have done their work: none is left, and it says what became of it.

    With `body` the card had become that before.
    """
    if body is None:
        original = core.chats.original(message_id)
        body = original[2].get("body") if original is not None else None
    if not body or not body.get("card"):
        raise NotFound(resource="message")
    return {**body, "card": {**body["card"], "buttons": [], "status": status, "tone": "done"}}


def redraw(
    core: Core, texts: Texts, message_id: int, actor: Actor, look: Look | None = None
) -> dict[str, Any]:
    """A sent card as its record is now; a message that was no card about a record stays as it is."""
    original = core.chats.original(message_id)
    if original is None:
        raise NotFound(resource="message")
    kind, subject, params = original
    body = params.get("body")
    if body is None:
        return draw(kind, subject, params, core, actor, texts, look).to_dict()
    card = body.get("card") or {}
    if not card.get("subject"):
        return dict(body)
    fresh: Outbound = draw(card["kind"], card["subject"], {}, core, actor, texts, look)
    return {**fresh.to_dict(), "text": body.get("text")}
