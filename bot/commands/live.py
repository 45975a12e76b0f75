"""`check --live`: whether the platforms and this deployment reach each other with the settings they have."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from importlib.util import find_spec

from bot.commands.opening import open_core
from bot.ports import Account
from bot.reception.lines import PACKAGES, serving_accounts
from bot.settings import BotSettings

Look = Callable[[Account, BotSettings], Awaitable[list[str]]]
SECONDS = 60.0


def check_live() -> int:
    """Asks each platform; a line for each account, and below it what is wrong. 0 when nothing is."""
    core, settings = open_core(), BotSettings()
    try:
        tenants = core.tenants()
        accounts = list(serving_accounts(core, settings).values()) if tenants else []
    finally:
        core.close()
    found = asyncio.run(_all(accounts, settings))
    for account, problems in zip(accounts, found, strict=True):
        print(f"{account.line}: {'is in order' if not problems else 'does not work yet'}")
        for problem in problems:
            print(f"  {problem}")
    if not accounts:
        print("no channel but the web chat is set" if tenants else "there is no dealership yet: run_bot.py admin makes it")
    return 1 if any(found) else 0


async def _all(accounts: list[Account], settings: BotSettings) -> list[list[str]]:
    return await asyncio.gather(*(_one(account, settings) for account in accounts))


async def _one(account: Account, settings: BotSettings) -> list[str]:
    package = PACKAGES[account.channel]
    if find_spec(f"{package}.live") is None:
        return []
    look: Look = importlib.import_module(f"{package}.live").look
    try:
        async with asyncio.timeout(SECONDS):
            return await look(account, settings)
    except TimeoutError:
        return ["the platform does not answer in a minute"]
