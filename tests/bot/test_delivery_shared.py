"""Several senders share one outbox and one platform, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from typing import Any

import pytest
from sqlalchemy import text

from bot.cards.base import Easel, by_kind
from bot.delivery import Drawing, Sender
from bot.ports import Capabilities, Heard, Outbound, Receipt
from bot.texts import Texts
from crm_core.api import Core
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.outbox import SENT, Outcome
from crm_core.kernel.settings import Settings
from crm_core.kernel.tables import Outbox
from crm_core.org.messages import AddPerson, AddUnit
from tests import conftest
from tests.bot.sending import BOT, put, until
from tests.core.kernel.trial import rows
from tests.support.channels import PLAIN, MemoryChannel

# Unlike its neighbours' tests, these run on both.
database_url = conftest.database_url


@pytest.fixture
def core(settings: Settings) -> Iterator[Core]:
    """With a clock that runs, since senders wait."""
    opened = Core.open(settings, SystemClock())
    system = opened.system("star")
    opened.execute(AddUnit(path="star.", name="星辰", city="上海"), system)
    opened.execute(AddPerson(code="rep1", name="陈晓明", role="rep", unit="star."), system)
    yield opened
    opened.close()


def send_all(core: Core, channels: list[MemoryChannel]) -> None:
    """One sender a channel, all of the same account, until everything is sent."""
    with ExitStack() as stack:
        for n, channel in enumerate(channels):
            sender = Sender(core, Texts.load(), f"w{n}", {BOT: channel}, lambda: None, slots=5)
            sender.start()
            stack.callback(sender.stop)
        until(lambda: all(row.state == SENT for row in rows(core, Outbox)), 60)


def test_each_message_is_sent_once_and_in_order(core: Core) -> None:
    for n in range(60):
        put(core, f"{n:02}", f"{BOT}:{n % 6}")
    channels = [MemoryChannel(seconds=0.005) for _ in range(3)]
    send_all(core, channels)
    sent = [got for channel in channels for got in channel.got]
    assert Counter(got.outbox_id for got in sent) == Counter(row.id for row in rows(core, Outbox))
    for channel in channels:
        for chat in {got.chat for got in channel.got}:
            mine = [got.outbox_id for got in channel.got if got.chat == chat]
            assert mine == sorted(mine)


def test_refusals_lose_and_double_nothing(core: Core) -> None:
    for n in range(30):
        put(core, f"{n:02}", f"{BOT}:{n}")
    channels = [MemoryChannel(), MemoryChannel()]
    for channel in channels:
        channel.heard.extend(
            [Receipt(Heard.NOT_NOW, retry_after=0.05, error="429"), Receipt(Heard.ACCEPTED, "m")] * 5
        )
    send_all(core, channels)
    sent = Counter(got.outbox_id for channel in channels for got in channel.got)
    assert set(sent.values()) == {1}
    assert len(sent) == 30


def test_together_they_keep_to_the_platforms_pace(core: Core) -> None:
    slow = Capabilities(**{**vars(PLAIN), "per_account": ((20, 1.0),)})
    for n in range(30):
        put(core, f"{n:02}", f"{BOT}:{n}")
    channels = [MemoryChannel(capabilities=slow) for _ in range(2)]
    send_all(core, channels)
    instants = sorted(at for channel in channels for at in channel.instants)
    busiest = max(sum(1 for at in instants if 0 <= at - start < 0.9) for start in instants)
    assert busiest <= 20


def test_a_question_the_database_refuses_spoils_no_other_card(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
        with (nullcontext(easel.look._session) if easel.look else core.database.read()) as session:
            session.execute(text("select nonsense from nowhere"))
        return Outbound()

    monkeypatch.setitem(by_kind, "refused", refused)
    rep1 = core.actor("rep1").id
    with core.database.write() as session:
        uow = core._system_uow(session, "star", core.now())
        for n, kind in enumerate(["note", "refused", "note"]):
            uow.push(rep1, kind, key=f"{n}", chat=f"{BOT}:{n}", text=f"{n}")
        uow.flush_pushes()
    drawn, failed = Drawing(core, Texts.load()).all(core.outbox.claim("w", core.now()))
    assert [body["text"] for _, body in drawn] == ["0", "2"]
    assert [one.outcome for one in failed] == [Outcome.RETRY]
