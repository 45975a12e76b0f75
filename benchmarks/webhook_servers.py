"""The two servers of `bench webhook`, each a process of its own: `python -m benchmarks.webhook_servers house|echo`.

`house` is Chexin as it is served, but for Telegram's own limits (one message a second in a chat, thirty for a bot),
which would be all that is measured. `echo` is what an aiogram webhook needs at least: it keeps each update in a
table of its own with one commit, and says the words back.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any


def house() -> None:
    """Serve the house that is in the database, until stopped."""
    import uvicorn

    from bot.commands.runner import Runner
    from bot.commands.serving import SWITCH_SECONDS
    from bot.house import House
    from bot.logs import configure_logs
    from bot.settings import BotSettings
    from bot.web.app import make_app
    from crm_core.api import Core
    from schedulers.engine import Engine

    sys.setswitchinterval(SWITCH_SECONDS)
    configure_logs(plain=True)
    settings = BotSettings()
    core = Core.open()
    found = House(core, settings, Engine)
    for line in found.lines.lines.values():
        unlimited: Any = line
        unlimited.capabilities = replace(line.capabilities, per_account=(), per_chat=())
    config = uvicorn.Config(make_app(found), host=settings.host, port=settings.port, log_config=None,
                            access_log=False, timeout_graceful_shutdown=5, server_header=False)  # fmt: skip
    Runner(config, found.drain).run()
    core.close()


def echo() -> None:
    """Serve the echo until stopped. An update is acknowledged at once, as aiogram does by itself."""
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import Message
    from aiogram.webhook.aiohttp_server import SimpleRequestHandler
    from aiohttp import web

    api = TelegramAPIServer.from_base(os.environ["TELEGRAM_API_BASE"])
    bot = Bot(os.environ["TELEGRAM_BOT_TOKEN"], session=AiohttpSession(api=api))
    keep, dispatcher = _kept(Path(os.environ["CHEXIN_DATA_DIR"]) / "echo.db"), Dispatcher()

    @dispatcher.message()
    async def answer(message: Message) -> None:
        keep.execute("insert into updates (chat, words) values (?, ?)", (message.chat.id, message.text))
        await message.answer(message.text or "")

    async def well(request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/health", well)
    handler = SimpleRequestHandler(dispatcher, bot, secret_token=os.environ["TELEGRAM_WEBHOOK_SECRET"])
    handler.register(app, path="/telegram/webhook")
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)


def _kept(path: Path) -> sqlite3.Connection:
    """A table whose every insert is a commit that reaches the disk, as ours do."""
    found = sqlite3.connect(path, isolation_level=None)
    found.execute("pragma journal_mode=wal")
    found.execute("pragma synchronous=full")
    found.execute("create table updates (id integer primary key, chat integer, words text)")
    return found


if __name__ == "__main__":
    {"house": house, "echo": echo}[sys.argv[1]]()
