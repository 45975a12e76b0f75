"""Open connections of this process, and the pump that brings them what changed in their threads."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from crm_core.api import Core
from crm_core.chat.service import Shown

POLL_SECONDS = 0.4
QUEUE = 1000
OK, BROKEN, TRY_AGAIN, SIGNED_OUT = 1000, 1011, 1013, 4401
# Pages of one thread: a phone, a desk and many forgotten tabs; not a script.
PAGES = 40
Write = Callable[[str], Awaitable[None]]


class Connection:
    """One page of one person. `rev` is the newest change it has.

    Frames are written by a task of the page's own, so that a page that reads slowly holds up nobody else.
    """

    def __init__(self, chat: str, person_id: str, write: Write, session: str = "") -> None:
        self.chat = chat
        self.person_id = person_id
        self.session = session
        self.rev = 0
        self.ready = False
        self.code = OK
        self._write = write
        self._frames: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(QUEUE)

    def send(self, frame: dict[str, Any]) -> None:
        """Put a frame in line. A page that let a thousand pile up is dropped; it resumes where it was."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.end(TRY_AGAIN)

    def end(self, code: int = OK) -> None:
        """Nothing more is sent after what is in line, and the connection is closed with this code."""
        self.ready = False
        self.code = max(self.code, code)
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(None)

    async def run(self) -> None:
        """Write frames until the end."""
        while (frame := await self._frames.get()) is not None:
            await self._write(json.dumps(frame, ensure_ascii=False, default=str))


class Hub:
    """Knows who is connected here. Other processes' writes are found by asking the database."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._open: dict[str, set[Connection]] = defaultdict(set)
        self._poke = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pump: asyncio.Task[None] | None = None
        self._looking = asyncio.Lock()
        self._looked = asyncio.Condition()

    def start(self) -> None:
        """Begin pumping, inside the running loop."""
        self._loop = asyncio.get_running_loop()
        self._pump = self._loop.create_task(self._run())

    async def stop(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump

    def poke(self) -> None:
        """Something was written; look at once. May be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._poke.set)

    def add(self, connection: Connection) -> bool:
        """False when its thread has too many pages open here already."""
        if len(self._open.get(connection.chat, ())) >= PAGES:
            return False
        self._open[connection.chat].add(connection)
        return True

    def remove(self, connection: Connection) -> None:
        self._open[connection.chat].discard(connection)
        if not self._open[connection.chat]:
            del self._open[connection.chat]

    @property
    def count(self) -> int:
        """How many pages are connected here."""
        return sum(len(found) for found in self._open.values())

    def tell(self, chat: str, frame: dict[str, Any]) -> None:
        """Send a passing frame (typing, toast) to every page of a thread."""
        for connection in list(self._open.get(chat, ())):
            connection.send(frame)

    def tell_all(self, frame: dict[str, Any]) -> None:
        for chat in list(self._open):
            self.tell(chat, frame)

    def sign_out(self, session: str) -> None:
        """The pages of a session that has ended say so and do not come back. Callable from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._bye, session)

    def _bye(self, session: str) -> None:
        for found in list(self._open.values()):
            for connection in list(found):
                if connection.session == session:
                    connection.send({"t": "bye", "reason": "signed_out"})
                    connection.end(SIGNED_OUT)

    async def look(self) -> None:
        """Wait until the pump has looked once more."""
        async with self._looked:
            await self._looked.wait()

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poke.wait(), POLL_SECONDS if self._open else None)
            self._poke.clear()
            try:
                await self.flush()
            except Exception as error:
                structlog.get_logger().error("pump_failed", error=type(error).__name__, exc_info=error)
            async with self._looked:
                self._looked.notify_all()

    async def flush(self) -> None:
        """Bring every ready page up to date with one look at the database."""
        async with self._looking:
            since: dict[str, int] = {}
            for chat, found in self._open.items():
                ready = [c.rev for c in found if c.ready]
                if ready:
                    since[chat] = min(ready)
            for message in await asyncio.to_thread(self._core.chats.changed, since):
                for connection in self._open.get(message.chat, ()):
                    if connection.ready and message.rev > connection.rev:
                        connection.send({"t": "msg", "m": as_message(message)})
                        connection.rev = message.rev


def as_message(shown: Shown) -> dict[str, Any]:
    """A thread's message in the page's words."""
    card = shown.body.get("card")
    return {
        "seq": shown.seq, "rev": shown.rev, "dir": shown.direction, "at": shown.at.isoformat(),
        "id": shown.key if shown.direction == "in" else None, "text": shown.body.get("text"),
        "card": as_card(card) if card else None, "image": shown.body.get("image"),
        "quiet": bool(shown.body.get("quiet")),
    }  # fmt: skip


def as_card(card: dict[str, Any]) -> dict[str, Any]:
    """A card without what stays on our side."""
    return {
        "kind": card["kind"], "title": card["title"], "status": card.get("status"), "tone": card.get("tone"),
        "fields": card.get("fields", []), "note": card.get("note"), "sources": card.get("sources", []),
        "buttons": [{"id": b["id"], "label": b["label"], "style": b["style"], "url": None, "line": b.get("line")}
                    for b in card.get("buttons", []) if b.get("id")],
    }  # fmt: skip
