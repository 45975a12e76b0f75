"""Reads what customers wrote at the desks: from a kept cursor, called by the platform and now and then by itself."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import structlog

from bot.channels.wecom.client import Api
from bot.channels.wecom.errors import ApiError, Refused
from bot.channels.wecom.kf_reading import chat_of, when, whose
from bot.channels.wecom.operator import Operator
from bot.ports import Account, Held, Raw
from crm_core.channels.arrivals import Place
from crm_core.servicedesk.window import Desk, Desks

if TYPE_CHECKING:
    from bot.reception.post import Post
    from crm_core.api import Core

LOOK_SECONDS = 1.0
POLL = timedelta(seconds=120)
REST = timedelta(seconds=10)
BATCH = 1000
# The token that comes with a call is good for ten minutes.
TOKEN_LIFE = timedelta(minutes=9)
# Of a desk nobody has read before, what was said earlier was said to somebody else.
FIRST_LOOK_BACK = timedelta(hours=1)
BAD_TOKEN = frozenset({95007, 40058})
_live: WeakSet[KfListener] = WeakSet()
_live_lock = threading.Lock()


async def woken(core: Core, corp: str, open_kfid: str, token: str) -> None:
    """The platform calls: there is something to read at a desk. Raises Unavailable when that cannot be noted."""
    account = await asyncio.to_thread(core.accounts.find, "kf", corp)
    if account is None or not open_kfid or len(open_kfid) > 64:
        return
    now = core.now()
    call = Desks(core.database, core.cipher).call
    await asyncio.to_thread(call, account.tenant, account.line, open_kfid, token[:256], now + TOKEN_LIFE, now)
    with _live_lock:
        listeners = [one for one in _live if one.name == account.line]
    for one in listeners:
        one.knock()


class KfListener:
    """Reads all desks of a corp, one process at a time."""

    def __init__(self, account: Account, core: Core, api: Api, post: Post) -> None:
        self.name = account.line
        self._account = account
        self._core = core
        self._api = api
        self._post = post
        self._desks = Desks(core.database, core.cipher)
        self._operator = Operator(account, core)
        self._rests: dict[str, datetime] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        with _live_lock:
            _live.add(self)

    def knock(self) -> None:
        """Look at once, if it listens here. Callable from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # closed between the two
                self._loop.call_soon_threadsafe(self._wake.set)

    async def listen(self, held: Held) -> None:
        """Read what there is, then each desk when it is called and every two minutes."""
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        try:
            await self._meet()
            while True:
                self._wake.clear()
                now = self._core.now()
                for desk in await asyncio.to_thread(self._desks.desks, self.name, now):
                    if self._wants(desk, now):
                        await self._try(desk, held)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
        finally:
            self._loop = None

    def _wants(self, desk: Desk, now: datetime) -> bool:
        """Called, or not read for a while; and not one that has just been refused."""
        old = desk.read_at is None or not now - POLL < desk.read_at <= now
        return (desk.called or old) and self._rests.get(desk.name, now) <= now

    async def _try(self, desk: Desk, held: Held) -> None:
        """A desk that cannot be read (it was closed, say) keeps no other from it."""
        try:
            await self._read(desk, held)
        except ApiError as error:
            structlog.get_logger().warning("desk_not_read", channel=self.name, error=str(error))
            self._rests[desk.name] = self._core.now() + REST

    async def _meet(self) -> None:
        """The corp's desks; where the platform does not tell them they are met when they call."""
        try:
            found = await self._api.call(self._api.post, "kf/account/list", {"offset": 0, "limit": 100})
        except ApiError:
            return
        for one in found.get("account_list") or ():
            name = str(one.get("open_kfid") or "")
            if name:
                await asyncio.to_thread(self._desks.meet, self._account.tenant, self.name, name, self._core.now(),
                                        name=str(one.get("name") or ""))  # fmt: skip

    async def _read(self, desk: Desk, held: Held) -> None:
        """Everything new, batch by batch; each is stored with the cursor behind it.

        Raises Conflict when another process reads by now.
        """
        place = f"{self.name}:{desk.name}"
        cursor = await asyncio.to_thread(self._core.arrivals.cursor, place)
        token = desk.token
        while True:
            answer, token = await self._batch(desk.name, cursor, token)
            await self._operator.well()
            told = [one for one in answer.get("msg_list") or () if isinstance(one, dict)]
            following = str(answer.get("next_cursor") or cursor)
            items = [raw for one in told if (raw := self._raw(one, first=not cursor)) is not None]
            if items or following != cursor:
                await self._post.store_with(items, Place(place, following, held.token))
            stuck = following == cursor
            cursor = following
            if not answer.get("has_more") or stuck:
                break
        await asyncio.to_thread(self._desks.heard, self.name, desk.name, desk.calls, self._core.now())

    async def _batch(self, desk: str, cursor: str, token: str) -> tuple[dict[str, Any], str]:
        """One batch, and the token for the next: one the platform refuses is not used again."""
        asked: dict[str, Any] = {"open_kfid": desk, "limit": BATCH, "voice_format": 0}
        asked |= {"cursor": cursor} if cursor else {}
        try:
            return await self._api.call(
                self._api.post, "kf/sync_msg", asked | ({"token": token} if token else {})
            ), token
        except Refused as error:
            await self._operator.hears(error)
            if not token or error.code not in BAD_TOKEN:
                raise
        return await self._api.call(self._api.post, "kf/sync_msg", asked), ""

    def _raw(self, message: dict[str, Any], *, first: bool) -> Raw | None:
        """What is stored of a message; None for one that concerns no customer, or was said before our time."""
        customer, desk = whose(message)
        at = when(message)
        if not (customer and desk) or (first and at is not None and at < self._core.now() - FIRST_LOOK_BACK):
            return None
        key = (
            str(message.get("msgid") or "")
            or hashlib.sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()
        )
        corp = self._account.account
        return Raw(self._account.tenant, "kf", corp, key[:128], chat_of(corp, desk, customer)[:100], message)
