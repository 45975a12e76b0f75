"""Buttons: an opaque id goes out, its verb and parameters stay here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, desc, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlmodel import Session, SQLModel, col

from crm_core.chat.tables import Action, GroupChat, is_group
from crm_core.kernel.db import Database
from crm_core.kernel.pii import Cipher

LIFETIME = timedelta(days=30)
RECENT = 80
_ACTIONS: Any = SQLModel.metadata.tables[str(Action.__tablename__)]
_BY_ID = select(_ACTIONS).where(_ACTIONS.c.id == bindparam("id"))
_RECENT = (
    select(_ACTIONS)
    .where(_ACTIONS.c.person_id == bindparam("person"), _ACTIONS.c.expires_at > bindparam("now"))
    .order_by(desc(_ACTIONS.c.shown_at), desc(_ACTIONS.c.message_key))
    .limit(bindparam("limit"))
)
_LOOSE = _RECENT.where(_ACTIONS.c.chat == bindparam("chat"), _ACTIONS.c.subject == "")
_OF_MESSAGES = select(_ACTIONS.c.id, _ACTIONS.c.expires_at).where(
    _ACTIONS.c.message_key.in_(bindparam("keys", expanding=True))
)

_GROUPS = select(col(GroupChat.id), col(GroupChat.unit)).where(
    col(GroupChat.id).in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True)
class LiveAction:
    """A button as stored: who it was shown to (one person, or with `unit` a group), and what it does."""

    id: str
    tenant: str
    person_id: str
    chat: str
    verb: str
    params: dict[str, Any]
    label: str
    subject: str
    message_key: str
    shown_at: datetime
    expires_at: datetime
    unit: str = ""


@dataclass(frozen=True)
class Posting:
    """A message whose buttons are about to be shown in a chat, under its key, to a person or a unit's group."""

    tenant: str
    person_id: str
    chat: str
    key: str
    body: dict[str, Any]


