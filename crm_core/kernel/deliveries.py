"""What a queue hands out and takes back: a claimed message, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_core.kernel.outcomes import Heard, MessageClass, Outcome, Tried, class_of
from crm_core.kernel.refs import ref_of

PENDING, CLAIMED, SENT, UNCERTAIN, DEAD, SKIPPED, FOLDED, HELD, MOVED = range(9)
# Kept by this application itself: the web chat's threads and the terminal's.
LOCAL_ACCOUNTS = ("web", "term")


def account_of(chat: str) -> str:
    """The bot, app or page a chat belongs to: `telegram:BOT:77` → `telegram:BOT`, `web:PERSON` → `web`."""
    return chat.rpartition(":")[0]


@dataclass(frozen=True)
class Delivery:
    """A claimed outbox row.

    `due_at` is when it was due, `created_at` when it could first be sent. `body` is what an earlier try rendered.
    `tries` of it began, `doubts` of them may have arrived; `first_at` is when the first began.
    """

    id: int
    tenant: str
    chat: str
    person_id: str
    kind: str
    subject: str
    params: dict[str, Any]
    priority: int
    token: int
    attempts: int
    dedupe_key: str
    body: dict[str, Any] | None
    created_at: datetime
    due_at: datetime
    account: str
    tries: int = 0
    doubts: int = 0
    first_at: datetime | None = None

    @property
    def ref(self) -> str:
        """What the message can be named by: `#A17-2`."""
        return ref_of(self.id)

    @property
    def claim(self) -> tuple[int, int]:
        """Which claim of which row this is; a later claim has a higher token."""
        return self.id, self.token

    @property
    def began(self) -> bool:
        """Whether an earlier try may have arrived."""
        return self.doubts > 0

    @property
    def cls(self) -> MessageClass:
        return class_of(self.kind, self.priority)

    def tried(self, now: datetime, *, doubt: bool, again: bool = True) -> Tried:
        """Its tries with the present one, or (`again=False`) without."""
        return Tried(self.cls, self.tries + again, self.doubts + (doubt and again), self.first_at or now)


@dataclass(frozen=True)
class Settled:
    """What became of a delivery. RETRY without an instant leaves it to the queue when, and when to give up."""

    delivery: Delivery
    outcome: Outcome
    provider_id: str | None = None
    retry_at: datetime | None = None
    error: str | None = None
    heard: Heard | None = None
