"""The invented platforms do what the real ones are known for; a proof is worth no more than they are."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.support.platforms import Orders, Platforms

pytestmark = pytest.mark.anyio
Client = TestClient[Any, Any]


class Bench:
    """Both platforms in this process, and their log."""

    def __init__(self) -> None:
        self.log = io.StringIO()
        self.platforms = Platforms(self.log, Orders())
        self.client: Client

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    async def telegram(
        self, chat: str, text: str, method: str = "sendMessage", **more: Any
    ) -> tuple[int, Any]:
        async with self.client.post(
            f"/bottoken/{method}", json={"chat_id": chat, "text": text, **more}
        ) as answer:
            return answer.status, await answer.json()

    async def wecom(self, member: str, text: str) -> Any:
        body = {"touser": member, "text": {"content": text}, "enable_duplicate_check": 1}
        async with self.client.post("/cgi-bin/message/send?access_token=app", json=body) as answer:
            return await answer.json()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    found = Bench()
    async with TestClient(TestServer(found.platforms.app())) as found.client:
        yield found


async def test_what_is_sent_twice_to_a_bot_arrives_twice(bench: Bench) -> None:
    first, second = await bench.telegram("1", "hello #A1-2"), await bench.telegram("1", "hello #A1-2")
    assert first[1]["result"]["message_id"] != second[1]["result"]["message_id"]
    assert [(e["ref"], e["delivered"]) for e in bench.entries()] == [("#A1-2", True), ("#A1-2", True)]


async def test_the_same_body_twice_to_an_app_arrives_once(bench: Bench) -> None:
    for text in ("hello #A1-2", "hello #A1-2", "hello #A2-3"):
        assert (await bench.wecom("zhang", text))["errcode"] == 0
    assert [e["delivered"] for e in bench.entries()] == [True, False, True]


async def test_an_edit_that_changes_nothing_is_refused_in_the_known_words(bench: Bench) -> None:
    _, sent = await bench.telegram("1", "one")
    number = sent["result"]["message_id"]
    status, said = await bench.telegram("1", "one", "editMessageText", message_id=number)
    assert (status, said["description"]) == (400, "Bad Request: message is not modified")
    assert (await bench.telegram("1", "two", "editMessageText", message_id=number))[0] == 200


async def test_a_chat_that_gets_too_much_is_refused_with_the_seconds_to_wait(bench: Bench) -> None:
    bench.platforms.order(Orders(chat=(1, 60.0)))
    assert (await bench.telegram("1", "one"))[0] == 200
    status, said = await bench.telegram("1", "two")
    assert status == 429
    assert 50 < said["parameters"]["retry_after"] <= 60
    assert (await bench.telegram("2", "one"))[0] == 200


async def test_a_member_who_gets_too_much_loses_the_rest_in_silence(bench: Bench) -> None:
    bench.platforms.order(Orders(member=(2, 60.0)))
    answers = [await bench.wecom("zhang", f"number {n}") for n in range(3)]
    assert [answer["errcode"] for answer in answers] == [0, 0, 0]
    assert [e["delivered"] for e in bench.entries()] == [True, True, False]


async def test_faults_are_drawn_by_the_seed_and_the_body_alone(bench: Bench) -> None:
    async def answers(order: range) -> dict[int, int]:
        return {n: (await bench.telegram("1", f"number {n}"))[0] for n in order}

    bench.platforms.order(Orders(seed=5, busy=0.5))
    there = await answers(range(20))
    bench.platforms = Platforms(bench.log, Orders(seed=5, busy=0.5))
    async with TestClient(TestServer(bench.platforms.app())) as bench.client:
        back = await answers(range(19, -1, -1))
    assert there == back
    assert set(there.values()) == {200, 429}


async def test_who_blocked_the_bot_is_told_apart(bench: Bench) -> None:
    bench.platforms.order(Orders(blocked=("9",)))
    assert (await bench.telegram("9", "hello"))[0] == 403
    assert bench.entries()[0]["verdict"] == "refused"


async def test_a_message_is_accepted_though_nobody_hears_of_it(bench: Bench) -> None:
    bench.platforms.order(Orders(error=1.0))
    statuses = set()
    for n in range(12):
        async with bench.client.post(
            "/bottoken/sendMessage", json={"chat_id": "1", "text": f"n {n}"}
        ) as answer:
            statuses.add(answer.status)
    verdicts = {(e["verdict"], e["answered"]) for e in bench.entries()}
    assert statuses == {502}
    assert verdicts == {("accepted", False), ("failed", True)}
