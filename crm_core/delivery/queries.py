"""Questions about messages on their way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from crm_core.chat.tables import GroupChat, is_group
from crm_core.delivery.messages import (
    AccountView,
    DeadLetters,
    DeliveryReport,
    DeliveryView,
    FoldedMessages,
    FoldedRow,
    LetterCard,
    LetterView,
    Troubles,
    TroubleView,
    WorkerView,
)  # fmt: skip
from crm_core.delivery.rules import worst_first
from crm_core.delivery.troubles import (
    DEAD,
    DEAD_TIMER,
    LATE,
    MUST_KNOW,
    UNCERTAIN,
    remembered,
    troubles,
    unserved,
)
from crm_core.kernel.access import Scope
from crm_core.kernel.deliveries import PENDING
from crm_core.kernel.errors import NotFound
from crm_core.kernel.pause import read_pause
from crm_core.kernel.reader import Reader
from crm_core.kernel.refs import ref_of
from crm_core.kernel.registry import answers
from crm_core.kernel.tables import Outbox, Timer
from crm_core.kernel.workers import workers
from crm_core.org.people import find_person, tenants, unit_of
from crm_core.org.tables import Person

DAY = timedelta(days=1)
# Rows are numbered in the order they came; a day has fewer.
DAYS_ROWS = 100_000
STATES = ("pending", "claimed", "sent", "uncertain", "dead", "skipped", "folded", "held", "moved")
WAITING = ("pending", "claimed", "held")


def sees_all(reader: Reader, action: str = "read") -> bool:
    """Whether the actor answers for the whole deployment, not only for his own people."""
    return any(scope is Scope.GROUP for _, scope in reader.access.scopes(reader.actor, "delivery", action))


def may_resume(reader: Reader) -> bool:
    """Whether the actor may let a restored deployment go on. Where several groups share it nobody decides for the
    others: that is done at its command line."""
    if reader.actor.kind == "job":
        return True
    return sees_all(reader, "write") and tenants(reader.session) == [reader.tenant]


@answers(DeliveryReport)
def delivery_report(question: DeliveryReport, reader: Reader) -> DeliveryView:
    """Raises Refused for whoever may not know of others' messages."""
    reader.must("delivery", "read")
    accounts = _accounts(reader)
    oldest = min((a.oldest_at for a in accounts if a.oldest_at is not None), default=None)
    letters = sum(a.uncertain + a.dead + (a.waiting if a.unserved_since else 0) for a in accounts)
    if not sees_all(reader):
        return DeliveryView(accounts=accounts, oldest_at=oldest, pending_timers=0, late_timers=0, dead_timers=0,
                            workers=(), troubles=(), paused="", letters=letters)  # fmt: skip
    pending, late, dead = _timers(reader)
    return DeliveryView(
        accounts=accounts, oldest_at=oldest, pending_timers=pending, late_timers=late, dead_timers=dead,
        workers=tuple(WorkerView(name=w.id, role=w.role, seen_at=w.seen_at, state=w.state)
                      for w in workers(reader.session, reader.now)),
        troubles=worst_first(known_troubles(reader), reader.now), paused=read_pause(reader.session).paused,
        letters=letters, may_resume=may_resume(reader), may_settle=sees_all(reader, "write"),
    )  # fmt: skip


@answers(Troubles)
def all_troubles(question: Troubles, reader: Reader) -> tuple[TroubleView, ...]:
    """Raises Refused for whoever does not answer for the deployment."""
    reader.must("delivery", "read")
    return worst_first(troubles(reader.session, reader.tenant, reader.now), reader.now)


def known_troubles(reader: Reader) -> list[TroubleView]:
    """What the database shows, and what only the processes themselves could see and told."""
    found = troubles(reader.session, reader.tenant, reader.now)
    told = remembered(reader.session, reader.tenant).values()
    seen = {trouble.kind for trouble in found}
    return found + [TroubleView(**one) for one in told if one["kind"] in ("clock", "healed") and one["kind"] not in seen]


def _accounts(reader: Reader) -> tuple[AccountView, ...]:
    table = col(Outbox.account)
    newest = reader.session.execute(select(func.max(col(Outbox.id)))).scalar() or 0
    recent = (col(Outbox.id) > newest - DAYS_ROWS) & (col(Outbox.created_at) > reader.now - DAY)
    open_ones = col(Outbox.state).in_((0, 1, UNCERTAIN, DEAD, 7))
    counted = (
        select(table, col(Outbox.state), func.count(), func.min(col(Outbox.created_at)))
        .join(Person, col(Person.id) == col(Outbox.person_id))
        .where(_visible(reader), open_ones | recent, col(Outbox.kind) != "@refresh")
        .group_by(table, col(Outbox.state))
    )
    found: dict[str, dict[str, Any]] = {}
    for account, state, count, oldest in reader.session.execute(counted):
        one = found.setdefault(account, {})
        name = "waiting" if STATES[state] in WAITING else STATES[state]
        one[name] = one.get(name, 0) + count
        if name == "waiting":
            one["oldest_at"] = min(filter(None, (one.get("oldest_at"), oldest)))
    since = {name: row.since for name, row in unserved(reader.session).items()}
    return tuple(AccountView(account=name, **found[name], unserved_since=since.get(name)) for name in sorted(found))


