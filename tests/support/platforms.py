"""Two invented platforms in a process of their own: one like Telegram, one like WeCom, with faults on order.

What they accepted, when and for whom goes to an append-only log, which outlives whoever was killed. That log,
beside what the database says was due, is the proof of delivery.

    python -m tests.support.platforms --log FILE [--orders JSON]      prints its port, ends with its standard input
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import re
import sys
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from aiohttp import web

REF = re.compile(r"#[0-9A-Z]+(?:-[0-9A-Z]+)?")
ACCEPTED, BUSY, LIMITED, REFUSED, FAILED = "accepted", "busy", "limited", "refused", "failed"
NOT_MODIFIED = "Bad Request: message is not modified"


@dataclass(frozen=True)
class Orders:
    """Which faults to make, as shares of the requests, drawn by `seed`; and which limits to hold.

    `busy` is a 429 (`retry_after` seconds), `silent` an accepted message whose answer never comes, `reset` one
    whose connection breaks, `error` a 5xx, accepted every other time. A limit is (how many, in how many
    seconds): per bot and per chat a 429, per member of a corp a silent drop. `blocked` chats get a 403.
    """

    seed: int = 0
    busy: float = 0.0
    retry_after: float = 0.2
    silent: float = 0.0
    reset: float = 0.0
    error: float = 0.0
    slow: float = 0.0
    bot: tuple[int, float] | None = None
    chat: tuple[int, float] | None = None
    member: tuple[int, float] | None = None
    blocked: tuple[str, ...] = ()
    duplicates_within: float = 14_400.0


@dataclass(frozen=True)
class Entry:
    """One request, as the platform saw it. `delivered`: the person sees a new message; `answered`: the sender
    was told so; `repeat` counts earlier requests with the same body to the same chat."""

    seq: int
    at: float
    platform: str
    account: str
    chat: str
    method: str
    ref: str
    digest: str
    verdict: str
    delivered: bool
    answered: bool
    repeat: int
    text: str = ""


class Window:
    """At most `count` in any `seconds`."""

    def __init__(self, limit: tuple[int, float]) -> None:
        self._count, self._seconds = limit
        self._taken: dict[str, deque[float]] = defaultdict(deque)

    def wait(self, name: str, now: float) -> float:
        """Take one: 0 when there was room, else the seconds until there is."""
        taken = self._taken[name]
        while taken and taken[0] <= now - self._seconds:
            taken.popleft()
        if len(taken) >= self._count:
            return taken[0] + self._seconds - now
        taken.append(now)
        return 0.0


@dataclass
class Fate:
    """What becomes of one request: accepted or not, and how it is answered."""

    accepted: bool = True
    answer: str = "ok"


class Platforms:
    """Both platforms over one log."""

    def __init__(self, log: IO[str], orders: Orders) -> None:
        self._log = log
        self._seq = 0
        self._tries: dict[tuple[str, str, str], int] = defaultdict(int)
        self._seen: dict[tuple[str, str, str], float] = {}
        self._texts: dict[tuple[str, int], str] = {}
        self.order(orders)

    def order(self, orders: Orders) -> None:
        """Faults and limits from now on."""
        self.orders = orders
        self._bot, self._chat, self._member = (
            Window(limit) if limit else None for limit in (orders.bot, orders.chat, orders.member)
        )

    def app(self) -> web.Application:
        found = web.Application()
        found.router.add_post("/bot{token}/{method}", self.telegram)
        found.router.add_post("/cgi-bin/message/{method}", self.wecom)
        found.router.add_put("/orders", self.reorder)
        return found

    async def reorder(self, request: web.Request) -> web.Response:
        self.order(read_orders(await request.text()))
        return web.Response()

    # Like Telegram

    async def telegram(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body, token, method = json.loads(raw), request.match_info["token"], request.match_info["method"]
        chat = str(body["chat_id"])
        note = self._note("telegram", token, chat, method, raw, str(body["text"]))
        if chat in self.orders.blocked:
            return self._refuse(note, 403, "Forbidden: bot was blocked by the user")
        wait = self._full(token, chat)
        if wait:
            return self._too_many(note, LIMITED, wait)
        if method == "editMessageText" and self._texts.get((chat, body["message_id"])) == body["text"]:
            return self._refuse(note, 400, NOT_MODIFIED)
        fate = self._fate(note)
        if not fate.accepted:
            if fate.answer == BUSY:
                return self._too_many(note, BUSY, self.orders.retry_after)
            return await self._lost(request, note, fate.answer)
        number = body.get("message_id") or self._seq + 1
        self._texts[chat, number] = body["text"]
        entry = self._write(note, ACCEPTED, delivered=method == "sendMessage", answered=fate.answer == "ok")
        if fate.answer != "ok":
            return await self._unanswered(request, fate.answer)
        await asyncio.sleep(self.orders.slow)
        return web.json_response({"ok": True, "result": {"message_id": number, "date": int(entry.at)}})

    def _full(self, token: str, chat: str) -> float:
        now = time.monotonic()
        waits = [w.wait(n, now) for w, n in ((self._chat, f"{token}:{chat}"), (self._bot, token)) if w]
        return max(waits, default=0.0)

    def _refuse(self, note: dict[str, Any], code: int, words: str) -> web.Response:
        self._write(note, REFUSED)
        return web.json_response({"ok": False, "error_code": code, "description": words}, status=code)

    def _too_many(self, note: dict[str, Any], verdict: str, wait: float) -> web.Response:
        self._write(note, verdict)
        body = {"ok": False, "error_code": 429, "description": "Too Many Requests",
                "parameters": {"retry_after": round(wait, 3)}}  # fmt: skip
        return web.json_response(body, status=429)

    # Like WeCom

    async def wecom(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body, account = json.loads(raw), request.query["access_token"]
        member, method = str(body["touser"]), request.match_info["method"]
        note = self._note("wecom", account, member, method, raw, str(body["text"]["content"]))
        if member in self.orders.blocked:
            self._write(note, REFUSED)
            return web.json_response({"errcode": 60111, "errmsg": "userid not found"})
        fate = self._fate(note)
        if not fate.accepted:
            if fate.answer == BUSY:
                self._write(note, BUSY)
                return web.json_response({"errcode": 45009, "errmsg": "reach max api limit"})
            return await self._lost(request, note, fate.answer)
        delivered = method == "send" and self._is_new(note, body) and self._room(note)
        entry = self._write(note, ACCEPTED, delivered=delivered, answered=fate.answer == "ok")
        if fate.answer != "ok":
            return await self._unanswered(request, fate.answer)
        await asyncio.sleep(self.orders.slow)
        return web.json_response({"errcode": 0, "errmsg": "ok", "msgid": f"m{entry.seq}"})

    def _is_new(self, note: dict[str, Any], body: dict[str, Any]) -> bool:
        """Whether the duplicate check lets it through; it compares bodies to the byte."""
        if not body.get("enable_duplicate_check"):
            return True
        key, now = (note["account"], note["chat"], note["digest"]), time.monotonic()
        before = self._seen.get(key)
        self._seen[key] = now
        return before is None or now - before > self.orders.duplicates_within

    def _room(self, note: dict[str, Any]) -> bool:
        """Beyond a member's limit a message is accepted and silently dropped."""
        if self._member is None:
            return True
        full = self._member.wait(f"{note['account']}:{note['chat']}", time.monotonic()) > 0
        note["method"] += ":dropped" if full else ""
        return not full

    # Faults

    def _fate(self, note: dict[str, Any]) -> Fate:
        """Drawn from the seed, the body and how often it came, so that no order of arrival changes it."""
        orders = self.orders
        draw = random.Random(f"{orders.seed}:{note['digest']}:{note['repeat']}")
        number = draw.random()
        for share, fate in (
            (orders.busy, Fate(False, BUSY)),
            (orders.silent, Fate(True, "silent")),
            (orders.reset, Fate(True, "reset")),
            (orders.error, Fate(draw.random() < 0.5, "error")),
        ):
            if number < share:
                return fate
            number -= share
        return Fate()

    async def _unanswered(self, request: web.Request, how: str) -> web.StreamResponse:
        """It was accepted, and the sender does not learn it."""
        if how == "error":
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        if how == "silent":
            while request.transport is not None and not request.transport.is_closing():
                await asyncio.sleep(0.05)
        elif request.transport is not None:
            request.transport.abort()
        # Nobody reads this any more.
        return web.Response(status=500)

    async def _lost(self, request: web.Request, note: dict[str, Any], how: str) -> web.StreamResponse:
        """Neither accepted nor properly refused."""
        self._write(note, FAILED)
        return await self._unanswered(request, how)

    # The log

    def _note(
        self, platform: str, account: str, chat: str, method: str, raw: bytes, text: str
    ) -> dict[str, Any]:
        digest = hashlib.sha256(raw).hexdigest()[:16]
        repeat = self._tries[account, chat, digest]
        self._tries[account, chat, digest] += 1
        refs = REF.findall(text)
        return {"platform": platform, "account": account, "chat": chat, "method": method, "digest": digest,
                "repeat": repeat, "ref": refs[-1] if refs else "", "text": text}  # fmt: skip

    def _write(
        self, note: dict[str, Any], verdict: str, *, delivered: bool = False, answered: bool = True
    ) -> Entry:
        self._seq += 1
        entry = Entry(
            seq=self._seq, at=time.time(), verdict=verdict, delivered=delivered, answered=answered, **note
        )
        self._log.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        self._log.flush()
        return entry


def read_orders(text: str) -> Orders:
    """Orders from JSON; what is not named stays as it is by itself."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(text).items()}
    return Orders(**values)


def read_log(path: Path) -> Iterator[Entry]:
    """What the platforms saw so far; a line that is being written is left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield Entry(**json.loads(line))


async def serve(log: IO[str], orders: Orders) -> None:
    """Serve on a free loopback port until standard input ends."""
    runner = web.AppRunner(Platforms(log, orders).app(), access_log=None, handle_signals=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    options = argparse.ArgumentParser(prog="platforms")
    options.add_argument("--log", type=Path, required=True)
    options.add_argument("--orders", type=read_orders, default=Orders())
    chosen = options.parse_args()
    with chosen.log.open("a", encoding="utf-8") as log:
        asyncio.run(serve(log, chosen.orders))


if __name__ == "__main__":
    main()
