"""Who hears of troubles: the admins of what stands still, the manager of what did not reach his people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from crm_core.chat.tables import GroupChat, is_group
from crm_core.delivery.folding import fold_uncertain
from crm_core.delivery.messages import TroubleView
from crm_core.delivery.rules import key_of, news, over
from crm_core.delivery.troubles import DEAD, MUST_KNOW, long_unsure, memory_of, remembered, untold
from crm_core.delivery.writers import tell_writers
from crm_core.kernel.tables import Meta, Outbox
from crm_core.kernel.uow import Priority, Uow
from crm_core.org.people import find_person, holders, manager_of

STATUS = "delivery:status"
# What tells of troubles is no trouble of its own, or one blocked chat would fill all others.
OWN_KINDS = ("delivery_trouble", "undelivered", "undelivered_many")
ONE_BY_ONE = 5
NICE_PACE = timedelta(hours=1)
MAX_ADMINS = 20


def admins(uow: Uow) -> list[str]:
    """Whoever answers for the deployment: admins, else group admins, else managers."""
    for role in ("admin", "group_admin", "manager"):
        found = holders(uow, role, f"{uow.tenant}.")
        if found:
            return [person.id for person in found[:MAX_ADMINS]]
    return []


def tell_troubles(uow: Uow, found: Sequence[TroubleView]) -> int:
    """One card for what is new; the cards of before show what is over. Returns how many people were told."""
    memory = remembered(uow.session, uow.tenant)
    known = {key: int(one["count"]) for key, one in memory.items()}
    fresh = news(known, found)
    people = admins(uow) if fresh else []
    first = f"{fresh[0].kind}:{uow.now.timestamp():.0f}" if fresh else ""
    for person_id in people:
        # A paused deployment sends nothing but answers, and the question what to do now.
        priority = Priority.REPLY if any(t.kind == "paused" for t in fresh) else Priority.MUST_KNOW
        uow.push(person_id, "delivery_trouble", subject=STATUS, key=f"trouble:{uow.tenant}:{first}",
                 priority=priority, kinds=[t.kind for t in fresh])  # fmt: skip
    if over(known, found):
        uow.refresh(STATUS)
    _remember(uow, {key_of(t): t.model_dump(mode="json") for t in found}, memory)
    return len(people)


def _remember(uow: Uow, now_known: dict[str, Any], memory: dict[str, Any]) -> None:
    if now_known != memory:
        _note(uow, memory_of(uow.tenant), json.dumps(now_known))


def _note(uow: Uow, name: str, value: str) -> None:
    row = uow.session.get(Meta, name)
    if row is None:
        uow.session.add(Meta(id=name, value=value, updated_at=uow.now))
    else:
        row.value, row.updated_at = value, uow.now


def tell_letters(uow: Uow) -> int:
    """The manager of whoever was not reached, whoever wrote to him by his own hand, and of what is dead the admins too.

    Returns how many were told.
    """
    rows = untold(uow.session, uow.tenant, uow.now)
    must = [row for row in rows if row.priority <= MUST_KNOW and row.kind not in OWN_KINDS]
    nice = [row for row in rows if row not in must]
    told = _one_by_one(uow, must) if len(must) <= ONE_BY_ONE else _together(uow, must)
    told += tell_writers(uow, must)
    _mark(must, uow.now)
    return told + _tell_nice(uow, nice)


def tell_unsure(uow: Uow, waits: timedelta) -> int:
    """Reminders that may not have arrived and that no digest told of: a colleague is told again, once, and of what was
    meant for others, or was such a telling, the manager hears. Returns how many were told."""
    again: dict[str, None] = {}
    others: list[Outbox] = []
    for row in long_unsure(uow.session, uow.tenant, uow.now - waits):
        person = find_person(uow, row.person_id)
        if person is not None and person.kind == "staff" and row.kind != "catch_up":
            again[row.person_id] = None
        else:
            others.append(row)
    for person_id in again:
        ids = fold_uncertain(uow, person_id)
        uow.push(person_id, "catch_up", key=f"unsure:{ids[0]}:{ids[-1]}", rows=ids, unsure=True)
    others = [row for row in others if row.person_id not in again]
    told = _together(uow, others) if others else 0
    _mark(others, uow.now)
    return len(again) + told


def _readers(uow: Uow, row: Outbox) -> list[str]:
    person = find_person(uow, row.person_id)
    group = uow.session.get(GroupChat, row.person_id) if is_group(row.person_id) else None
    of = person or group
    unit = of.unit if of is not None else f"{uow.tenant}."
    manager = manager_of(uow, unit, exclude=(row.person_id,))
    found = [manager.id] if manager is not None else []
    if row.state == DEAD or not found:
        found += [one for one in admins(uow) if one != row.person_id]
    return list(dict.fromkeys(found))


def _one_by_one(uow: Uow, rows: Sequence[Outbox]) -> int:
    told = 0
    for row in rows:
        for person_id in _readers(uow, row):
            uow.push(person_id, "undelivered", subject=f"delivery:{row.id}", key=f"undelivered:{row.id}",
                     priority=Priority.MUST_KNOW)  # fmt: skip
            told += 1
    return told


def _together(uow: Uow, rows: Sequence[Outbox]) -> int:
    """Many at once are one card a reader, with the figures as they stand."""
    counts: dict[str, int] = {}
    for row in rows:
        for person_id in _readers(uow, row):
            counts[person_id] = counts.get(person_id, 0) + 1
    for person_id, count in counts.items():
        uow.push(person_id, "undelivered_many", subject=STATUS, key=f"undelivered:{rows[0].id}:{rows[-1].id}",
                 priority=Priority.MUST_KNOW, n=count)  # fmt: skip
    return len(counts)


def _tell_nice(uow: Uow, rows: Sequence[Outbox]) -> int:
    """Reminders that did not arrive: the admins hear of them once an hour, all together."""
    if not rows:
        return 0
    name = f"letters_told:{uow.tenant}"[:80]
    last = uow.session.get(Meta, name)
    if last is not None and uow.now - last.updated_at < NICE_PACE:
        return 0
    others = [row for row in rows if row.kind not in OWN_KINDS]
    people = admins(uow) if others else []
    for person_id in people:
        uow.push(person_id, "undelivered_many", subject=STATUS, key=f"undelivered_nice:{rows[-1].id}",
                 priority=Priority.MUST_KNOW, n=len(others))  # fmt: skip
    _mark(rows, uow.now)
    _note(uow, name, str(len(rows)))
    return len(people)


def _mark(rows: Sequence[Outbox], now: datetime) -> None:
    for row in rows:
        row.told_at = now
