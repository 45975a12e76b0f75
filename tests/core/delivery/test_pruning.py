"""What is done with goes after its time, in small parts; what waits or is still needed stays. On both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.web.sessions import MAX_AGE
from crm_core.chat.buttons import LIFETIME
from crm_core.chat.messages import InvitePerson
from crm_core.chat.tables import Action, ChatMessage, Invite
from crm_core.delivery.messages import Prune, PrunedView
from crm_core.delivery.rules import RetentionPolicy
from crm_core.kernel.errors import Conflict, Refused
from crm_core.kernel.limits import Rate
from crm_core.kernel.outbox import DEAD, FOLDED, HELD, MOVED, PENDING, SENT, SKIPPED, UNCERTAIN
from crm_core.kernel.routines import NIGHTLY, run_routines
from crm_core.kernel.tables import Attempt, Bucket, Executed, Inbox, Meta, Outbox, Timer, Undo
from crm_core.leads.messages import CreateLead
from tests.core.deals.house import House

YEARS = timedelta(days=4000)


def policy(house: House) -> RetentionPolicy:
    return house.core.policies.model("retention", RetentionPolicy)


def prune(house: House) -> PrunedView:
    view: PrunedView = house.core.execute(Prune(), house.core.system("starway")).view
    return view


def push(house: House, key: str, state: int = SENT, kind: str = "note") -> None:
    """A message that is in a state since now."""
    core = house.core
    with core.database.write() as session:
        uow = core._system_uow(session, "starway", core.now())
        uow.push(house.actors["rep1"].id, kind, key=key, text=key)
        uow.flush_pushes()
        row = session.execute(select(Outbox).where(Outbox.dedupe_key.startswith(f"{key}>"))).scalars().one()
        row.state, row.settled_at = state, None if state in (PENDING, HELD) else core.now()
        assert row.id is not None
        session.add(Attempt(outbox_id=row.id, token=1, worker="w", at=core.now()))


def arrive(house: House, key: str, *, done: bool = True) -> int | None:
    """Something rep1 said; its inbox id, None when it was known."""
    core, chat = house.core, f"web:{house.actors['rep1'].id}"
    known = core.chats.receive(tenant="starway", channel="web", account="", chat=chat, person_id=house.actors["rep1"].id,
                               dedupe_key=key, body={"text": key}, now=core.now(), show={"text": key})  # fmt: skip
    if done and known.inbox_id is not None:
        (arrival,) = core.inbox.claim(core.now(), only=known.inbox_id)
        replies = [{"text": f"re {key}"}]
        assert core.chats.finish(arrival, chat=chat, person_id=house.actors["rep1"].id, replies=replies, state=None,
                                 now=core.now()) is not None  # fmt: skip
    return known.inbox_id


def keys(house: House, table: Any, name: str = "dedupe_key") -> list[str]:
    with house.core.database.read() as session:
        found = session.execute(select(getattr(table, name)).order_by(table.id)).scalars()
        return [str(one).partition(">")[0] for one in found]


def test_what_was_settled_goes_with_its_tries_and_what_waits_or_did_not_arrive_stays(house: House) -> None:
    gone = {"sent": SENT, "skipped": SKIPPED, "folded": FOLDED, "moved": MOVED}
    kept = {"waits": PENDING, "held": HELD, "uncertain": UNCERTAIN, "dead": DEAD}
    for key, state in (gone | kept).items():
        push(house, key, state)
    push(house, "change", DEAD, kind="@refresh")
    house.clock.advance(days=policy(house).messages.days - 1)
    push(house, "young")
    assert prune(house).counts["messages"] == 0
    house.clock.advance(days=2)
    assert prune(house).counts["messages"] == 5
    assert keys(house, Outbox) == [*kept, "young"]
    with house.core.database.read() as session:
        left = set(session.execute(select(Outbox.id)).scalars())
        assert set(session.execute(select(Attempt.outbox_id)).scalars()) == left


def test_a_number_is_never_given_out_again(house: House) -> None:
    """Keys are made of ids: `re:7:0` must never mean another arrival's answer."""
    first = arrive(house, "a")
    push(house, "last")
    house.clock.advance(days=YEARS.days)
    while prune(house).more:
        pass
    assert keys(house, Inbox) == ["a"], "the newest of a table stays"
    second = arrive(house, "b")
    assert first is not None
    assert second is not None
    assert second > first
    assert keys(house, Outbox)[-1] == f"re:{second}:0"


