"""The tally: what the platforms accepted, against what the database says was due and became of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from benchmarks.faults.field import Field
from crm_core.kernel.refs import ref_of
from crm_core.kernel.tables import Attempt, Outbox, Timer
from tests.support.platforms import ACCEPTED, Entry

PENDING, CLAIMED, SENT, UNCERTAIN, DEAD, SKIPPED, FOLDED, HELD = range(8)
UNSETTLED = (PENDING, CLAIMED, HELD)
MUST_KNOW = 1


@dataclass(frozen=True)
class Message:
    """One outbox row beside what the platforms saw of it. `open_tries` began and nobody knows how they ended."""

    id: int
    ref: str
    chat: str
    kind: str
    subject: str
    key: str
    state: int
    priority: int
    told: bool
    due_at: datetime
    created_at: datetime
    open_tries: int
    delivered: int
    accepted: int
    unanswered: int
    first_seq: int
    first_at: float

    @property
    def is_edit(self) -> bool:
        return self.kind == "@refresh"

    @property
    def idempotent(self) -> bool:
        """Whether its platform drops the same body."""
        return self.chat.startswith("wecom:")

    @property
    def at_most_once(self) -> bool:
        """Nice to know, where a repeat could not be told from the first."""
        return not self.idempotent and self.priority > MUST_KNOW

    @property
    def duplicates(self) -> int:
        return max(self.delivered - 1, 0)

    @property
    def bound(self) -> int:
        """How many duplicates may come of it: tries of which nobody could know that they had arrived."""
        return self.unanswered + self.open_tries

    @property
    def problem(self) -> str:
        """Why it counts as lost; empty when it does not."""
        if self.state in UNSETTLED:
            return "never settled"
        if self.state == SENT and not self.accepted and not self.is_edit:
            return "called sent, and was not accepted"
        if (
            self.state in (UNCERTAIN, DEAD)
            and self.priority <= MUST_KNOW
            and not self.is_edit
            and not self.told
        ):
            return "uncertain or dead, and nobody was told"
        return ""


@dataclass
class Tally:
    """What a run came to."""

    messages: int
    delivered: int
    lost: list[str]
    duplicates: int
    bound: int
    over_bound: list[str]
    duplicates_where_checked: int
    duplicates_at_most_once: int
    uncertain: int
    dead: int
    folded: int
    timers: int

    def __add__(self, other: Tally) -> Tally:
        """Both accounts in one."""
        return Tally(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    @property
    def problems(self) -> list[str]:
        """What breaks the promise; empty when it is kept."""
        found = [*self.lost[:5], *self.over_bound[:5]]
        if self.duplicates_where_checked:
            found.append(f"{self.duplicates_where_checked} doubled where the platform checks")
        if self.duplicates_at_most_once:
            found.append(f"{self.duplicates_at_most_once} doubled of what may come at most once")
        return found

    def figures(self) -> dict[str, Any]:
        """Plain numbers for the report."""
        return asdict(self) | {"lost": len(self.lost), "over_bound": len(self.over_bound)}


def messages(field: Field) -> list[Message]:
    """Every message to a platform."""
    seen: dict[str, list[Entry]] = defaultdict(list)
    for entry in field.entries():
        seen[f"{entry.platform}:{entry.account}:{entry.chat}{entry.ref}"].append(entry)
    with field.core() as core, core.database.read() as session:
        tries = session.execute(
            select(col(Attempt.outbox_id)).where(col(Attempt.ended_at).is_(None))
        ).scalars()
        open_tries = Counter(tries)
        rows = session.execute(select(Outbox).order_by(col(Outbox.id))).scalars().all()
        return [
            _message(row, open_tries, seen) for row in rows if row.chat.startswith(("telegram:", "wecom:"))
        ]


def _message(row: Outbox, open_tries: Counter[int], seen: dict[str, list[Entry]]) -> Message:
    assert row.id is not None
    ref = ref_of(row.id)
    entries = [e for e in seen.get(f"{row.chat}{ref}", ()) if e.verdict == ACCEPTED]
    first = next((e for e in entries if e.delivered), None)
    return Message(
        id=row.id, ref=ref, chat=row.chat, kind=row.kind, subject=row.subject, key=row.dedupe_key, state=row.state,
        priority=row.priority, told=row.told_at is not None, due_at=row.due_at, created_at=row.created_at,
        open_tries=open_tries[row.id],
        delivered=sum(e.delivered for e in entries), accepted=len(entries),
        unanswered=sum(not e.answered for e in entries),
        first_seq=first.seq if first else 0, first_at=first.at if first else 0.0,
    )  # fmt: skip


def tally(field: Field, *, until: datetime | None = None) -> Tally:
    """The account of a finished run: messages, and timers due before `until` (now)."""
    found = messages(field)
    lost = [f"{m.ref} {m.kind} to {m.chat} (state {m.state}): {m.problem}" for m in found if m.problem]
    due, unfired = _timers(field, until or field.clock.now())
    states = Counter(m.state for m in found)
    return Tally(
        messages=len(found), delivered=sum(m.delivered > 0 for m in found), lost=lost + unfired,
        duplicates=sum(m.duplicates for m in found), bound=sum(m.bound for m in found),
        over_bound=[f"{m.ref} came {m.delivered} times, {m.bound} unknown tries" for m in found
                    if m.duplicates > m.bound],
        duplicates_where_checked=sum(m.duplicates for m in found if m.idempotent),
        duplicates_at_most_once=sum(m.duplicates for m in found if m.at_most_once),
        uncertain=states[UNCERTAIN], dead=states[DEAD], folded=states[FOLDED], timers=due,
    )  # fmt: skip


def _timers(field: Field, until: datetime) -> tuple[int, list[str]]:
    """How many timers were due, and which did not fire; of a task's reminders, which left no message."""
    with field.core() as core, core.database.read() as session:
        rows = session.execute(select(Timer).where(col(Timer.due_at) <= until)).scalars().all()
        keys = {key.rpartition(">")[0] for key in session.execute(select(col(Outbox.dedupe_key))).scalars()}
    lost = [f"timer {t.dedupe_key}: state {t.state} {t.error or ''}" for t in rows if t.state in (0, 3)]
    lost += [f"timer {t.dedupe_key}: fired without a message" for t in rows
             if t.state == 1 and t.kind == "task_due" and t.dedupe_key not in keys]  # fmt: skip
    return len(rows), lost
