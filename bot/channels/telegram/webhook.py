"""Telegram calls us: secret, form, stored raw, answered. What it means is found out afterwards."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from contextlib import suppress

from fastapi import APIRouter, Request, Response

from bot.channels.telegram.incoming import MAX_UPDATE, BadUpdate, parsed, raw_of
from bot.channels.telegram.line import TelegramLine
from bot.ports import Account, Raw
from bot.reception.post import Post
from crm_core.channels.accounts import ENVIRONMENT

SECRET_HEADER = "x-telegram-bot-api-secret-token"
READ_SECONDS = 10.0


def path_of(account: Account) -> str:
    """Where Telegram calls us for this bot."""
    if account.source != ENVIRONMENT:
        return f"/telegram/bots/{account.account}/webhook"
    return "/telegram/webhook" if account.audience == "staff" else "/telegram/customer/webhook"


def router(lines: Sequence[TelegramLine], post: Post, secret: str) -> APIRouter:
    """A route for each bot."""
    routes = APIRouter()
    for line in lines:
        routes.add_api_route(path_of(line.account), Door(line, post, secret), methods=["POST"], include_in_schema=False)
    return routes


class Door:
    """The way in for one bot. Whatever is wrong with a call is answered alike, and leaves nothing behind."""

    def __init__(self, line: TelegramLine, post: Post, secret: str) -> None:
        self._line = line
        self._post = post
        self._secret = secret.encode()
        self._acknowledging: set[asyncio.Task[None]] = set()

    async def __call__(self, request: Request) -> Response:
        """200 once it is stored; 401 without the secret, 400 for what is no update."""
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not self._secret or not hmac.compare_digest(given, self._secret):
            return Response(status_code=401)
        try:
            async with asyncio.timeout(READ_SECONDS):
                update = parsed(await _body(request))
        except (BadUpdate, TimeoutError):
            return Response(status_code=400)
        raw = raw_of(self._line.account, update)
        if (await self._post.store([raw]))[0]:
            self._acknowledge(raw)
        return Response(status_code=200)

    def _acknowledge(self, raw: Raw) -> None:
        """Beside the answer: a platform that is slow to take it must not hold up its own call."""
        task = asyncio.create_task(acknowledged(self._line, raw))
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)


async def acknowledged(line: TelegramLine, raw: Raw) -> None:
    """`line.acknowledge`, whose failure concerns nobody."""
    with suppress(Exception):
        await line.acknowledge(raw)


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > MAX_UPDATE:
            raise BadUpdate("too large")
    return bytes(found)
