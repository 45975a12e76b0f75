"""What a try to send led to, and what follows from it. Pure: plain values and `now` in, a decision out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Given up after so long, but not because this application was down meanwhile.
GIVE_UP = timedelta(hours=24)
ENOUGH_TRIES = 8
BACKOFF_CAP = timedelta(minutes=10)
# A platform's window for equal messages is not trusted to its last minute.
WINDOW_MARGIN = timedelta(minutes=30)
MUST_KNOW_PRIORITY = 1


class MessageClass(StrEnum):
    """What a message is worth: it decides what happens when nobody knows whether it arrived."""

    REPLY = "reply"
    CHANGE = "change"
    MUST_KNOW = "must_know"
    NICE = "nice"


class Heard(StrEnum):
    """What was heard from the other side after a try.

    ACCEPTED: it has the message. NOT_NOW: surely not accepted, may be tried again (429, no connection, busy).
    NEVER: surely not accepted, and never will be (400, blocked). UNKNOWN: it may have the message (no answer
    after writing, connection reset, 5xx).
    """

    ACCEPTED = "accepted"
    NOT_NOW = "not_now"
    NEVER = "never"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a try ended, as far as anybody can know."""

    SENT = "sent"
    RETRY = "retry"
    UNCERTAIN = "uncertain"
    DEAD = "dead"
    # Never tried: its person took his consent back.
    UNWANTED = "unwanted"


@dataclass(frozen=True)
class Tried:
    """A message's tries so far, the one just heard of included.

    `doubts` counts those that may have arrived; `first_at` is when the first try began.
    """

    cls: MessageClass
    tries: int
    doubts: int
    first_at: datetime


@dataclass(frozen=True)
class Decision:
    """What is written about a row; `retry_at` only for RETRY."""

    outcome: Outcome
    retry_at: datetime | None = None


def class_of(kind: str, priority: int) -> MessageClass:
    """The class of an outbox row by its kind and priority."""
    if kind == "@reply":
        return MessageClass.REPLY
    if kind == "@refresh":
        return MessageClass.CHANGE
    return MessageClass.MUST_KNOW if priority <= MUST_KNOW_PRIORITY else MessageClass.NICE


def backoff(tries: int) -> timedelta:
    """How long to wait after so many tries: 2, 4, 8 … seconds, at most ten minutes."""
    return min(timedelta(seconds=2 ** min(tries, 20)), BACKOFF_CAP)


def decide(
    heard: Heard, tried: Tried, now: datetime, *, window: timedelta | None = None,
    retry_after: timedelta | None = None,
) -> Decision:  # fmt: skip
    """What follows from what was heard.

    `window` is how long the platform drops a message equal to the byte, None when it delivers it twice;
    `retry_after` is how long it asked to be left alone.
    """
    if heard is Heard.ACCEPTED:
        return Decision(Outcome.SENT)
    if heard is Heard.NEVER:
        return Decision(_given_up(tried))
    if heard is Heard.NOT_NOW:
        return _not_now(tried, now, retry_after)
    return _unknown(tried, now, window)


def _given_up(tried: Tried) -> Outcome:
    """An earlier try that may have arrived keeps a row from being called dead."""
    return Outcome.UNCERTAIN if tried.doubts else Outcome.DEAD


def _late(tried: Tried, now: datetime) -> bool:
    return now - tried.first_at >= GIVE_UP and tried.tries >= ENOUGH_TRIES


def _not_now(tried: Tried, now: datetime, retry_after: timedelta | None) -> Decision:
    if _late(tried, now):
        return Decision(_given_up(tried))
    return Decision(Outcome.RETRY, now + (retry_after if retry_after is not None else backoff(tried.tries)))


def _unknown(tried: Tried, now: datetime, window: timedelta | None) -> Decision:
    again = now + backoff(tried.tries)
    if tried.cls is MessageClass.CHANGE:
        # Drawing the same state twice does no harm.
        late = _late(tried, now)
    elif window is not None:
        late = again - tried.first_at >= window - WINDOW_MARGIN
    else:
        late = tried.cls is MessageClass.NICE or tried.doubts > 1
    return Decision(Outcome.UNCERTAIN) if late else Decision(Outcome.RETRY, again)
