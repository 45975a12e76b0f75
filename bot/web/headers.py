"""Around every request: security headers, a cap on the body, an apology for what went wrong, and a figure."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_core.kernel.ids import short_ref

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self' ws: wss:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
DOCS_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAX_BODY = 64 * 1024
MAX_MEDIA = 10 * 1024 * 1024 + 1024
# Telegram sends along what a message answers to; half of it is refused by the route itself.
MAX_UPDATE = 1024 * 1024


class BodyTooLarge(Exception):
    """The body went over the cap while it was read."""


Observe = Callable[[str, int, float], None]


class Guard:
    """Adds headers, refuses bodies over the cap before anything is parsed, and reports (path, status, seconds).

    An error ends here: a server's own log of it would quote what somebody sent.
    """

    def __init__(self, app: ASGIApp, widget_origins: tuple[str, ...], observe: Observe) -> None:
        self._app = app
        self._observe = observe
        self._ancestors = " ".join(("'self'", *widget_origins)) if widget_origins else "'self'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cap = _cap(scope["path"])
        seen, status, began = 0, 0, time.perf_counter()

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > cap:
                raise BodyTooLarge
            return message

        async def guarded(message: Message) -> None:
            nonlocal status
            if seen > cap:
                # Whoever reads the body may take the cap for an error of his own; it is told after the block.
                return
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add(scope["path"], MutableHeaders(scope=message))
            await send(message)

        try:
            if _declared(scope) > cap:
                raise BodyTooLarge
            await self._app(scope, limited, guarded)
            if seen > cap:
                raise BodyTooLarge
        except BodyTooLarge:
            seen = 0
            if not status:
                await _answer(guarded, 413, "The request is too large.")
        except Exception as error:
            reference = short_ref("E")
            structlog.get_logger().error("request_failed", reference=reference, path=_pattern(scope),
                                         error=type(error).__name__, exc_info=error)  # fmt: skip
            if not status:
                await _answer(guarded, 500, f"Sorry, something went wrong here. Reference {reference}")
        finally:
            self._observe(_pattern(scope), status, time.perf_counter() - began)

    def _add(self, path: str, headers: MutableHeaders) -> None:
        ancestors = self._ancestors if path == "/widget" else "'none'"
        docs = path.startswith("/api/docs")
        headers["Content-Security-Policy"] = DOCS_CSP if docs else CSP.format(ancestors=ancestors)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        if path == "/" or path.startswith(("/static", "/widget", "/sign-in")):
            headers.setdefault("Cache-Control", "no-cache")


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


async def _answer(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