def test_arrivals_that_wait_stay_and_what_was_said_stays_longer(house: House) -> None:
    arrive(house, "old")
    arrive(house, "waits", done=False)
    house.clock.advance(days=policy(house).arrivals.days + 1)
    prune(house)
    assert keys(house, Inbox) == ["waits"]
    said = keys(house, ChatMessage, "key")
    assert "old" in said
    house.clock.advance(days=policy(house).chats.days)
    prune(house)
    assert "old" not in keys(house, ChatMessage, "key")


def test_of_each_record_the_newest_timer_stays_longer(house: House) -> None:
    core = house.core
    now = core.now()
    with core.database.write() as session:
        for n, (subject, state) in enumerate([("task:a", 1), ("task:a", 2), ("task:b", 0), ("task:b", 3), ("task:c", 1),
                                              ("", 1), ("task:z", 0)]):  # fmt: skip
            session.add(Timer(tenant="starway", kind="k", subject=subject, dedupe_key=f"{n}", due_at=now + YEARS,
                              state=state, created_at=now, done_at=now if state in (1, 2) else None))  # fmt: skip
    house.clock.advance(days=policy(house).timers.days + 1)
    assert prune(house).counts["timers"] == 2
    assert keys(house, Timer) == ["1", "2", "3", "4", "6"]
    house.clock.advance(days=policy(house).last_timers.days)
    prune(house)
    assert keys(house, Timer) == ["2", "3", "6"]


def test_a_command_under_its_key_acts_once_as_long_as_policy_says(house: House) -> None:
    core, rep = house.core, house.actors["rep1"]
    lead = CreateLead(name="张伟", phone="13800138000")
    first = core.execute(lead, rep, key="k")
    house.clock.advance(days=policy(house).commands.days - 1)
    prune(house)
    assert core.execute(lead, rep, key="k").id == first.id
    with pytest.raises(Conflict):
        core.execute(CreateLead(name="李雷"), rep, key="k")
    house.clock.advance(days=2)
    prune(house)
    assert keys(house, Executed, "id") == []


def test_other_tenants_keys_are_not_touched(house: House) -> None:
    core = house.core
    with core.database.write() as session:
        for row_id in ("starway:x", "starway2:x", "starwaz:x"):
            session.add(Executed(id=row_id, fingerprint="", result_enc="", at=core.now()))
    house.clock.advance(days=YEARS.days)
    prune(house)
    assert keys(house, Executed, "id") == ["starway2:x", "starwaz:x"]


def test_small_things_go_when_they_are_spent(house: House) -> None:
    core, now = house.core, house.clock.now()
    for n in range(2):
        core.execute(InvitePerson(person="rep1", channel="web"), core.system("starway"))
        core.execute(CreateLead(name=f"客户{n}"), house.actors["rep1"])
    core.chats.buttons.publish_now("starway", house.actors["rep1"].id, "web:x", "m", {"card": {"buttons": [
        {"label": "a", "verb": "open", "params": {}}]}}, now)  # fmt: skip
    core.leases.remember("signed_out:s", "", now)
    core.leases.remember("demo_clock", "0", now)
    core.limits.take("chat", (Rate(20, 60.0),), 1, now)
    core.limits.block("bot", now + timedelta(days=9000), now)
    tables: tuple[Any, ...] = (Invite, Undo, Action, Bucket)
    assert all(keys(house, table, "id") for table in tables)
    house.clock.advance(days=200)
    while prune(house).more:
        pass
    assert [keys(house, table, "id") for table in (Invite, Undo, Action)] == [[], [], []]
    assert keys(house, Bucket, "id") == ["bot"]
    assert "demo_clock" in keys(house, Meta, "id")
    assert core.leases.recall("signed_out:s") is None


def test_a_part_at_a_time_until_nothing_is_left(house: House) -> None:
    for n in range(208):
        push(house, f"{n}")
    house.clock.advance(days=YEARS.days)
    push(house, "young")
    first: PrunedView = house.core.execute(Prune(at_most=3), house.core.system("starway")).view
    assert (first.counts["messages"], first.more) == (3, True)
    run_routines(house.core, NIGHTLY)
    assert keys(house, Outbox) == ["young"]


def test_only_the_deployment_itself_deletes(house: House) -> None:
    with pytest.raises(Refused):
        house.core.execute(Prune(), house.actors["admin1"])


def test_what_relies_on_a_row_is_over_before_the_row_goes(house: House) -> None:
    kept = policy(house)
    assert kept.sign_outs > timedelta(seconds=MAX_AGE)
    assert kept.messages > LIFETIME * 2
    assert kept.commands >= kept.arrivals
    least = {name: field.metadata[0].ge for name, field in RetentionPolicy.model_fields.items()}
    assert least["sign_outs"] > timedelta(seconds=MAX_AGE)
    assert least["arrivals"] > timedelta(seconds=MAX_AGE)
