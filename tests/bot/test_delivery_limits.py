"""What platforms say is taken within reason, and nothing they say stops the sender."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from bot.delivery import Sender
from bot.ports import Heard, Receipt
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.clock import FixedClock
from crm_core.kernel.outbox import PENDING, SENT
from crm_core.kernel.tables import Bucket
from tests.bot.test_delivery import BOT, SILENT, put, run, state, texts, until
from tests.core.kernel.trial import rows
from tests.support.channels import PLAIN, MemoryChannel


@pytest.mark.parametrize(
    ("said", "rest"), [(30.0, 30.0), (0.0, 1.0), (-5.0, 1.0), (1e300, 86400.0), (math.inf, 86400.0), (math.nan, 86400.0)]
)
def test_a_platform_is_left_alone_within_reason(dealer: Core, said: float, rest: float) -> None:
    channel = MemoryChannel()
    channel.heard.append(Receipt(Heard.NOT_NOW, retry_after=said, error="429"))
    put(dealer, "one")
    run(dealer, channel)
    row = state(dealer, "one")
    assert (row.state, row.due_at) == (PENDING, dealer.now() + timedelta(seconds=rest))
    (blocked,) = [bucket for bucket in rows(dealer, Bucket) if bucket.blocked_until]
    assert blocked.blocked_until == row.due_at


def test_a_repeat_says_so_once_however_often_it_is_tried(dealer: Core, clock: FixedClock) -> None:
    channel = MemoryChannel(capabilities=PLAIN)
    channel.heard.extend([SILENT, Receipt(Heard.NOT_NOW, error="429"), Receipt(Heard.NOT_NOW, error="429")])
    put(dealer, "lead")
    run(dealer, channel, clock, rounds=4)
    assert state(dealer, "lead").state == SENT
    assert [text.count("可能重复") for text in texts(channel)] == [0, 1]


def test_who_cannot_be_told_does_not_keep_results_from_being_written(dealer: Core) -> None:
    def gone() -> None:
        raise RuntimeError("the page's loop is closed")

    channel = MemoryChannel()
    sender = Sender(dealer, Texts.load(), "w", {BOT: channel}, gone)
    sender.start()
    try:
        for key in ("first", "second"):
            put(dealer, key)
            sender.knock()
            until(lambda key=key: state(dealer, key).state == SENT)  # type: ignore[misc]
    finally:
        sender.stop()
