"""What a service desk does, as policy and pure decisions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

# The platform's: so many messages within such a time of the customer's last.
MESSAGES, WINDOW = 5, timedelta(hours=48)
# Near its end a window is not trusted: clocks differ.
MARGIN = timedelta(minutes=2)
# How long an event's code allows a message; the platform says 20 seconds for a welcome, 48 hours for others.
WELCOME_CODE, EVENT_CODE = timedelta(seconds=20), timedelta(hours=48)
_ENDS = re.compile(r"[\s。！!?？~～.,，]+")


class DeskPolicy(BaseModel):
    """`servicedesk.yaml`. `units` names the dealer of a desk where one corp has several."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    call_words: tuple[str, ...]
    end_words: tuple[str, ...]
    back_after_minutes: int = Field(ge=1, le=24 * 60)
    queue_minutes: int = Field(ge=1, le=24 * 60)
    ask_rating: bool
    units: dict[str, str] = {}


POLICIES = [("servicedesk", DeskPolicy)]


def is_word(said: str, words: Sequence[str]) -> bool:
    """Whether somebody said just one of these words."""
    plain = _ENDS.sub("", unicodedata.normalize("NFKC", said)).casefold()
    return plain in {_ENDS.sub("", word).casefold() for word in words}


def may_send(said_at: datetime | None, sent: int, more: int, now: datetime) -> bool:
    """Whether `more` messages may follow those sent since the customer last wrote."""
    return said_at is not None and now < said_at + WINDOW - MARGIN and sent + more <= MESSAGES
