"""The plumbing between channels and the conversation: arrivals in, threads, replies and pushes out.

Every method is one transaction. Bodies are plain JSON data (`text`, `card`, `image`); the core does not look
into a card but for its buttons, whose verbs it keeps and whose opaque ids it hands out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from crm_core.chat.buttons import Buttons, LiveAction
from crm_core.chat.routing import web_chat
from crm_core.chat.tables import Chat, ChatMessage
from crm_core.chat.threads import Shown, Threads
from crm_core.kernel.db import Database
from crm_core.kernel.inbox import Arrival, InboxQueue
from crm_core.kernel.outbox import Delivery, OutboxQueue, Outcome, Settled, account_of
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import Outbox, new_row

__all__ = ["Chats", "Conversation", "LiveAction", "Received", "Shown"]


@dataclass(frozen=True)
class Received:
    """What became of an arrival; `inbox_id` is None when it was known already."""

    inbox_id: int | None
    seq: int


@dataclass
class Conversation:
    """What the conversation remembers in a thread; `version` guards against two turns at once."""

    state: dict[str, Any] = field(default_factory=dict)
    version: int = 0


class Chats(Threads):
    """Threads, and the ways in and out of them."""

    def __init__(
        self, database: Database, cipher: Cipher, inbox: InboxQueue, outbox: OutboxQueue,
        route: Callable[[Session, str], str],
    ) -> None:  # fmt: skip
        super().__init__(database, cipher)
        self._inbox = inbox
        self._outbox = outbox
        self._route = route
        self.buttons = Buttons(database, cipher)

    # In

    def receive(
        self, *, tenant: str, channel: str, account: str, chat: str, person_id: str, dedupe_key: str,
        body: dict[str, Any], now: datetime, show: dict[str, Any] | None = None, show_key: str = "",
    ) -> Received:  # fmt: skip
        """Store an arrival once, raw, and (with `show`) as a message of the thread under `show_key`."""
        key = show_key or dedupe_key
        with self._database.write() as session:
            inbox_id = self._inbox.put(session, tenant=tenant, channel=channel, account=account, sender=chat,
                                       dedupe_key=dedupe_key, body=body, now=now)  # fmt: skip
            if inbox_id is None:
                return Received(None, self._seq_of(session, chat, key))
            if show is None:
                return Received(inbox_id, 0)
            row = self._append(session, tenant=tenant, chat=chat, person_id=person_id, key=key, body=show,
                               direction="in", now=now)  # fmt: skip
            return Received(inbox_id, row.seq)

    def conversation(self, chat: str) -> Conversation:
        """What is remembered of a thread; empty for a new one."""
        with self._database.read() as session:
            row = session.get(Chat, chat)
            if row is None or not row.state_enc:
                return Conversation(version=row.state_version if row else 0)
            return Conversation(json.loads(self._cipher.get(row, "state")), row.state_version)

    # Out

    def finish(
        self, arrival: Arrival, *, chat: str, person_id: str, replies: Sequence[dict[str, Any]],
        state: dict[str, Any] | None, now: datetime, shown: bool = False, error: str | None = None,
        spent: Sequence[tuple[str, str]] = (),
    ) -> list[dict[str, Any]] | None:  # fmt: skip
        """End a turn in one transaction: replies into the outbox, the thread's memory, the arrival done.

        With `shown` the caller shows the replies himself (the terminal): they count as sent. `spent` names
        cards of the thread, by key, that lose their buttons and show a status instead. Returns the bodies with
        button ids, or None when the arrival's lease was lost and nothing was written.
        """
        with self._database.write() as session:
            if not self._inbox.done(session, arrival, now, error):
                return None
            if state is not None:
                self._remember(session, arrival.tenant, chat, person_id, state, now)
            for key, status in spent:
                self._spend(session, arrival, chat, key, status, now)
            public = []
            for n, body in enumerate(replies):
                key = f"re:{arrival.id}:{n}"
                session.add(self._reply_row(arrival.tenant, chat, person_id, key, body, now, shown=shown))
                if shown:
                    public.append(
                        self.buttons.publish(session, arrival.tenant, person_id, chat, key, body, now)
                    )
            return public

    def _spend(
        self, session: Session, arrival: Arrival, chat: str, key: str, status: str, now: datetime
    ) -> None:
        """A card that is about no record shows its status instead of buttons; one that is, is redrawn by its change.

        What the terminal showed only loses its buttons.
        """
        self.buttons.end(session, key, now)
        card = session.execute(
            select(col(ChatMessage.id), col(ChatMessage.person_id)).where(
                col(ChatMessage.chat) == chat, col(ChatMessage.key) == key, col(ChatMessage.direction) == "out",
                col(ChatMessage.subject) == "",
            )
        ).first()  # fmt: skip
        if card is None:
            return
        own = f"spent:{arrival.id}:{card.id}"
        text = json.dumps({"message": card.id, "status": status}, ensure_ascii=False)
        session.add(new_row(Outbox, {
            "tenant": arrival.tenant, "chat": chat, "account": account_of(chat), "person_id": card.person_id,
            "kind": "@refresh", "subject": "", "priority": 0, "dedupe_key": own,
            "payload_enc": self._cipher.seal(f"outbox.payload.{own}", text),
            "due_at": now, "created_at": now, "state": 0, "shown_at": now,
        }))  # fmt: skip

    def _reply_row(
        self, tenant: str, chat: str, person_id: str, key: str, body: dict[str, Any], now: datetime,
        *, shown: bool,
    ) -> Outbox:  # fmt: skip
        """A reply in the outbox. It answers who is here, so it never counts as pushed and unseen."""
        text = json.dumps(body, ensure_ascii=False, default=str)
        subject = (body.get("card") or {}).get("subject", "")
        return new_row(Outbox, {
            "tenant": tenant, "chat": chat, "account": account_of(chat), "person_id": person_id, "kind": "@reply",
            "subject": subject, "priority": 0, "dedupe_key": key,
            "payload_enc": self._cipher.seal(f"outbox.payload.{key}", text),
            "due_at": now, "created_at": now, "state": 2 if shown else 0, "sent_at": now if shown else None,
            "settled_at": now if shown else None, "shown_at": now,
        })  # fmt: skip

    def _remember(
        self, session: Session, tenant: str, chat: str, person_id: str, state: dict[str, Any], now: datetime
    ) -> None:
        row = self._thread(session, tenant, chat, person_id, now)
        row.state_version += 1
        row.updated_at = now
        self._cipher.put(row, "state", json.dumps(state, ensure_ascii=False, default=str))

    def store(self, sends: Sequence[tuple[Delivery, dict[str, Any]]], worker: str, now: datetime) -> int:
        """Deliver into threads kept here (the web chat): attempt, message and result in one transaction.

        Returns how many were written; a delivery whose lease was lost is left alone.
        """
        with self._database.write() as session:
            done = 0
            for delivery, body in sends:
                if not self._outbox.attempt(session, delivery, worker, now, body):
                    continue
                public = self.buttons.publish(session, delivery.tenant, delivery.person_id, delivery.chat,
                                              self._message_key(session, delivery), body, now)  # fmt: skip
                seq = self._put_message(session, delivery, public, now)
                done += self._outbox.settle(
                    session, Settled(delivery, Outcome.SENT, provider_id=str(seq)), now
                )
            return done

    def begin(
        self, delivery: Delivery, body: dict[str, Any], worker: str, now: datetime
    ) -> dict[str, Any] | None:
        """Before a send over a network: the attempt and its buttons are committed. None: the lease was lost."""
        with self._database.write() as session:
            if not self._outbox.attempt(session, delivery, worker, now, body):
                return None
            key = self._message_key(session, delivery)
            return self.buttons.publish(
                session, delivery.tenant, delivery.person_id, delivery.chat, key, body, now
            )

    def settle(self, settled: Sequence[Settled], bodies: Sequence[dict[str, Any]], now: datetime) -> None:
        """After sends over a network: write how each ended, and keep what was sent in its thread."""
        with self._database.write() as session:
            for one, body in zip(settled, bodies, strict=True):
                if self._outbox.settle(session, one, now) and one.outcome is Outcome.SENT:
                    self._put_message(session, one.delivery, body, now, one.provider_id)

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
