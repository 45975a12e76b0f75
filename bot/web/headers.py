"""Around every request: a limit of its address, security headers, a cap on the body, an apology for what went wrong,
and a figure."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.webchat.pace import Pace
from bot.picture_links import PATH as PICTURES
from crm_core.kernel.ids import short_ref

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src {connect}; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
DOCS_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Nothing here asks a browser for any of these, so that nothing that got in could either.
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), browsing-topics=()"
HSTS = "max-age=31536000"
MAX_BODY = 64 * 1024
MAX_MEDIA = 10 * 1024 * 1024 + 1024
# Telegram sends along what a message answers to; half of it is refused by the route itself.
MAX_UPDATE = 1024 * 1024
# A body comes within so long, or whoever sends it only means to hold a connection.
BODY_SECONDS = 60.0
# One address: a showroom full of phones behind one router stays far below; a machine that only asks does not.
ADDRESS_AT_ONCE, ADDRESS_PER_SECOND = 1_500.0, 100.0
# Platforms call from few addresses, with a secret; probes come from one.
_UNLIMITED = ("/telegram/", "/wecom/", "/health", "/metrics")
_LOCAL = ("127.", "::1", "localhost", "testclient")
_ELSEWHERE = ("/widget", PICTURES)


class BodyTooLarge(Exception):
    """The body went over the cap while it was read."""


class TooSlow(Exception):
    """The body did not come."""


Observe = Callable[[str, int, float], None]


class Guard:
    """Adds headers, refuses bodies over the cap before anything is parsed, and reports (path, status, seconds).

    An error ends here: a server's own log of it would quote what somebody sent.
    """

    def __init__(
        self, app: ASGIApp, widget_origins: Sequence[str], observe: Observe, public_url: str = "",
        addresses: Pace | None = None, local: Sequence[str] = _LOCAL,
    ) -> None:  # fmt: skip
        """`addresses` is how fast each may ask; those that begin with one of `local` (a proxy of ours) may always."""
        self._app = app
        self._observe = observe
        self._ancestors = " ".join(("'self'", *widget_origins)) if widget_origins else "'self'"
        self._connect = " ".join(("'self'", *_socket_origin(public_url)))
        self._secure = public_url.startswith("https://")
        self._addresses = addresses or Pace(ADDRESS_AT_ONCE, ADDRESS_PER_SECOND)
        self._local = tuple(local)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page's connection; one address too many is not taken up at all."""
        if not self._within(scope):
            await send({"type": "websocket.close", "code": 1013})
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            _report(scope, error)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(self, scope, receive, send)
        began = time.perf_counter()
        try:
            if not self._within(scope):
                await answer.refuse(429, "Too many requests. Try again in a moment.", (b"retry-after", b"5"))
                return
            await answer.run(self._app)
        finally:
            self._observe(_pattern(scope), answer.status, time.perf_counter() - began)

    def _within(self, scope: Scope) -> bool:
        address = (scope.get("client") or ("",))[0]
        if not address or address.startswith(self._local) or scope["path"].startswith(_UNLIMITED):
            return True
        return self._addresses.allow(address)

    def add_headers(self, path: str, headers: MutableHeaders) -> None:
        """What a browser is told about every answer of ours."""
        widget = path == "/widget"
        csp = DOCS_CSP if path.startswith("/api/docs") else CSP
        headers["Content-Security-Policy"] = csp.format(
            ancestors=self._ancestors if widget else "'none'", connect=self._connect
        )
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = PERMISSIONS
        if not path.startswith(_ELSEWHERE):
            headers["X-Frame-Options"] = "DENY"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if self._secure:
            headers["Strict-Transport-Security"] = HSTS
        if path == "/" or path.startswith(("/static", "/widget", "/sign-in")):
            headers.setdefault("Cache-Control", "no-cache")


class _Answer:
    """One request on its way: its body within the cap and in time, its answer with headers."""

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
        self._guard, self._scope, self._receive, self._send = guard, scope, receive, send
        self._cap = _cap(scope["path"])
        self._seen = 0
        self._ends = time.monotonic() + BODY_SECONDS
        self._complete = self._late = False
        self.status = 0

    async def run(self, app: ASGIApp) -> None:
        """Let the application answer, or say why it did not."""
        try:
            if _declared(self._scope) > self._cap:
                raise BodyTooLarge
            await app(self._scope, self._body, self._answer)
            if self._seen > self._cap:
                raise BodyTooLarge
            if self._late:
                raise TooSlow
        except BodyTooLarge:
            self._seen = 0
            await self.refuse(413, "The request is too large.")
        except TooSlow:
            self._late = False
            await self.refuse(408, "The request did not come in time.")
        except Exception as error:
            await self.refuse(500, f"Sorry, something went wrong here. Reference {_report(self._scope, error)}")

    async def refuse(self, status: int, detail: str, *more: tuple[bytes, bytes]) -> None:
        """Answer so, if nothing was answered yet."""
        if not self.status:
            await _say(self._answer, status, detail, more)

    async def _body(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout(max(0.0, self._ends - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            self._late = True
            raise TooSlow from None
        self._complete = not message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > self._cap:
            raise BodyTooLarge
        return message

    async def _answer(self, message: Message) -> None:
        if self._late or self._seen > self._cap:
            # Whoever reads the body may take it for an error of his own; it is told after the block.
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._guard.add_headers(self._scope["path"], MutableHeaders(scope=message))
        await self._send(message)


def _report(scope: Scope, error: Exception) -> str:
    """Into our own log, under a reference."""
    reference = short_ref("E")
    structlog.get_logger().error("request_failed", reference=reference, path=_pattern(scope),
                                 error=type(error).__name__, exc_info=error)  # fmt: skip
    return reference


def _socket_origin(public_url: str) -> list[str]:
    """The web socket's address for browsers to whom `'self'` is only the page's own scheme."""
    scheme, _, rest = public_url.partition("://")
    host = rest.split("/")[0]
    return [f"{'wss' if scheme == 'https' else 'ws'}://{host}"] if host else []


def _cap(path: str) -> int:
    if path in ("/media", "/files"):
        return MAX_MEDIA
    return MAX_UPDATE if path.startswith("/telegram/") else MAX_BODY


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _pattern(scope: Scope) -> str:
    """The route's pattern, not the path: a path may hold an id."""
    return str(getattr(scope.get("route"), "path", "other"))


async def _say(send: Send, status: int, detail: str, more: Sequence[tuple[bytes, bytes]]) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
