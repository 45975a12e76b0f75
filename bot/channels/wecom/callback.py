"""The one callback URL of every app: verified, stored, answered with nothing. What it means is read later.

The platform waits a second when the URL is set and five otherwise, then calls again, three times.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response

from bot.channels.wecom.crypto import CallbackCrypto, Rejected, Signed
from bot.channels.wecom.xml import MAX_BYTES, Fields, Malformed, parse, text
from bot.ports import Account, Line, Raw
from bot.reception.post import Post

PATH = "/wecom/callback"
# The platform repeats a call within seconds. What is older is a recording; the clocks may differ a little.
WINDOW_SECONDS = 3600.0
LOG_SECONDS = 60.0
READ_SECONDS = 10.0
MAX_SENDER = 100
KF_EVENT = "kf_msg_or_event"
CONTACT_EVENT = "change_external_contact"

Woken = Callable[[str, str, str], Awaitable[None]]


@dataclass(frozen=True)
class Notice:
    """A verified call's content, for one account. Types and events are in lower case, as they are compared."""

    account: Account
    xml: str
    fields: Fields

    @property
    def corp(self) -> str:
        return str(self.account.settings["corp"])

    @property
    def event(self) -> str:
        """The event's name; empty for a message."""
        return text(self.fields, "Event").lower() if text(self.fields, "MsgType").lower() == "event" else ""

    @property
    def key(self) -> str:
        """Tells a repeat: the message's id, else its words. A repeat is encrypted anew, but says the same."""
        number = text(self.fields, "MsgId")
        if number.isascii() and number.isdecimal() and len(number) <= 20 and not self.event:
            return f"m:{number}"
        return f"x:{hashlib.sha256(self.xml.encode()).hexdigest()}"

    def raw(self) -> Raw:
        """What is stored of it: the words as they came."""
        if self.event == CONTACT_EVENT:
            who = text(self.fields, "ExternalUserID")
            return Raw(self.account.tenant, "contacts", self.corp, self.key,
                       f"contacts:{self.corp}:{who}"[:MAX_SENDER], self.fields)  # fmt: skip
        who = text(self.fields, "FromUserName").lower() or "sys"
        return Raw(self.account.tenant, self.account.channel, self.account.account, self.key,
                   f"{self.account.line}:{who}"[:MAX_SENDER], {"xml": self.xml})  # fmt: skip


@dataclass(frozen=True)
class App:
    """An app that is called back, and what opens its calls."""

    line: Line
    crypto: CallbackCrypto

    @property
    def agent(self) -> str:
        return str(self.line.account.settings["agent"])


class Callback:
    """Takes calls for all apps of this deployment: the token that signed tells which one is meant."""

    def __init__(
        self, apps: Sequence[App], others: Sequence[Line], post: Post, woken: Woken | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """`others` are lines that are told of what is stored for them; `woken(corp, open_kfid, token)` of 微信客服."""
        self._apps = list(apps)
        self._lines = {line.account.line: line for line in (*(app.line for app in apps), *others)}
        self._post = post
        self._woken = woken
        self._clock = clock
        self._logged_at = 0.0
        self._acknowledging: set[asyncio.Task[None]] = set()

    def router(self) -> APIRouter:
        """`GET` and `POST /wecom/callback`."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(PATH, self.prove, methods=["GET"])
        router.add_api_route(PATH, self.hear, methods=["POST"])
        return router

    async def prove(self, request: Request) -> Response:
        """The platform asks, when the URL is set, whether we hold the keys."""
        try:
            call = self._call(request, _one(request, "echostr").replace(" ", "+"))
            _, content = self._opened(call, agent="")
            if b"<" in content:
                # A recorded message is signed like this; it is opened for nobody.
                raise Rejected("echostr")
        except Rejected as error:
            return self._refused(error)
        return Response(content, media_type="text/plain")

    async def hear(self, request: Request) -> Response:
        """A message or an event. Raises Unavailable when it cannot be stored, so that the platform calls again."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await _body(request)
            notice = self._notice(request, body)
        except (Rejected, Malformed, UnicodeDecodeError, TimeoutError) as error:
            return self._refused(error)
        if notice.event == KF_EVENT:
            if self._woken is not None:
                await self._woken(notice.corp, text(notice.fields, "OpenKfId"), text(notice.fields, "Token"))
            return Response()
        raw = notice.raw()
        line = self._lines.get(f"{raw.channel}:{raw.account}")
        if line is not None and (await self._post.store([raw]))[0]:
            self._acknowledge(line, raw)
        return Response()

    def _acknowledge(self, line: Line, raw: Raw) -> None:
        """Beside the answer: it takes a commit of its own, for which the platform need not wait."""
        task = asyncio.create_task(line.acknowledge(raw))
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    def _refused(self, error: Exception) -> Response:
        """The same for every failure: whoever tries learns nothing. The log says why, once a minute at most."""
        now = self._clock()
        if now - self._logged_at > LOG_SECONDS:
            self._logged_at = now
            why = "encoding" if isinstance(error, UnicodeDecodeError) else str(error) or type(error).__name__
            structlog.get_logger().warning("callback_refused", path=PATH, error=why)
        return Response(status_code=403)

    def _notice(self, request: Request, body: bytes) -> Notice:
        envelope = parse(body)
        call = self._call(request, text(envelope, "Encrypt"))
        app, content = self._opened(call, text(envelope, "AgentID"))
        xml = content.decode()
        fields = parse(content)
        if text(fields, "ToUserName") not in ("", app.line.account.settings["corp"]):
            raise Rejected("receiver")
        return Notice(app.line.account, xml, fields)

    def _call(self, request: Request, encrypted: str) -> Signed:
        """The signed parts of a call. Raises Rejected for one that is missing, double or too old."""
        call = Signed(
            _one(request, "msg_signature"), _one(request, "timestamp"), _one(request, "nonce"), encrypted
        )
        if not (call.timestamp.isascii() and call.timestamp.isdecimal()):
            raise Rejected("timestamp")
        if abs(self._clock() - int(call.timestamp[:12])) > WINDOW_SECONDS:
            raise Rejected("timestamp")
        return call

    def _opened(self, call: Signed, agent: str) -> tuple[App, bytes]:
        """The app whose token signed it, the named one first (apps may share a token), and the content."""
        able = [app for app in self._apps if app.crypto.verified(call)]
        for app in sorted(able, key=lambda app: app.agent != agent):
            try:
                return app, app.crypto.decrypt(call.encrypted)
            except Rejected:
                continue
        raise Rejected("signature")


def _one(request: Request, name: str) -> str:
    given = request.query_params.getlist(name)
    if len(given) != 1:
        raise Rejected(name)
    return given[0]


async def _body(request: Request) -> bytes:
    """The body, no further than it may be long. Raises Malformed."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise Malformed("too large")
    return body


def hooks(lines: Sequence[Line], core: Any) -> Woken | None:
    """What is called for 微信客服, where one of its lines is served."""
    if not any(line.account.channel == "kf" for line in lines):
        return None
    from bot.channels.wecom import kf_listener

    async def woken(corp: str, open_kfid: str, token: str) -> None:
        await kf_listener.woken(core, corp, open_kfid, token)

    return woken
