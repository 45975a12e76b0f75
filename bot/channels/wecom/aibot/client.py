"""The AI bot's long connection: frames over one socket, each request with its answer, kept alive by pings.

The platform keeps one connection for a bot and closes the older one when another subscribes. A connection that
was pushed out does not come back by itself: two that fight would both be deaf half of the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog

from bot.reception.listening import GiveWay
from crm_core.kernel.ids import new_id

URL = "wss://openws.work.weixin.qq.com"
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 5.0
PING_SECONDS = 30.0
MAX_FRAME = 2 * 1024 * 1024
BAD_SECRET = 853000
Frame = dict[str, Any]
Handler = Callable[[Frame], Awaitable[None]]


class NotConnected(Exception):
    """There is no connection, so nothing was sent."""


class NoAnswer(Exception):
    """Sent, and nobody knows what became of it."""


class Refused(Exception):
    """The platform said no."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code


class Socket:
    """One bot's connection. Belongs to the event loop that runs `run`; `request` may be called from any."""

    def __init__(self, bot_id: str, secret: str, url: str = URL) -> None:
        self._bot_id = bot_id
        self._secret = secret
        self._url = url
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked: dict[str, asyncio.Future[Frame]] = {}
        self._pushed_out = False

    def connected(self) -> bool:
        """Whether a subscribed connection is open in this process."""
        return self._socket is not None and not self._socket.closed

    async def run(self, handler: Handler) -> None:
        """Connect, subscribe and hand every call to `handler` until the connection ends.

        Raises GiveWay when another connection took over or the bot's secret is wrong; NotConnected and aiohttp's
        errors when there is no connection to be had. Whoever calls tries again, each time after a longer rest.
        """
        self._pushed_out = False
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.ws_connect(self._url, max_msg_size=MAX_FRAME, heartbeat=None) as socket,
        ):
            self._loop = asyncio.get_running_loop()
            reading = asyncio.create_task(self._read(socket, handler))
            try:
                await self._subscribe(socket)
                self._socket = socket
                pinging = asyncio.create_task(self._ping(socket))
                try:
                    await asyncio.wait({reading, pinging}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    pinging.cancel()
                    await asyncio.gather(pinging, return_exceptions=True)
            finally:
                self._socket = None
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
                self._leave_unanswered()
        if self._pushed_out:
            raise GiveWay
        raise NotConnected("the connection ended")

    async def request(self, cmd: str, body: dict[str, Any], req_id: str = "") -> Frame:
        """Send one frame and wait for its answer. `req_id` is that of the call it answers, if it answers one.

        Raises NotConnected, NoAnswer or Refused.
        """
        loop = self._loop
        if loop is None or not self.connected():
            raise NotConnected("no connection")
        if asyncio.get_running_loop() is loop:
            return await self._request(self._socket, cmd, body, req_id)
        asked = asyncio.run_coroutine_threadsafe(self._request(self._socket, cmd, body, req_id), loop)
        return await asyncio.wrap_future(asked)

    async def _request(
        self, socket: aiohttp.ClientWebSocketResponse | None, cmd: str, body: dict[str, Any], req_id: str = ""
    ) -> Frame:
        if socket is None or socket.closed:
            raise NotConnected("no connection")
        req_id = req_id or f"{cmd}_{new_id()}"
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        while req_id in self._asked:
            # One answer at a time to one call: its acknowledgements carry no other name.
            await asyncio.wait({self._asked[req_id]})
        self._asked[req_id] = answer
        try:
            frame = {"cmd": cmd, "headers": {"req_id": req_id}, "body": body}
            await socket.send_str(json.dumps(frame))
            async with asyncio.timeout(ANSWER_SECONDS):
                found = await answer
        except (TimeoutError, ConnectionError) as error:
            raise NoAnswer(type(error).__name__) from error
        finally:
            del self._asked[req_id]
        code = found.get("errcode")
        if code:
            raise Refused(code if isinstance(code, int) else -1)
        return found

    async def _subscribe(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            await self._request(socket, "aibot_subscribe", {"bot_id": self._bot_id, "secret": self._secret})
        except Refused as error:
            structlog.get_logger().error("line_refused", channel="aibot", error=str(error))
            if error.code == BAD_SECRET:
                raise GiveWay from error
            raise

    async def _ping(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Ends when a ping goes unanswered: a connection nobody answers on is none."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            try:
                await self._request(socket, "ping", {})
            except (NoAnswer, NotConnected):
                return

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, handler: Handler) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            frame = _parsed(message.data)
            if frame is None:
                continue
            if "cmd" not in frame:
                self._answered(frame)
            elif _event(frame) == "disconnected_event":
                self._pushed_out = True
                return
            else:
                await self._handled(handler, frame)

    async def _handled(self, handler: Handler, frame: Frame) -> None:
        """One frame that cannot be dealt with does not end the connection for the others."""
        try:
            await handler(frame)
        except Exception as error:
            structlog.get_logger().error("frame_failed", channel="aibot", error=type(error).__name__, exc_info=error)

    def _answered(self, frame: Frame) -> None:
        headers = frame.get("headers")
        waiting = self._asked.get(str(headers.get("req_id"))) if isinstance(headers, dict) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)

    def _leave_unanswered(self) -> None:
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError())


def _parsed(text: str) -> Frame | None:
    with contextlib.suppress(ValueError, RecursionError):
        frame = json.loads(text)
        if isinstance(frame, dict):
            return frame
    return None


def _event(frame: Frame) -> str:
    body = frame.get("body")
    event = body.get("event") if isinstance(body, dict) else None
    return str(event.get("eventtype", "")) if isinstance(event, dict) else ""
