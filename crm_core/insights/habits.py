"""How somebody gets his digests: his own word over policy's, at his place and on his clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import Any, cast

from sqlalchemy import select

from crm_core.insights.messages import Digest
from crm_core.insights.rules import DigestPolicy, DigestsPolicy, Habit, Wish, habit
from crm_core.insights.tables import DigestChoice
from crm_core.kernel.calendar import Hours
from crm_core.kernel.uow import Reader


@dataclass(frozen=True)
class Reading:
    """One person's one digest with all that decides when it comes. `version` changes with his own word."""

    habit: Habit
    policy: DigestPolicy
    hours: Hours
    zone: str
    language: str
    version: int


@dataclass(frozen=True)
class Reads:
    """A person as far as digests go."""

    id: str
    unit: str
    zone: str
    language: str
    roles: tuple[str, ...]


def reading(reader: Reader, who: Reads, digest: Digest, choice: DigestChoice | None) -> Reading:
    """What holds for this person and digest."""
    policy = policy_at(reader, who.unit).of(digest)
    return Reading(
        habit(digest, policy, who.roles, wish_of(choice)), policy,
        reader.policies.model("hours", Hours, unit=who.unit), who.zone,
        (choice.language if choice is not None else None) or who.language,
        choice.version if choice is not None else 0,
    )  # fmt: skip


def reading_of(reader: Reader, digest: Digest) -> Reading:
    """The actor's own."""
    actor = reader.actor
    who = Reads(actor.id, actor.unit, actor.zone, actor.language, actor.roles)
    return reading(reader, who, digest, choice_of(reader, actor.id, digest))


def policy_at(reader: Reader, unit: str) -> DigestsPolicy:
    """`digests.yaml` as it holds for a unit."""
    return reader.policies.model("digests", DigestsPolicy, unit=unit)


def wish_of(choice: DigestChoice | None) -> Wish:
    """What he said himself."""
    if choice is None:
        return Wish()
    at = time.fromisoformat(choice.send_at) if choice.send_at else None
    return Wish(choice.enabled, at, choice.weekday)


def choice_of(reader: Reader, person_id: str, digest: str) -> DigestChoice | None:
    """What somebody wants differently of a digest."""
    return choices(reader, [person_id]).get((person_id, digest))


def choices(reader: Reader, ids: Iterable[str]) -> dict[tuple[str, str], DigestChoice]:
    """What these people want differently, by person and digest."""
    row = cast(Any, DigestChoice)
    query = select(DigestChoice).where(row.tenant == reader.tenant, row.person_id.in_(list(ids)))
    return {(one.person_id, one.digest): one for one in reader.rows(query)}
