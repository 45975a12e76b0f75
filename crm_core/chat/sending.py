"""Deliveries and the threads they end in: begun before a network is touched, kept where they were sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from crm_core.chat.buttons import Buttons, Posting
from crm_core.chat.routing import web_chat
from crm_core.chat.tables import Chat, ChatMessage, GroupChat, Identity
from crm_core.chat.threads import Threads
from crm_core.kernel.db import Database
from crm_core.kernel.locks import lock_rows
from crm_core.kernel.outbox import Delivery, OutboxQueue, Outcome, Settled
from crm_core.kernel.outdated import outdated
from crm_core.kernel.pii import Cipher
from crm_core.kernel.routes import Route
from crm_core.kernel.tables import Outbox

_CHATS: Any = SQLModel.metadata.tables[str(Chat.__tablename__)]
_OUTBOX: Any = SQLModel.metadata.tables[str(Outbox.__tablename__)]
_MESSAGES: Any = SQLModel.metadata.tables[str(ChatMessage.__tablename__)]
_COUNT = (
    update(_CHATS)
    .where(_CHATS.c.id == bindparam("row"))
    .values(counter=bindparam("n"), updated_at=bindparam("now"))
)
_CHANGE = (
    update(_MESSAGES)
    .where(_MESSAGES.c.id == bindparam("row"))
    .values(rev=bindparam("n"), body_enc=bindparam("body"), provider_id=bindparam("provider"))
)


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


@dataclass(frozen=True)
class Kept:
    """A message for its thread, as its person got it; `provider_id` is the platform's name for it."""

    delivery: Delivery
    body: dict[str, Any]
    provider_id: str | None = None