class Buttons:
    """Publishes and finds buttons."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def publish(
        self, session: Session, tenant: str, person_id: str, chat: str, key: str, body: dict[str, Any],
        now: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        """Keep a body's buttons and return the body as it may leave: ids, labels, styles and lines only.

        Ids follow from message, verb and parameters, so that drawing a card again gives the same ids. Buttons
        of the message that are not drawn any more end.
        """
        return self.publish_all(session, [Posting(tenant, person_id, chat, key, body)], now)[0]

    def publish_all(
        self, session: Session, messages: Sequence[Posting], now: datetime
    ) -> list[dict[str, Any]]:
        """`publish` of several messages, in a few statements."""
        self.keep(session, messages, now)
        return [self.public(m.key, m.person_id, m.body) for m in messages]

    def keep(self, session: Session, messages: Sequence[Posting], now: datetime) -> None:
        """`publish_all` for who has made the bodies as they leave with `public`."""
        known = {row[0]: row[1] for row in session.execute(_OF_MESSAGES, {"keys": [m.key for m in messages]})}
        rows: dict[str, dict[str, Any]] = {}
        drawn: set[str] = set()
        for message in messages:
            buttons = self._drawn(message.key, message.person_id, message.body)
            drawn.update(buttons)
            rows |= {i: self._row(i, message, b, now) for i, b in buttons.items() if i not in known}
        if rows:
            self._of_groups(session, rows.values())
            session.connection().execute(insert(_ACTIONS), list(rows.values()))
        self._set(session, [i for i in drawn if i in known], shown_at=now, expires_at=now + LIFETIME)
        self._set(session, [i for i, ends in known.items() if i not in drawn and ends > now], expires_at=now)

    def public(self, key: str, person_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """The body as it may leave; `publish` is what makes its buttons work."""
        card = body.get("card")
        if not card:
            return body
        shown = [
            _public(action_id, button) for action_id, button in self._drawn(key, person_id, body).items()
        ]
        return body | {"card": card | {"buttons": shown}}

    def _drawn(self, key: str, person_id: str, body: dict[str, Any]) -> dict[str, dict[str, Any]]:
        card = body.get("card") or {}
        return {self._id(key, person_id, button): button for button in card.get("buttons", ())}

    def publish_now(
        self, tenant: str, person_id: str, chat: str, key: str, body: dict[str, Any], now: datetime
    ) -> dict[str, Any]:
        """`publish` in a transaction of its own."""
        with self._database.write() as session:
            return self.publish(session, tenant, person_id, chat, key, body, now)

    def _id(self, key: str, person_id: str, button: dict[str, Any]) -> str:
        text = json.dumps(
            [key, person_id, button["verb"], button.get("params", {})], sort_keys=True, default=str
        )
        return self._cipher.sign(text.encode())

    def _row(self, action_id: str, message: Posting, button: dict[str, Any], now: datetime) -> dict[str, Any]:
        kept = {"label": button["label"], "params": button.get("params", {})}
        sealed = self._cipher.seal(
            f"actions.params.{action_id}", json.dumps(kept, ensure_ascii=False, default=str)
        )
        return {
            "id": action_id, "tenant": message.tenant, "person_id": message.person_id, "chat": message.chat,
            "message_key": message.key, "verb": button["verb"], "params_enc": sealed,
            "subject": message.body["card"].get("subject", ""), "shown_at": now, "expires_at": now + LIFETIME,
            "unit": "",
        }  # fmt: skip

    def _of_groups(self, session: Session, rows: Iterable[dict[str, Any]]) -> None:
        """Buttons shown to a group are its unit's; a group is a reader like a person, with an id of its own."""
        groups = [row["person_id"] for row in rows if is_group(row["person_id"])]
        units = {row[0]: row[1] for row in session.execute(_GROUPS, {"ids": groups})} if groups else {}
        for row in rows if groups else ():
            row["unit"] = units.get(row["person_id"], "")

    def _set(self, session: Session, ids: list[str], **values: datetime) -> None:
        if ids:
            session.connection().execute(update(_ACTIONS).where(_ACTIONS.c.id.in_(ids)).values(**values))

    def end(self, session: Session, key: str, now: datetime) -> None:
        """The buttons of a message that is about no record can be pressed no more."""
        live = (_ACTIONS.c.message_key == key, _ACTIONS.c.subject == "", _ACTIONS.c.expires_at > now)
        session.connection().execute(update(_ACTIONS).where(*live).values(expires_at=now))

    def find(self, action_id: str) -> LiveAction | None:
        """The button with this id, live or not; the caller checks addressee and time."""
        with self._database.read() as session:
            row = session.connection().execute(_BY_ID, {"id": action_id[:32]}).mappings().first()
            return self._live(row) if row is not None else None

    def recent(self, person_id: str, now: datetime, limit: int = RECENT) -> list[LiveAction]:
        """Live buttons of a person, last shown first; for pressing by label and for bare answers."""
        with self._database.read() as session:
            given = {"person": person_id, "now": now, "limit": limit}
            return [self._live(row) for row in session.connection().execute(_RECENT, given).mappings()]

    def loose(self, person_id: str, chat: str, now: datetime, limit: int = RECENT) -> list[LiveAction]:
        """Of these, the ones in a chat on cards that are about no record."""
        with self._database.read() as session:
            given = {"person": person_id, "now": now, "limit": limit, "chat": chat}
            return [self._live(row) for row in session.connection().execute(_LOOSE, given).mappings()]

    def _live(self, row: RowMapping) -> LiveAction:
        kept = json.loads(self._cipher.open(f"actions.params.{row['id']}", row["params_enc"]))
        return LiveAction(row["id"], row["tenant"], row["person_id"], row["chat"], row["verb"], kept["params"],
                          kept["label"], row["subject"], row["message_key"], row["shown_at"], row["expires_at"],
                          row["unit"])  # fmt: skip


def _public(action_id: str, button: dict[str, Any]) -> dict[str, Any]:
    """A button as it may leave; `line` is the card's line it belongs to, `ticked` its box, if it has one."""
    found = {"id": action_id, "label": button["label"], "style": str(button.get("style", "default"))}
    return found | {name: button[name] for name in ("line", "ticked") if button.get(name) is not None}
