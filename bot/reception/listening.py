"""Keeps each listener running in exactly one process, under a lease that is renewed while it listens."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import structlog

from bot.ports import Held, Listener
from crm_core.api import Core

LEASE = timedelta(seconds=30)
RENEW_SECONDS = 8.0
LOOK_SECONDS = 5.0
FIRST_REST, LONGEST_REST = 1.0, 60.0
GIVEN_WAY_SECONDS = 300.0
T = TypeVar("T")


class GiveWay(Exception):
    """Somebody else listens to this account; fighting for it would only disturb both."""


class Listeners:
    """The listeners of this process. Belongs to one event loop."""

    def __init__(self, core: Core, holder: str, listeners: Sequence[Listener]) -> None:
        self._core = core
        self._holder = holder
        self._listeners = list(listeners)
        self._tasks: list[asyncio.Task[None]] = []
        self.troubles: dict[str, str] = {}

    def start(self) -> None:
        """Begin; each waits until it may."""
        self._tasks = [asyncio.create_task(self._keep(one), name=f"listen:{one.name}") for one in self._listeners]

    async def stop(self) -> None:
        """Hear no more, and let others take over at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, listener: Listener) -> None:
        try:
            await self._keep_on(listener)
        finally:
            await self._give_back(f"listen:{listener.name}")

    async def _keep_on(self, listener: Listener) -> None:
        rest = FIRST_REST
        while True:
            pause = LOOK_SECONDS
            try:
                held = await self._take(listener)
                if held is not None:
                    await self._listen(listener, held)
                    # One that has done its work for now says when it wants to be asked again.
                    rest, pause = FIRST_REST, getattr(listener, "again_seconds", FIRST_REST)
            except GiveWay:
                self._trouble(listener, "given_way")
                pause = GIVEN_WAY_SECONDS
            except Exception as error:
                self._trouble(listener, type(error).__name__, error)
                pause, rest = rest * random.uniform(0.8, 1.2), min(rest * 2, LONGEST_REST)
            await asyncio.sleep(pause)

    async def _take(self, listener: Listener) -> Held | None:
        name = f"listen:{listener.name}"
        take = self._core.leases.take
        token = await _to_its_end(take, name, self._holder, self._core.now(), LEASE)
        return None if token is None else Held(name, token)

    async def _give_back(self, name: str) -> None:
        with contextlib.suppress(Exception):
            await _to_its_end(self._core.leases.give_back, name, self._holder, self._core.now())

    async def _listen(self, listener: Listener, held: Held) -> None:
        """Listen while the lease can be renewed; an end of either ends the other."""
        listening = asyncio.create_task(listener.listen(held))
        renewing = asyncio.create_task(self._renew(listener, held))
        try:
            await asyncio.wait({listening, renewing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (listening, renewing):
                task.cancel()
            await asyncio.gather(listening, renewing, return_exceptions=True)
            await self._give_back(held.name)
        if listening.done() and not listening.cancelled() and (error := listening.exception()) is not None:
            raise error

    async def _renew(self, listener: Listener, held: Held) -> None:
        """Returns when the lease is lost, or could not be renewed until it had run out."""
        failures = 0
        while failures < 3:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                again = await self._take(listener)
            except Exception:
                failures += 1
                continue
            if again is None or again.token != held.token:
                return
            failures = 0
            self.troubles.pop(listener.name, None)

    def _trouble(self, listener: Listener, why: str, error: Exception | None = None) -> None:
        self.troubles[listener.name] = why
        structlog.get_logger().error("listener_failed", channel=listener.name, error=why, exc_info=error)


async def _to_its_end(call: Callable[..., T], *args: object) -> T:
    """A call in a thread; a cancelled caller leaves only after it, or a late renewal would undo a giving back."""
    running = asyncio.ensure_future(asyncio.to_thread(call, *args))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise
