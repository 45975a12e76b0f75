"""People in Telegram: each posts his updates to a webhook over a kept connection and waits for what is answered."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from benchmarks.server import Server
from benchmarks.timing import Timed
from tests.support.fakes.telegram import FakeTelegram
from tests.support.hostile import changed, spliced

SECRET = "a-webhook-secret-for-benchmarks-0123456789"
PATH = "/telegram/webhook"
FIRST_CHAT = 1001
ANSWER_SECONDS = 120.0
QUIET_SECONDS = 1.0
LOOK_SECONDS = 0.02
# Spoilt bodies share so many ids, so that what is kept of them is not most of the work.
SPOILT_IDS = range(10**9, 10**9 + 150)


class Platform(FakeTelegram):
    """The tests' Bot API server; rings when a message was accepted for a chat."""

    def __init__(self, *bots: str) -> None:
        super().__init__(*bots)
        self._ring: Callable[[int, int], None] | None = None

    def ring(self, bell: Callable[[int, int], None] | None) -> None:
        """Call `bell(bot, chat)`, in the server's thread, for each message a bot sends from now on."""
        self._ring = bell

    def _note(self, bot: Any, method: str, chat: int | None, *rest: Any) -> None:
        super()._note(bot, method, chat, *rest)
        if method == "sendMessage" and rest[2] and chat is not None and self._ring is not None:
            self._ring(bot.id, chat)


@dataclass
class Told:
    """What a run took: updates from posted to answered (CPU is the server's), and their acknowledgements, in ms."""

    turns: Timed = field(default_factory=Timed)
    acks: Timed = field(default_factory=Timed)


