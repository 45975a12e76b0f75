"""One WebSocket: frames in, arrivals stored, acknowledgements out. The work itself happens elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.webchat.hub import BROKEN, OK, SIGNED_OUT, TRY_AGAIN, Connection, Hub, as_message
from bot.channels.webchat.pace import Pace
from crm_core.api import Core
from crm_core.chat.progress import answered
from crm_core.chat.service import Chats
from crm_core.kernel.access import Actor
from crm_core.kernel.clock import SystemClock
from crm_core.kernel.errors import ChexinError

PAGE = 30
RESUME = 500
MAX_FRAME = 256 * 1024
MAX_TEXT = 8000
MAX_ID = 64
ANSWER_S = 30
# Faster than anybody types or presses, and than a page sends again what a break held up.
BURST, PER_SECOND = 60, 3
GOODBYE_S = 2


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
    # One for each person, however many pages he has open.
    pace: Pace = field(default_factory=lambda: Pace(BURST, PER_SECOND))


class Talk:
    """A page of one person, from `hello` to the end. `still` says whether he may go on being here."""

    def __init__(
        self, door: Door, socket: WebSocket, actor: Actor, *, session: str = "",
        still: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        self._door = door
        self._socket = socket
        self._actor = actor
        self._still = still
        self._chat = Chats.web_chat(actor.id)
        self._came_from: dict[str, Any] = {}
        self._page = Connection(self._chat, actor.id, socket.send_text, session)
        self._waits: set[asyncio.Task[None]] = set()

    async def run(self, hello: dict[str, Any], extra: dict[str, Any] | None = None) -> None:
        """Answer `hello`, then frames until the page leaves or has to. `extra` goes into `me`."""
        if not self._door.hub.add(self._page):
            await self._socket.close(TRY_AGAIN)
            return
        self._came_from = came_from(hello)
        writing = asyncio.create_task(self._page.run())
        reading = asyncio.create_task(self._read(hello, extra or {}))
        try:
            await asyncio.wait({writing, reading}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._door.hub.remove(self._page)
            self._page.end(BROKEN if _failed(reading) else OK)
            for task in (reading, *self._waits):
                task.cancel()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(writing, GOODBYE_S)
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close(self._page.code)
        if (error := _failed(reading)) is not None:
            raise error

    async def _read(self, hello: dict[str, Any], extra: dict[str, Any]) -> None:
        try:
            if await self._welcome(hello, extra):
                while await self._handle(await receive(self._socket)):
                    continue
        except WebSocketDisconnect:
            pass

    async def _welcome(self, hello: dict[str, Any], extra: dict[str, Any]) -> bool:
        """Who he is and what he missed; False when his page has to load anew."""
        me = await asyncio.to_thread(self._door.greet, self._actor)
        self._page.send({"t": "me", **me, **extra})
        since = whole(hello.get("since")) or 0
        chats = self._door.core.chats
        if since > await asyncio.to_thread(chats.top_rev, self._chat):
            self._page.send({"t": "bye", "reason": "stale"})
            return False
        if since:
            found = await asyncio.to_thread(chats.messages, self._chat, since=since, limit=RESUME)
            found = sorted(found, key=lambda m: m.rev)
        else:
            found = await asyncio.to_thread(chats.messages, self._chat, limit=PAGE)
        self._batch(found)
        self._page.rev = max([since, *(m.rev for m in found)])
        self._page.ready = True
        self._door.hub.poke()
        return True

    def _batch(self, found: list[Any]) -> None:
        more = bool(found) and min(m.seq for m in found) > 1 and len(found) >= PAGE
        self._page.send({"t": "batch", "messages": [as_message(m) for m in found], "more": more})

    async def _handle(self, frame: dict[str, Any] | None) -> bool:
        """One frame; False when the page has to leave. What nobody understands is ignored."""
        match frame:
            case {"t": "ping"}:
                return await self._ping()
            case {"t": "say" | "press" | "image" | "file" as kind, "id": str(message_id)} if frame and _is_id(message_id):
                await self._store(kind, message_id, frame)
            case {"t": "read", "seq": seq} if place := whole(seq):
                core = self._door.core
                await asyncio.to_thread(core.chats.mark_read, self._chat, place, core.now())
            case {"t": "history", "before": before} if place := whole(before):
                chats = self._door.core.chats
                self._batch(await asyncio.to_thread(chats.messages, self._chat, before=place, limit=PAGE))
            case {"t": "clock", "shift": int() | float() as shift} if self._door.demo and math.isfinite(shift):
                await self._shift(float(shift))
        return True

    async def _ping(self) -> bool:
        if await asyncio.to_thread(self._still):
            self._page.send({"t": "pong"})
            return True
        self._page.send({"t": "bye", "reason": "signed_out"})
        self._page.end(SIGNED_OUT)
        return False

    async def _store(self, kind: str, message_id: str, frame: dict[str, Any]) -> None:
        """Keep what the person did, acknowledge it, and wake whoever works it off."""
        if not self._door.pace.allow(self._actor.id):
            self._refuse(message_id, "error.busy")
            return
        body = self._body(kind, frame)
        if body is None:
            long = len(plain(frame.get("text"))) > MAX_TEXT
            self._refuse(message_id, "error.too_long" if long else "error.unknown", limit=MAX_TEXT)
            return
        try:
            received = await asyncio.to_thread(self._receive, message_id, body)
        except ChexinError as error:
            self._refuse(message_id, error.key)
            return
        self._door.hub.poke()
        if received.inbox_id is None or kind != "press":
            self._page.send({"t": "ack", "id": message_id, "seq": received.seq or None})
        if received.inbox_id is not None:
            self._door.hub.tell(self._chat, {"t": "typing", "on": True})
            self._door.kick()
            waiting = asyncio.create_task(self._answered(received.inbox_id, message_id if kind == "press" else None))
            self._waits.add(waiting)
            waiting.add_done_callback(self._waits.discard)

    async def _answered(self, inbox_id: int, press: str | None) -> None:
        """When the answer is on the page, the dots end; a press is acknowledged after its card has changed."""
        core, hub = self._door.core, self._door.hub
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                while not await asyncio.to_thread(answered, core.database, inbox_id, self._chat, core.now()):
                    await hub.look()
                await hub.flush()
        hub.tell(self._chat, {"t": "typing", "on": False})
        if press is not None:
            self._page.send({"t": "ack", "id": press, "seq": None})

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
            text = plain(frame.get("text"))
            if not text.strip() or len(text) > MAX_TEXT:
                return None
            more = {"contact": contact_of(frame), "came_from": self._came_from}
            return base | {"kind": "text", "text": text} | {k: v for k, v in more.items() if v}
        if kind == "press":
            action = plain(frame.get("action"))
            return base | {"kind": "press", "action": action[:64]} if action else None
        media = plain(frame.get("media"))
        if not (media.isascii() and media.isalnum()):
            return None
        if kind == "file":
            said = self._door.say("image.file", self._actor.language, name=plain(frame.get("name"))[:140])
            return base | {"kind": "file", "media": media[:26], "text": said}
        taken = self._door.core.now().astimezone(ZoneInfo(self._actor.zone))
        alt = self._door.say("image.alt", self._actor.language, time=f"{taken:%H:%M}")
        return base | {"kind": "image", "media": media[:26], "image": {"url": f"/media/{media[:26]}", "alt": alt}}

    def _refuse(self, message_id: str, key: str, **params: Any) -> None:
        text = self._door.say(key, self._actor.language, **params)
        self._page.send({"t": "refused", "id": message_id, "text": text})

    async def _shift(self, seconds: float) -> None:
        """Demo only: everybody's clock moves, and what falls due comes."""
        clock = self._door.core.clock
        if not isinstance(clock, SystemClock) or not 0 < seconds <= 400 * 86400:
            return
        clock.offset += timedelta(seconds=seconds)
        offset = str(clock.offset.total_seconds())
        await asyncio.to_thread(self._door.core.leases.remember, "demo_clock", offset, self._door.core.now())
        self._door.hub.tell_all({"t": "clock", "now": self._door.core.now().isoformat()})
        await asyncio.to_thread(self._door.clock_moved)


