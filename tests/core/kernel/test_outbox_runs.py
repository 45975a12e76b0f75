"""Claims by account and in runs, what a dead or confused worker left, and signs of arrival."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from crm_core.api import Core
from crm_core.chat.service import Ended, Send
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.outbox import (
    DEAD,
    LEASE,
    LOCAL_ACCOUNTS,
    PENDING,
    SENT,
    Delivery,
    Outcome,
    Settled,
    account_of,
)
from crm_core.kernel.outcomes import Heard
from crm_core.kernel.pause import DELIVERIES
from crm_core.kernel.tables import Attempt, Outbox
from crm_core.kernel.uow import Priority
from tests.conftest import NOW
from tests.core.kernel.trial import rows

MUST, DIGEST = Priority.MUST_KNOW, Priority.DIGEST


def put(core: Core, key: str, chat: str = "web:1", priority: int = MUST) -> None:
    with core.database.write() as session:
        uow = core._system_uow(session, "starway", core.now())
        uow.push("p1", "note", key=key, priority=priority, chat=chat, what=key)
        uow.flush_pushes()


def run(core: Core, limit: int = 50, worker: str = "w") -> list[Delivery]:
    return core.outbox.claim(worker, core.now(), limit, LOCAL_ACCOUNTS, runs=True)


def names(found: list[Delivery]) -> list[str]:
    return [delivery.params["what"] for delivery in found]


def settle(core: Core, delivery: Delivery, outcome: Outcome, heard: Heard | None = None) -> None:
    core.outbox.settle_now([Settled(delivery, outcome, retry_at=core.now(), heard=heard)], core.now())


def begin(core: Core, delivery: Delivery, text: str = "hello") -> Send:
    send = Send(delivery, {"text": text}, {"platform": text})
    assert core.chats.begin([send], "w", core.now()) == [send]
    return send


@pytest.mark.parametrize(
    ("chat", "account"),
    [("web:P", "web"), ("telegram:bot:-77", "telegram:bot"), ("wecom:C-1:u", "wecom:C-1"), ("x", "")],
)
def test_a_chat_belongs_to_an_account(core: Core, chat: str, account: str) -> None:
    assert account_of(chat) == account
    put(core, "m", chat)
    (row,) = rows(core, Outbox)
    assert row.account == account


def test_a_worker_takes_only_what_it_can_send(core: Core) -> None:
    for chat in ("web:1", "term:1", "telegram:bot:1", "wecom:corp:1"):
        put(core, chat, chat)
    assert sorted(names(run(core))) == ["term:1", "web:1"]
    assert core.outbox.next_due(LOCAL_ACCOUNTS) is None
    assert core.outbox.next_due(["telegram:bot"]) == NOW
    assert names(core.outbox.claim("w", NOW, 9, ["telegram:bot"])) == ["telegram:bot:1"]
    assert names(core.outbox.claim("w", NOW, 9)) == ["wecom:corp:1"]


def test_a_run_of_one_chat_is_taken_at_once_in_order(core: Core) -> None:
    for n in range(5):
        put(core, f"a{n}", "web:a")
        put(core, f"b{n}", "web:b")
    put(core, "digest", "web:a", DIGEST)
    found = names(run(core))
    assert [n for n in found if n[0] == "a"] == ["a0", "a1", "a2", "a3", "a4"]
    assert [n for n in found if n[0] == "b"] == ["b0", "b1", "b2", "b3", "b4"]
    assert found[-1] == "digest"


def test_a_run_is_cut_where_the_limit_is(core: Core) -> None:
    for n in range(5):
        put(core, f"m{n}")
    assert names(run(core, 3)) == ["m0", "m1", "m2"]
    assert names(run(core, 3)) == [], "the first three are under way"


def test_a_run_waits_for_what_is_tried_again_later(core: Core, clock: FixedClock) -> None:
    put(core, "first")
    (first,) = run(core)
    core.outbox.settle_now([Settled(first, Outcome.RETRY, retry_at=NOW + timedelta(minutes=1))], NOW)
    put(core, "second")
    put(core, "other", "web:2")
    assert names(run(core)) == ["other"]
    clock.advance(minutes=1)
    assert names(run(core)) == ["first", "second"]


def test_runs_of_several_workers_never_overlap_or_overtake(core: Core) -> None:
    for n in range(60):
        put(core, f"{n:02}", f"web:{n % 6}")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda w: run(core, 7, f"w{w}"), range(12)))
    taken = [d for batch in found for d in batch]
    assert len(taken) == len({d.id for d in taken})
    for chat in {d.chat for d in taken}:
        # What was taken of a chat is its beginning, by one worker.
        ids = sorted(d.id for d in taken if d.chat == chat)
        assert len({i for i, batch in enumerate(found) for d in batch if d.chat == chat}) == 1
        every = sorted(row.id for row in rows(core, Outbox, Outbox.chat == chat))
        assert ids == every[: len(ids)]


def test_what_a_worker_does_not_know_of_is_free_again(core: Core) -> None:
    put(core, "known", "web:1")
    put(core, "lost", "web:2")
    put(core, "elsewhere", "bot:2")
    known, _ = run(core)
    core.outbox.claim("w", core.now(), 9, ["bot"])
    assert core.outbox.forget("w", LOCAL_ACCOUNTS, [known.id]) == 1
    assert core.outbox.forget("other", LOCAL_ACCOUNTS) == 0
    assert names(run(core)) == ["lost"]


def test_a_restored_deployment_answers_and_sends_nothing_else(core: Core, clock: FixedClock) -> None:
    put(core, "old reply", "web:1", Priority.REPLY)
    put(core, "old", "web:1")
    clock.advance(minutes=1)
    core.leases.remember(DELIVERIES, "paused:restored", core.now())
    put(core, "new push", "web:1")
    assert core.outbox.next_due(LOCAL_ACCOUNTS) is None, "nobody looks again and again for what may not go"
    put(core, "new reply", "web:1", Priority.REPLY)
    assert core.outbox.next_due(LOCAL_ACCOUNTS) == core.now()
    assert names(run(core)) == ["new reply"]
    assert core.outbox.next_due(LOCAL_ACCOUNTS) is None
    assert names(core.outbox.claim("w", core.now())) == []
    core.leases.remember(DELIVERIES, "", core.now())
    assert names(run(core)) == ["old reply", "old", "new push"]


def test_rows_of_an_older_release_get_their_account(core: Core) -> None:
    put(core, "m", "telegram:bot:7")
    with core.database.write() as session:
        session.execute(update(Outbox).values(account=""))
    assert core.outbox.claim("w", NOW, 9, ["telegram:bot"]) == []
    core.outbox.reap(NOW)
    assert names(core.outbox.claim("w", NOW, 9, ["telegram:bot"])) == ["m"]


# Doubts


def test_a_first_try_has_no_doubts(core: Core) -> None:
    put(core, "m")
    (delivery,) = run(core)
    assert (delivery.began, delivery.tries, delivery.first_at) == (False, 0, None)


@pytest.mark.parametrize(
    ("heard", "doubts"),
    [(Heard.NOT_NOW, 0), (Heard.UNKNOWN, 1), (None, 1)],
    ids=["not now", "unknown", "crash"],
)
def test_a_try_may_have_arrived_unless_it_surely_did_not(
    core: Core, clock: FixedClock, heard: Heard | None, doubts: int
) -> None:
    put(core, "m")
    (delivery,) = run(core)
    begin(core, delivery)
    clock.advance(seconds=LEASE.total_seconds() + 1)
    if heard is None:
        core.outbox.reap(core.now())
    else:
        settle(core, delivery, Outcome.RETRY, heard)
    (again,) = run(core)
    assert (again.tries, again.doubts, again.first_at) == (1, doubts, NOW)
    assert again.body == {"message": {"text": "hello"}, "body": {"platform": "hello"}}
    tried = again.tried(core.now(), doubt=True)
    assert (tried.tries, tried.doubts, tried.first_at) == (2, doubts + 1, NOW)


def test_each_try_is_noted_with_its_end(core: Core, clock: FixedClock) -> None:
    put(core, "m")
    (delivery,) = run(core)
    begin(core, delivery)
    settled = Settled(delivery, Outcome.RETRY, error="timeout " * 99, heard=Heard.UNKNOWN)
    core.chats.settle([Ended(settled, {})], core.now())
    (attempt,) = rows(core, Attempt)
    assert (attempt.outcome, attempt.ended_at, len(attempt.error)) == ("unknown", NOW, 200)


def test_what_has_ended_says_when(core: Core, clock: FixedClock) -> None:
    put(core, "m")
    (delivery,) = run(core)
    settle(core, delivery, Outcome.RETRY)
    assert rows(core, Outbox)[0].settled_at is None
    clock.advance(seconds=5)
    (delivery,) = run(core)
    settle(core, delivery, Outcome.DEAD)
    assert rows(core, Outbox)[0].settled_at == core.now()


@pytest.mark.parametrize("outcome", [Outcome.RETRY, Outcome.UNCERTAIN, Outcome.DEAD])
def test_a_sign_of_arrival_ends_every_doubt(core: Core, outcome: Outcome) -> None:
    put(core, "m", "bot:1")
    (delivery,) = core.outbox.claim("w", NOW, 9, ["bot"])
    begin(core, delivery)
    settle(core, delivery, outcome, Heard.UNKNOWN)
    assert core.chats.arrived("p1", NOW, key=delivery.dedupe_key)
    (row,) = rows(core, Outbox)
    assert (row.state, row.sent_at) == (SENT, NOW)
    (message,) = core.chats.messages("bot:1")
    assert message.body == {"text": "hello"}


def test_a_sign_that_comes_while_it_is_sent_again_wins(core: Core) -> None:
    put(core, "m", "bot:1")
    (delivery,) = core.outbox.claim("w", NOW, 9, ["bot"])
    send = begin(core, delivery)
    assert core.chats.arrived("p1", NOW, outbox_id=delivery.id)
    assert core.chats.settle([Ended(Settled(delivery, Outcome.SENT, "late"), send.message)], NOW) == 0
    assert len(core.chats.messages("bot:1")) == 1


def test_what_never_began_cannot_have_arrived(core: Core) -> None:
    put(core, "m", "bot:1")
    (row,) = rows(core, Outbox)
    assert not core.chats.arrived("p1", NOW, outbox_id=row.id)
    assert rows(core, Outbox)[0].state == PENDING


def test_a_chat_that_reaches_nobody_is_used_no_more(core: Core) -> None:
    from crm_core.chat.messages import BindAccount
    from crm_core.org.messages import AddPerson, AddUnit

    system = core.system("starway")
    core.execute(AddUnit(path="starway.", name="x", city="上海"), system)
    person = core.execute(AddPerson(code="rep9", name="陈", role="rep", unit="starway."), system).id
    core.execute(
        BindAccount(person_id=person, channel="telegram", account="b", native_id="1", chat="bot:1"), system
    )
    assert core.chats.chat_of(person) == "bot:1"
    put(core, "m", "bot:1")
    (delivery,) = core.outbox.claim("w", NOW, 9, ["bot"])
    begin(core, delivery)
    core.chats.settle([Ended(Settled(delivery, Outcome.DEAD, error="403"), {}, unreachable=True)], NOW)
    assert rows(core, Outbox)[0].state == DEAD
    assert core.chats.chat_of(person) == f"web:{person}"


def test_results_are_written_in_groups_and_the_stale_ones_are_left_out(core: Core, clock: FixedClock) -> None:
    for n in range(20):
        put(core, f"m{n:02}", f"bot:{n}")
    found = core.outbox.claim("w", NOW, 50, ["bot"])
    sends = [begin(core, one) for one in found]
    clock.advance(seconds=LEASE.total_seconds() + 1)
    core.outbox.reap(core.now())
    taken = {d.id for d in core.outbox.claim("other", core.now(), 5, ["bot"])}
    ended = [Ended(Settled(one.delivery, Outcome.SENT, str(one.delivery.id)), one.message) for one in sends]
    assert core.chats.settle(ended, core.now()) == 0, "what went back to the queue is nobody's"
    fresh = core.outbox.claim("w", core.now(), 50, ["bot"])
    begun = [begin(core, one) for one in fresh]
    ended += [Ended(Settled(one.delivery, Outcome.SENT, "x"), one.message) for one in begun]
    assert core.chats.settle(ended, core.now()) == 15
    assert {row.id for row in rows(core, Outbox) if row.state == SENT} == {d.id for d in found} - taken
