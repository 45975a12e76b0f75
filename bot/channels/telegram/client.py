"""Calls to the Bot API through aiogram: one client for each event loop, the same time limits for all.

The token is part of every address, so nothing of an error leaves here but its kind.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from bot.channels.telegram.errors import MessageGone, Migrated, receipt_of
from bot.ports import Heard, Receipt

if TYPE_CHECKING:
    from aiogram import Bot
    from aiogram.methods import TelegramMethod

CALL_SECONDS = 15
MAX_FILE = 20 * 1024 * 1024


_loaded = threading.Event()


async def load() -> None:
    """Import the platform's library, which takes seconds, beside the loop and not in it."""
    if not _loaded.is_set():
        await asyncio.to_thread(importlib.import_module, "aiogram")
        _loaded.set()


class TooLarge(Exception):
    """A file is larger than is taken."""


class Client:
    """One bot at one Bot API server. Usable from several event loops."""

    def __init__(self, token: str, base: str) -> None:
        self._token = token
        self._base = base.rstrip("/")
        self._bots: WeakKeyDictionary[asyncio.AbstractEventLoop, Bot] = WeakKeyDictionary()

    def _bot(self) -> Bot:
        """This loop's client: connections belong to a loop."""
        loop = asyncio.get_running_loop()
        found = self._bots.get(loop)
        if found is None:
            found = self._bots[loop] = self._new()
        return found

    def _new(self) -> Bot:
        from aiogram import Bot
        from aiogram.client.session.aiohttp import AiohttpSession
        from aiogram.client.telegram import TelegramAPIServer

        return Bot(self._token, session=AiohttpSession(api=TelegramAPIServer.from_base(self._base)))

    async def close(self) -> None:
        """End this loop's connections."""
        bot = self._bots.pop(asyncio.get_running_loop(), None)
        if bot is not None:
            await bot.session.close()

    async def call(self, method: TelegramMethod[Any], seconds: float | None = None) -> Any:
        """The result of a method. Raises aiogram's errors."""
        return await self._bot()(method, request_timeout=max(1, round(seconds or CALL_SECONDS)))

    async def receipt(self, method: TelegramMethod[Any]) -> Receipt:
        """Send, and say what was heard. Raises Migrated and MessageGone, which ask for another call."""
        try:
            result = await self.call(method)
        except (Migrated, MessageGone):
            raise
        except Exception as error:
            return receipt_of(error)
        number = getattr(result, "message_id", None)
        return Receipt(Heard.ACCEPTED, str(number) if number is not None else None)

    async def quietly(self, method: TelegramMethod[Any]) -> bool:
        """A call whose failure changes nothing: whether it worked."""
        try:
            await self.call(method, 5)
        except Exception:
            return False
        return True

    async def download(self, file_id: str) -> bytes:
        """A file people sent, asked for twice. Raises TooLarge, and aiogram's and aiohttp's errors."""
        try:
            return await self._download(file_id)
        except TooLarge:
            raise
        except Exception:
            await asyncio.sleep(0.5)
            return await self._download(file_id)

    async def _download(self, file_id: str) -> bytes:
        from aiogram.methods import GetFile

        bot = self._bot()
        found = await self.call(GetFile(file_id=file_id))
        if (found.file_size or 0) > MAX_FILE:
            raise TooLarge
        if not found.file_path:
            raise FileNotFoundError
        content = bytearray()
        url = bot.session.api.file_url(self._token, found.file_path)
        stream = bot.session.stream_content(url, timeout=30, raise_for_status=True)
        async for chunk in stream:
            content += chunk
            if len(content) > MAX_FILE:
                await stream.aclose()
                raise TooLarge
        return bytes(content)

    def once(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do something from a thread without an event loop; its connections end with it."""

        async def run() -> Any:
            try:
                return await work()
            finally:
                with suppress(Exception):
                    await self.close()

        return asyncio.run(run())
