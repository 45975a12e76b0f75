"""Where a person reads: his last channel that is alive, else the web chat."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import desc, select
from sqlmodel import Session

from crm_core.chat.tables import ChatMessage, Identity

REDRAWN_CARDS = 20


def web_chat(person_id: str) -> str:
    """The person's thread in the web chat, which everybody has."""
    return f"web:{person_id}"


def route(session: Session, person_id: str) -> str:
    """The chat a message to this person goes to."""
    identity = cast(Any, Identity)
    chat: str | None = session.execute(
        select(identity.chat).where(identity.person_id == person_id, identity.dead.is_(False))
        .order_by(desc(identity.used_at)).limit(1)
    ).scalar()  # fmt: skip
    return chat or web_chat(person_id)


def cards_about(session: Session, tenant: str, subject: str) -> list[tuple[int, str, str]]:
    """The newest sent cards about a record: (message id, chat, person id)."""
    message = cast(Any, ChatMessage)
    rows = session.execute(
        select(message.id, message.chat, message.person_id)
        .where(message.tenant == tenant, message.subject == subject, message.direction == "out")
        .order_by(desc(message.id)).limit(REDRAWN_CARDS)
    ).all()  # fmt: skip
    return [(row[0], row[1], row[2]) for row in rows]
