"""Spoilt calls of WeCom: an app's callback, 微信客服 and an AI bot's connection, each at one served house."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from benchmarks.places import Place, found_group
from benchmarks.server import Server, free_port, started
from benchmarks.webhook_people import Line, Told, look
from tests.support.fakes.wecom import Call, FakeWecom, fake_wecom
from tests.support.fakes.wecom_aibot import AibotPlatform
from tests.support.fakes.wecom_callback import Sealed
from tests.support.hostile import changed, changed_call, respelled, spliced

BOT, BOT_SECRET, KF_SECRET = "bot-1", "an-aibot-secret-for-benchmarks", "a-kf-secret-for-benchmarks"
DESK, USERS, BATCH = "wkDesk", 50, 50
WAIT_SECONDS = 600.0
T = TypeVar("T")


@dataclass
class Spoilt:
    """Bodies of one kind that were sent. `others` are the requests of somebody else meanwhile, in ms."""

    name: str
    told: Told
    others: list[float] = field(default_factory=list)


def spoil(place: Place, items: int, people: int) -> list[Spoilt]:
    """So many of each kind, the calls over so many connections.

    Raises RuntimeError for an answer that is neither taken nor refused, and when something is not worked off.
    """
    with _house(place) as house:
        return [
            house.post("callback", _calls(house.wecom, items), people),
            house.post("kf calls", _kf_calls(house.wecom, items), people),
            house.desk(items),
            house.frames(items),
        ]


def _calls(fake: FakeWecom, items: int) -> list[Sealed]:
    """Half of them changed on their way, half signed and sealed as they should be with anything inside."""
    chance, caller = random.Random(42), fake.caller
    genuine = [caller.sealed(caller.message(f"user{n}", "text", Content="你好")) for n in range(USERS)]
    found = [changed_call(chance.choice(genuine), chance) for _ in range(items // 2)]
    for number in range(items - len(found)):
        user = f"user{number % USERS}"
        words = chance.choice((caller.message(user, "text", Content="你好"), caller.press(user, "A1-2-0", "abc", "code"),
                               caller.message(user, "event", Event="enter_agent")))  # fmt: skip
        found.append(caller.sealed(respelled(words, chance)))
    chance.shuffle(found)
    return found


def _kf_calls(fake: FakeWecom, items: int) -> list[Sealed]:
    """That there is something at the desk, misspelt."""
    chance, caller = random.Random(43), fake.caller
    words = _at_the_desk(fake)
    genuine = [caller.sealed(words) for _ in range(USERS)]
    return [
        changed_call(chance.choice(genuine), chance) if chance.random() < 0.5 else caller.sealed(respelled(words, chance))
        for _ in range(items)
    ]


def _at_the_desk(fake: FakeWecom) -> str:
    return fake.caller.message("sys", "event", Event="kf_msg_or_event", Token="t", OpenKfId=DESK)


class House:
    """A served house with an app, a desk and a bot, and its platforms."""

    def __init__(self, server: Server, wecom: FakeWecom, desk: Desk, bot: Bot) -> None:
        self.wecom = wecom
        self._server = server
        self._desk = desk
        self._bot = bot

    def post(self, name: str, calls: Sequence[Sealed], people: int) -> Spoilt:
        """Each over one of the connections as soon as the one before it is answered."""
        requests = iter([self._request(one) for one in calls])

        async def one(told: Told) -> None:
            with closing(Line(self._server.port)) as line:
                for request in requests:
                    at = time.perf_counter()
                    if await line.ask(request) not in (200, 403):
                        raise RuntimeError("neither taken nor refused")
                    told.acks.each_ms.append((time.perf_counter() - at) * 1000)

        async def run(told: Told) -> None:
            await asyncio.gather(*(one(told) for _ in range(people)))

        return self._measured(name, run)

    def desk(self, items: int) -> Spoilt:
        """Spoilt messages at the desk, until all were fetched."""

        async def run(told: Told) -> None:
            self._desk.open(items)
            with closing(Line(self._server.port)) as line:
                await line.ask(self._request(self.wecom.caller.sealed(_at_the_desk(self.wecom))))
            await asyncio.to_thread(self._desk.emptied)
            told.acks.items = items

        return self._measured("kf messages", run)

    def frames(self, items: int) -> Spoilt:
        """Spoilt frames on the bot's connection, until the one who writes last is answered."""

        async def run(told: Told) -> None:
            await asyncio.to_thread(self._bot.pour, items)
            told.acks.items = items

        return self._measured("AI bot frames", run)

    def _measured(self, name: str, run: Callable[[Told], Awaitable[None]]) -> Spoilt:
        found = Spoilt(name, Told())
        told, cpu = found.told, self._server.cpu_seconds()

        async def beside() -> None:
            looking = asyncio.create_task(look(self._server.port, found.others))
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await run(told)
            finally:
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)

        start = time.perf_counter()
        asyncio.run(beside())
        told.turns.seconds = told.acks.seconds = time.perf_counter() - start
        told.turns.items = told.acks.items = told.acks.items or len(told.acks.each_ms)
        told.turns.cpu = self._server.cpu_seconds() - cpu
        return found

    def _request(self, call: Sealed) -> bytes:
        head = (
            f"POST /wecom/callback?{urlencode(call.params)} HTTP/1.1\r\nHost: 127.0.0.1:{self._server.port}\r\n"
            f"Content-Type: text/xml\r\nContent-Length: {len(call.body)}\r\n\r\n"
        )
        return head.encode() + call.body


