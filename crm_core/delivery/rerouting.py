"""Messages whose way is closed go another one: nobody serves their account, or their chat reaches nobody any more."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlmodel import Session, col

from crm_core.chat.tables import Identity, is_group
from crm_core.delivery.rules import DeliveryPolicy
from crm_core.delivery.troubles import MUST_KNOW
from crm_core.kernel.deliveries import CLAIMED, DEAD, LOCAL_ACCOUNTS, MOVED, PENDING, SKIPPED, UNCERTAIN
from crm_core.kernel.envelopes import Tries, tries_of
from crm_core.kernel.tables import Outbox, UnservedAccount
from crm_core.kernel.uow import Uow
from crm_core.kernel.workers import workers

REPEAT = "@repeat"
BATCH = 200
# A chat that was found to reach nobody makes what was refused there move, for so long after.
REFUSED_LATELY = timedelta(days=1)


def note_unserved(uow: Uow, lapses_after: timedelta) -> None:
    """Note which accounts have messages and no process that speaks for them; forget those that are served again."""
    uow.lock("unserved_accounts")
    served = {account for one in workers(uow.session, uow.now) if one.state != "silent" for account in one.accounts}
    known = {row.id: row for row in uow.session.execute(select(UnservedAccount)).scalars()}
    for account in _waited_for(uow.session) - served - known.keys():
        uow.session.add(UnservedAccount(id=account, since=uow.now))
    for account, row in known.items():
        row.since = min(row.since, uow.now)  # a clock that was set back must not make it wait for ever
        row.lapsed = row.lapsed or row.since <= uow.now - lapses_after
        if account in served:
            uow.session.execute(delete(UnservedAccount).where(col(UnservedAccount.id) == account))
    uow.flush()


def _waited_for(session: Session) -> set[str]:
    """Accounts over a network that messages wait for."""
    waiting = select(col(Outbox.account)).where(col(Outbox.state).in_((PENDING, CLAIMED))).distinct()
    return {account for account in session.execute(waiting).scalars() if account} - set(LOCAL_ACCOUNTS)


def move_on(uow: Uow, policy: DeliveryPolicy) -> int:
    """Send anew through each person's living channel what cannot go its own way; returns how many rows it ended."""
    rows = _stuck(uow, policy)
    tries = tries_of(uow.session, [row.id for row in rows if row.id is not None and row.body_enc])
    routes = uow.services.routes(uow.session, [row.person_id for row in rows])
    for row in rows:
        doubted = tries.get(row.id or 0, Tries()).doubts > 0
        if row.kind == "@refresh" or not row.person_id:
            # An edit, or an answer to somebody who is not known anywhere else.
            _end(uow, row, SKIPPED)
        elif doubted and row.priority > MUST_KNOW:
            # It may have arrived, and is not worth telling twice.
            _end(uow, row, UNCERTAIN)
        elif is_group(row.person_id):
            # A group has no other place; its unit's manager hears of it.
            _end(uow, row, DEAD)
        else:
            send_anew(uow, row, routes[row.person_id].of(row.priority), repeat=doubted)
            _end(uow, row, MOVED)
    return len(rows)


def send_anew(uow: Uow, row: Outbox, chat: str | None, *, key: str = "moved", repeat: bool = False) -> None:
    """The same message as a new one, to `chat` or (None) to where its person is reached now."""
    payload: dict[str, Any] = json.loads(uow.cipher.open(f"outbox.payload.{row.dedupe_key}", row.payload_enc))
    mark = {REPEAT: True} if repeat else {}
    chat = row.chat if is_group(row.person_id) else chat
    uow.push(row.person_id, row.kind, subject=row.subject, key=f"{key}:{row.id}", priority=row.priority, chat=chat,
             **payload, **mark)  # fmt: skip


def _end(uow: Uow, row: Outbox, state: int) -> None:
    row.state, row.settled_at, row.error = state, uow.now, row.error or "unserved"


def _stuck(uow: Uow, policy: DeliveryPolicy) -> list[Outbox]:
    """The tenant's messages whose way is closed for as long as policy waits, the most important first."""
    must = _unserved_since(uow.session, uow.now - policy.must_know_moves_after)
    others = _unserved_since(uow.session, uow.now - policy.others_move_after)
    unreachable = select(col(Identity.chat)).where(col(Identity.tenant) == uow.tenant, col(Identity.dead))
    closed = col(Outbox.chat).in_(unreachable)
    waiting = (col(Outbox.state) == PENDING) & or_(
        col(Outbox.account).in_(must) & (col(Outbox.priority) <= MUST_KNOW), col(Outbox.account).in_(others), closed
    )
    refused = (
        (col(Outbox.state) == DEAD) & closed & col(Outbox.told_at).is_(None)
        & (col(Outbox.settled_at) > uow.now - REFUSED_LATELY) & (col(Outbox.kind) != "@refresh")
    )  # fmt: skip
    query = select(Outbox).where(col(Outbox.tenant) == uow.tenant, or_(waiting, refused))
    query = query.order_by(col(Outbox.priority), col(Outbox.id)).limit(BATCH).with_for_update(skip_locked=True)
    return list(uow.session.execute(query.execution_options(populate_existing=True)).scalars())


def _unserved_since(session: Session, instant: Any) -> list[str]:
    query = select(col(UnservedAccount.id)).where(col(UnservedAccount.since) <= instant)
    return list(session.execute(query).scalars())
