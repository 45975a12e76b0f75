"""The plumbing between channels and the conversation: arrivals in, threads, replies and pushes out.

Every method is one transaction. Bodies are plain JSON data (`text`, `card`, `image`); the core does not look
into a card but for its buttons, whose verbs it keeps and whose opaque ids it hands out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import desc, select
from sqlmodel import Session

from crm_core.chat.buttons import Buttons, LiveAction
from crm_core.chat.routing import web_chat
from crm_core.chat.tables import Chat, ChatMessage
from crm_core.kernel.db import Database
from crm_core.kernel.inbox import Arrival, InboxQueue
from crm_core.kernel.outbox import Delivery, Outcome, OutboxQueue, Settled
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import Lock, Outbox

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


@dataclass(frozen=True)
class Shown:
    """A message of a thread as a channel shows it."""

    chat: str
    seq: int
    rev: int
    direction: str
    key: str
    at: datetime
    body: dict[str, Any]


class Chats:
    """Threads, their messages and their live buttons."""

    def __init__(self, database: Database, cipher: Cipher, inbox: InboxQueue, outbox: OutboxQueue, route: Any) -> None:
        self._database = database
        self._cipher = cipher
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
    ) -> list[dict[str, Any]] | None:  # fmt: skip
        """End a turn in one transaction: replies into the outbox, the thread's memory, the arrival done.

        With `shown` the caller shows the replies himself (the terminal): they count as sent. Returns the
        bodies with button ids, or None when the arrival's lease was lost and nothing was written.
        """
        with self._database.write() as session:
            if not self._inbox.done(session, arrival, now, error):
                return None
            if state is not None:
                self._remember(session, arrival.tenant, chat, person_id, state, now)
            public = []
            for n, body in enumerate(replies):
                key = f"re:{arrival.id}:{n}"
                session.add(self._reply_row(arrival.tenant, chat, person_id, key, body, now, shown=shown))
                if shown:
                    public.append(self.buttons.publish(session, arrival.tenant, person_id, chat, key, body, now))
            return public

    def _reply_row(
        self, tenant: str, chat: str, person_id: str, key: str, body: dict[str, Any], now: datetime, *, shown: bool
    ) -> Outbox:
        text = json.dumps(body, ensure_ascii=False, default=str)
        subject = (body.get("card") or {}).get("subject", "")
        return Outbox(
            tenant=tenant, chat=chat, person_id=person_id, kind="@reply", subject=subject, priority=0,
            payload_enc=self._cipher.seal(f"outbox.payload.{key}", text), dedupe_key=key, due_at=now,
            created_at=now, state=2 if shown else 0, sent_at=now if shown else None, shown_at=now,
        )  # fmt: skip

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
                done += self._outbox.settle(session, Settled(delivery, Outcome.SENT, provider_id=str(seq)), now)
            return done

    def begin(self, delivery: Delivery, body: dict[str, Any], worker: str, now: datetime) -> dict[str, Any] | None:
        """Before a send over a network: the attempt and its buttons are committed. None: the lease was lost."""
        with self._database.write() as session:
            if not self._outbox.attempt(session, delivery, worker, now, body):
                return None
            key = self._message_key(session, delivery)
            return self.buttons.publish(session, delivery.tenant, delivery.person_id, delivery.chat, key, body, now)

    def settle(self, settled: Sequence[Settled], bodies: Sequence[dict[str, Any]], now: datetime) -> None:
        """After sends over a network: write how each ended, and keep what was sent in its thread."""
        with self._database.write() as session:
            for one, body in zip(settled, bodies, strict=True):
                if self._outbox.settle(session, one, now) and one.outcome is Outcome.SENT:
                    self._put_message(session, one.delivery, body, now, one.provider_id)

    def _put_message(
        self, session: Session, delivery: Delivery, body: dict[str, Any], now: datetime, provider_id: str | None = None
    ) -> int:
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
                           subject=delivery.subject, params=delivery.params if delivery.kind[0] != "@" else None)  # fmt: skip
        row.provider_id = provider_id
        return row.seq

    def _message_key(self, session: Session, delivery: Delivery) -> str:
        """Buttons of a redrawn card belong to the first message, so that ids of lasting buttons last."""
        if delivery.kind != "@refresh":
            return delivery.dedupe_key
        row = session.get(ChatMessage, delivery.params["message"])
        return row.key if row is not None else delivery.dedupe_key

    # Threads

    def original(self, message_id: int) -> tuple[str, str, dict[str, Any]] | None:
        """Kind, subject and parameters a sent card was drawn from; for a reply, its stored body."""
        with self._database.read() as session:
            row = session.get(ChatMessage, message_id)
            if row is None:
                return None
            if row.params_enc:
                params = json.loads(self._cipher.open(f"chat_messages.params.{row.chat}.{row.key}", row.params_enc))
                return row.kind, row.subject, params
            return row.kind, row.subject, {"body": self._open_body(row)}

    def messages(self, chat: str, *, since: int | None = None, before: int | None = None, limit: int = 50) -> list[Shown]:
        """Messages of a thread by place: the newest, those before a place, or all changed since a `rev`."""
        message = cast(Any, ChatMessage)
        query = select(ChatMessage).where(message.chat == chat)
        if since is not None:
            query = query.where(message.rev > since).order_by(message.rev)
        else:
            query = query.where(message.seq < before) if before is not None else query
            query = query.order_by(desc(message.seq))
        with self._database.read() as session:
            rows = session.execute(query.limit(limit)).scalars().all()
            return sorted((self._shown(row) for row in rows), key=lambda m: m.seq)

    def changed(self, since: dict[str, int], limit: int = 200) -> list[Shown]:
        """What changed in several threads, each since its own `rev`; one query for all open connections."""
        if not since:
            return []
        message, thread = cast(Any, ChatMessage), cast(Any, Chat)
        with self._database.read() as session:
            counters = session.execute(select(thread.id, thread.counter).where(thread.id.in_(list(since)))).all()
            moved = [chat for chat, counter in counters if counter > since[chat]]
            found: list[Shown] = []
            for chat in moved:
                query = select(ChatMessage).where(message.chat == chat, message.rev > since[chat])
                rows = session.execute(query.order_by(message.rev).limit(limit)).scalars()
                found += [self._shown(row) for row in rows]
            return found

    def mark_read(self, chat: str, seq: int, now: datetime) -> None:
        """Remember how far a person has read; pushes up to there count as shown."""
        with self._database.write() as session:
            row = session.get(Chat, chat)
            if row is None or seq <= row.read_seq:
                return
            row.read_seq = min(seq, row.counter)
            message, out = cast(Any, ChatMessage), cast(Any, Outbox)
            keys = select(message.key).where(message.chat == chat, message.seq <= seq, message.direction == "out")
            unseen = select(Outbox).where(out.person_id == row.person_id, out.shown_at.is_(None),
                                          out.dedupe_key.in_(keys))  # fmt: skip
            for pushed in session.execute(unseen).scalars():
                pushed.shown_at = now

    def top_rev(self, chat: str) -> int:
        """The newest change of a thread; 0 when there is none."""
        with self._database.read() as session:
            row = session.get(Chat, chat)
            return row.counter if row else 0

    def read_up_to(self, chat: str) -> int:
        """The place up to which a person has read."""
        with self._database.read() as session:
            row = session.get(Chat, chat)
            return row.read_seq if row else 0

    def chat_of(self, person_id: str) -> str:
        """The thread a push to this person goes to now."""
        with self._database.read() as session:
            chat: str = self._route(session, person_id)
            return chat

    @staticmethod
    def web_chat(person_id: str) -> str:
        return web_chat(person_id)

    def _append(
        self, session: Session, *, tenant: str, chat: str, person_id: str, key: str, body: dict[str, Any],
        direction: str, now: datetime, kind: str = "", subject: str = "", params: dict[str, Any] | None = None,
    ) -> ChatMessage:  # fmt: skip
        thread = self._thread(session, tenant, chat, person_id, now)
        thread.counter += 1
        row = ChatMessage(tenant=tenant, chat=chat, person_id=person_id, seq=thread.counter, rev=thread.counter,
                          direction=direction, key=key, kind=kind, subject=subject, at=now,
                          body_enc=self._seal_body(chat, key, body))  # fmt: skip
        if params is not None:
            text = json.dumps(params, ensure_ascii=False, default=str)
            row.params_enc = self._cipher.seal(f"chat_messages.params.{chat}.{key}", text)
        session.add(row)
        return row

    def _thread(self, session: Session, tenant: str, chat: str, person_id: str, now: datetime) -> Chat:
        """The thread's row, locked until the transaction ends."""
        row = session.execute(select(Chat).where(cast(Any, Chat.id) == chat).with_for_update()).scalars().first()
        if row is not None:
            return row
        if not self._database.is_sqlite:
            self._lock(session, f"thread:{chat}"[:60])
            again = session.execute(select(Chat).where(cast(Any, Chat.id) == chat)).scalars().first()
            if again is not None:
                return again
        row = Chat(id=chat, tenant=tenant, person_id=person_id, updated_at=now)
        session.add(row)
        session.flush()
        return row

    def _lock(self, session: Session, name: str) -> None:
        from sqlalchemy.dialects.postgresql import insert

        session.execute(insert(Lock).values(id=name).on_conflict_do_nothing())
        session.execute(select(Lock.id).where(Lock.id == name).with_for_update())

    def _seq_of(self, session: Session, chat: str, key: str) -> int:
        message = cast(Any, ChatMessage)
        found = session.execute(select(message.seq).where(message.chat == chat, message.key == key)).scalar()
        return int(found or 0)

    def _shown(self, row: ChatMessage) -> Shown:
        return Shown(row.chat, row.seq, row.rev, row.direction, row.key, row.at, self._open_body(row))

    def _seal_body(self, chat: str, key: str, body: dict[str, Any]) -> str:
        text = json.dumps(body, ensure_ascii=False, default=str)
        return self._cipher.seal(f"chat_messages.body.{chat}.{key}", text)

    def _open_body(self, row: ChatMessage) -> dict[str, Any]:
        cell = f"chat_messages.body.{row.chat}.{row.key}"
        found: dict[str, Any] = json.loads(self._cipher.open(cell, cast(str, row.body_enc)))
        return found
