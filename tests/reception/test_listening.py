"""A listener runs in one process; another takes over when that one ends, stands still or loses its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.ports import Held
from bot.reception import listening
from bot.reception.listening import GiveWay, Listeners
from crm_core.api import Core
from crm_core.kernel.clock import FixedClock


class Ear:
    """Notes under which token it listens, then does as it is told."""

    name = "telegram:1"

    def __init__(self, then: Callable[[], None] | None = None) -> None:
        self.tokens: list[int] = []
        self.now = 0
        self._then = then

    async def listen(self, held: Held) -> None:
        self.tokens.append(held.token)
        self.now += 1
        try:
            if self._then is not None:
                self._then()
            await asyncio.Event().wait()
        finally:
            self.now -= 1


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RENEW_SECONDS", "LOOK_SECONDS", "FIRST_REST"):
        monkeypatch.setattr(listening, name, 0.02)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def test_only_one_process_listens_and_the_other_takes_over(core: Core) -> None:
    async def run() -> tuple[Ear, Ear]:
        one, two = Ear(), Ear()
        first, second = Listeners(core, "a", [one]), Listeners(core, "b", [two])
        first.start()
        await until(lambda: one.now == 1)
        second.start()
        await asyncio.sleep(0.2)
        assert two.tokens == []
        await first.stop()
        await until(lambda: two.now == 1)
        await second.stop()
        return one, two

    one, two = asyncio.run(run())
    assert (one.now, two.now) == (0, 0)
    assert two.tokens[0] > one.tokens[0]


def test_who_stood_still_beyond_the_lease_stops_listening(core: Core, clock: FixedClock) -> None:
    async def run() -> None:
        one, two = Ear(), Ear()
        first, second = Listeners(core, "a", [one]), Listeners(core, "b", [two])
        first.start()
        await until(lambda: one.now == 1)
        # As another process sees it whose clock went on while this one did not renew.
        assert core.leases.take("listen:telegram:1", "b", clock.now() + listening.LEASE, timedelta(minutes=5))
        second.start()
        await until(lambda: two.now == 1 and one.now == 0)
        await first.stop()
        await second.stop()

    asyncio.run(run())


def test_what_fails_is_begun_anew(core: Core) -> None:
    async def run() -> Ear:
        def once() -> None:
            if len(ear.tokens) < 3:
                raise OSError("no network")

        ear = Ear(once)
        listeners = Listeners(core, "a", [ear])
        listeners.start()
        await until(lambda: len(ear.tokens) == 3 and ear.now == 1)
        await until(lambda: not listeners.troubles)
        await listeners.stop()
        return ear

    assert len(asyncio.run(run()).tokens) == 3


def test_it_does_not_fight_for_an_account(core: Core) -> None:
    async def run() -> tuple[Ear, dict[str, str]]:
        def kicked() -> None:
            raise GiveWay

        ear = Ear(kicked)
        listeners = Listeners(core, "a", [ear])
        listeners.start()
        await until(lambda: bool(listeners.troubles))
        await asyncio.sleep(0.2)
        troubles = dict(listeners.troubles)
        await listeners.stop()
        return ear, troubles

    ear, troubles = asyncio.run(run())
    assert len(ear.tokens) == 1
    assert troubles == {"telegram:1": "given_way"}
