"""Stores what platforms bring: everything that came at one instant shares a transaction."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.ports import Raw
from crm_core.api import Core
from crm_core.channels.arrivals import Place

GROUP = 200
MAX_KEY, MAX_SENDER = 128, 100


@dataclass
class _Waiting:
    items: Sequence[Raw]
    stored: asyncio.Future[list[bool]]


class Post:
    """Belongs to one event loop. `arrived` is called, in that loop, after something new was stored."""

    def __init__(self, core: Core, arrived: Callable[[], None]) -> None:
        self._core = core
        self._arrived = arrived
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def store(self, items: Sequence[Raw]) -> list[bool]:
        """For each whether it was new. Returns after the commit. Raises Unavailable when the database cannot."""
        if not items:
            return []
        waiting = _Waiting([keepable(one) for one in items], asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await waiting.stored

    async def store_with(self, items: Sequence[Raw], place: Place) -> list[bool]:
        """The same with the cursor that brought them, in a transaction of their own. Raises Conflict as well."""
        fit = [keepable(one) for one in items]
        new = await asyncio.to_thread(self._core.arrivals.store, fit, self._core.now(), place)
        if any(new):
            self._arrived()
        return new

    async def _write_all(self) -> None:
        while self._waiting:
            group: list[_Waiting] = []
            while self._waiting and sum(len(one.items) for one in group) < GROUP:
                group.append(self._waiting.pop(0))
            await self._write(group)

    async def _write(self, group: list[_Waiting]) -> None:
        items = [item for one in group for item in one.items]
        try:
            new = await asyncio.to_thread(self._core.arrivals.store, items, self._core.now())
        except Exception as error:
            if len(group) > 1:
                # One that cannot be stored takes no other with it.
                for one in group:
                    await self._write([one])
            elif not group[0].stored.done():
                group[0].stored.set_exception(error)
            return
        for one in group:
            if not one.stored.done():
                one.stored.set_result(new[: len(one.items)])
            del new[: len(one.items)]
        self._arrived()


def keepable(raw: Raw) -> Raw:
    """The same in a form every database takes: one that cannot be stored would be brought again for ever.

    Halves of surrogate pairs become question marks; a key or sender that is too long or holds a NUL, its digest.
    """
    key, sender = _plain(raw.key, MAX_KEY), _plain(raw.sender, MAX_SENDER)
    text = json.dumps(raw.body, ensure_ascii=False)
    if (key, sender) == (raw.key, raw.sender) and _encodes(text):
        return raw
    return replace(raw, key=key, sender=sender, body=json.loads(text.encode("utf-8", "replace")))


def _plain(text: str, most: int) -> str:
    if len(text) <= most and "\0" not in text and _encodes(text):
        return text
    return "x:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