class People:
    """Everybody who talks to one bot of one server. `words(place, number)` is what somebody says."""

    def __init__(self, platform: Platform, bot: int, server: Server, words: Callable[[int, int], str]) -> None:
        self._platform = platform
        self._bot = bot
        self._server = server
        self._words = words
        self._numbers = count(1)

    def talk(self, items: int, people: int) -> Told:
        """So many at once, each saying the next thing when he sees the answer to the last."""

        async def one(place: int, told: Told, bells: _Bells) -> None:
            with closing(Line(self._server.port)) as line:
                for _ in range(items // people):
                    at = time.perf_counter()
                    await self._say(line, place, told, at)
                    await bells.rung(place)
                    told.turns.each_ms.append((time.perf_counter() - at) * 1000)

        return self._measured(lambda told, bells: _all(one(place, told, bells) for place in range(people)))

    def pour(self, items: int, people: int) -> Told:
        """So many connections, each posting the next as soon as the last is acknowledged; then all are answered."""

        async def one(place: int, told: Told) -> None:
            with closing(Line(self._server.port)) as line:
                for _ in range(items // people):
                    await self._say(line, place, told, time.perf_counter())

        async def run(told: Told, bells: _Bells) -> None:
            start = time.perf_counter()
            await _all(one(place, told) for place in range(people))
            told.acks.seconds = time.perf_counter() - start
            await _all(bells.rung(place, items // people) for place in range(people))

        return self._measured(run)

    def drip(self, rate: float, seconds: float, people: int) -> Told:
        """`rate` updates a second whatever happens; each is timed from the instant it should have been posted."""

        async def one(number: int, start: float, lines: asyncio.Queue[Line], told: Told) -> None:
            at = start + number / rate
            await asyncio.sleep(max(at - time.perf_counter(), 0))
            line = await lines.get()
            try:
                await self._say(line, number % people, told, at)
            finally:
                lines.put_nowait(line)

        async def run(told: Told, bells: _Bells) -> None:
            lines: asyncio.Queue[Line] = asyncio.Queue()
            for _ in range(people):
                lines.put_nowait(Line(self._server.port))
            items, start = max(int(rate * seconds), 1), time.perf_counter()
            await _all(one(number, start, lines, told) for number in range(items))
            told.acks.seconds = time.perf_counter() - start
            while not lines.empty():
                lines.get_nowait().close()
            await _all(bells.rung(n % people) for n in range(items))

        return self._measured(run)

    def thrice(self, messages: int = 5) -> None:
        """Every message is brought three times, in any order. Raises RuntimeError unless each is answered once."""

        async def run(told: Told, bells: _Bells) -> None:
            calls = [self._request(_json(self._update(0))) for _ in range(messages)] * 3
            random.Random(7).shuffle(calls)
            with closing(Line(self._server.port)) as line:
                for call in calls:
                    await line.post(call)
            await bells.rung(0, messages)
            await bells.silent()

        self._measured(run)

    def spoil(self, items: int, people: int) -> tuple[Told, list[float]]:
        """Spoilt bodies over so many connections; also how long, in ms, somebody else's requests took meanwhile.

        Raises RuntimeError for an answer that is neither taken nor refused.
        """
        chance, others = random.Random(41), list[float]()

        async def one(place: int, told: Told) -> None:
            with closing(Line(self._server.port)) as line:
                for _ in range(items // people):
                    request, at = self._request(self._spoilt(place, chance)), time.perf_counter()
                    if await line.ask(request) not in (200, 400):
                        raise RuntimeError("neither taken nor refused")
                    told.acks.each_ms.append((time.perf_counter() - at) * 1000)

        async def run(told: Told, bells: _Bells) -> None:
            looking, start = asyncio.create_task(look(self._server.port, others)), time.perf_counter()
            await _all(one(place, told) for place in range(people))
            told.acks.seconds = time.perf_counter() - start
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

        return self._measured(run), others

    def _spoilt(self, place: int, chance: random.Random) -> bytes:
        update = self._update(place) | {"update_id": chance.choice(SPOILT_IDS)}
        if chance.random() < 0.5:
            return json.dumps(changed(update, chance)).encode()
        return spliced(json.dumps(update, ensure_ascii=False).encode(), chance)

    def _measured(self, run: Callable[[Told, _Bells], Awaitable[None]]) -> Told:
        told = Told()
        cpu, start = self._server.cpu_seconds(), time.perf_counter()
        asyncio.run(self._within(run, told))
        told.acks.items = len(told.acks.each_ms)
        told.turns.items = told.acks.items
        told.turns.seconds = time.perf_counter() - start
        told.turns.cpu = self._server.cpu_seconds() - cpu
        return told

    async def _within(self, run: Callable[[Told, _Bells], Awaitable[None]], told: Told) -> None:
        bells = _Bells(asyncio.get_running_loop(), self._bot)
        self._platform.ring(bells.ring)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await run(told, bells)
        finally:
            self._platform.ring(None)

    async def _say(self, line: Line, place: int, told: Told, at: float) -> None:
        await line.post(self._request(_json(self._update(place))))
        told.acks.each_ms.append((time.perf_counter() - at) * 1000)

    def _update(self, place: int) -> dict[str, Any]:
        number, chat = next(self._numbers), FIRST_CHAT + place
        who = {"id": chat, "is_bot": False, "first_name": "晓明", "language_code": "zh-hans"}
        message = {"message_id": number, "date": int(time.time()), "from": who, "text": self._words(place, number),
                   "chat": {"id": chat, "type": "private", "first_name": "晓明"}}  # fmt: skip
        return {"update_id": number, "message": message}

    def _request(self, content: bytes) -> bytes:
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{self._server.port}\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


class _Bells:
    """A bell for each chat of a bot. Rung from any thread, heard in one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, bot: int) -> None:
        self._loop = loop
        self._bot = bot
        self._heard: defaultdict[int, asyncio.Queue[None]] = defaultdict(asyncio.Queue)

    def ring(self, bot: int, chat: int) -> None:
        if bot == self._bot:
            self._loop.call_soon_threadsafe(lambda: self._heard[chat - FIRST_CHAT].put_nowait(None))

    async def rung(self, place: int, times: int = 1) -> None:
        for _ in range(times):
            await self._heard[place].get()

    async def silent(self) -> None:
        """Raises RuntimeError when somebody hears more."""
        await asyncio.sleep(QUIET_SECONDS)
        if any(bell.qsize() for bell in self._heard.values()):
            raise RuntimeError("something was answered twice")


async def look(port: int, others: list[float]) -> None:
    """Somebody else asks something now and then, until cancelled; `others` is how long each took, in ms."""
    request = f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    with closing(Line(port)) as line:
        while True:
            at = time.perf_counter()
            await line.ask(request)
            others.append((time.perf_counter() - at) * 1000)
            await asyncio.sleep(LOOK_SECONDS)


class Line:
    """A connection that is opened when it is needed and anew when the server has closed it for being idle."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, request: bytes) -> None:
        """Raises RuntimeError unless it is acknowledged."""
        if (status := await self.ask(request)) != 200:
            raise RuntimeError(f"not acknowledged: {status}")

    async def ask(self, request: bytes) -> int:
        """The answer's status."""
        if self._reader is None or self._writer is None or self._reader.at_eof():
            self.close()
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        lengths = [int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("content-length:")]
        await self._reader.readexactly(sum(lengths))
        return int(head.split(" ")[1])

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _json(update: dict[str, Any]) -> bytes:
    return json.dumps(update).encode()


async def _all(some: Any) -> None:
    await asyncio.gather(*some)
