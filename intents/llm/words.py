"""What goes to a model and what comes back, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ..types import Context, Lexicon, Understanding


@dataclass(frozen=True)
class Message:
    """A message to read. `offered` are the intents this speaker may use; `now` is aware, in his zone.

    `trusted` is False for people outside the house: what they write is read by a model that has no tools.
    """

    text: str
    role: str
    now: datetime
    offered: frozenset[str]
    context: Context = field(default_factory=Context)
    lexicon: Lexicon | None = None
    trusted: bool = True
    hide_names: bool = True


@dataclass(frozen=True)
class Drafted:
    """A reading, or (`understanding.outcome == "unrecognised"`) none. `tokens` is what it cost, `calls` how often
    the model was asked.
    """

    understanding: Understanding
    tokens: int = 0
    calls: int = 0


@dataclass(frozen=True)
class Written:
    """A text and what it cost."""

    text: str
    tokens: int = 0
