"""Everything that comes at one instant shares a commit; nothing is acknowledged before it."""

from __future__ import annotations

import asyncio

import pytest

from bot.ports import Raw
from bot.reception.post import Post
from crm_core.api import Core
from crm_core.channels.arrivals import Place
from crm_core.kernel.errors import Conflict
from tests.conftest import NOW


def raw(key: str, sender: str = "telegram:1:7") -> Raw:
    return Raw("demo", "telegram", "1", key, sender, {"update_id": key})


def test_what_comes_together_is_stored_together_and_each_is_told_its_own(core: Core) -> None:
    woken: list[int] = []

    async def come() -> list[list[bool]]:
        post = Post(core, lambda: woken.append(1))
        await post.store([raw("1")])
        return await asyncio.gather(*(post.store([raw(str(n)), raw(f"x{n}", "telegram:1:8")]) for n in range(30)))

    told = asyncio.run(come())
    assert told[1] == [False, True]
    assert [one for n, one in enumerate(told) if n != 1] == [[True, True]] * 29
    assert len(woken) <= 3


def test_one_that_cannot_be_stored_takes_no_other_with_it(core: Core) -> None:
    async def come() -> list[object]:
        post = Post(core, lambda: None)
        bad = Raw("demo", "telegram", "1", "bad", "telegram:1:9", {"x": object()})
        found: list[object] = await asyncio.gather(
            post.store([raw("1")]), post.store([bad]), post.store([raw("2")]), return_exceptions=True
        )
        return found

    first, second, third = asyncio.run(come())
    assert (first, third) == ([True], [True])
    assert isinstance(second, TypeError)


def test_a_cursor_comes_with_what_it_brought(core: Core) -> None:
    woken: list[int] = []

    async def come() -> None:
        post = Post(core, lambda: woken.append(1))
        assert await post.store_with([raw("1")], Place("p", "c1", 3)) == [True]
        assert await post.store_with([], Place("p", "c2", 3)) == []
        with pytest.raises(Conflict):
            await post.store_with([raw("2")], Place("p", "c0", 2))

    asyncio.run(come())
    assert woken == [1]
    assert core.arrivals.cursor("p") == "c2"
    assert len(core.inbox.claim(NOW)) == 1


def test_a_caller_that_leaves_keeps_nobody_from_being_stored(core: Core) -> None:
    async def come() -> list[bool]:
        post = Post(core, lambda: None)
        leaving = asyncio.create_task(post.store([raw("1")]))
        staying = asyncio.create_task(post.store([raw("2")]))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert asyncio.run(come()) == [True]
