"""Digests are planned a bounded time ahead, and people have them as they like; planning twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import time
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import select

from crm_core.insights.habits import Reads, choice_of, choices, policy_at, reading, reading_of
from crm_core.insights.messages import DigestChanged, PlanDigests, RestoreDigest, SetDigest
from crm_core.insights.queries import digest_view
from crm_core.insights.rules import DIGESTS, occurrences
from crm_core.insights.tables import DigestChoice
from crm_core.kernel.errors import Invalid, Refused
from crm_core.kernel.registry import Result, handles, routine
from crm_core.kernel.tables import Timer
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import Held, holds
from crm_core.org.tables import GrantRow, Person

TIMER = "digest"
HOUR = 3600
LANGUAGES = ("zh", "en")
CHUNK = 500
T = TypeVar("T")

routine(HOUR, PlanDigests)


class Planned(NamedTuple):
    """A timer to be: its unique key and what it is made of."""

    key: str
    values: dict[str, Any]


@handles(PlanDigests)
def plan_digests(cmd: PlanDigests, uow: Uow) -> Result:
    """For the scheduler. The result's view counts what was made."""
    if uow.actor.kind != "job":
        raise Refused("error.not_allowed")
    uow.lock("digests")
    return Result(id="digests", view={"made": _plan(uow, _colleagues(uow))})


def _colleagues(uow: Uow) -> list[tuple[Person, tuple[str, ...]]]:
    """Everybody who works here, with the roles he holds now."""
    person, grant = cast(Any, Person), cast(Any, GrantRow)
    query = (
        select(Person, grant.role, grant.unit, grant.valid_from, grant.valid_until)
        .join(GrantRow, grant.person_id == person.id)
        .where(person.tenant == uow.tenant, person.active, person.kind == "staff")
    )
    found: dict[str, tuple[Person, list[str]]] = {}
    for row, role, *held in uow.session.execute(query):
        if holds(Held(*held), uow.now):
            found.setdefault(row.id, (row, []))[1].append(role)
    return [(row, tuple(roles)) for row, roles in found.values()]


def _plan(uow: Uow, people: Sequence[tuple[Person, tuple[str, ...]]]) -> int:
    made = 0
    for some in _chunks(people):
        wanted = choices(uow, [person.id for person, _ in some])
        planned = [one for person, roles in some for one in _ahead(uow, person, roles, wanted)]
        known = _known(uow, [one.key for one in planned])
        for one in planned:
            if one.key not in known:
                uow.timer(TIMER, key=one.key, priority=Priority.DIGEST, **one.values)
                made += 1
    return made


def _ahead(
    uow: Uow, person: Person, roles: tuple[str, ...], wanted: dict[tuple[str, str], DigestChoice]
) -> Iterator[Planned]:
    """The timers of one person's next days; also of what an outage has made late, unless he is newer than it."""
    who = Reads(person.id, person.unit, person.zone, person.language, roles)
    until = uow.now + policy_at(uow, person.unit).look_ahead
    for digest in DIGESTS:
        one = reading(uow, who, digest, wanted.get((person.id, digest)))
        since = max(uow.now - one.policy.catch_up, person.created_at)
        for day, at in occurrences(one.habit, one.hours, one.zone, since, until):
            key = f"digest:{digest}:{person.id}:{day}:{one.habit.at:%H%M}:{one.version}"
            payload = {"digest": digest, "on": day.isoformat(), "at": at.isoformat()}
            yield Planned(key, {"due_at": at, "subject": subject_of(person.id, digest), **payload})


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """In pieces a query can name."""
    return (items[i : i + CHUNK] for i in range(0, len(items), CHUNK))


def _known(uow: Uow, keys: list[str]) -> set[str]:
    timer = cast(Any, Timer)
    found: set[str] = set()
    for some in _chunks(keys):
        query = select(timer.dedupe_key).where(timer.dedupe_key.in_(some))
        found.update(uow.session.execute(query).scalars())
    return found


def subject_of(person_id: str, digest: str) -> str:
    """What a digest's timers are about."""
    return f"digest:{digest}:{person_id}"


@handles(SetDigest)
def set_digest(cmd: SetDigest, uow: Uow) -> Result:
    """The actor's own word; what he leaves open stays as it is."""
    _check(cmd, uow)
    row = choice_of(uow, uow.actor.id, cmd.digest)
    before = _said(row)
    given = cmd.model_dump(exclude={"digest"})
    after = {name: before[name] if value is None else value for name, value in given.items()}
    undo = uow.undoable(RestoreDigest(digest=cmd.digest, **before), "digest")
    return _put(uow, cmd.digest, row, after, undo)


@handles(RestoreDigest)
def restore_digest(cmd: RestoreDigest, uow: Uow) -> Result:
    """As it was."""
    return _put(
        uow, cmd.digest, choice_of(uow, uow.actor.id, cmd.digest), cmd.model_dump(exclude={"digest"}), None
    )


def _check(cmd: SetDigest, uow: Uow) -> None:
    if not uow.actor.is_staff:
        raise Refused("error.not_allowed")
    if cmd.digest == "weekly":
        uow.must("report", "read")
    if cmd.language is not None and cmd.language not in LANGUAGES:
        raise Invalid("language", "error.unknown_language")
    if cmd.weekday is not None and not 0 <= cmd.weekday <= 6:
        raise Invalid("weekday", "error.invalid")
    try:
        time.fromisoformat(cmd.send_at or "00:00")
    except ValueError as error:
        raise Invalid("send_at", "error.invalid") from error


def _said(row: DigestChoice | None) -> dict[str, Any]:
    names = ("enabled", "send_at", "weekday", "language")
    return {name: getattr(row, name) if row is not None else None for name in names}


def _put(uow: Uow, digest: Any, row: DigestChoice | None, values: dict[str, Any], undo: str | None) -> Result:
    """Write it, and plan his next days by it."""
    if row is None:
        row = uow.new(DigestChoice, person_id=uow.actor.id, digest=digest, **values)
    else:
        uow.touch(row, **values)
    uow.flush()
    uow.cancel_timers(subject_of(uow.actor.id, digest))
    person = uow.find(Person, uow.actor.id)
    if person is not None:
        _plan(uow, [(person, uow.actor.roles)])
    uow.audit("set", "digest", row.id, **{k: v for k, v in values.items() if v is not None})
    uow.emit(DigestChanged(person_id=uow.actor.id, digest=digest))
    return Result(id=row.id, view=digest_view(uow, reading_of(uow, digest)), undo_id=undo)
