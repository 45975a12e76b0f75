"""What is due leaves over a network: once, in order, and each message ends in a known state."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.delivery import Sender
from bot.ports import Delivery, Heard, Outbound, Receipt
from bot.texts import Texts
from crm_core.api import Core
from crm_core.chat.service import Ended, Send
from crm_core.chat.tables import ChatMessage
from crm_core.kernel import points
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.errors import Unavailable
from crm_core.kernel.outbox import CLAIMED, DEAD, LEASE, PENDING, SENT, UNCERTAIN
from crm_core.kernel.tables import Attempt, Outbox
from crm_core.leads.messages import CreateLead, MarkContacted
from tests.bot.sending import BOT, MUST, NICE, put, run, sending, state, texts, until
from tests.core.kernel.trial import rows
from tests.support.channels import DROPS_REPEATS, PLAIN, MemoryChannel

SILENT = Receipt(Heard.UNKNOWN, error="timeout")


@pytest.fixture(params=[PLAIN, DROPS_REPEATS], ids=["plain", "drops-repeats"])
def channel(request: pytest.FixtureRequest) -> MemoryChannel:
    return MemoryChannel(capabilities=request.param)


def test_a_message_is_sent_noted_and_kept_in_its_thread(dealer: Core, channel: MemoryChannel) -> None:
    put(dealer, "hello")
    run(dealer, channel)
    row = state(dealer, "hello")
    assert (row.state, row.provider_id, row.settled_at) == (SENT, f"m{row.id}", dealer.now())
    (attempt,) = rows(dealer, Attempt)
    assert (attempt.outcome, attempt.worker, attempt.ended_at) == ("accepted", "w", dealer.now())
    (kept,) = rows(dealer, ChatMessage)
    assert (kept.chat, kept.provider_id) == (f"{BOT}:1", f"m{row.id}")
    (got,) = channel.got
    assert "#" in got.body


def test_a_chat_gets_its_messages_in_order_and_chats_side_by_side(
    dealer: Core, channel: MemoryChannel
) -> None:
    channel.seconds = 0.02
    for n in range(30):
        put(dealer, f"{n:02}", chat=f"{BOT}:{n % 6}")
    run(dealer, channel)
    for chat in range(6):
        sent = [got.outbox_id for got in channel.got if got.chat == f"{BOT}:{chat}"]
        assert len(sent) == 5
        assert sent == sorted(sent)
    assert channel.most > 1


def test_no_more_are_under_way_than_there_are_slots(dealer: Core, channel: MemoryChannel) -> None:
    channel.seconds = 0.02
    for n in range(20):
        put(dealer, f"{n}", chat=f"{BOT}:{n}")
    with sending(dealer, channel, slots=3):
        until(lambda: len(channel.got) == 20)
    assert channel.most == 3


def test_not_now_is_tried_again(dealer: Core, channel: MemoryChannel, clock: FixedClock) -> None:
    channel.heard.append(Receipt(Heard.NOT_NOW, error="connect"))
    put(dealer, "again")
    run(dealer, channel)
    assert (state(dealer, "again").state, channel.got) == (PENDING, [])
    clock.advance(minutes=11)
    run(dealer, channel)
    assert state(dealer, "again").state == SENT
    assert len(channel.got) == 1
    assert "可能重复" not in channel.got[0].body, "the first was surely not accepted"


def test_never_is_dead_with_its_reason(dealer: Core, channel: MemoryChannel) -> None:
    channel.heard.append(Receipt(Heard.NEVER, error="403 blocked"))
    put(dealer, "blocked")
    run(dealer, channel)
    row = state(dealer, "blocked")
    assert (row.state, row.error, row.settled_at) == (DEAD, "403 blocked", dealer.now())


def test_silence_where_repeats_are_dropped_sends_the_same_to_the_byte(
    dealer: Core, clock: FixedClock
) -> None:
    channel = MemoryChannel(capabilities=DROPS_REPEATS)
    channel.heard.extend([SILENT, SILENT])
    put(dealer, "nice", priority=NICE)
    run(dealer, channel, clock, rounds=3)
    assert state(dealer, "nice").state == SENT
    assert len({got.body for got in channel.got}) == 1
    assert (len(channel.got), len(channel.kept)) == (3, 1)


def test_silence_beyond_the_window_is_uncertain_and_nothing_is_sent(dealer: Core, clock: FixedClock) -> None:
    channel = MemoryChannel(capabilities=DROPS_REPEATS)
    channel.heard.append(SILENT)
    put(dealer, "old")
    run(dealer, channel)
    clock.advance(hours=3, minutes=31)
    run(dealer, channel)
    assert state(dealer, "old").state == UNCERTAIN
    assert len(channel.got) == 1


def test_a_must_know_is_sent_once_more_and_says_so(dealer: Core, clock: FixedClock) -> None:
    channel = MemoryChannel(capabilities=PLAIN)
    channel.heard.extend([SILENT, SILENT])
    put(dealer, "lead")
    run(dealer, channel, clock, rounds=3)
    assert state(dealer, "lead").state == UNCERTAIN
    first, second = texts(channel)
    assert "可能重复" not in first
    assert "（可能重复）" in second


def test_what_is_nice_to_know_is_never_sent_twice(dealer: Core, clock: FixedClock) -> None:
    channel = MemoryChannel(capabilities=PLAIN)
    channel.heard.append(SILENT)
    put(dealer, "digest", priority=NICE)
    run(dealer, channel, clock, rounds=2)
    assert state(dealer, "digest").state == UNCERTAIN
    assert len(channel.got) == 1


def crash_in_the_middle(core: Core, clock: FixedClock, key: str) -> None:
    """A worker that began a try and died."""
    (delivery,) = core.outbox.claim("dead", core.now(), accounts=[BOT])
    body = {"text": f"{key} {delivery.ref}", "buttons": []}
    assert core.chats.begin([Send(delivery, {"text": key}, body, None)], "dead", core.now())
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert core.outbox.reap(core.now()) == 1


@pytest.mark.parametrize(
    ("capabilities", "priority", "ends", "sent"),
    [
        (PLAIN, NICE, UNCERTAIN, 0),
        (PLAIN, MUST, SENT, 1),
        (DROPS_REPEATS, NICE, SENT, 1),
        (DROPS_REPEATS, MUST, SENT, 1),
    ],
)
def test_a_crash_after_the_attempt_is_a_doubt(
    dealer: Core, clock: FixedClock, capabilities: object, priority: int, ends: int, sent: int
) -> None:
    channel = MemoryChannel(capabilities=capabilities)  # type: ignore[arg-type]
    put(dealer, "maybe", priority=priority)
    crash_in_the_middle(dealer, clock, "maybe")
    run(dealer, channel)
    assert state(dealer, "maybe").state == ends
    assert len(channel.got) == sent
    if sent:
        assert ("可能重复" in channel.got[0].body) == (capabilities is PLAIN)


def test_a_platform_that_wants_rest_gets_it(dealer: Core, channel: MemoryChannel, clock: FixedClock) -> None:
    channel.heard.append(Receipt(Heard.NOT_NOW, retry_after=60, whole_account=True, error="429"))
    put(dealer, "first", chat=f"{BOT}:1")
    run(dealer, channel)
    put(dealer, "second", chat=f"{BOT}:2")
    with sending(dealer, channel):
        time.sleep(0.4)
    assert channel.got == []
    clock.advance(seconds=61)
    run(dealer, channel)
    assert len(channel.got) == 2


def test_an_edit_changes_the_card_that_was_sent(dealer: Core, channel: MemoryChannel) -> None:
    rep = dealer.actor("rep1")
    lead = dealer.execute(CreateLead(name="张伟", phone="13800138000"), rep).id
    with dealer.database.write() as session:
        uow = dealer._system_uow(session, "star", dealer.now())
        uow.push(rep.id, "lead", subject=f"lead:{lead}", key="card", priority=MUST, chat=f"{BOT}:1")
        uow.flush_pushes()
    run(dealer, channel)
    with dealer.database.write() as session:
        uow = dealer._system_uow(session, "star", dealer.now())
        uow.refresh(f"lead:{lead}")
        uow.flush_pushes()
    run(dealer, channel)
    assert len(channel.got) == 1, "it shows this already"
    dealer.execute(MarkContacted(lead_id=lead), rep)
    run(dealer, channel)
    edits = [got for got in channel.got if got.edit_of]
    assert [edit.edit_of for edit in edits] == [f"m{channel.got[0].outbox_id}"]


def test_what_cannot_be_written_now_is_written_later(
    dealer: Core, channel: MemoryChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, failures = dealer.chats.settle, [Unavailable(), Unavailable()]

    def moody(*given: object) -> int:
        if failures:
            raise failures.pop()
        return settle(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(dealer.chats, "settle", moody)
    put(dealer, "m")
    run(dealer, channel)
    assert state(dealer, "m").state == SENT
    assert len(channel.got) == 1


def test_stopping_finishes_what_is_under_way_and_begins_nothing(dealer: Core, channel: MemoryChannel) -> None:
    channel.seconds = 0.3
    for n in range(6):
        put(dealer, f"{n}", chat=f"{BOT}:{n}")
    with sending(dealer, channel, slots=2):
        until(lambda: channel.most == 2)
    states = [row.state for row in rows(dealer, Outbox)]
    assert sorted(states) == [PENDING] * 4 + [SENT] * 2
    assert dealer.outbox.claim("next", dealer.now(), accounts=[BOT]), "the rest is free for others"


def test_a_press_on_a_message_in_doubt_shows_that_it_arrived(dealer: Core, clock: FixedClock) -> None:
    channel = MemoryChannel(capabilities=PLAIN)
    channel.heard.append(SILENT)
    put(dealer, "lead")
    run(dealer, channel)
    row, rep = state(dealer, "lead"), dealer.actor("rep1").id
    assert row.state == PENDING
    assert not dealer.chats.arrived("somebody else", dealer.now(), outbox_id=row.id)
    assert dealer.chats.arrived(rep, dealer.now(), key=row.dedupe_key)
    assert not dealer.chats.arrived(rep, dealer.now(), outbox_id=row.id), "once is enough"
    clock.advance(minutes=11)
    run(dealer, channel)
    assert state(dealer, "lead").state == SENT
    assert len(channel.got) == 1, "no repeat"
    (kept,) = rows(dealer, ChatMessage)
    assert kept.chat == f"{BOT}:1"


def test_without_channels_there_is_nothing_to_do(dealer: Core) -> None:
    sender = Sender(dealer, Texts.load(), "w", {}, lambda: None)
    sender.start()
    sender.knock()
    assert sender.alive()
    sender.stop()


def test_due_times_are_kept(dealer: Core, clock: FixedClock) -> None:
    put(dealer, "m")
    (delivery,) = dealer.outbox.claim("w", dealer.now(), accounts=[BOT])
    assert delivery.account == BOT
    assert delivery.due_at == dealer.now()
    assert timedelta() == delivery.created_at - delivery.due_at


def test_a_result_that_cannot_be_written_takes_no_other_with_it(
    dealer: Core, channel: MemoryChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = dealer.chats.settle
    for n in range(5):
        put(dealer, f"{n}", chat=f"{BOT}:{n}")
    poison = state(dealer, "3").id

    def picky(ended: list[Ended], now: datetime) -> int:
        if any(one.settled.delivery.id == poison for one in ended):
            raise ValueError("no such result")
        return settle(ended, now)

    monkeypatch.setattr(dealer.chats, "settle", picky)
    with sending(dealer, channel):
        until(lambda: sum(row.state == SENT for row in rows(dealer, Outbox)) == 4)
    assert state(dealer, "3").state == CLAIMED, "its lease runs out, and then it is a doubt"


def test_what_cannot_be_rendered_is_tried_later_and_holds_up_nobody(
    dealer: Core, channel: MemoryChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(dealer, "bad", chat=f"{BOT}:1", text="坏")
    put(dealer, "good", chat=f"{BOT}:2")
    render = channel.render

    def breaks(delivery: Delivery, message: Outbound) -> dict[str, Any]:
        if message.text == "坏":
            raise KeyError("title")
        return render(delivery, message)

    monkeypatch.setattr(channel, "render", breaks)
    run(dealer, channel)
    assert (state(dealer, "bad").state, state(dealer, "bad").error) == (PENDING, "KeyError")
    assert state(dealer, "good").state == SENT


def test_three_chats_refused_in_a_row_mean_the_account(dealer: Core, channel: MemoryChannel) -> None:
    channel.heard.extend([Receipt(Heard.NOT_NOW, retry_after=60, error="429")] * 3)
    for n in range(3):
        put(dealer, f"{n}", chat=f"{BOT}:{n}")
    run(dealer, channel)
    put(dealer, "next", chat=f"{BOT}:9")
    with sending(dealer, channel):
        time.sleep(0.3)
    assert state(dealer, "next").state == PENDING


def test_a_worker_that_slept_past_its_lease_sends_nothing(
    dealer: Core, channel: MemoryChannel, clock: FixedClock
) -> None:
    put(dealer, "m")

    def sleepy(name: str) -> None:
        if name == "before_send":
            points.watch(None)
            clock.advance(hours=8)

    points.watch(sleepy)
    with sending(dealer, channel):
        until(lambda: state(dealer, "m").state == PENDING and bool(rows(dealer, Attempt)))
        clock.advance(seconds=2)
        until(lambda: state(dealer, "m").state == SENT)
    assert len(channel.got) == 1
    assert [row.outcome for row in rows(dealer, Attempt)] == ["not_now", "accepted"]


def test_one_message_that_cannot_be_begun_stops_no_other(
    dealer: Core, channel: MemoryChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        put(dealer, f"{n}", chat=f"{BOT}:{n}")
    begin, poison = dealer.chats.begin, state(dealer, "2").id

    def picky(sends: list[Send], worker: str, now: datetime) -> list[Send]:
        if any(send.delivery.id == poison for send in sends):
            raise ValueError("no such body")
        return begin(sends, worker, now)

    monkeypatch.setattr(dealer.chats, "begin", picky)
    run(dealer, channel)
    until(lambda: state(dealer, "2").state == PENDING)
    assert (state(dealer, "2").error, len(channel.got)) == ("ValueError", 3)
