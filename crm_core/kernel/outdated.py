"""Messages drawn before a change and kept after it: they are marked, and changed in place once they have arrived.

A change looks for cards in their threads (`chat.routing.cards_about`); one that is under way is in none yet. Its row
is marked in the transaction of the change. A claim takes the mark away from what is still to be drawn; whatever has
it when it is kept in its thread is drawn once more. Rows are marked, and so held, also while nobody has claimed
them: a claim then waits for the change, and draws what it did.

A button may be pressed before it is known that its card was sent. What the card is to become is then kept with its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select, text, update
from sqlmodel import Session, SQLModel

from crm_core.kernel.deliveries import Delivery
from crm_core.kernel.tables import Outbox

_OUTBOX: Any = SQLModel.metadata.tables[str(Outbox.__tablename__)]
_MARK = update(_OUTBOX).values(outdated=True)
_UNDER_WAY = (0, 1, 3, 4)


class UnderWay(NamedTuple):
    """A message of which nobody knows yet that it has arrived; `then_enc` is what it is to become, sealed."""

    id: int
    key: str
    subject: str
    then_enc: str | None


def mark_outdated(session: Session, tenant: str, subjects: Iterable[str]) -> None:
    """What is on its way and about these subjects (`lead:ID`) may show what they were before this transaction.

    What is dead or uncertain may turn out to have arrived.
    """
    about = select(_OUTBOX.c.id).where(
        _OUTBOX.c.tenant == tenant, _OUTBOX.c.subject.in_(sorted(filter(None, subjects))),
        _OUTBOX.c.kind != "@refresh",
        text("state in (0,1,3,4) and subject <> ''"),  # the words of the partial index
    )  # fmt: skip
    # In the order of their ids, as senders hold them.
    ids = list(session.connection().execute(about.order_by(_OUTBOX.c.id).with_for_update()).scalars())
    if ids:
        session.connection().execute(_MARK.where(_OUTBOX.c.id.in_(ids)))


def under_way(session: Session, chat: str, keys: Iterable[str]) -> list[UnderWay]:
    """Of these messages those that are; their rows are held, so ask before the chat itself is held, as senders do."""
    query = select(_OUTBOX.c.id, _OUTBOX.c.dedupe_key, _OUTBOX.c.subject, _OUTBOX.c.then_enc).where(
        _OUTBOX.c.dedupe_key.in_(sorted(keys)), _OUTBOX.c.chat == chat, _OUTBOX.c.state.in_(_UNDER_WAY)
    )
    return [UnderWay(*row) for row in session.execute(query.order_by(_OUTBOX.c.id).with_for_update())]


def becomes(session: Session, message: UnderWay, then_enc: str) -> None:
    """It is changed to this once it has arrived."""
    session.connection().execute(_MARK.where(_OUTBOX.c.id == message.id).values(then_enc=then_enc))


def outdated(session: Session, deliveries: Sequence[Delivery]) -> dict[int, str | None]:
    """By id those that were marked, with what they are to become, sealed; None: as their record is.

    Their rows are held by the caller.
    """
    about = [one.id for one in deliveries if one.kind != "@refresh"]
    if not about:
        return {}
    marked = select(_OUTBOX.c.id, _OUTBOX.c.then_enc).where(_OUTBOX.c.id.in_(about), _OUTBOX.c.outdated)
    return {row[0]: row[1] for row in session.connection().execute(marked)}