class Sending(Threads):
    """What senders do to outbox and threads. Every method is one transaction."""

    def __init__(
        self, database: Database, cipher: Cipher, outbox: OutboxQueue, route: Callable[[Session, str], Route]
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
            keys = self._keys(session, [delivery for delivery, _ in mine])
            postings = [Posting(d.tenant, d.person_id, d.chat, key, body)
                        for (d, body), key in zip(mine, keys, strict=True)]  # fmt: skip
            public = self.buttons.publish_all(session, postings, now)
            self._keep_and_follow(session, [Kept(d, body) for (d, _), body in zip(mine, public, strict=True)], now)
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
            shown = [(send.delivery, send.key, send.private) for send in mine if send.private is not None]
            self.buttons.keep(
                session, [Posting(d.tenant, d.person_id, d.chat, key, body) for d, key, body in shown], now
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
            arrived = [one for one in ended if one.settled.outcome is Outcome.SENT]
            sent = [one for one in arrived if one.settled.delivery.claim in kept]
            self._name(session, [one.settled for one in arrived if one.settled.delivery.claim not in kept])
            self._keep_and_follow(
                session, [Kept(o.settled.delivery, o.message, o.settled.provider_id) for o in sent], now
            )
            dead = {one.settled.delivery.chat for one in ended if one.unreachable}
            if dead:
                session.execute(update(Identity).where(col(Identity.chat).in_(dead)).values(dead=True))
                session.execute(update(GroupChat).where(col(GroupChat.chat).in_(dead)).values(dead=True))
            return len(mine)

    def _name(self, session: Session, sent: Sequence[Settled]) -> None:
        """Somebody pressed a button before this was known to be sent: the thread has it, without the platform's name."""
        for one in sent:
            if one.provider_id and one.delivery.kind != "@refresh":
                nameless = (_MESSAGES.c.chat == one.delivery.chat, _MESSAGES.c.key == one.delivery.dedupe_key,
                            _MESSAGES.c.provider_id.is_(None))  # fmt: skip
                session.execute(update(_MESSAGES).where(*nameless).values(provider_id=one.provider_id))

    def arrived(
        self, person_id: str, now: datetime, *, key: str | None = None, outbox_id: int | None = None,
        provider_id: str | None = None,
    ) -> bool:  # fmt: skip
        """The person answered or pressed a button of a message nobody was sure about: it has arrived.

        True when that settled it. The message is named by its key or its id; `provider_id`, the platform's name for it,
        comes with a press, and is kept where it was not known.
        """
        if not self._outbox.doubted(person_id, key=key, outbox_id=outbox_id):
            if key is not None and provider_id:
                self._learn_name(key, person_id, provider_id)
            return False
        with self._database.write() as session:
            delivery = self._outbox.arrived(session, person_id, now, key=key, outbox_id=outbox_id)
            if delivery is None:
                return False
            message = (delivery.body or {}).get("message")
            if message is not None:
                self._keep_and_follow(session, [Kept(delivery, message, provider_id)], now)
            return True

    def _learn_name(self, key: str, person_id: str, provider_id: str) -> None:
        """What the platform calls a message that arrived before it could say so."""
        nameless = (_MESSAGES.c.key == key, _MESSAGES.c.person_id == person_id, _MESSAGES.c.provider_id.is_(None),
                    _MESSAGES.c.direction == "out")  # fmt: skip
        with self._database.read() as session:
            row = session.execute(select(_MESSAGES.c.id).where(*nameless)).first()
        if row is not None:
            with self._database.write() as session:
                session.execute(update(_MESSAGES).where(_MESSAGES.c.id == row.id, *nameless).values(provider_id=provider_id))

    # Threads

    def _keep_and_follow(self, session: Session, messages: Sequence[Kept], now: datetime) -> None:
        """`_keep`, and what changed while a message was on its way follows it as a change in place."""
        self._keep(session, messages, now)
        marked = outdated(session, [one.delivery for one in messages])
        late = {(one.delivery.chat, one.delivery.dedupe_key): one.delivery for one in messages
                if one.delivery.id in marked}  # fmt: skip
        if not late:
            return
        # Ids of a chat's messages are given out one transaction after the other, so that they tell the order.
        lock_rows(session, {f"chat:{chat}"[:60] for chat, _ in late})
        named = select(_MESSAGES.c.id, _MESSAGES.c.chat, _MESSAGES.c.key)
        kept = session.execute(named.where(_MESSAGES.c.key.in_([key for _, key in late]))).all()
        rows = [self._redrawing(row.id, one, marked[one.id], now) for row in kept
                if (one := late.get((row.chat, row.key)))]  # fmt: skip
        session.connection().execute(insert(_OUTBOX), rows)

    def _redrawing(
        self, message_id: int, delivery: Delivery, then_enc: str | None, now: datetime
    ) -> dict[str, Any]:
        """The outbox row that draws a kept message anew, as its record is or as `then_enc` says."""
        key = f"refresh:{message_id}:late:{delivery.token}"
        then = self._then(delivery.dedupe_key, then_enc)
        text = json.dumps({"message": message_id, **then}, ensure_ascii=False)
        payload = self._cipher.seal(f"outbox.payload.{key}", text)
        return {
            "tenant": delivery.tenant, "chat": delivery.chat, "account": delivery.account,
            "person_id": delivery.person_id, "kind": "@refresh", "subject": delivery.subject, "payload_enc": payload,
            "priority": delivery.priority, "dedupe_key": key, "due_at": now, "created_at": now, "state": 0, "token": 0,
            "attempts": 0,
        }  # fmt: skip

    def _then(self, key: str, sealed: str | None) -> dict[str, Any]:
        """What a message under way is to become; empty when nobody said so."""
        found: dict[str, Any] = json.loads(self._cipher.open(f"outbox.then.{key}", sealed)) if sealed else {}
        return found

    def _keep(self, session: Session, messages: Sequence[Kept], now: datetime) -> None:
        """Messages and edits in their threads, in order, in a few statements for all."""
        edited = self._edited(session, messages)
        new = [one for one in messages if one.delivery.kind != "@refresh"]
        whose = {one.delivery.chat: one.delivery for one in new}
        whose |= {row["chat"]: one for row, one in edited.values()}
        counters = self._counters(session, {chat: (d.tenant, d.person_id) for chat, d in whose.items()}, now)
        rows, changes = [], []
        for one in messages:
            if one.delivery.id in edited:
                row, _ = edited[one.delivery.id]
                counters[row["chat"]] += 1
                changes.append(self._changed_row(row, one, counters[row["chat"]]))
            elif one.delivery.kind != "@refresh":
                counters[one.delivery.chat] += 1
                rows.append(self._new_row(one, counters[one.delivery.chat], now))
        connection = session.connection()
        for statement, given in ((insert(_MESSAGES), rows), (_CHANGE, changes)):
            if given:
                connection.execute(statement, given)
        if counters:
            connection.execute(_COUNT, [{"row": c, "n": counters[c], "now": now} for c in sorted(counters)])

    def _edited(self, session: Session, messages: Sequence[Kept]) -> dict[int, tuple[Any, Delivery]]:
        """By outbox id: the message an edit is about, and the delivery; without those whose message is gone."""
        edits = [one.delivery for one in messages if one.delivery.kind == "@refresh"]
        if not edits:
            return {}
        query = select(_MESSAGES.c.id, _MESSAGES.c.chat, _MESSAGES.c.key, _MESSAGES.c.provider_id)
        query = query.where(_MESSAGES.c.id.in_([one.params["message"] for one in edits]))
        found = {row["id"]: row for row in session.execute(query).mappings()}
        return {one.id: (found[m], one) for one in edits if (m := one.params["message"]) in found}

    def _counters(
        self, session: Session, threads: dict[str, tuple[str, str]], now: datetime
    ) -> dict[str, int]:
        """How far each thread has got; threads are held in a fixed order, and made when they are new."""
        query = select(_CHATS.c.id, _CHATS.c.counter).order_by(_CHATS.c.id).with_for_update()
        found = {row.id: row.counter for row in session.execute(query.where(_CHATS.c.id.in_(list(threads))))}
        if missing := sorted(threads.keys() - found.keys()):
            dialect: Any = sqlite if self._database.is_sqlite else postgresql
            rows = [{"id": chat, "tenant": threads[chat][0], "person_id": threads[chat][1], "counter": 0,
                     "read_seq": 0, "state_version": 0, "updated_at": now} for chat in missing]  # fmt: skip
            session.connection().execute(dialect.insert(_CHATS).on_conflict_do_nothing(), rows)
            found |= {row.id: row.counter for row in session.execute(query.where(_CHATS.c.id.in_(missing)))}
        return found

    def _new_row(self, one: Kept, place: int, now: datetime) -> dict[str, Any]:
        delivery, params = one.delivery, None
        if delivery.kind[0] != "@":
            text = json.dumps(delivery.params, ensure_ascii=False, default=str)
            params = self._cipher.seal(f"chat_messages.params.{delivery.chat}.{delivery.dedupe_key}", text)
        return {
            "tenant": delivery.tenant, "chat": delivery.chat, "person_id": delivery.person_id, "seq": place,
            "rev": place, "direction": "out", "key": delivery.dedupe_key, "kind": delivery.kind,
            "subject": delivery.subject, "at": now, "params_enc": params, "provider_id": one.provider_id,
            "body_enc": self._seal_body(delivery.chat, delivery.dedupe_key, one.body),
        }  # fmt: skip

    def _changed_row(self, row: Any, one: Kept, rev: int) -> dict[str, Any]:
        return {"row": row["id"], "n": rev, "body": self._seal_body(row["chat"], row["key"], one.body),
                "provider": one.provider_id or row["provider_id"]}  # fmt: skip

    def _keys(self, session: Session, deliveries: Sequence[Delivery]) -> list[str]:
        """Buttons of a redrawn card belong to the first message, so that ids of lasting buttons last."""
        edits = [one.params["message"] for one in deliveries if one.kind == "@refresh"]
        found: dict[int, str] = {}
        if edits:
            query = select(_MESSAGES.c.id, _MESSAGES.c.key).where(_MESSAGES.c.id.in_(edits))
            found = {row.id: row.key for row in session.execute(query)}
        return [found.get(one.params.get("message", 0), one.dedupe_key) if one.kind == "@refresh" else one.dedupe_key
                for one in deliveries]  # fmt: skip

    def chat_of(self, person_id: str) -> str:
        """The thread a push to this person goes to now."""
        with self._database.read() as session:
            return self._route(session, person_id).chat

    @staticmethod
    def web_chat(person_id: str) -> str:
        return web_chat(person_id)
