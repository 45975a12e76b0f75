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

from sqlalchemy import select, update
from sqlmodel import Session, col

from crm_core.chat.buttons import LiveAction
from crm_core.chat.sending import Ended, Original, Send, Sending
from crm_core.chat.tables import Chat, ChatMessage
from crm_core.chat.threads import Shown
from crm_core.kernel.db import Database
from crm_core.kernel.inbox import Arrival, InboxQueue
from crm_core.kernel.locks import lock_row
from crm_core.kernel.outbox import PENDING, SKIPPED, OutboxQueue, account_of
from crm_core.kernel.outdated import becomes, under_way
from crm_core.kernel.pii import Cipher
from crm_core.kernel.points import point
from crm_core.kernel.routes import Route
from crm_core.kernel.tables import Outbox, new_row

__all__ = ["Chats", "Conversation", "Ended", "LiveAction", "Original", "Received", "Send", "Shown"]


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


class Chats(Sending):
    """Threads, and the ways in and out of them."""

    def __init__(
        self, database: Database, cipher: Cipher, inbox: InboxQueue, outbox: OutboxQueue,
        route: Callable[[Session, str], Route],
    ) -> None:  # fmt: skip
        super().__init__(database, cipher, outbox, route)
        self._inbox = inbox

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
            seq = 0
            if show is not None:
                seq = self._append(session, tenant=tenant, chat=chat, person_id=person_id, key=key, body=show,
                                   direction="in", now=now).seq  # fmt: skip
        point("inbox_stored")
        return Received(inbox_id, seq)

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
        spent: Sequence[tuple[str, str]] = (), changed: Sequence[tuple[str, dict[str, Any]]] = (),
        noticed: bool = False, edits: bool = False, shed: int = 0,
    ) -> list[dict[str, Any]] | None:  # fmt: skip
        """End a turn in one transaction: replies into the outbox, the thread's memory, the arrival done.

        With `shown` the caller shows the replies himself (the terminal): they count as sent. `spent` names
        cards of the thread, by key, that lose their buttons and show a status instead, `changed` those that become
        another body. `noticed`: it may have been said that this takes a while; with `edits` that message becomes the
        first reply. With `shed` what its sender said since, up to that arrival, ends unread. Returns the bodies with
        button ids, or None when the arrival's lease was lost and nothing was written.
        """
        with self._database.write() as session:
            if not self._inbox.done(session, arrival, now, error):
                return None
            if shed:
                self._inbox.shed(session, arrival, shed, now)
            if state is not None:
                self._remember(session, arrival.tenant, chat, person_id, state, now)
            late = self._becomes_later(session, chat, spent, changed)
            # Ids of a chat's messages are given out one transaction after the other, so that they tell the order.
            lock_row(session, f"chat:{chat}"[:60])
            for key, status in spent:
                self.buttons.end(session, key, now)
                if key not in late:
                    self._spend(session, arrival, chat, key, status, now)
            for key, body in changed:
                if key not in late:
                    self._change(session, arrival, chat, person_id, key, body, now)
            notice = self._over_with(session, arrival, chat, now) if noticed else None
            if notice is not None and edits and not shown and replies:
                session.add(self._changed_row_of(arrival.tenant, chat, person_id, notice, replies[0], now))
                replies = replies[1:]
            public = []
            for n, body in enumerate(replies):
                key = f"re:{arrival.id}:{n}"
                session.add(self._reply_row(arrival.tenant, chat, person_id, key, body, now, shown=shown))
                if shown:
                    public.append(
                        self.buttons.publish(session, arrival.tenant, person_id, chat, key, body, now)
                    )
        point("turn_done")
        return public

    def meanwhile(
        self, arrival: Arrival, *, chat: str, person_id: str, body: dict[str, Any], now: datetime
    ) -> None:
        """Say that an answer takes a while, once for an arrival and only while it is being worked on."""
        key = f"while:{arrival.id}"
        with self._database.write() as session:
            said = session.execute(select(col(Outbox.id)).where(col(Outbox.dedupe_key) == key)).first()
            if said is None and self._inbox.holds(session, arrival):
                session.add(self._reply_row(arrival.tenant, chat, person_id, key, body, now, shown=False))

    def _over_with(self, session: Session, arrival: Arrival, chat: str, now: datetime) -> int | None:
        """The message that said that this takes a while, as it stands in its thread; unsent, it is not sent any more."""
        key = f"while:{arrival.id}"
        unsent = update(Outbox).where(col(Outbox.dedupe_key) == key, col(Outbox.state) == PENDING)
        session.execute(unsent.values(state=SKIPPED, settled_at=now).execution_options(synchronize_session=False))
        sent = select(col(ChatMessage.id)).where(
            col(ChatMessage.chat) == chat, col(ChatMessage.key) == key, col(ChatMessage.provider_id).is_not(None)
        )
        return session.execute(sent).scalars().first()

    def _becomes_later(
        self, session: Session, chat: str, spent: Sequence[tuple[str, str]],
        changed: Sequence[tuple[str, dict[str, Any]]],
    ) -> set[str]:  # fmt: skip
        """Cards pressed before it is known that they were sent follow once it is; returns their keys."""
        then: dict[str, dict[str, Any]] = {key: {"body": body} for key, body in changed}
        for key, status in spent:
            then[key] = then.get(key, {}) | {"status": status}
        found = under_way(session, chat, then) if then else []
        for one in found:
            fresh = then[one.key]
            if one.subject:  # its status is its record's
                fresh.pop("status", None)
            if fresh:
                text = json.dumps(self._then(one.key, one.then_enc) | fresh, ensure_ascii=False, default=str)
                becomes(session, one, self._cipher.seal(f"outbox.then.{one.key}", text))
        return {one.key for one in found}

    def _change(
        self, session: Session, arrival: Arrival, chat: str, person_id: str, key: str, body: dict[str, Any], now: datetime
    ) -> None:
        """A card somebody works on becomes another in place, each time he does something with it."""
        card = session.execute(
            select(col(ChatMessage.id)).where(
                col(ChatMessage.chat) == chat, col(ChatMessage.key) == key, col(ChatMessage.direction) == "out"
            )
        ).scalar()  # fmt: skip
        if card is not None:
            once = f":{arrival.id}"
            session.add(self._changed_row_of(arrival.tenant, chat, person_id, card, body, now, once))

    def _changed_row_of(
        self, tenant: str, chat: str, person_id: str, message_id: int, body: dict[str, Any], now: datetime, once: str = ""
    ) -> Outbox:
        """The outbox row by which a sent message becomes another; `once` tells several such changes apart."""
        row = self._reply_row(tenant, chat, person_id, f"becomes:{message_id}{once}", {"message": message_id, "body": body},
                              now, shown=False)  # fmt: skip
        row.kind, row.subject = "@refresh", ""
        return row

    def _spend(
        self, session: Session, arrival: Arrival, chat: str, key: str, status: str, now: datetime
    ) -> None:
        """A card that is about no record shows its status instead of buttons; one that is, is redrawn by its change.

        What the terminal showed only loses its buttons.
        """
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
