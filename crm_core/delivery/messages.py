"""What may be asked and told about messages on their way, and what an admin may do about those that did not arrive."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from crm_core.kernel.registry import Command, Question, View


class TroubleView(View):
    """Something that keeps work from being done. `kind` is a text key, `what` names it where there is one thing.

    Kinds: late_timers, late_messages, late_arrivals, dead_timers, healed, worker_silent, worker_still, clock,
    uncertain, dead_letters, paused, unserved (`what` is the account).
    """

    kind: str
    count: int = 1
    since: datetime | None = None
    what: str = ""


class AccountView(View):
    """The messages of one bot, app or page: how many wait, and how the others of the last 24 hours ended.

    `unserved_since`: no process speaks for it.
    """

    account: str
    waiting: int = 0
    sent: int = 0
    uncertain: int = 0
    dead: int = 0
    skipped: int = 0
    folded: int = 0
    moved: int = 0
    oldest_at: datetime | None = None
    unserved_since: datetime | None = None


class WorkerView(View):
    """A process that works; `state` is ok, silent or still."""

    name: str
    role: str
    seen_at: datetime
    state: str


class LetterView(View):
    """A message that did not arrive, or may not have, or waits for an account nobody serves.

    `state`: dead, uncertain, pending, or what became of it since. `open`: somebody may resend or skip it.
    """

    id: int
    ref: str
    account: str
    kind: str
    subject: str
    person_id: str
    person_name: str
    state: str
    must_know: bool
    error: str
    due_at: datetime
    settled_at: datetime | None
    open: bool = False


class DeliveryView(View):
    """How sending stands. `pending_timers` lie ahead, `late_timers` should have fired five minutes ago."""

    accounts: tuple[AccountView, ...]
    oldest_at: datetime | None
    pending_timers: int
    late_timers: int
    dead_timers: int
    workers: tuple[WorkerView, ...]
    troubles: tuple[TroubleView, ...]
    paused: str
    letters: int
    may_resume: bool = False
    may_settle: bool = False


class DeliveryReport(Question):
    """Counts by account and state, what is overdue, who works. A manager sees the messages to his own people."""


class DeadLetters(Question):
    """Messages that are dead or uncertain, or wait for an account nobody serves, the newest first."""

    limit: int = Field(default=10, ge=1, le=100)


class LetterCard(Question):
    """One of them, also when it was dealt with since."""

    letter_id: int


class FoldedRow(View):
    """A message folded into another: what it would have shown."""

    id: int
    kind: str
    subject: str
    params: dict[str, object]
    due_at: datetime


class FoldedMessages(Question):
    """The asker's own messages of these ids, to be told in one."""

    ids: tuple[int, ...] = Field(max_length=500)


class ResendDelivery(Command):
    """Send a dead, uncertain or waiting message once more, to where its person is reached now."""

    letter_id: int


class SkipDelivery(Command):
    """Leave a dead, uncertain or waiting message unsent."""

    letter_id: int


class UnskipDelivery(Command):
    """The inverse of SkipDelivery: it counts as `state` again."""

    letter_id: int
    state: Literal["dead", "uncertain", "pending"]


class ResumeDeliveries(Command):
    """A restored backup goes on: `resend` what it knows as unsent, or `skip` what was due before now."""

    choice: Literal["resend", "skip"]


class SettleDeadTimers(Command):
    """Reminders that failed again and again and stopped: `retry` them now, or `drop` them."""

    choice: Literal["retry", "drop"]


class SettledTimersView(View):
    """How many reminders that was."""

    count: int


class HealTimers(Command):
    """Make again the timers of a concept that should exist and do not; for the auditor."""

    concept: str


class HealedView(View):
    """The subjects (`task:ID`) that had lost their timer."""

    subjects: tuple[str, ...]


class MoveStuck(Command):
    """Note which accounts nobody serves, and send what waited too long for them another way; for the auditor."""


class Prune(Command):
    """Delete a part of what is done with and old enough, of each kind `at_most` so many; for the deployment itself."""

    at_most: int = Field(default=200, ge=1, le=5000)


class PrunedView(View):
    """How many rows of each kind went, and whether there is more to delete."""

    counts: dict[str, int]
    more: bool


class TellTroubles(Command):
    """Tell the admins what is new of these troubles, and the manager of messages that did not arrive."""

    troubles: tuple[TroubleView, ...] = ()


class Troubles(Question):
    """What stands still in this deployment, as far as the database shows it; for the auditor."""
