"""Where a person reads: his last channel that is alive and served, else the web chat; the urgent at his preferred one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, desc, func, select, text
from sqlmodel import Session, col

from crm_core.chat.tables import ChatMessage, Identity
from crm_core.kernel.outcomes import MUST_KNOW_PRIORITY
from crm_core.kernel.routes import Route
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
_PLACES = (col(Identity.person_id), col(Identity.chat), col(Identity.preferred))
# The web chat is a row only when somebody prefers it, and never the place he used last: it is where one looks
# when there is no other.
_LAST = (col(Identity.channel) == "web", desc(col(Identity.used_at)), col(Identity.id))
# Asked in nearly every command, so built once.
_ONE = select(*_PLACES).where(col(Identity.person_id) == bindparam("person"), *_ALIVE).order_by(*_LAST)
_SEVERAL = (
    select(*_PLACES).where(col(Identity.person_id).in_(bindparam("people", expanding=True)), *_ALIVE)
    .order_by(*_LAST)
)  # fmt: skip
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


def route(session: Session, person_id: str) -> Route:
    """Where messages to this person go."""
    return _route(person_id, session.execute(_ONE, {"person": person_id}).all())


def routes(session: Session, people: Iterable[str]) -> dict[str, Route]:
    """The same for several people at once."""
    wanted = sorted(set(people))
    if len(wanted) == 1:
        return {wanted[0]: route(session, wanted[0])}
    places: dict[str, list[Any]] = {one: [] for one in wanted}
    for row in session.execute(_SEVERAL, {"people": wanted}).all() if wanted else ():
        places[row[0]].append(row)
    return {one: _route(one, found) for one, found in places.items()}


def _route(person_id: str, places: Sequence[Any]) -> Route:
    """Living places, last used first."""
    last = places[0][1] if places else web_chat(person_id)
    return Route(last, next((chat for _, chat, preferred in places if preferred), last))


def cards_about(session: Session, tenant: str, subject: str) -> list[tuple[int, str, str, int]]:
    """The newest sent cards about a record: (message id, chat, person id, priority it was sent with)."""
    rows = session.execute(_ABOUT, {"tenant": tenant, "subject": subject}).all()
    return [(row[0], row[1], row[2], MUST_KNOW_PRIORITY if row[3] is None else row[3]) for row in rows]
