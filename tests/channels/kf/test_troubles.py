"""A platform that does not do what is asked: it is asked again, and admins hear what they have to mend."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.channels.wecom.errands import LONG_ONES, TROUBLE_REST, ErrandRunner, Later, backoff
from bot.channels.wecom.errors import NoAnswer, Refused
from bot.ports import Account
from crm_core.api import Core
from crm_core.channels.troubles import account_troubles
from crm_core.errands.queue import URGENT, Due, Errands
from crm_core.errands.tables import Errand
from tests.web.conftest import small, small_sqlite  # noqa: F401

ACCOUNT = Account("starway", "kf", "ww1", "customer", "starway.")


class Does:
    """Answers what it is told, one by one; then it does it."""

    def __init__(self, *heard: Exception) -> None:
        self.heard = list(heard)
        self.done: list[str] = []
        self.given_up: list[str] = []

    @property
    def kinds(self) -> dict[str, Any]:
        return {"k": self._do}

    async def _do(self, due: Due) -> None:
        if self.heard:
            raise self.heard.pop(0)
        self.done.append(due.payload["what"])

    async def gave_up(self, due: Due, why: str) -> None:
        self.given_up.append(why)


def run(core: Core, does: Does, *, rounds: int = 1, every: timedelta = timedelta()) -> Errand:
    """Put one errand and let it be run; how it stands then."""
    errands = Errands(core.database, core.cipher)
    errands.put("starway", account=ACCOUNT.line, kind="k", key="once", now=core.now(), what="it")
    runner = ErrandRunner(ACCOUNT, core, does)

    async def several() -> None:
        for _ in range(rounds):
            await asyncio.gather(*await runner.begin())
            core.clock.advance(seconds=every.total_seconds())  # type: ignore[attr-defined]

    asyncio.run(several())
    with core.database.read() as session:
        found: Errand = session.execute(select(Errand)).scalars().one()
        session.expunge(found)
        return found


def test_done_once(small: Core) -> None:  # noqa: F811
    does = Does()
    assert run(small, does, rounds=3).state == 2
    assert does.done == ["it"]


def test_silence_is_asked_again_with_growing_pauses(small: Core) -> None:  # noqa: F811
    does = Does(NoAnswer("no answer", sent=True), NoAnswer("no answer", sent=False))
    assert run(small, does).due_at == small.now() + backoff(1)
    run(small, does, rounds=3, every=backoff(2))
    assert does.done == ["it"]


def test_refusal_is_the_end_and_is_told(small: Core) -> None:  # noqa: F811
    does = Does(Refused(95015, "no"))
    assert run(small, does).state == 3
    assert does.given_up == ["95015"]


def test_operators_trouble_is_told_and_waited_for_however_long(small: Core) -> None:  # noqa: F811
    does = Does(*(Refused(60020, "not allow to access from your ip, from ip: 203.0.113.9") for _ in range(80)))
    assert run(small, does, rounds=70, every=TROUBLE_REST).state == 0
    with small.database.read() as session:
        (trouble,) = account_troubles(session, "starway")
        assert (trouble.kind, trouble.detail) == ("account_address", "203.0.113.9")
    does.heard.clear()
    run(small, does, rounds=2, every=TROUBLE_REST)
    assert does.done == ["it"]
    with small.database.read() as session:
        assert list(account_troubles(session, "starway")) == []


def test_what_only_waits_is_never_given_up(small: Core) -> None:  # noqa: F811
    at = small.now()
    does = Does(*(Later(at + n * timedelta(hours=12)) for n in range(1, 70)))
    run(small, does, rounds=70, every=timedelta(hours=12))
    assert does.done == ["it"]


def test_error_of_ours_is_tried_again(small: Core) -> None:  # noqa: F811
    does = Does(KeyError("x"))
    run(small, does, rounds=2, every=backoff(1))
    assert does.done == ["it"]


def test_long_ones_never_keep_an_urgent_one_waiting(small: Core) -> None:  # noqa: F811
    errands = Errands(small.database, small.cipher)
    for n in range(20):
        errands.put("starway", account=ACCOUNT.line, kind="k", key=f"long {n}", now=small.now(), what="long")
    begun: list[str] = []
    free = asyncio.Event()

    class Slow(Does):
        async def _do(self, due: Due) -> None:
            begun.append(due.payload["what"])
            await free.wait()

    async def busy() -> None:
        runner = ErrandRunner(ACCOUNT, small, Slow())
        for _ in range(3):
            await runner.begin()
        errands.put("starway", account=ACCOUNT.line, kind="k", key="u", now=small.now(), priority=URGENT, what="urgent")
        tasks = await runner.begin()
        await asyncio.sleep(0)
        free.set()
        await asyncio.gather(*tasks)

    asyncio.run(busy())
    assert begun == ["long"] * LONG_ONES + ["urgent"]