def _visible(reader: Reader) -> Any:
    """Messages to people the actor answers for."""
    return (col(Outbox.tenant) == reader.tenant) & reader.clause(Person, "delivery")


def _timers(reader: Reader) -> tuple[int, int, int]:
    def count(*where: Any) -> int:
        query = select(func.count()).where(col(Timer.tenant) == reader.tenant, *where)
        return int(reader.session.execute(query).scalar() or 0)

    pending = col(Timer.state) == 0
    return count(pending), count(pending, col(Timer.due_at) < reader.now - LATE), count(col(Timer.state) == DEAD_TIMER)


@answers(DeadLetters)
def dead_letters(question: DeadLetters, reader: Reader) -> tuple[LetterView, ...]:
    """Raises Refused for whoever may not know of others' messages."""
    reader.must("delivery", "read")
    stuck = (col(Outbox.state) == PENDING) & col(Outbox.account).in_(list(unserved(reader.session)))
    query = (
        select(Outbox)
        .join(Person, col(Person.id) == col(Outbox.person_id))
        .where(_visible(reader), col(Outbox.state).in_((UNCERTAIN, DEAD)) | stuck, col(Outbox.kind) != "@refresh")
        .order_by(col(Outbox.id).desc())
        .limit(question.limit)
    )
    return tuple(letter_view(row, reader) for row in reader.session.execute(query).scalars())


@answers(LetterCard)
def letter_card(question: LetterCard, reader: Reader) -> LetterView:
    """Raises NotFound, alike for absent and forbidden."""
    return letter_view(letter(reader, question.letter_id, "read"), reader)


def letter(reader: Reader, letter_id: int, action: str) -> Outbox:
    """The row of a message to somebody the actor answers for. Raises NotFound."""
    row = reader.session.get(Outbox, letter_id, with_for_update=action != "read" or None)
    to = _addressee(reader, row.person_id) if row is not None else None
    if row is None or to is None or not reader.access.allows(reader.actor, "delivery", action, to):
        raise NotFound(resource="delivery")
    return row


def _addressee(reader: Reader, person_id: str) -> Person | GroupChat | None:
    return reader.session.get(GroupChat, person_id) if is_group(person_id) else find_person(reader, person_id)


def _name(reader: Reader, person_id: str) -> str:
    """A person's name; a group is called by its unit's."""
    to = _addressee(reader, person_id)
    if isinstance(to, GroupChat):
        unit = unit_of(reader, to.unit)
        return unit.name if unit is not None else to.unit
    return to.name if to is not None else ""


def letter_view(row: Outbox, reader: Reader) -> LetterView:
    """A message as its keeper may see it: whom it was for and what it was about, not its words."""
    stuck = row.state == PENDING and row.account in unserved(reader.session)
    return LetterView(
        id=row.id or 0, ref=ref_of(row.id or 0), account=row.account, kind=row.kind, subject=row.subject,
        person_id=row.person_id, person_name=_name(reader, row.person_id), state=STATES[row.state],
        must_know=row.priority <= MUST_KNOW, error=row.error or "", due_at=row.due_at, settled_at=row.settled_at,
        open=stuck or row.state in (UNCERTAIN, DEAD),
    )  # fmt: skip


@answers(FoldedMessages)
def folded_messages(question: FoldedMessages, reader: Reader) -> tuple[FoldedRow, ...]:
    """In the order they were due; ids of others' messages are left out."""
    query = select(Outbox).where(
        col(Outbox.id).in_(question.ids), col(Outbox.tenant) == reader.tenant,
        col(Outbox.person_id) == reader.actor.id,
    ).order_by(col(Outbox.due_at), col(Outbox.id))  # fmt: skip
    return tuple(_folded(reader, reader.session.execute(query).scalars()))


def _folded(reader: Reader, rows: Iterable[Outbox]) -> Iterable[FoldedRow]:
    for row in rows:
        params = json.loads(reader.cipher.open(f"outbox.payload.{row.dedupe_key}", row.payload_enc))
        yield FoldedRow(id=row.id or 0, kind=row.kind, subject=row.subject, params=params, due_at=row.due_at)