def _failed(task: asyncio.Task[None]) -> BaseException | None:
    """What a task ended with, if it was an error."""
    return task.exception() if task.done() and not task.cancelled() else None


def _is_id(text: str) -> bool:
    return 0 < len(text) <= MAX_ID and text.isascii() and text.isprintable()


def whole(value: object) -> int | None:
    """A positive number that fits a database key; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63 else None


def plain(value: object) -> str:
    """Text that every database keeps: no NUL, no half of a surrogate pair. Empty for what is no text."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()


def contact_of(frame: dict[str, Any]) -> dict[str, Any]:
    """What a visitor filled into the form, if he agreed to be called."""
    contact = frame.get("contact")
    if not isinstance(contact, dict) or contact.get("consent") is not True:
        return {}
    return {"name": plain(contact.get("name"))[:120], "phone": plain(contact.get("phone"))[:60], "consent": True}


def came_from(hello: dict[str, Any]) -> dict[str, Any]:
    """Where a visitor's page stands and how he came there."""
    given = hello.get("from")
    if not isinstance(given, dict):
        return {}
    utm = given.get("utm")
    utm = utm if isinstance(utm, dict) else {}
    tags = {plain(k)[:60]: plain(v)[:500] for k, v in list(utm.items())[:20]}
    return {"page": plain(given.get("page"))[:500], "referrer": plain(given.get("referrer"))[:500], "utm": tags}


async def receive(socket: WebSocket) -> dict[str, Any] | None:
    """The next frame; None for one that is not a JSON object. Raises WebSocketDisconnect at the end."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    text = message.get("text")
    if text is None:
        return None
    if len(text) > MAX_FRAME:
        await socket.close(1009)
        raise WebSocketDisconnect(1009)
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None
