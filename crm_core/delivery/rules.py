"""Which troubles are news, and how long messages that cannot go their way wait. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import Field

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


POLICIES = [("delivery", DeliveryPolicy)]


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
