"""An AI bot's platform: one connection for a bot, answers to every frame, faults on order, a log of what it took.

Takes what the real one takes: a text may not be pushed, a press is answered once and at once, a stream is only for
the call it answers, and a second subscription pushes the first one out.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

BAD_SECRET, BAD_REQ_ID, NOT_PUSHABLE, NO_CHAT = 853000, 846605, 40008, 93006
PRESS_SECONDS = 5.0


@dataclass
class Took:
    """A frame that was accepted."""

    cmd: str
    req_id: str
    body: dict[str, Any]


@dataclass
class AibotPlatform:
    """`silent` leaves so many answers out though the frame is taken; `codes` are answered instead, one by one."""

    bots: dict[str, str]
    took: list[Took] = field(default_factory=list)
    silent: int = 0
    codes: deque[int] = field(default_factory=deque)
    known: set[str] = field(default_factory=set)
    subscribed: int = 0
    pings: int = 0
    url: str = ""
    _live: dict[str, web.WebSocketResponse] = field(default_factory=dict)
    _calls: dict[str, tuple[str, float]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/", self._serve)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"ws://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        bot = ""
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            if frame["cmd"] == "aibot_subscribe":
                bot = await self._subscribe(socket, frame) or bot
            elif not bot:
                await self._reply(socket, frame, BAD_SECRET)
            else:
                await self._take(socket, frame)
        if self._live.get(bot) is socket:
            del self._live[bot]
        return socket

    async def _subscribe(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> str | None:
        bot, secret = frame["body"]["bot_id"], frame["body"]["secret"]
        if self.bots.get(bot) != secret:
            await self._reply(socket, frame, BAD_SECRET)
            return None
        before = self._live.pop(bot, None)
        if before is not None:
            event = {"msgid": "kick", "aibotid": bot, "event": {"eventtype": "disconnected_event"}}
            await self._send(before, "aibot_event_callback", event)
            await before.close(code=1000)
        self._live[bot] = socket
        self.subscribed += 1
        await self._reply(socket, frame, 0)
        return str(bot)

    async def _take(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        if frame["cmd"] == "ping":
            self.pings += 1
            await self._reply(socket, frame, 0)
            return
        code = self.codes.popleft() if self.codes else self._refusal(frame)
        if code == 0:
            self.took.append(Took(frame["cmd"], frame["headers"]["req_id"], frame["body"]))
        if code == 0 and self.silent:
            self.silent -= 1
            return
        await self._reply(socket, frame, code)

    def _refusal(self, frame: dict[str, Any]) -> int:
        cmd, body, req_id = frame["cmd"], frame["body"], frame["headers"]["req_id"]
        if cmd == "aibot_send_msg":
            if body["msgtype"] not in ("markdown", "template_card", "image", "file"):
                return NOT_PUSHABLE
            return 0 if body["chatid"].lower() in self.known else NO_CHAT
        kind, at = self._calls.get(req_id, ("", 0.0))
        if cmd == "aibot_respond_update_msg":
            if kind != "press" or time.monotonic() - at > PRESS_SECONDS:
                return BAD_REQ_ID
            del self._calls[req_id]  # once
            return 0
        return 0 if kind == "message" else BAD_REQ_ID

    async def _reply(self, socket: web.WebSocketResponse, frame: dict[str, Any], code: int) -> None:
        words = "ok" if code == 0 else "refused"
        await socket.send_str(json.dumps({"headers": frame["headers"], "errcode": code, "errmsg": words}))

    async def _send(self, socket: web.WebSocketResponse, cmd: str, body: dict[str, Any], req_id: str = "") -> str:
        req_id = req_id or f"r{next(self._numbers)}"
        await socket.send_str(json.dumps({"cmd": cmd, "headers": {"req_id": req_id}, "body": body}, ensure_ascii=False))
        return req_id

    # People

    def live(self, bot: str) -> bool:
        return bot in self._live

    async def says(self, bot: str, who: str, text: str, *, msgid: str = "") -> str:
        """Somebody writes to the bot; the request id of the call."""
        body = {"msgid": msgid or f"m{next(self._numbers)}", "aibotid": bot, "chattype": "single",
                "from": {"userid": who}, "msgtype": "text", "text": {"content": text}}  # fmt: skip
        return await self._call(bot, "aibot_msg_callback", body, who, "message")

    async def presses(self, bot: str, who: str, key: str, task: str, *, nested: bool = True) -> str:
        """Somebody presses a button of a card."""
        card = {"card_type": "button_interaction", "event_key": key, "task_id": task}
        event = {"eventtype": "template_card_event", **({"template_card_event": card} if nested else card)}
        body = {"msgid": f"m{next(self._numbers)}", "aibotid": bot, "chattype": "single", "from": {"userid": who},
                "event": event}  # fmt: skip
        return await self._call(bot, "aibot_event_callback", body, who, "press")

    async def _call(self, bot: str, cmd: str, body: dict[str, Any], who: str, kind: str) -> str:
        self.known.add(who.lower())
        req_id = f"r{next(self._numbers)}"
        self._calls[req_id] = (kind, time.monotonic())
        return await self._send(self._live[bot], cmd, body, req_id)

    async def raw(self, bot: str, text: str) -> None:
        """Whatever one likes, as it is."""
        await self._live[bot].send_str(text)

    async def hang_up(self, bot: str, code: int = 1000) -> None:
        await self._live[bot].close(code=code)

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(60):  # the machine may be busy
            while not condition():
                await asyncio.sleep(0.01)
