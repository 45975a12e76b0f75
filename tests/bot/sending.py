"""Pushes that are only texts, and a sender that works until they are sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.delivery import Sender
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.tables import Outbox
from crm_core.kernel.uow import Priority
from tests.core.kernel.trial import rows
from tests.support.channels import MemoryChannel

BOT = "telegram:bot"
MUST, NICE = Priority.MUST_KNOW, Priority.REMINDER


def put(core: Core, key: str, chat: str = f"{BOT}:1", priority: int = MUST, text: str = "") -> None:
    """A push that is only a text, to rep1."""
    with core.database.write() as session:
        uow = core._system_uow(session, "star", core.now())
        uow.push(core.actor("rep1").id, "note", key=key, priority=priority, chat=chat, text=text or key)
        uow.flush_pushes()


def state(core: Core, key: str) -> Outbox:
    (row,) = [row for row in rows(core, Outbox) if row.dedupe_key.startswith(f"{key}>")]
    assert isinstance(row, Outbox)
    return row


@contextmanager
def sending(core: Core, channel: MemoryChannel, slots: int = 64) -> Iterator[Sender]:
    sender = Sender(core, Texts.load(), "w", {BOT: channel}, lambda: None, slots=slots)
    sender.start()
    try:
        yield sender
    finally:
        sender.stop()


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something holds; it fails when it does not come about."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def run(core: Core, channel: MemoryChannel, clock: FixedClock | None = None, rounds: int = 1) -> None:
    """Send until nothing is under way; with a clock, move on after that and send again."""
    for n in range(rounds):
        if n and clock:
            clock.advance(minutes=11)
        with sending(core, channel):
            until(
                lambda: (
                    core.outbox.next_due([BOT]) is None
                    or (core.outbox.next_due([BOT]) or core.now()) > core.now()
                )
            )


def texts(channel: MemoryChannel) -> list[str]:
    return [got.body for got in channel.kept]
