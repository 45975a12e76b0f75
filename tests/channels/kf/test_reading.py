"""The stream of a desk is read once, whatever ends in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.channels.wecom.kf import KfLine, named, open_line
from bot.channels.wecom.kf_listener import KfListener, woken
from bot.ports import Held
from bot.reception.post import Post
from crm_core.api import Core
from crm_core.kernel.errors import Conflict
from crm_core.kernel.points import watch
from crm_core.kernel.tables import Inbox
from tests.support.fakes.wecom import FakeWecom
from tests.support.fakes.wecom_kf import DESK, KF_SECRET, FakeKf
from tests.support.fakes.wecom_site import wecom_settings
from tests.web.conftest import small, small_sqlite  # noqa: F401

CORP = FakeWecom.corp


@pytest.fixture
def kf(small: Core, wecom: FakeWecom) -> FakeKf:  # noqa: F811
    found = FakeKf(wecom, lambda: small.now().timestamp())
    found.calls = False
    return found


@pytest.fixture
def line(small: Core, kf: FakeKf) -> Iterator[KfLine]:  # noqa: F811
    settings = wecom_settings(kf.wecom, wecom_kf_secret=KF_SECRET)
    (account,) = named(settings, "starway")
    small.accounts.put(account, small.now())
    yield open_line(account, small, settings)
    watch(None)


def read(core: Core, line: KfLine, token: int = 1, seconds: float = 0.5) -> None:
    """Listen for a while. Raises what ended it before."""

    async def listening() -> None:
        listener = KfListener(line.account, core, line.api, Post(core, lambda: None))
        async with asyncio.timeout(seconds):
            await listener.listen(Held("listen", token))

    with pytest.raises(TimeoutError):
        asyncio.run(listening())


def stored(core: Core) -> list[str]:
    with core.database.read() as session:
        return list(session.execute(select(col(Inbox.dedupe_key)).order_by(col(Inbox.id))).scalars())


def test_batches_are_read_to_the_end(small: Core, kf: FakeKf, line: KfLine) -> None:  # noqa: F811
    said = [kf.says("wm1", f"第{n}句") for n in range(5)]
    read(small, line)
    assert stored(small) == said
    assert [one.get("cursor") for one in kf.syncs[:3]] == [None, "c2", "c4"]


def test_killed_after_a_batch_nothing_is_lost_or_doubled(small: Core, kf: FakeKf, line: KfLine) -> None:  # noqa: F811
    said = [kf.says("wm1", f"第{n}句") for n in range(5)]

    class Killed(BaseException):
        pass

    def dies(name: str) -> None:
        if name == "inbox_stored":
            raise Killed

    watch(dies)
    with pytest.raises(Killed):
        asyncio.run(_once(small, line))
    watch(None)
    assert stored(small) == said[:2]
    assert small.arrivals.cursor(f"kf:{CORP}:{DESK}") == "c2"
    read(small, line, token=2)
    assert stored(small) == said


async def _once(core: Core, line: KfLine) -> None:
    listener = KfListener(line.account, core, line.api, Post(core, lambda: None))
    await listener.listen(Held("listen", 1))


def test_whoever_lost_the_lease_stores_nothing(small: Core, kf: FakeKf, line: KfLine) -> None:  # noqa: F811
    kf.says("wm1", "一")
    read(small, line, token=7)
    kf.says("wm1", "二")
    small.clock.advance(minutes=5)  # type: ignore[attr-defined]
    with pytest.raises(Conflict):
        asyncio.run(_once(small, line))
    assert len(stored(small)) == 1


def test_token_the_platform_refuses_is_not_used_again(small: Core, kf: FakeKf, line: KfLine) -> None:  # noqa: F811
    said = kf.says("wm1", "一")
    asyncio.run(woken(small, CORP, DESK, "a-token-of-yesterday"))
    read(small, line)
    assert stored(small) == [said]


def test_what_was_said_before_the_first_start_is_left_alone(small: Core, kf: FakeKf, line: KfLine) -> None:  # noqa: F811
    kf.says("wm1", "昨天的")
    small.clock.advance(hours=20)  # type: ignore[attr-defined]
    today = kf.says("wm1", "今天的")
    read(small, line)
    assert stored(small) == [today]


def test_what_was_said_while_nobody_ran_is_read(small: Core, kf: FakeKf, line: KfLine) -> None:  # noqa: F811
    first = kf.says("wm1", "一")
    read(small, line)
    night = kf.says("wm1", "夜里的")
    small.clock.advance(hours=20)  # type: ignore[attr-defined]
    read(small, line, token=2)
    assert stored(small) == [first, night]


def test_desk_that_was_closed_keeps_no_other_from_being_read(small: Core, kf: FakeKf, line: KfLine) -> None:  # noqa: F811
    said = kf.says("wm1", "一")
    asyncio.run(woken(small, CORP, "wk-closed", ""))
    kf.wecom.fail("kf/sync_msg", 95000, 95000)
    small.clock.advance(seconds=1)  # type: ignore[attr-defined]
    asyncio.run(woken(small, CORP, DESK, ""))
    read(small, line, seconds=1.5)
    small.clock.advance(seconds=20)  # type: ignore[attr-defined]
    read(small, line, token=2, seconds=1.0)
    assert stored(small) == [said]


@pytest.mark.parametrize("message", [
    {}, {"origin": 3}, {"event": "x"}, {"origin": 4, "event": None, "open_kfid": "k", "external_userid": "e"},
    {"origin": 3, "msgtype": "text", "text": None, "open_kfid": "k", "external_userid": "e"},
    {"origin": 3, "msgtype": 7, "open_kfid": "k", "external_userid": "e", "send_time": "soon"},
    {"origin": 3, "msgtype": "image", "image": {}, "open_kfid": "k", "external_userid": "e", "send_time": 10**30},
])  # fmt: skip
def test_odd_messages_end_nothing(line: KfLine, small: Core, message: dict[str, Any]) -> None:  # noqa: F811
    from crm_core.kernel.inbox import Arrival

    arrival = Arrival(1, "starway", "kf", CORP, "kf:x:y", message, 1, 1, small.now())
    event = line.read(arrival)
    assert event is None or not event.text
