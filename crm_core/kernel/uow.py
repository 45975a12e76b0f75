"""What a handler is given: one transaction's session, the actor, the time, and the ways to leave traces."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from crm_core.kernel.audit import append, seal_values
from crm_core.kernel.errors import Conflict
from crm_core.kernel.late import HELD, LATE, PENDING, SKIPPED
from crm_core.kernel.locks import lock_row, lock_rows
from crm_core.kernel.outdated import mark_outdated
from crm_core.kernel.reader import R, Reader, Services
from crm_core.kernel.registry import Change, Command, Event, Result, handlers, reactions
from crm_core.kernel.tables import Audit, Outbox, Row, Timer, Undo, metadata, new_row

__all__ = ["Priority", "Push", "Reader", "Services", "Uow"]
UNDO_HOURS = 24


class Priority:
    """Order of delivery; smaller goes first."""

    REPLY = 0
    MUST_KNOW = 1
    REMINDER = 2
    DIGEST = 3


@dataclass(frozen=True)
class Push:
    """A message to a person that becomes an outbox row when the transaction ends."""

    person_id: str
    kind: str
    subject: str
    params: dict[str, Any]
    priority: int
    key: str
    due_at: datetime
    chat: str | None = None


@dataclass
class Uow(Reader):
    """A Reader that may write. Handlers never commit; the front door does."""

    events: deque[Event] = field(default_factory=deque)
    pushes: list[Push] = field(default_factory=list)
    refreshed: dict[str, None] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    _made: dict[type[Row], dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))
    # The session forgets rows nobody holds, and would read them again.
    _met: dict[tuple[type[Row], str], Row] = field(default_factory=dict)
    _late: dict[Any, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    _undos: dict[str, Undo] = field(default_factory=dict)
    _held: dict[tuple[type[Row], str], Row] = field(default_factory=dict)
    taking_back: bool = False
    taken_back: list[tuple[Row, int]] = field(default_factory=list)
    # When the timer that fires was due: what it pushes was due then. Nothing is told of what was due before
    # `silent_until`: it was told already, by what a restored backup knows nothing of.
    firing: datetime | None = None
    # Whose records a group of timers is about: what is asked of one of them is asked of all at once.
    crowd: set[str] = field(default_factory=set)
    silent_until: datetime | None = None

    def add(self, row: R) -> R:
        self.session.add(row)
        self._made[type(row)][row.id] = row
        return row

    def find(self, table: type[R], record_id: str | None) -> R | None:
        """A record by id, also one made here and not yet flushed."""
        row = cast("R | None", self._made[table].get(record_id or "")) or super().find(table, record_id)
        if row is not None:
            self._met[table, row.id] = row
        return row

    def get(self, table: type[R], record_id: str, resource: str, action: str = "read") -> R:
        """One record; for more than reading it is held first, so that two who decide do so one after the other."""
        if action != "read" and not self.services.is_sqlite:
            self._hold(table, record_id)
        return super().get(table, record_id, resource, action)

    def _hold(self, table: type[R], record_id: str) -> None:
        if self.is_new(table, record_id) or (table, record_id) in self._held:
            return
        self.session.flush()
        self.hold_customer_of(table, record_id)
        newest = select(table).where(cast("Any", table).id == record_id).with_for_update()
        row: R | None = (
            self.session.execute(newest.execution_options(populate_existing=True)).scalars().first()
        )
        if row is not None:
            self._held[table, record_id] = row

    def hold_customer_of(self, table: type[Row], record_id: str) -> None:
        """Hold the customer a record is about: all that concerns one customer happens one after the other.

        Held before anything of his is changed, so that two who change several of his records never wait for
        each other. SQLite has one writer anyway.
        """
        customers = metadata.tables["customers"]
        if (
            self.services.is_sqlite
            or "customer_id" not in table.model_fields
            or table.__tablename__ == customers.name
        ):
            return
        column = cast("Any", table)
        whose = select(column.customer_id).where(column.id == record_id).scalar_subquery()
        self.session.execute(select(customers.c.id).where(customers.c.id == whose).with_for_update())

    def seize(self, table: type[R], record_id: str) -> R | None:
        """A record as it is now, held, whoever may see it; for what time does to it."""
        if not self.services.is_sqlite:
            self._hold(table, record_id)
        return self.find(table, record_id)

    def hold_customers_of(self, records: Sequence[tuple[type[Row], Iterable[str]]]) -> None:
        """The same for many records of several tables: every customer they are about, in the order of their ids."""
        if self.services.is_sqlite:
            return
        found: set[str] = set()
        for table, ids in records:
            column = cast("Any", table)
            if "customer_id" in table.model_fields:
                found.update(filter(None, self.session.execute(
                    select(column.customer_id).where(column.id.in_(sorted(ids)))).scalars()))  # fmt: skip
        if found:
            customers = metadata.tables["customers"]
            held = select(customers.c.id).where(customers.c.id.in_(sorted(found))).order_by(customers.c.id)
            self.session.execute(held.with_for_update())

    def hold_many(self, table: type[R], ids: Iterable[str]) -> None:
        """Records of one table, held in the order of their ids and read in one query; `seize` costs nothing then."""
        wanted = sorted(set(ids))
        query = select(table).where(cast("Any", table).id.in_(wanted)).order_by(cast("Any", table).id)
        query = query.execution_options(populate_existing=True)
        for row in self.session.execute(
            query if self.services.is_sqlite else query.with_for_update()
        ).scalars():
            self._held[table, row.id] = self._met[table, row.id] = row
            if owner := getattr(row, "owner_id", None):
                self.crowd.add(owner)

    def rows(self, statement: Select[R]) -> list[R]:
        self.session.flush()
        return super().rows(statement)

    def first(self, statement: Select[R]) -> R | None:
        self.session.flush()
        return super().first(statement)

    def is_new(self, table: type[Row], record_id: str | None) -> bool:
        return record_id in self._made[table]

    def made(self, table: type[R]) -> list[R]:
        return cast("list[R]", list(self._made[table].values()))

    def new(self, table: type[R], **values: Any) -> R:
        """A new row of this tenant, created now. Values named `<x>_enc=` are given in clear and sealed."""
        clear = {k[:-4]: values.pop(k) for k in list(values) if k.endswith("_enc")}
        shared = {"tenant": self.tenant, "created_at": self.now, "updated_at": self.now}
        row = new_row(table, shared | values)
        for name, text in clear.items():
            self.cipher.put(row, name, text)
        return self.add(row)

    def touch(self, row: Row, **changes: Any) -> None:
        """Change columns of a row, bump its version and its time."""
        for name, value in changes.items():
            if name.endswith("_enc"):
                self.cipher.put(row, name[:-4], value)
            else:
                setattr(row, name, value)
        row.version += 1
        row.updated_at = self.now

    def expect(self, row: Row, version: int | None) -> None:
        """Raises Conflict when the row moved on since the actor saw `version`."""
        if version is not None and row.version != version:
            raise Conflict("error.changed_since")
        if version is not None and self.taking_back:
            self.taken_back.append((row, version))

    def change(self, field: str, before: Any, after: Any, kind: str = "text") -> None:
        """Note a line of before → after, for confirmation cards and results."""
        self.changes.append(Change(field=field, before=before, after=after, kind=kind))

    def flush(self) -> None:
        self.session.flush()

    def lock(self, name: str) -> None:
        """Hold `name` until the transaction ends, so that look-then-insert is one step.

        SQLite has one writer, so only PostgreSQL needs the row. Take several in sorted order.
        """
        if not self.services.is_sqlite:
            lock_row(self.session, name)

    def emit(self, event: Event) -> None:
        """Tell the concepts; their reactions run in this transaction, in the order of events."""
        self.events.append(event)

    def settle(self) -> None:
        """Run reactions until no event is left; each finds what came before it in the database."""
        while self.events:
            event = self.events.popleft()
            self.session.flush()
            for reaction in reactions[type(event)]:
                reaction(event, self)

    def call(self, command: Command) -> Result:
        """Carry out another command as part of this one, as the same actor."""
        result: Result = handlers[type(command)](command, self)
        return result

    def push(
        self,
        person_id: str | None,
        kind: str,
        *,
        subject: str = "",
        key: str,
        priority: int = Priority.REMINDER,
        chat: str | None = None,
        **params: Any,
    ) -> None:
        """Send a person a card or text of this kind. `key` makes it unique for ever; None reaches nobody."""
        if person_id is not None:
            due_at = self.firing or self.now
            self.pushes.append(
                Push(person_id, kind, subject, params, priority, f"{key}>{person_id}", due_at, chat)
            )

    def refresh(self, subject: str) -> None:
        """Every card already sent about `subject` (`lead:ID`) is drawn anew in place."""
        self.refreshed[subject] = None

    def timer(
        self, kind: str, due_at: datetime, *, subject: str, key: str, priority: int = Priority.REMINDER,
        **payload: Any,
    ) -> None:  # fmt: skip
        """Do something at `due_at`, once; `key` makes it unique for ever. A past instant is due at once."""
        self._late[Timer].append({
            "tenant": self.tenant, "kind": kind, "subject": subject, "payload": payload, "dedupe_key": key,
            "due_at": due_at, "state": 0, "attempts": 0, "created_at": self.now, "priority": priority,
        })  # fmt: skip

    def cancel_timers(self, subject: str, kind: str | None = None) -> int:
        """Cancel what is still pending about a subject; what fired stays fired. Returns how many.

        What is firing just now is not waited for: its handler waits for this transaction and looks again.
        """
        self._write_late(Timer)
        query = select(Timer).where(col(Timer.subject) == subject, col(Timer.state) == 0)
        if kind:
            query = query.where(col(Timer.kind) == kind)
        timers = self.session.execute(query.with_for_update(skip_locked=True)).scalars().all()
        for timer in timers:
            timer.state, timer.done_at = 2, self.now
        return len(timers)

    def audit(
        self, action: str, resource: str, record_id: str, reason: str | None = None, **values: Any
    ) -> None:
        """Write who did what; field names stay readable, values are sealed."""
        line = {"tenant": self.tenant, "at": self.now, "actor_id": self.actor.id, "action": action,
                "resource": resource, "record_id": record_id, "reason": reason}  # fmt: skip
        seal_values(self.cipher, line, values)
        self._late[Audit].append(line)

    def undoable(self, inverse: Command, label: str) -> str:
        """Remember how to take this back within 24 hours; returns the undo's id."""
        undo = Undo(tenant=self.tenant, actor_id=self.actor.id, command=type(inverse).__name__, inverse_enc="",
                    label=label, created_at=self.now, expires_at=self.now + timedelta(hours=UNDO_HOURS))  # fmt: skip
        self.cipher.put(undo, "inverse", inverse.model_dump_json())
        self._undos[undo.id] = undo
        return undo.id

    def keep_undo(self, undo_id: str | None) -> None:
        """One command is taken back as one: of all that was remembered only its own undo stays."""
        if undo_id in self._undos:
            self.session.add(self._undos[undo_id])

    def flush_pushes(self) -> None:
        """Write what was gathered: timers, pushes and refreshes as outbox rows, and the audit lines."""
        self._write_late(Timer)
        self._write_messages()
        # Last, since who holds the end of a chain must not wait for anybody.
        if lines := self._late.get(Audit):
            self.session.flush()
            append(self.session, self.cipher, lines, is_sqlite=self.services.is_sqlite)
        self._write_late(Audit)

    def _write_messages(self) -> None:
        planned = [*self._planned_refreshes(), *self.pushes]
        if not planned:
            return
        routes = self.services.routes(self.session, [p.person_id for p in planned if not p.chat])
        placed = [(p.chat or routes[p.person_id].of(p.priority), p) for p in planned]
        # Chat by chat in a fixed order, so that two units of work never wait for each other.
        if not self.services.is_sqlite:
            lock_rows(self.session, {f"chat:{chat}"[:60] for chat, _ in placed})
        self._insert(Outbox, [self._outbox_row(chat, push) for chat, push in placed], once="dedupe_key")
        self.pushes.clear()
        self.refreshed.clear()

    def _write_late(self, table: Any) -> None:
        if rows := self._late.pop(table, None):
            self._insert(table, rows)

    def _insert(self, table: Any, rows: list[dict[str, Any]], *, once: str | None = None) -> None:
        """Rows nobody looks at before the end, written in one statement; with `once`, those not known yet."""
        if once is None:
            statement: Any = insert(table.__table__)
        elif self.services.is_sqlite:
            statement = sqlite.insert(table.__table__).on_conflict_do_nothing(index_elements=[once])
        else:
            statement = postgresql.insert(table.__table__).on_conflict_do_nothing(index_elements=[once])
        self.session.connection().execute(statement, rows)

    def _planned_refreshes(self) -> list[Push]:
        found: list[Push] = []
        if self.refreshed:
            # Before the look at what was sent: what settles meanwhile is seen by one of the two.
            mark_outdated(self.session, self.tenant, self.refreshed)
        for subject in self.refreshed:
            for message_id, chat, person_id, priority in self.services.cards_about(
                self.session, self.tenant, subject
            ):
                key = f"refresh:{message_id}:{self.now.timestamp()}:{id(self)}"
                found.append(Push(person_id, "@refresh", subject, {"message": message_id},
                                  priority, key, self.now, chat))  # fmt: skip
        return found

    def _outbox_row(self, chat: str, push: Push) -> dict[str, Any]:
        text = json.dumps(push.params, ensure_ascii=False, default=str)
        return {
            "tenant": self.tenant, "chat": chat, "account": chat.rpartition(":")[0], "person_id": push.person_id,
            "kind": push.kind, "subject": push.subject,
            "payload_enc": self.cipher.seal(f"outbox.payload.{push.key}", text),
            "priority": push.priority, "dedupe_key": push.key, "due_at": push.due_at, "created_at": self.now,
            "state": self._first_state(push), "token": 0, "attempts": 0,
        }  # fmt: skip

    def _first_state(self, push: Push) -> int:
        """A reminder that comes late waits until it is known how many of them there are for one person."""
        if self.silent_until is not None and push.due_at <= self.silent_until:
            return SKIPPED
        nice = push.priority >= Priority.REMINDER and not push.kind.startswith("@")
        late = nice and self.now - push.due_at > LATE
        return HELD if late else PENDING
