"""What one process at a time does for a bot: its menu, its webhook or the polling of its updates."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from bot.channels.telegram.client import load
from bot.channels.telegram.errors import MessageGone, Migrated, receipt_of
from bot.channels.telegram.incoming import raw_of, salvaged
from bot.channels.telegram.line import TelegramLine
from bot.channels.telegram.menu import menus
from bot.channels.telegram.reading import ALLOWED
from bot.channels.telegram.webhook import acknowledged
from bot.ports import Heard, Held, Raw, Receipt
from bot.reception.listening import GiveWay
from bot.reception.post import Post
from crm_core.kernel.errors import Unavailable

if TYPE_CHECKING:
    from aiogram.methods import TelegramMethod

    from crm_core.api import Core

POLL_SECONDS = 25
BATCH = 100
# Somebody else who polls is asked for so often before he is left alone.
CONFLICTS, CONFLICT_REST = 3, 2.0
LOOK_SECONDS = 300.0
QUICK_SECONDS = 0.3


class Failed(Exception):
    """Telegram did not do what was asked; the kind of error is all there is."""


class Presence:
    """What both ways of hearing begin with: who the bot is, and its menu."""

    def __init__(self, line: TelegramLine, core: Core) -> None:
        self.name = line.account.line
        self._line = line
        self._core = core

    async def listen(self, held: Held) -> None:
        """Until cancelled. Raises GiveWay, and Failed for everything else: errors of a call hold its address."""
        await load()
        try:
            await self._listen()
        except (GiveWay, Unavailable):
            raise
        except Exception as error:
            await self._refused(error)
            raise Failed(type(error).__name__) from None

    async def _refused(self, error: Exception) -> None:
        with suppress(Migrated, MessageGone):
            await self._line.noted(receipt_of(error))

    async def _listen(self) -> None:
        raise NotImplementedError

    async def _begin(self) -> None:
        """A server that does not tell who the bot is, or keeps no menu, is heard all the same."""
        from aiogram.exceptions import TelegramUnauthorizedError
        from aiogram.methods import GetMe

        try:
            me = await self._line.client.call(GetMe())
        except TelegramUnauthorizedError:
            raise
        except Exception as error:
            structlog.get_logger().warning("bot_unnamed", channel=self.name, error=type(error).__name__)
        else:
            await self._line.noted(Receipt(Heard.ACCEPTED))
            await self._known_as(me.username or "")
        for menu in menus(self._line.account.audience):
            await self._line.client.quietly(menu)

    async def _known_as(self, username: str) -> None:
        """The bot's name makes deep links, and is how people call it in groups."""
        line = self._line
        line.reader.username = username
        if username and username != line.account.name:
            line.account = replace(line.account, name=username)
            await asyncio.to_thread(self._core.accounts.rename, line.account, self._core.now())


class Polling(Presence):
    """Asks Telegram for updates. They are confirmed only after they were stored, and one that is spoilt alone."""

    def __init__(self, line: TelegramLine, core: Core, post: Post) -> None:
        super().__init__(line, core)
        self._post = post
        self._acknowledging: set[asyncio.Task[None]] = set()

    async def _listen(self) -> None:
        from aiogram.methods import DeleteWebhook

        await self._begin()
        await self._line.client.quietly(DeleteWebhook(drop_pending_updates=False))
        await self._poll()

    async def _poll(self) -> None:
        """Telegram itself keeps how far we are: without an offset it begins with the first that is unconfirmed."""
        offset, conflicts = None, 0
        while True:
            began = time.monotonic()
            try:
                batch = await self._next(offset)
            except Exception as error:
                conflicts += 1
                await _rest(error, conflicts)
                continue
            conflicts = 0
            if not batch and time.monotonic() - began < QUICK_SECONDS:
                # It does not wait for updates as it was asked to.
                await asyncio.sleep(QUICK_SECONDS)
            await self._store(batch)
            ids = [one["update_id"] for one in map(salvaged, batch) if one is not None]
            if ids:
                offset = max(ids) + 1
            elif batch:
                await asyncio.sleep(CONFLICT_REST)

    async def _next(self, offset: int | None) -> list[Any]:
        call = _raw_updates(offset)
        found: list[Any] = await self._line.client.call(call, POLL_SECONDS + 10)
        return found

    async def _store(self, batch: Sequence[Any]) -> None:
        updates = [update for update in map(salvaged, batch) if update is not None]
        if len(updates) < len(batch):
            structlog.get_logger().error("update_nameless", channel=self.name, count=len(batch) - len(updates))
        raws = [raw_of(self._line.account, update) for update in updates]
        try:
            new = await self._post.store(raws)
        except Unavailable:
            raise
        except Exception:
            new = [await self._alone(raw) for raw in raws]
        for raw, is_new in zip(raws, new, strict=True):
            if is_new:
                task = asyncio.create_task(acknowledged(self._line, raw))
                self._acknowledging.add(task)
                task.add_done_callback(self._acknowledging.discard)

    async def _alone(self, raw: Raw) -> bool:
        """One that cannot be stored takes none of the others with it, and is not brought for ever."""
        try:
            return (await self._post.store([raw]))[0]
        except Unavailable:
            raise
        except Exception as error:
            structlog.get_logger().error("update_lost", channel=self.name, key=raw.key, error=type(error).__name__)
            return False


class Webhook(Presence):
    """Tells Telegram where to call, and looks now and then whether it still knows."""

    def __init__(self, line: TelegramLine, core: Core, url: str, secret: str) -> None:
        super().__init__(line, core)
        self._url = url
        self._secret = secret

    async def _listen(self) -> None:
        from aiogram.methods import GetWebhookInfo, SetWebhook

        wanted = SetWebhook(url=self._url, secret_token=self._secret, allowed_updates=list(ALLOWED),
                            max_connections=40, drop_pending_updates=False)  # fmt: skip
        await self._line.client.call(wanted)
        await self._begin()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if (await self._line.client.call(GetWebhookInfo())).url != self._url:
                await self._line.client.call(wanted)


async def _rest(error: Exception, times: int) -> None:
    """Wait as the error asks. Raises GiveWay when somebody else polls, and the error when it is none to wait out."""
    from aiogram.exceptions import TelegramConflictError

    if isinstance(error, TelegramConflictError):
        if times >= CONFLICTS:
            raise GiveWay from None
        await asyncio.sleep(CONFLICT_REST)
        return
    heard = receipt_of(error)
    if heard.heard is Heard.NEVER or heard.whole_account or times > 5:
        raise error
    await asyncio.sleep(heard.retry_after or min(2.0**times, 30.0))


def _raw_updates(offset: int | None) -> TelegramMethod[list[Any]]:
    """getUpdates whose answer stays as it came: one update that cannot be read spoils no other."""
    from aiogram.methods import TelegramMethod

    class GetRawUpdates(TelegramMethod[list[Any]]):
        __returning__ = list[Any]
        __api_method__ = "getUpdates"
        offset: int | None
        limit: int
        timeout: int
        allowed_updates: list[str]

    return GetRawUpdates(offset=offset, limit=BATCH, timeout=POLL_SECONDS, allowed_updates=list(ALLOWED))