class Desk:
    """The fake's side of 微信客服: nothing to fetch until it is opened, then so many spoilt messages."""

    def __init__(self, fake: FakeWecom) -> None:
        self._chance = random.Random(44)
        self._left = 0
        self._opened = False
        self._numbers = itertools.count(1)
        self._empty = threading.Event()
        fake.secrets.add(KF_SECRET)
        fake.serve("kf/account/list", lambda _: {"errcode": 0, "account_list": [{"open_kfid": DESK, "name": "客服"}]})
        fake.serve("kf/sync_msg", self._told)

    def open(self, items: int) -> None:
        self._left, self._opened = items, True

    def emptied(self) -> None:
        """Wait until the last were kept, which is when more is asked for. Raises RuntimeError when it is in vain."""
        if not self._empty.wait(WAIT_SECONDS):
            raise RuntimeError("the desk was not emptied")

    def _told(self, call: Call) -> dict[str, Any]:
        number = next(self._numbers)
        if self._opened and not self._left:
            self._empty.set()
        batch = min(BATCH, self._left)
        self._left -= batch
        told = [changed(self._message(number * BATCH + n), self._chance) for n in range(batch)]
        return {"errcode": 0, "errmsg": "ok", "next_cursor": f"c{number}", "has_more": int(batch > 0), "msg_list": told}

    @staticmethod
    def _message(number: int) -> dict[str, Any]:
        return {"msgid": f"m{number}", "open_kfid": DESK, "external_userid": f"wm{number % USERS}", "origin": 3,
                "msgtype": "text", "text": {"content": "你好"}, "send_time": int(time.time())}  # fmt: skip


class Bot:
    """The AI bot's platform in a thread and a loop of its own."""

    def __init__(self) -> None:
        self._platform = AibotPlatform({BOT: BOT_SECRET})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="aibot-platform", daemon=True)
        self._thread.start()
        self._run(self._platform.start())

    @property
    def url(self) -> str:
        return self._platform.url

    def connected(self) -> None:
        """Wait for the house's connection."""
        self._run(self._platform.until(lambda: self._platform.subscribed))

    def pour(self, items: int) -> None:
        """So many spoilt frames; then somebody asks, and waits for his answer."""
        self._run(self._poured(items))

    async def _poured(self, items: int) -> None:
        chance = random.Random(45)
        for number in range(items):
            await self._platform.raw(BOT, _frame(number, chance))
        before = len(self._platform.took)
        await self._platform.says(BOT, "the-last", "你好")
        async with asyncio.timeout(WAIT_SECONDS):
            while len(self._platform.took) == before:
                await asyncio.sleep(0.02)

    def close(self) -> None:
        self._run(self._platform.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_SECONDS)


def _frame(number: int, chance: random.Random) -> str:
    body: dict[str, Any] = {"msgid": f"m{number}", "aibotid": BOT, "chattype": "single",
                            "from": {"userid": f"user{number % USERS}"}}  # fmt: skip
    press = {"event": {"eventtype": "template_card_event", "template_card_event": {"event_key": "k", "task_id": "t"}}}
    cmd, more = chance.choice((("aibot_msg_callback", {"msgtype": "text", "text": {"content": "你好"}}),
                               ("aibot_event_callback", press)))  # fmt: skip
    frame = {"cmd": cmd, "headers": {"req_id": f"x{number}"}, "body": body | more}
    if chance.random() < 0.7:
        return json.dumps(changed(frame, chance))
    return spliced(json.dumps(frame, ensure_ascii=False).encode(), chance).decode(errors="replace")


@contextmanager
def _house(place: Place) -> Iterator[House]:
    with ExitStack() as stack:
        wecom = stack.enter_context(fake_wecom())
        desk, bot = Desk(wecom), stack.enter_context(closing(Bot()))
        url = place.fresh()
        found_group(place.open(url))
        directory, port = place.directory / "wecom", free_port()
        directory.mkdir()
        server = stack.enter_context(started(
            ["-m", "benchmarks.webhook_servers", "house"], directory, url, port, PUBLIC_URL=f"http://127.0.0.1:{port}",
            WECOM_API_BASE=wecom.url, WECOM_CORP_ID=wecom.corp, WECOM_AGENT_ID=wecom.agent, WECOM_SECRET=wecom.secret,
            WECOM_TOKEN=wecom.token, WECOM_AES_KEY=wecom.aes_key, WECOM_KF_SECRET=KF_SECRET, WECOM_AIBOT_ID=BOT,
            WECOM_AIBOT_SECRET=BOT_SECRET, WECOM_AIBOT_URL=bot.url,
        ))  # fmt: skip
        bot.connected()
        yield House(server, wecom, desk, bot)
