"""What waits for a chat that is closed goes to where its person is reached now."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_core.chat.messages import ChatClosed
from crm_core.delivery.rerouting import send_anew
from crm_core.kernel.deliveries import MOVED, PENDING, SKIPPED
from crm_core.kernel.registry import reacts
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Uow


@reacts(ChatClosed)
def chat_closed(event: ChatClosed, uow: Uow) -> None:
    """Answers and edits of cards belong there and are let be; everything else is sent anew. What is under way cannot
    be called back.
    """
    waiting = select(Outbox).where(
        col(Outbox.chat) == event.chat, col(Outbox.person_id) == event.person_id, col(Outbox.state) == PENDING
    ).order_by(col(Outbox.id)).with_for_update(skip_locked=True)  # fmt: skip
    for row in uow.session.execute(waiting.execution_options(populate_existing=True)).scalars().all():
        row.state, row.settled_at, row.error = SKIPPED, uow.now, "chat closed"
        if not row.kind.startswith("@"):
            row.state = MOVED
            send_anew(uow, row, None)
