"""Pure decisions about rights over data, and their policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta

from pydantic import Field

from crm_core.followups.values import Data, Duration

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
REASONS = ("call", "verify", "delivery", "complaint", "other")


class PersonalDataPolicy(Data):
    """`personal_data.yaml`."""

    answer_within: int = Field(ge=1, le=30)
    request_lapses: Duration = Field(ge=HOUR, le=30 * DAY)
    list_lasts: Duration = Field(ge=HOUR, le=7 * DAY)
    list_most: int = Field(ge=1, le=50_000)
    keep_orders: Duration = Field(ge=timedelta())
    masked: bool = True
    reveals: dict[str, int] = Field(min_length=1)
    decoys: tuple[str, ...] = ()
    forget_lost: Duration = timedelta()
    consent_text: str = Field(min_length=1, max_length=40)


POLICIES = [("personal_data", PersonalDataPolicy)]


def most_reveals(policy: PersonalDataPolicy, roles: Iterable[str]) -> int:
    """How many a day: the most that one of the roles allows; a role that is not named has the least of all."""
    least = min(policy.reveals.values())
    return max((policy.reveals.get(role, least) for role in roles), default=0)


def kept_until(policy: PersonalDataPolicy, order: Mapping[str, object]) -> datetime:
    """How long an order is held, from the day it was made."""
    made = order.get("ordered_on") or order["created_at"]
    if isinstance(made, datetime):
        start = made
    elif isinstance(made, date):
        start = datetime.combine(made, time(), UTC)
    else:
        raise TypeError(type(made).__name__)
    return start + policy.keep_orders
