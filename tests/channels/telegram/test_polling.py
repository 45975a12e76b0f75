"""Updates that are asked for: none is lost, none holds up another, and nobody is fought with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.channels.telegram.incoming import salvaged
from bot.channels.telegram.line import TelegramLine
from bot.channels.telegram.polling import Failed, Polling
from bot.ports import Account, Held, Raw
from bot.reception.listening import GiveWay
from crm_core.api import Core
from crm_core.kernel.errors import Unavailable
from tests.channels.telegram.conftest import CHEN, STAFF, TelegramSite, open_site
from tests.support.fakes.telegram import FakeTelegram


class Shelf:
    """Where updates are put; the first `failures` times it cannot."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.kept: dict[str, Raw] = {}

    async def store(self, items: list[Raw]) -> list[bool]:
        if self.failures:
            self.failures -= 1
            raise Unavailable
        new = [item.key not in self.kept for item in items]
        self.kept |= {item.key: item for item in items}
        return new


@pytest.fixture
def quiet(telegram: FakeTelegram, sqlite_core: Core, monkeypatch: pytest.MonkeyPatch) -> FakeTelegram:
    monkeypatch.setattr("bot.channels.telegram.polling.CONFLICT_REST", 0.05)
    monkeypatch.setattr("bot.channels.telegram.polling.POLL_SECONDS", 1)
    return telegram


def listen(
    core: Core, telegram: FakeTelegram, shelf: Any, until: Callable[[], object] = lambda: False, token: str = STAFF
) -> None:
    """Listen until something is true, and a little longer; raises what ends it before."""
    account = Account("starway", "telegram", STAFF.partition(":")[0], "staff", "starway.", source="environment",
                      settings={"token": token})  # fmt: skip
    line = TelegramLine(account, core, telegram.url)

    async def wait() -> None:
        while not until():
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)

    async def run() -> None:
        listening = asyncio.create_task(Polling(line, core, shelf).listen(Held("listen", 1)))
        waiting = asyncio.create_task(wait())
        await asyncio.wait({listening, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        for task in (listening, waiting):
            task.cancel()
        await line.close()
        if listening.done() and not listening.cancelled():
            listening.result()

    asyncio.run(run())


def test_a_spoilt_update_among_others(quiet: FakeTelegram, sqlite_core: Core) -> None:
    bot = quiet.bots[STAFF]
    good = {"message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "你好"}}
    bot.pending += [{"update_id": 1} | good, {"update_id": 2, "message": {"text": 7}}, {"update_id": 3, "message": []},
                    {"update_id": 4, "message": "\ud800"}, {"update_id": 5} | good]  # fmt: skip
    shelf = Shelf()
    listen(sqlite_core, quiet, shelf, lambda: bot.confirmed)
    assert sorted(shelf.kept) == ["1", "2", "3", "4", "5"]
    assert bot.confirmed == 6


def test_nothing_is_confirmed_before_it_is_stored(quiet: FakeTelegram, sqlite_core: Core) -> None:
    quiet.feed({"update_id": 7, "message": {"text": "x"}})
    with pytest.raises(Unavailable):
        listen(sqlite_core, quiet, Shelf(failures=1))
    assert quiet.bots[STAFF].confirmed == 0
    shelf = Shelf()
    listen(sqlite_core, quiet, shelf, lambda: shelf.kept)
    assert list(shelf.kept) == ["7"]


def test_one_that_cannot_be_stored_takes_no_other_with_it(quiet: FakeTelegram, sqlite_core: Core) -> None:
    class Picky(Shelf):
        async def store(self, items: list[Raw]) -> list[bool]:
            if any(item.key == "2" for item in items):
                raise ValueError
            return await super().store(items)

    quiet.bots[STAFF].pending += [{"update_id": n} for n in (1, 2, 3)]
    shelf = Picky()
    listen(sqlite_core, quiet, shelf, lambda: len(shelf.kept) == 2)
    assert sorted(shelf.kept) == ["1", "3"]


def test_a_webhook_of_former_days_is_taken_away_and_keeps_what_waited(quiet: FakeTelegram, sqlite_core: Core) -> None:
    bot = quiet.bots[STAFF]
    bot.webhook = {"url": "http://127.0.0.1:9/nobody"}
    bot.pending.append({"update_id": 9, "message": {"text": "x"}})
    shelf = Shelf()
    listen(sqlite_core, quiet, shelf, lambda: shelf.kept)
    assert bot.webhook == {}
    assert list(shelf.kept) == ["9"]


def test_whoever_else_polls_is_given_way(quiet: FakeTelegram, sqlite_core: Core) -> None:
    quiet.fault("getUpdates", 409, times=50, description="Conflict: terminated by other getUpdates request")
    with pytest.raises(GiveWay):
        listen(sqlite_core, quiet, Shelf())


def test_faults_of_the_platform_are_waited_out(quiet: FakeTelegram, sqlite_core: Core) -> None:
    quiet.fault("getUpdates", 429, retry_after=1)
    quiet.fault("getUpdates", "html502")
    quiet.bots[STAFF].pending.append({"update_id": 3, "message": {"text": "x"}})
    shelf = Shelf()
    listen(sqlite_core, quiet, shelf, lambda: shelf.kept)
    assert list(shelf.kept) == ["3"]


def test_an_error_names_no_token(quiet: FakeTelegram, sqlite_core: Core) -> None:
    wrong = f"{STAFF.partition(':')[0]}:a-token-nobody-knows"
    with pytest.raises(Failed) as caught:
        listen(sqlite_core, quiet, Shelf(), token=wrong)
    error: BaseException | None = caught.value
    assert "nobody-knows" not in str(error)
    assert error is not None
    assert error.__suppress_context__


@pytest.mark.parametrize("update", [7, None, [], {}, {"update_id": "1"}, {"update_id": True}, {"update_id": -1}])
def test_what_has_no_id_is_nothing(update: object) -> None:
    assert salvaged(update) is None


def test_half_a_pair_and_endless_depth_are_kept_as_far_as_they_go() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert salvaged({"update_id": 1, "a": "\ud800"}) == {"update_id": 1, "a": "?"}
    assert salvaged({"update_id": 2, "a": float("nan")}) == {"update_id": 2}
    assert salvaged({"update_id": 3, "a": deep}) == {"update_id": 3}


def test_what_came_twice_is_answered_once(telegram: FakeTelegram, sqlite_core: Core) -> None:
    with open_site(sqlite_core, "polling", telegram) as site:
        number = telegram.say(CHEN, "你能干什么")
        telegram.until(lambda: telegram.chat(CHEN), what="an answer")
        before = len(telegram.chat(CHEN))
        telegram.feed({"update_id": number, "message": {"text": "again"}})
        _other(site)
        assert len(telegram.chat(CHEN)) == before


def _other(site: TelegramSite) -> None:
    """Wait until something that came later has been answered."""
    from tests.channels.telegram.conftest import LIN

    site.telegram.say(LIN, "你能干什么")
    site.telegram.until(lambda: site.telegram.chat(LIN), what="an answer")
