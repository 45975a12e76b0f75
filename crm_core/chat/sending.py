"""Deliveries and the threads they end in: begun before a network is touched, kept where they were sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from crm_core.chat.buttons import Buttons
from crm_core.chat.routing import web_chat
from crm_core.chat.tables import Chat, ChatMessage, Identity
from crm_core.chat.threads import Threads
from crm_core.kernel.db import Database
from crm_core.kernel.outbox import Delivery, OutboxQueue, Outcome, Settled
from crm_core.kernel.pii import Cipher


@dataclass(frozen=True)
class Original:
    """A message that is to be changed in place: its key, the platform's name for it, and what it shows now."""

    key: str
    provider_id: str | None
    shown: dict[str, Any]


@dataclass(frozen=True)
class Send:
    """A message about to be sent.

    `message` is what the person gets and the thread keeps, `body` the platform's form of it. `private`, with the
    buttons' verbs, is None when the buttons are out already. `original` is what an edit changes.
    """

    delivery: Delivery
    message: dict[str, Any]
    body: dict[str, Any]
    private: dict[str, Any] | None = None
    original: Original | None = None

    @property
    def key(self) -> str:
        """The message its buttons belong to: the first one's, so that ids of lasting buttons last."""
        return self.original.key if self.original else self.delivery.dedupe_key


@dataclass(frozen=True)
class Ended:
    """How a send ended. `unreachable`: this chat reaches nobody any more."""

    settled: Settled
    message: dict[str, Any]
    unreachable: bool = False


class Sending(Threads):
    """What senders do to outbox and threads. Every method is one transaction."""

    def __init__(
        self, database: Database, cipher: Cipher, outbox: OutboxQueue, route: Callable[[Session, str], str]
    ) -> None:
        super().__init__(database, cipher)
        self._outbox = outbox
        self._route = route
        self.buttons = Buttons(database, cipher)

    def store(self, sends: Sequence[tuple[Delivery, dict[str, Any]]], worker: str, now: datetime) -> int:
        """Deliver into threads kept here (the web chat): attempt, message and result in one transaction.

        Returns how many were written; a delivery whose lease was lost is left alone.
        """
        with self._database.write() as session:
            held = self._outbox.held(session, [delivery for delivery, _ in sends])
            mine = [(delivery, body) for delivery, body in sends if delivery.claim in held]
            self._lock_threads(session, {delivery.chat for delivery, _ in mine})
            for delivery, body in mine:
                public = self.buttons.publish(session, delivery.tenant, delivery.person_id, delivery.chat,
                                              self._message_key(session, delivery), body, now)  # fmt: skip
                self._put_message(session, delivery, public, now)
            self._outbox.stored(session, [delivery for delivery, _ in mine], worker, now)
            return len(mine)

    def originals(self, message_ids: Sequence[int]) -> dict[int, Original]:
        """The messages some edits are about; those that are gone are left out."""
        if not message_ids:
            return {}
        with self._database.read() as session:
            rows = session.execute(select(ChatMessage).where(col(ChatMessage.id).in_(message_ids))).scalars()
            return {
                row.id: Original(row.key, row.provider_id, self._open_body(row)) for row in rows if row.id
            }

    def begin(self, sends: Sequence[Send], worker: str, now: datetime) -> list[Send]:
        """Before sends over a network: attempts and buttons are committed. Returns those whose lease still holds."""
        with self._database.write() as session:
            held = self._outbox.held(session, [send.delivery for send in sends])
            mine = [send for send in sends if send.delivery.claim in held]
            for send in mine:
                if send.private is not None:
                    one = send.delivery
                    self.buttons.publish(
                        session, one.tenant, one.person_id, one.chat, send.key, send.private, now
                    )
            stored = [(send.delivery, {"message": send.message, "body": send.body}) for send in mine]
            self._outbox.begin(session, stored, worker, now)
            return mine

    def settle(self, ended: Sequence[Ended], now: datetime) -> int:
        """After sends over a network: write how each ended, and keep what was sent in its thread.

        Returns how many were written; what somebody else holds by now is left alone.
        """
        with self._database.write() as session:
            mine = self._outbox.settle_all(session, [one.settled for one in ended], now)
            kept = {one.delivery.claim for one in mine}
            sent = [
                one
                for one in ended
                if one.settled.delivery.claim in kept and one.settled.outcome is Outcome.SENT
            ]
            self._lock_threads(session, {one.settled.delivery.chat for one in sent})
            for one in sent:
                self._put_message(session, one.settled.delivery, one.message, now, one.settled.provider_id)
            dead = {one.settled.delivery.chat for one in ended if one.unreachable}
            if dead:
                session.execute(update(Identity).where(col(Identity.chat).in_(dead)).values(dead=True))
            return len(mine)

    def arrived(
        self, person_id: str, now: datetime, *, key: str | None = None, outbox_id: int | None = None,
        provider_id: str | None = None,
    ) -> bool:  # fmt: skip
        """The person answered or pressed a button of a message nobody was sure about: it has arrived.

        True when that settled it. The message is named by its key or its id.
        """
        if not self._outbox.doubted(person_id, key=key, outbox_id=outbox_id):
            return False
        with self._database.write() as session:
            delivery = self._outbox.arrived(session, person_id, now, key=key, outbox_id=outbox_id)
            if delivery is None:
                return False
            message = (delivery.body or {}).get("message")
            if message is not None:
                self._put_message(session, delivery, message, now, provider_id)
            return True

    def _lock_threads(self, session: Session, chats: set[str]) -> None:
        """Threads in a fixed order, so that two groups of results never wait for each other."""
        if chats:
            held = (
                select(col(Chat.id)).where(col(Chat.id).in_(chats)).order_by(col(Chat.id)).with_for_update()
            )
            session.execute(held).all()

    def _put_message(
        self, session: Session, delivery: Delivery, body: dict[str, Any], now: datetime,
        provider_id: str | None = None,
    ) -> int:  # fmt: skip
        """A new message, or the old one changed in place for a redraw."""
        if delivery.kind == "@refresh":
            row = session.get(ChatMessage, delivery.params["message"])
            if row is None:
                return 0
            thread = self._thread(session, delivery.tenant, row.chat, row.person_id, now)
            thread.counter += 1
            row.rev = thread.counter
            row.body_enc = self._seal_body(row.chat, row.key, body)
            row.provider_id = provider_id or row.provider_id
            return row.seq
        row = self._append(session, tenant=delivery.tenant, chat=delivery.chat, person_id=delivery.person_id,
                           key=delivery.dedupe_key, body=body, direction="out", now=now, kind=delivery.kind,
                           subject=delivery.subject,
                           params=delivery.params if delivery.kind[0] != "@" else None)  # fmt: skip
        row.provider_id = provider_id
        return row.seq

    def _message_key(self, session: Session, delivery: Delivery) -> str:
        """Buttons of a redrawn card belong to the first message, so that ids of lasting buttons last."""
        if delivery.kind != "@refresh":
            return delivery.dedupe_key
        row = session.get(ChatMessage, delivery.params["message"])
        return row.key if row is not None else delivery.dedupe_key

    def chat_of(self, person_id: str) -> str:
        """The thread a push to this person goes to now."""
        with self._database.read() as session:
            return self._route(session, person_id)

    @staticmethod
    def web_chat(person_id: str) -> str:
        return web_chat(person_id)
