"""The AI bot's connection against a platform that behaves as the real one was seen to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.channels.wecom.aibot import client
from bot.channels.wecom.aibot.client import NoAnswer, NotConnected, Refused, Socket
from bot.reception.listening import GiveWay
from tests.support.fakes.wecom_aibot import AibotPlatform

BOT, SECRET = "bot-1", "a-secret-for-tests"
Frames = list[dict[str, Any]]


@asynccontextmanager
async def connected(platform: AibotPlatform, heard: Frames | None = None) -> AsyncIterator[tuple[Socket, Any]]:
    """A subscribed connection, and the task that keeps it."""
    async def hear(frame: dict[str, Any]) -> None:
        if heard is not None:
            heard.append(frame)
        if frame["body"].get("text", {}).get("content") == "crash":
            raise ValueError("nobody expected this")

    socket = Socket(BOT, SECRET, platform.url)
    running = asyncio.create_task(socket.run(hear))
    await platform.until(socket.connected)
    try:
        yield socket, running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def run(story: Callable[[AibotPlatform], Awaitable[None]]) -> None:
    async def go() -> None:
        platform = AibotPlatform({BOT: SECRET})
        await platform.start()
        try:
            await story(platform)
        finally:
            await platform.stop()

    asyncio.run(go())


def test_it_hears_answers_and_pushes() -> None:
    async def story(platform: AibotPlatform) -> None:
        heard: Frames = []
        async with connected(platform, heard) as (socket, _):
            req_id = await platform.says(BOT, "ann", "你好")
            await platform.until(lambda: heard)
            stream = {"msgtype": "stream", "stream": {"id": "s1", "finish": True, "content": "在"}}
            await socket.request("aibot_respond_msg", stream, req_id)
            push = {"chatid": "ann", "chat_type": 0, "msgtype": "markdown", "markdown": {"content": "提醒"}}
            await socket.request("aibot_send_msg", push)
        assert [(one.cmd, one.req_id == req_id) for one in platform.took] == [
            ("aibot_respond_msg", True), ("aibot_send_msg", False)]  # fmt: skip

    run(story)


@pytest.mark.parametrize(("body", "code"), [
    ({"chatid": "ann", "msgtype": "text", "text": {"content": "x"}}, 40008),
    ({"chatid": "stranger", "msgtype": "markdown", "markdown": {"content": "x"}}, 93006),
])  # fmt: skip
def test_what_the_platform_refuses_is_told_by_its_number(body: dict[str, Any], code: int) -> None:
    async def story(platform: AibotPlatform) -> None:
        platform.known.add("ann")
        async with connected(platform) as (socket, _):
            with pytest.raises(Refused) as refused:
                await socket.request("aibot_send_msg", body)
            assert refused.value.code == code

    run(story)


def test_no_answer_leaves_it_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.2)

    async def story(platform: AibotPlatform) -> None:
        platform.known.add("ann")
        platform.silent = 1
        async with connected(platform) as (socket, _):
            body = {"chatid": "ann", "msgtype": "markdown", "markdown": {"content": "x"}}
            with pytest.raises(NoAnswer):
                await socket.request("aibot_send_msg", body)
            await socket.request("aibot_send_msg", body)
        assert len(platform.took) == 2

    run(story)


def test_a_connection_that_breaks_while_one_waits_leaves_it_unknown() -> None:
    async def story(platform: AibotPlatform) -> None:
        platform.known.add("ann")
        platform.silent = 1
        async with connected(platform) as (socket, _):
            body = {"chatid": "ann", "msgtype": "markdown", "markdown": {"content": "x"}}
            asking = asyncio.create_task(socket.request("aibot_send_msg", body))
            await platform.until(lambda: platform.took)
            await platform.hang_up(BOT)
            with pytest.raises(NoAnswer):
                await asking
            with pytest.raises(NotConnected):
                await socket.request("aibot_send_msg", body)

    run(story)


@pytest.mark.parametrize("code", [1000, 1011])
def test_a_closed_connection_is_an_end_that_is_begun_anew(code: int) -> None:
    async def story(platform: AibotPlatform) -> None:
        async with connected(platform) as (_, running):
            await platform.hang_up(BOT, code)
            with pytest.raises(NotConnected):
                await running

    run(story)


def test_who_is_pushed_out_gives_way() -> None:
    async def story(platform: AibotPlatform) -> None:
        async with connected(platform) as (_, first), connected(platform) as (second, still):
            with pytest.raises(GiveWay):
                await first
            assert second.connected()
            assert not still.done()
        assert platform.subscribed == 2

    run(story)


def test_a_wrong_secret_is_not_tried_again_at_once() -> None:
    async def story(platform: AibotPlatform) -> None:
        async def hear(frame: dict[str, Any]) -> None: ...

        with pytest.raises(GiveWay):
            await Socket(BOT, "another", platform.url).run(hear)

    run(story)


def test_no_network_is_an_error_to_be_tried_again() -> None:
    async def story(platform: AibotPlatform) -> None:
        async def hear(frame: dict[str, Any]) -> None: ...

        with pytest.raises(aiohttp.ClientError):
            await Socket(BOT, SECRET, "ws://127.0.0.1:1/").run(hear)

    run(story)


def test_a_platform_that_answers_no_ping_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PING_SECONDS", 0.05)
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.3)

    async def story(platform: AibotPlatform) -> None:
        async with connected(platform) as (_, running):
            await platform.until(lambda: platform.pings >= 2)
            take = platform._take

            async def deaf(socket: Any, frame: dict[str, Any]) -> None:
                if frame["cmd"] != "ping":
                    await take(socket, frame)

            monkeypatch.setattr(platform, "_take", deaf)
            with pytest.raises(NotConnected):
                await asyncio.wait_for(running, 5)

    run(story)


def test_what_nobody_understands_ends_nothing() -> None:
    async def story(platform: AibotPlatform) -> None:
        heard: Frames = []
        async with connected(platform, heard) as (_, running):
            for text in ("", "[]", "{", '{"headers": 3}', '{"cmd": "x", "body": null}', "[" * 5000, '"a"'):
                await platform.raw(BOT, text)
            await platform.says(BOT, "ann", "crash")
            await platform.says(BOT, "ann", "还在吗")
            await platform.until(lambda: heard and heard[-1]["body"].get("text") == {"content": "还在吗"})
            assert not running.done()

    run(story)


def test_answers_to_one_call_go_one_after_the_other() -> None:
    async def story(platform: AibotPlatform) -> None:
        heard: Frames = []
        async with connected(platform, heard) as (socket, _):
            req_id = await platform.says(BOT, "ann", "你好")
            await platform.until(lambda: heard)
            parts = [{"msgtype": "stream", "stream": {"id": "s", "finish": n == 4, "content": "x" * n}} for n in range(5)]
            await asyncio.gather(*(socket.request("aibot_respond_msg", part, req_id) for part in parts))
        assert [len(one.body["stream"]["content"]) for one in platform.took] == [0, 1, 2, 3, 4]

    run(story)
