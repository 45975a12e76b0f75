"""A server that answers as qyapi.weixin.qq.com does, and calls back with real encryption.

It keeps tokens, checks cards, drops repeats and what is too much for a member, hands out response codes once, and
writes down all it accepted. Faults come on order. Further parts of the platform add their calls with `serve`.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.support.fakes.wecom_callback import AES_KEY, AGENT, CORP, TOKEN, Caller
from tests.support.fakes.wecom_cards import wrong_with, wrong_with_news

SECRET = "an-app-secret-for-tests-only-0000000000000"
CODE_LIFE = 72 * 3600.0
MEMBER_LIMIT = (30, 60.0)
SILENT, RESET, LOST, HTML = "silent", "reset", "lost", "html"

Handler = Callable[["Call"], dict[str, Any] | web.Response]


@dataclass
class Call:
    """One request: `body` its JSON, `raw` its bytes, `files` its multipart parts."""

    path: str
    query: dict[str, str]
    raw: bytes
    body: dict[str, Any]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)


@dataclass
class Accepted:
    """A message the platform took: `delivered` is False for a repeat, or beyond a member's limit."""

    user: str
    body: dict[str, Any]
    raw: bytes
    msgid: str
    at: float
    delivered: bool = True
    task: str = ""

    @property
    def kind(self) -> str:
        return str(self.body["msgtype"])

    @property
    def text(self) -> str:
        """Its words: of a text or markdown, or the title of a card or an article."""
        if self.kind in ("text", "markdown"):
            return str(self.body[self.kind]["content"])
        if self.kind == "news":
            return str(self.body["news"]["articles"][0]["title"])
        if self.kind == "template_card":
            return str(self.body["template_card"].get("main_title", {}).get("title", ""))
        return ""

    @property
    def card(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body["template_card"]
        return found


@dataclass
class Drawn:
    """A card as its reader sees it now; `greyed` is what its buttons say when they can be pressed no more."""

    user: str
    card: dict[str, Any]
    greyed: str = ""
    codes: dict[str, float] = field(default_factory=dict)


class FakeWecom:
    """One corp with one app."""

    corp, agent, secret, token, aes_key = CORP, AGENT, SECRET, TOKEN, AES_KEY

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.url = ""
        self.secrets = {SECRET}
        self.members = {"rep1", "rep2", "manager1", "zhang.san"}
        self.calls: list[Call] = []
        self.accepted: list[Accepted] = []
        self.cards: dict[str, Drawn] = {}
        self.media: dict[str, bytes] = {}
        # Pictures anybody may fetch, by their path.
        self.pictures: dict[str, bytes] = {}
        self.menu: dict[str, Any] | None = None
        self.tokens_given = 0
        self.refuse_tokens = 0
        self._valid: set[str] = set()
        self._tasks: set[str] = set()
        self._seen: dict[str, tuple[float, str]] = {}
        self._member: defaultdict[str, deque[float]] = defaultdict(deque)
        self._faults: defaultdict[str, deque[int | str]] = defaultdict(deque)
        self._numbers = itertools.count(1)
        self._handlers: dict[str, Handler] = {
            "message/send": self._send, "message/update_template_card": self._update, "media/upload": self._upload,
            "media/get": self._media, "menu/create": self._menu, "agent/get": self._agent,
        }  # fmt: skip
        self.caller = Caller()

    # Orders

    def serve(self, path: str, handler: Handler) -> None:
        """Answer calls of `/cgi-bin/PATH`, whose token was checked, with the handler's JSON."""
        self._handlers[path] = handler

    def fail(self, path: str, *faults: int | str) -> None:
        """The next calls fail, one by one: an errcode, or SILENT, RESET (both after accepting), LOST (reset, before
        accepting), HTML (a 502 after accepting).
        """
        self._faults[path].extend(faults)

    def expire_tokens(self) -> None:
        """Every token given so far is of no use any more."""
        self._valid.clear()

    # What was seen

    def sent_to(self, user: str) -> list[Accepted]:
        """What reached a member, in order."""
        return [one for one in self.accepted if one.user == user and one.delivered]

    def wait_for(self, user: str, count: int = 1, seconds: float = 60.0) -> list[Accepted]:
        """The same once there are so many; an AssertionError when they do not come."""
        until(lambda: len(self.sent_to(user)) >= count, seconds, lambda: f"{user} got {self.sent_to(user)}")
        return self.sent_to(user)

    # The API

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any call."""
        call = await _call_of(request)
        if call.path in self.pictures:
            return web.Response(body=self.pictures[call.path], content_type="image/png")
        self.calls.append(call)
        if call.path == "gettoken":
            return web.json_response(self._gettoken(call))
        fault = self._faults[call.path].popleft() if self._faults[call.path] else None
        if isinstance(fault, int):
            return web.json_response(_error(fault))
        if fault == LOST:
            return _abort(request)
        found = self._handled(call)
        if fault == SILENT:
            await asyncio.sleep(30)
        if fault in (SILENT, RESET):
            return _abort(request)
        if fault == HTML:
            return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")
        return found if isinstance(found, web.Response) else web.json_response(found)

    def _handled(self, call: Call) -> dict[str, Any] | web.Response:
        if call.query.get("access_token") not in self._valid:
            return _error(42001 if call.query.get("access_token") else 41001)
        if self.refuse_tokens:
            return _error(self.refuse_tokens)
        handler = self._handlers.get(call.path)
        return handler(call) if handler else _error(40066)

    def _gettoken(self, call: Call) -> dict[str, Any]:
        if call.query.get("corpid") != self.corp:
            return _error(40013)
        if call.query.get("corpsecret") not in self.secrets:
            return _error(40001)
        if self._faults["gettoken"]:
            return _error(int(self._faults["gettoken"].popleft()))
        self.tokens_given += 1
        token = f"token-{self.tokens_given}-{secrets.token_hex(8)}"
        self._valid.add(token)
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200}

    def _send(self, call: Call) -> dict[str, Any]:
        body, user = call.body, str(call.body.get("touser", "")).lower()
        wrong = self._wrong(call)
        if wrong:
            return _error(wrong)
        if user not in self.members:
            return _error(81013) | {"invaliduser": user}
        key, now = hashlib.sha256(call.raw).hexdigest(), self.clock()
        task, before = body.get("template_card", {}).get("task_id", ""), self._seen.get(key)
        within = body.get("duplicate_check_interval", 1800) if body.get("enable_duplicate_check") else 0
        if before and now - before[0] < within:
            entry = Accepted(user, body, call.raw, before[1], now, False, task)
            self.accepted.append(entry)
            return self._sent(entry, "")
        if task in self._tasks:
            return _error(42014)
        entry = Accepted(user, body, call.raw, f"msg-{next(self._numbers)}", now, self._room(user), task)
        self._seen[key] = (now, entry.msgid)
        self.accepted.append(entry)
        return self._sent(entry, self._new_card(entry) if task else "")

    def _sent(self, entry: Accepted, code: str) -> dict[str, Any]:
        found = {"errcode": 0, "errmsg": "ok", "invaliduser": "", "msgid": entry.msgid}
        return found | ({"response_code": code} if code else {})

    def _new_card(self, entry: Accepted) -> str:
        self._tasks.add(entry.task)
        self.cards[entry.task] = Drawn(entry.user, entry.card)
        return self.new_code(entry.task)

    def new_code(self, task: str) -> str:
        """A response code for a card."""
        code = secrets.token_urlsafe(24)
        self.cards[task].codes[code] = self.clock()
        return code

    def _wrong(self, call: Call) -> int:
        body = call.body
        if b"\\u" in call.raw:
            return 40033
        if str(body.get("agentid")) != self.agent or not isinstance(body.get("agentid"), int):
            return 40056
        kind = body.get("msgtype")
        if kind in ("text", "markdown"):
            return 0 if 0 < len(body[kind]["content"].encode()) <= 2048 else 45002
        if kind == "image":
            return 0 if body["image"]["media_id"] in self.media else 40007
        if kind == "news":
            return wrong_with_news(body["news"])
        return wrong_with(body["template_card"]) if kind == "template_card" else 40008

    def _room(self, user: str) -> bool:
        """What is more than 30 a minute is accepted and silently dropped."""
        most, seconds = MEMBER_LIMIT
        times, now = self._member[user], self.clock()
        while times and now - times[0] >= seconds:
            times.popleft()
        times.append(now)
        return len(times) <= most

    def _update(self, call: Call) -> dict[str, Any]:
        body = call.body
        for drawn in self.cards.values():
            given = drawn.codes.pop(str(body.get("response_code")), None)
            if given is not None and self.clock() - given < CODE_LIFE:
                return self._redraw(drawn, body)
        return _error(60140)

    def _redraw(self, drawn: Drawn, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("userids") != [drawn.user]:
            return {"errcode": 0, "errmsg": "ok", "invaliduser": body.get("userids")}
        if "button" in body:
            drawn.greyed = str(body["button"]["replace_name"])
        else:
            wrong = wrong_with(body["template_card"] | {"task_id": "kept"})
            if wrong:
                return _error(wrong)
            drawn.card, drawn.greyed = body["template_card"], ""
        return {"errcode": 0, "errmsg": "ok", "invaliduser": []}

    def _upload(self, call: Call) -> dict[str, Any]:
        _, content = call.files["media"]
        if len(content) <= 5:
            return _error(40006)
        media_id = f"media-{hashlib.sha256(content).hexdigest()[:16]}-{next(self._numbers)}"
        self.media[media_id] = content
        return {
            "errcode": 0,
            "errmsg": "ok",
            "type": call.query["type"],
            "media_id": media_id,
            "created_at": "1",
        }

    def _media(self, call: Call) -> dict[str, Any] | web.Response:
        content = self.media.get(call.query.get("media_id", ""))
        if content is None:
            return _error(40007)
        return web.Response(body=content, content_type="image/jpeg")

    def _agent(self, call: Call) -> dict[str, Any]:
        if call.query.get("agentid") != self.agent:
            return _error(301002)
        return {"errcode": 0, "errmsg": "ok", "agentid": int(self.agent), "name": "车信"}

    def _menu(self, call: Call) -> dict[str, Any]:
        names = [one["name"] for one in call.body["button"]]
        if len(names) > 3 or any(len(name.encode()) > 16 for name in names):
            return _error(40018)
        self.menu = call.body
        return {"errcode": 0, "errmsg": "ok"}


@contextmanager
def fake_wecom(clock: Callable[[], float] = time.time) -> Iterator[FakeWecom]:
    """A running one, on a loopback port."""
    fake = FakeWecom(clock)
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def serve() -> None:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/cgi-bin/{path:.+}", fake.answer)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        stopping = asyncio.Event()
        fake_stop.append(lambda: loop.call_soon_threadsafe(stopping.set))
        ready.set()
        await stopping.wait()
        await runner.cleanup()

    fake_stop: list[Callable[[], object]] = []
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="fake-wecom", daemon=True)
    thread.start()
    assert ready.wait(10), "the fake did not start"
    try:
        yield fake
    finally:
        fake_stop[0]()
        thread.join(10)
        loop.close()


def until(true: Callable[[], bool], seconds: float = 60.0, seen: Callable[[], str] = lambda: "") -> None:
    """Wait until something holds; an AssertionError, with what was seen, when it does not come about."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"it did not come about: {seen()}"
        time.sleep(0.01)


def _error(code: int) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"error, hint: [1], from ip: 203.0.113.9, more info at e={code}"}


def _abort(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _call_of(request: web.Request) -> Call:
    path, query = request.match_info["path"], dict(request.query)
    if request.content_type.startswith("multipart/"):
        files = {}
        async for part in await request.multipart():
            assert part is not None
            files[str(part.name)] = (str(part.filename), bytes(await part.read()))  # type: ignore[union-attr]
        return Call(path, query, b"", {}, files)
    raw = await request.read()
    return Call(path, query, raw, json.loads(raw) if raw else {})
