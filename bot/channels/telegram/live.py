"""Whether Telegram and we can reach each other with these settings; each problem names what to change."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.channels.telegram.client import Client
from bot.channels.telegram.webhook import path_of
from crm_core.channels.accounts import CUSTOMER, ENVIRONMENT

if TYPE_CHECKING:
    from bot.ports import Account
    from bot.settings import BotSettings

# An error Telegram met longer ago than this may be mended already.
RECENT_SECONDS = 3600
MANY_WAITING = 100
ANSWER_SECONDS = 10


async def look(account: Account, settings: BotSettings, free: bool = False) -> list[str]:
    """What is wrong with a bot, as `SETTING: what to do`; empty when all is well."""
    client = Client(str(account.settings.get("token", "")), settings.telegram_api_base)
    try:
        return await _look(client, account, settings)
    finally:
        with suppress(Exception):
            await client.close()


async def _look(client: Client, account: Account, settings: BotSettings) -> list[str]:
    from aiogram import exceptions as its
    from aiogram.methods import GetMe, GetWebhookInfo

    try:
        await client.call(GetMe(), ANSWER_SECONDS)
        info = await client.call(GetWebhookInfo(), ANSWER_SECONDS)
    except (its.TelegramUnauthorizedError, its.TelegramNotFound):
        return [f"{_token(account)}: Telegram refuses it; copy it again from @BotFather (/mybots > API Token)"]
    except its.TelegramNetworkError:
        return [f"TELEGRAM_API_BASE: {_host(settings.telegram_api_base)} does not answer from here; is the network open?"]
    except Exception as error:
        kind = type(error).__name__
        return [f"TELEGRAM_API_BASE: {_host(settings.telegram_api_base)} seems to be no Bot API server ({kind})"]
    if settings.telegram_mode == "webhook":
        return await _called(info, account, settings)
    return _polled(info)


def _token(account: Account) -> str:
    if account.source != ENVIRONMENT:
        return f"the token of {account.line}"
    return "TELEGRAM_CUSTOMER_BOT_TOKEN" if account.audience == CUSTOMER else "TELEGRAM_BOT_TOKEN"


def _polled(info: Any) -> list[str]:
    found = []
    if info.url:
        found.append(f"TELEGRAM_MODE: is polling, but Telegram calls {_host(info.url)}; `run_bot.py serve` ends that "
                     "when it starts, unless another deployment uses this bot")  # fmt: skip
    if info.pending_update_count > MANY_WAITING:
        found.append(f"{info.pending_update_count} updates wait at Telegram: is `run_bot.py serve` running?")
    return found


async def _called(info: Any, account: Account, settings: BotSettings) -> list[str]:
    if not settings.public_url:
        return ["PUBLIC_URL: webhook mode needs the address Telegram reaches us at"]
    wanted = settings.origin + path_of(account)
    found = await _answers(wanted)
    if info.url != wanted:
        called = f"Telegram calls {_host(info.url)}" if info.url else "Telegram calls nobody"
        found.append(f"webhook: {called}, not {wanted}; start `run_bot.py serve`, which registers it")
    elif info.last_error_message and _seconds_ago(info.last_error_date) < RECENT_SECONDS:
        found.append(f"PUBLIC_URL: Telegram could not call us lately: {info.last_error_message[:120]}")
    if info.pending_update_count > MANY_WAITING:
        found.append(f"{info.pending_update_count} updates wait at Telegram until we answer")
    return found


async def _answers(url: str) -> list[str]:
    """A call without the secret is refused by us, and by nobody else in this way."""
    from aiohttp import ClientError, ClientSession, ClientTimeout

    try:
        async with ClientSession(timeout=ClientTimeout(ANSWER_SECONDS)) as session, session.post(url) as answer:
            status = answer.status
    except (ClientError, TimeoutError):
        return [f"PUBLIC_URL: nothing answers at {_host(url)}; is `run_bot.py serve` running, and the proxy and the "
                "certificate in order?"]  # fmt: skip
    if status == 401:
        return []
    return [f"PUBLIC_URL: {url} answers {status}; the proxy must pass /telegram/ on to `run_bot.py serve`"]


def _seconds_ago(at: Any) -> float:
    return time.time() - (at.timestamp() if hasattr(at, "timestamp") else float(at or 0))


def _host(url: str) -> str:
    return urlsplit(url).netloc or "somebody"
