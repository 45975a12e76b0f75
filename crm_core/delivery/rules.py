"""Which troubles are news, and how long messages that cannot go their way wait. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from crm_core.delivery.messages import TroubleView
from crm_core.followups.values import Data, Duration

# Of these each further one is news; of the others it is news that there are any.
EACH = ("dead_timers", "healed")

MINUTE = timedelta(minutes=1)


class DeliveryPolicy(Data):
    """`delivery.yaml`."""

    must_know_moves_after: Duration = Field(default=10 * MINUTE, ge=MINUTE)
    others_move_after: Duration = Field(default=120 * MINUTE, ge=MINUTE)
    uncertain_told_after: Duration = Field(default=timedelta(hours=24), ge=60 * MINUTE)


DAY = timedelta(days=1)


class RetentionPolicy(Data):
    """`retention.yaml`. The least of each is what something else relies on."""

    # A button may be pressed for 30 days after its card was shown last, and then names what the card told of.
    messages: Duration = Field(ge=60 * DAY)
    # Platforms deliver again for a day, a page that was closed for as long as its session lasts.
    arrivals: Duration = Field(ge=31 * DAY)
    timers: Duration = Field(ge=30 * DAY)
    last_timers: Duration = Field(ge=365 * DAY)
    buttons: Duration = Field(ge=DAY)
    # As long as a button that was pressed may be pressed again.
    commands: Duration = Field(ge=60 * DAY)
    undo: Duration = Field(ge=DAY)
    invites: Duration = Field(ge=DAY)
    # A session lasts 30 days.
    sign_outs: Duration = Field(ge=31 * DAY)
    codes: Duration = Field(ge=4 * DAY)
    # What brought an errand may come again for as long as an arrival.
    errands: Duration = Field(ge=31 * DAY)
    limits: Duration = Field(ge=DAY)
    chats: Duration = Field(ge=180 * DAY)

    @model_validator(mode="after")
    def _threads_outlive_the_queue(self) -> Self:
        """What is still to be changed in its thread must be there; a key must outlive what could bring it again."""
        if self.chats < self.messages:
            raise ValueError("chats must be kept at least as long as messages")
        if self.commands < self.arrivals:
            raise ValueError("commands must be kept at least as long as arrivals")
        return self


POLICIES = [("delivery", DeliveryPolicy), ("retention", RetentionPolicy)]


def key_of(trouble: TroubleView) -> str:
    """What makes two findings the same trouble."""
    return f"{trouble.kind}:{trouble.what}" if trouble.what and trouble.kind != "healed" else trouble.kind


def news(known: Mapping[str, int], found: Sequence[TroubleView]) -> list[TroubleView]:
    """The troubles nobody was told of: those that were not there, or of some kinds are more by now."""
    return [t for t in found if key_of(t) not in known or (t.kind in EACH and t.count > known[key_of(t)])]


def over(known: Mapping[str, int], found: Sequence[TroubleView]) -> bool:
    """Whether something that was a trouble is none any more."""
    return bool(set(known) - {key_of(t) for t in found})


def worst_first(troubles: Sequence[TroubleView], now: datetime) -> tuple[TroubleView, ...]:
    """The longest-standing trouble first."""
    return tuple(sorted(troubles, key=lambda t: (t.since or now, t.kind, t.what)))
