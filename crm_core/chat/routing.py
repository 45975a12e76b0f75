"""Where a person reads: his last channel that is alive and served by somebody, else the web chat."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, desc, func, select, text
from sqlmodel import Session, col

from crm_core.chat.tables import ChatMessage, Identity
from crm_core.kernel.outcomes import MUST_KNOW_PRIORITY
from crm_core.kernel.tables import Outbox, UnservedAccount

REDRAWN_CARDS = 20
_ACCOUNT_AND_COLON = col(UnservedAccount.id) + ":"
_ALIVE = (
    col(Identity.dead).is_(False),
    ~select(col(UnservedAccount.id)).where(
        col(UnservedAccount.lapsed),
        func.substr(col(Identity.chat), 1, func.length(_ACCOUNT_AND_COLON)) == _ACCOUNT_AND_COLON,
    ).exists(),
)  # fmt: skip
# Asked in nearly every command, so built once.
_LAST_USED = (
    select(col(Identity.chat)).where(col(Identity.person_id) == bindparam("person"), *_ALIVE)
    .order_by(desc(col(Identity.used_at))).limit(1)
)  # fmt: skip
# The last one of a person is the one that stays.
_USED = (
    select(col(Identity.person_id), col(Identity.chat))
    .where(col(Identity.person_id).in_(bindparam("people", expanding=True)), *_ALIVE)
    .order_by(col(Identity.used_at))
)
_ABOUT = (
    select(col(ChatMessage.id), col(ChatMessage.chat), col(ChatMessage.person_id), col(Outbox.priority))
    .join(Outbox, col(Outbox.dedupe_key) == col(ChatMessage.key), isouter=True)
    .where(col(ChatMessage.tenant) == bindparam("tenant"), col(ChatMessage.subject) == bindparam("subject"),
           text("chat_messages.subject <> ''"), col(ChatMessage.direction) == "out")  # the words of the partial index
    .order_by(desc(col(ChatMessage.id))).limit(REDRAWN_CARDS)
)  # fmt: skip


def web_chat(person_id: str) -> str:
    """The person's thread in the web chat, which everybody has."""
    return f"web:{person_id}"


def route(session: Session, person_id: str) -> str:
    """The chat a message to this person goes to."""
    chat: str | None = session.execute(_LAST_USED, {"person": person_id}).scalar()
    return chat or web_chat(person_id)


def routes(session: Session, people: Iterable[str]) -> dict[str, str]:
    """The chats of several people at once."""
    wanted = sorted(set(people))
    if len(wanted) == 1:
        return {wanted[0]: route(session, wanted[0])}
    used = session.execute(_USED, {"people": wanted}).all() if wanted else []
    return {one: web_chat(one) for one in wanted} | {row[0]: row[1] for row in used}


def cards_about(session: Session, tenant: str, subject: str) -> list[tuple[int, str, str, int]]:
    """The newest sent cards about a record: (message id, chat, person id, priority it was sent with)."""
    rows = session.execute(_ABOUT, {"tenant": tenant, "subject": subject}).all()
    return [(row[0], row[1], row[2], MUST_KNOW_PRIORITY if row[3] is None else row[3]) for row in rows]
