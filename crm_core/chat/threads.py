"""Threads: what was said in them, in which order, and what changed in place since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import desc, select, update
from sqlmodel import Session, col

from crm_core.chat.tables import Chat, ChatMessage
from crm_core.kernel.db import Database
from crm_core.kernel.locks import lock_row
from crm_core.kernel.pii import Cipher
from crm_core.kernel.tables import Outbox, new_row


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


class Threads:
    """Messages of threads. `seq` is a message's place, `rev` grows whenever it changes; both never repeat."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def original(self, message_id: int) -> tuple[str, str, dict[str, Any]] | None:
        """Kind, subject and parameters a sent card was drawn from; for a reply, its stored body."""
        with self._database.read() as session:
            row = session.get(ChatMessage, message_id)
            if row is None:
                return None
            if row.params_enc:
                params = json.loads(
                    self._cipher.open(f"chat_messages.params.{row.chat}.{row.key}", row.params_enc)
                )
                return row.kind, row.subject, params
            return row.kind, row.subject, {"body": self._open_body(row)}

    def messages(
        self, chat: str, *, since: int | None = None, before: int | None = None, limit: int = 50
    ) -> list[Shown]:
        """Messages of a thread by place: the newest, those before a place, or all changed since a `rev`."""
        query = select(ChatMessage).where(col(ChatMessage.chat) == chat)
        if since is not None:
            query = query.where(col(ChatMessage.rev) > since).order_by(col(ChatMessage.rev))
        else:
            query = query.where(col(ChatMessage.seq) < before) if before is not None else query
            query = query.order_by(desc(col(ChatMessage.seq)))
        with self._database.read() as session:
            rows = session.execute(query.limit(limit)).scalars().all()
            return sorted((self._shown(row) for row in rows), key=lambda m: m.seq)

    def changed(self, since: Mapping[str, int], limit: int = 200) -> list[Shown]:
        """What changed in several threads, each since its own `rev`; one query finds those that moved."""
        if not since:
            return []
        with self._database.read() as session:
            counters = session.execute(
                select(col(Chat.id), col(Chat.counter)).where(col(Chat.id).in_(list(since)))
            ).all()
            moved = [chat for chat, counter in counters if counter > since[chat]]
            return [shown for chat in moved for shown in self._since(session, chat, since[chat], limit)]

    def _since(self, session: Session, chat: str, rev: int, limit: int) -> list[Shown]:
        query = select(ChatMessage).where(col(ChatMessage.chat) == chat, col(ChatMessage.rev) > rev)
        rows = session.execute(query.order_by(col(ChatMessage.rev)).limit(limit)).scalars()
        return [self._shown(row) for row in rows]

    def body_of(self, chat: str, key: str) -> dict[str, Any] | None:
        """What a message we sent shows now; None when it is not in this thread."""
        found = select(ChatMessage).where(
            col(ChatMessage.chat) == chat, col(ChatMessage.key) == key, col(ChatMessage.direction) == "out"
        )
        with self._database.read() as session:
            row = session.execute(found).scalars().first()
            return self._open_body(row) if row is not None else None

    def mark_read(self, chat: str, seq: int, now: datetime) -> None:
        """Remember how far a person has read; pushes up to there count as shown."""
        with self._database.write() as session:
            row = session.get(Chat, chat)
            if row is None or seq <= row.read_seq:
                return
            row.read_seq = min(seq, row.counter)
            read = select(col(ChatMessage.key)).where(
                col(ChatMessage.chat) == chat, col(ChatMessage.seq) <= seq, col(ChatMessage.direction) == "out"
            )
            unseen = update(Outbox).where(
                col(Outbox.person_id) == row.person_id, col(Outbox.shown_at).is_(None),
                col(Outbox.dedupe_key).in_(read),
            )  # fmt: skip
            session.execute(unseen.values(shown_at=now).execution_options(synchronize_session=False))

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

    def _append(
        self, session: Session, *, tenant: str, chat: str, person_id: str, key: str, body: dict[str, Any],
        direction: str, now: datetime, kind: str = "", subject: str = "", params: dict[str, Any] | None = None,
    ) -> ChatMessage:  # fmt: skip
        thread = self._thread(session, tenant, chat, person_id, now)
        thread.counter += 1
        row = new_row(ChatMessage, {
            "tenant": tenant, "chat": chat, "person_id": person_id, "seq": thread.counter, "rev": thread.counter,
            "direction": direction, "key": key, "kind": kind, "subject": subject, "at": now,
            "body_enc": self._seal_body(chat, key, body),
        })  # fmt: skip
        if params is not None:
            text = json.dumps(params, ensure_ascii=False, default=str)
            row.params_enc = self._cipher.seal(f"chat_messages.params.{chat}.{key}", text)
        session.add(row)
        return row

    def _thread(self, session: Session, tenant: str, chat: str, person_id: str, now: datetime) -> Chat:
        """The thread's row, locked until the transaction ends, so that places are given out one by one."""
        found = select(Chat).where(col(Chat.id) == chat).with_for_update()
        row: Chat | None = session.execute(found).scalars().first()
        if row is None:
            lock_row(session, f"thread:{chat}"[:60])
            row = session.execute(found).scalars().first()
        if row is None:
            row = Chat(id=chat, tenant=tenant, person_id=person_id, updated_at=now)
            session.add(row)
            session.flush()
        return row

    def _seq_of(self, session: Session, chat: str, key: str) -> int:
        found = select(col(ChatMessage.seq)).where(col(ChatMessage.chat) == chat, col(ChatMessage.key) == key)
        return int(session.execute(found).scalar() or 0)

    def _shown(self, row: ChatMessage) -> Shown:
        return Shown(row.chat, row.seq, row.rev, row.direction, row.key, row.at, self._open_body(row))

    def _seal_body(self, chat: str, key: str, body: dict[str, Any]) -> str:
        text = json.dumps(body, ensure_ascii=False, default=str)
        return self._cipher.seal(f"chat_messages.body.{chat}.{key}", text)

    def _open_body(self, row: ChatMessage) -> dict[str, Any]:
        cell = f"chat_messages.body.{row.chat}.{row.key}"
        found: dict[str, Any] = json.loads(self._cipher.open(cell, row.body_enc or ""))
        return found
