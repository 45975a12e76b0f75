"""One WebSocket: frames in, arrivals stored, acknowledgements out. The work itself happens elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.webchat.hub import Connection, Hub, as_message
from crm_core.api import Core
from crm_core.chat.service import Chats
from crm_core.kernel.access import Actor
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.errors import ChexinError

PAGE = 30
RESUME = 500
MAX_FRAME = 256 * 1024
MAX_TEXT = 8000
MAX_ID = 64


@dataclass
class Door:
    """What a connection needs of the house."""

    core: Core
    hub: Hub
    kick: Callable[[], None]
    clock_moved: Callable[[], None]
    say: Callable[..., str]
    greet: Callable[[Actor], dict[str, Any]]
    demo: bool = False


class Talk:
    """A page of one person, from `hello` to the end."""

    def __init__(self, door: Door, socket: WebSocket, actor: Actor) -> None:
        self._door = door
        self._socket = socket
        self._actor = actor
        self._chat = Chats.web_chat(actor.id)
        self._connection = Connection(self._chat, actor.id, self._send)

    async def run(self, hello: dict[str, Any], extra: dict[str, Any] | None = None) -> None:
        """Answer `hello`, then frames until the page leaves. `extra` goes into `me`."""
        self._door.hub.add(self._connection)
        try:
            await self._welcome(hello, extra or {})
            while True:
                frame = await receive(self._socket)
                if frame is not None:
                    await self._handle(frame)
        except WebSocketDisconnect:
            pass
        finally:
            self._door.hub.remove(self._connection)

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._socket.send_text(json.dumps(frame, ensure_ascii=False, default=str))

    async def _welcome(self, hello: dict[str, Any], extra: dict[str, Any]) -> None:
        me = await asyncio.to_thread(self._door.greet, self._actor)
        await self._send({"t": "me", **me, **extra})
        since = hello.get("since")
        since = since if isinstance(since, int) and since > 0 else 0
        chats = self._door.core.chats
        if since > await asyncio.to_thread(chats.top_rev, self._chat):
            await self._send({"t": "bye", "reason": "stale"})
            raise WebSocketDisconnect(1000)
        if since:
            found = await asyncio.to_thread(chats.messages, self._chat, since=since, limit=RESUME)
            found = sorted(found, key=lambda m: m.rev)
        else:
            found = await asyncio.to_thread(chats.messages, self._chat, limit=PAGE)
        await self._batch(found)
        self._connection.rev = max([since, *(m.rev for m in found)])
        self._connection.ready = True
        self._door.hub.poke()

    async def _batch(self, found: list[Any]) -> None:
        more = bool(found) and min(m.seq for m in found) > 1 and len(found) >= PAGE
        await self._send({"t": "batch", "messages": [as_message(m) for m in found], "more": more})

    async def _handle(self, frame: dict[str, Any]) -> None:
        kind = frame.get("t")
        if kind == "ping":
            await self._send({"t": "pong"})
        elif kind in ("say", "press", "image"):
            await self._store(kind, frame)
        elif kind == "read" and isinstance(frame.get("seq"), int):
            await asyncio.to_thread(self._door.core.chats.mark_read, self._chat, frame["seq"], self._door.core.now())
        elif kind == "history" and isinstance(frame.get("before"), int):
            found = await asyncio.to_thread(
                self._door.core.chats.messages, self._chat, before=frame["before"], limit=PAGE
            )
            await self._batch(found)
        elif kind == "clock" and self._door.demo and isinstance(frame.get("shift"), int | float):
            await self._shift(float(frame["shift"]))

    async def _store(self, kind: str, frame: dict[str, Any]) -> None:
        """Keep what the person did, acknowledge it, and wake whoever works it off."""
        message_id = frame.get("id")
        if not isinstance(message_id, str) or not 0 < len(message_id) <= MAX_ID:
            return
        body = self._body(kind, frame)
        if body is None:
            await self._refuse(message_id, "error.too_long" if kind == "say" else "error.invalid")
            return
        try:
            received = await asyncio.to_thread(self._receive, message_id, body)
        except ChexinError as error:
            await self._refuse(message_id, error.key)
            return
        await self._send({"t": "ack", "id": message_id, "seq": received.seq or None})
        self._door.hub.poke()
        if received.inbox_id is not None:
            await self._door.hub.tell(self._chat, {"t": "typing", "on": True})
            self._door.kick()

    def _receive(self, message_id: str, body: dict[str, Any]) -> Any:
        show = {"text": body.get("text"), "image": body.get("image")} if body["kind"] != "press" else None
        return self._door.core.chats.receive(
            tenant=self._actor.tenant, channel="web", account="", chat=self._chat, person_id=self._actor.id,
            dedupe_key=f"{self._actor.id}:{message_id}"[:128], body=body, now=self._door.core.now(), show=show,
            show_key=message_id,
        )  # fmt: skip

    def _body(self, kind: str, frame: dict[str, Any]) -> dict[str, Any] | None:
        """The arrival's body, or None when the frame cannot be meant."""
        base = {"person_id": self._actor.id, "chat": self._chat}
        if kind == "say":
            text = frame.get("text")
            if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
                return None
            contact = frame.get("contact")
            return base | {"kind": "text", "text": text} | ({"contact": contact} if isinstance(contact, dict) else {})
        if kind == "press":
            action = frame.get("action")
            return base | {"kind": "press", "action": action[:64]} if isinstance(action, str) else None
        media = frame.get("media")
        if not isinstance(media, str) or not media.isalnum():
            return None
        return base | {"kind": "image", "media": media[:26], "image": {"url": f"/media/{media[:26]}", "alt": ""}}

    async def _refuse(self, message_id: str, key: str) -> None:
        text = self._door.say(key, self._actor.language)
        await self._send({"t": "refused", "id": message_id, "text": text})

    async def _shift(self, seconds: float) -> None:
        """Demo only: everybody's clock moves, and what falls due comes."""
        clock = self._door.core.clock
        if not isinstance(clock, SystemClock) or not 0 < seconds <= 400 * 86400:
            return
        clock.offset += timedelta(seconds=seconds)
        offset = str(clock.offset.total_seconds())
        await asyncio.to_thread(self._door.core.leases.remember, "demo_clock", offset, self._door.core.now())
        await self._door.hub.tell_all({"t": "clock", "now": self._door.core.now().isoformat()})
        await asyncio.to_thread(self._door.clock_moved)


async def receive(socket: WebSocket) -> dict[str, Any] | None:
    """The next frame; None for one that is not a JSON object. Raises WebSocketDisconnect at the end."""
    text = await socket.receive_text()
    if len(text) > MAX_FRAME:
        await socket.close(1009)
        raise WebSocketDisconnect(1009)
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) else None
