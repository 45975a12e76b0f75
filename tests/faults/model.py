"""What a dealership is expected to do, kept beside it: what is open, and what it will tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

# What is expected to be told: the kind, whom it is about, and who hears it.
Told = tuple[str, str, str]


@dataclass
class Alarm:
    """Something that will be told at an instant, unless it ends before."""

    at: datetime
    kind: str
    to: str


@dataclass
class Thing:
    """A task, a running cadence, an appointment or a request: open or not, and what it will tell.

    `over`: when an appointment has taken place.
    """

    id: str
    owner: str
    alarms: list[Alarm] = field(default_factory=list)
    state: str = "open"
    over: datetime | None = None

    def end(self, state: str) -> None:
        self.state = state
        self.alarms.clear()


@dataclass
class LeadModel:
    """A lead, its customer and everything that hangs on it."""

    id: str
    customer: str
    deal: str
    owner: str
    contacted: bool = False
    call: Thing | None = None
    tasks: list[Thing] = field(default_factory=list)
    drives: list[Thing] = field(default_factory=list)
    after_drives: list[Thing] = field(default_factory=list)
    requests: list[Thing] = field(default_factory=list)
    quoted: bool = False

    @property
    def things(self) -> list[Thing]:
        own = [self.call] if self.call else []
        return [*own, *self.tasks, *self.drives, *self.after_drives, *self.requests]
