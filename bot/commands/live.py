"""`check --live`: whether the platforms, the language model and this deployment reach each other as they are set."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec

from bot.commands.opening import open_core
from bot.ports import Account
from bot.reception.lines import PACKAGES, serving_accounts
from bot.settings import BotSettings
from crm_core.api import Core
from crm_core.kernel.ids import new_id
from intents.llm.model import open_model
from intents.llm.trouble import Kind, ModelTrouble

# `free`: no server of this deployment holds the account's connection, and none takes it while it is looked at.
Look = Callable[[Account, BotSettings, bool], Awaitable[list[str]]]
SECONDS = 60.0
KEPT = "is kept by a running server, so its secret was not tried"
LEASE = timedelta(seconds=SECONDS + 10)
_TROUBLES: dict[Kind, str] = {
    "key": "LLM_API_KEY: the provider refuses it",
    "model": "LLM_MODEL: the provider knows no such model, or LLM_BASE_URL is not its address with the version path",
    "address": "LLM_BASE_URL: nobody answers there; is the address right, and may this machine reach it?",
    "tools": "LLM_MODEL: this model does not call tools, so it can word texts but not read messages; choose another",
    "busy": "the provider turns us away for now: too many requests, or nothing left on the account",
    "slow": "the provider does not answer in 20 seconds",
    "refused": "the provider refuses our requests",
    "broken": "the provider answers with something that is no answer",
    "package": "LLM_MODEL: this provider needs another package of LangChain's",
    "stopped": "it was stopped",
    "empty": "the provider answers nothing",
}


def check_live() -> int:
    """Asks each platform and the model; a line for each, and below it what is wrong. 0 when nothing is."""
    core, settings = open_core(), BotSettings()
    try:
        tenants = core.tenants()
        accounts = list(serving_accounts(core, settings).values()) if tenants else []
        with _free(core, accounts) as free:
            found = asyncio.run(_all(accounts, settings, free))
    finally:
        core.close()
    for account, problems in zip(accounts, found, strict=True):
        well = "is in order" if account.channel != "aibot" or account.line in free else KEPT
        print(f"{account.line}: {'does not work yet' if problems else well}")
        for problem in problems:
            print(f"  {problem}")
    thinks = _model(settings)
    if not accounts:
        print("no channel but the web chat is set" if tenants else "there is no dealership yet: run_bot.py admin makes it")
    return 1 if any(found) or not thinks else 0


def _model(settings: BotSettings) -> bool:
    """Whether the language model answers with a tool call; says so. True where none is set."""
    model = open_model(settings.model())
    if model is None:
        return True
    try:
        model.probe()
    except ModelTrouble as trouble:
        print(f"{settings.llm_model}: does not work yet")
        print(f"  {_TROUBLES[trouble.kind]}{f' ({trouble.detail})' if trouble.detail else ''}")
        return False
    finally:
        model.close()
    print(f"{settings.llm_model}: is in order")
    return True


@contextmanager
def _free(core: Core, accounts: list[Account]) -> Iterator[set[str]]:
    """The lines with a connection of which there may be one, that nobody keeps: they are ours for the moment."""
    holder = f"check:{new_id()}"
    lines = [one.line for one in accounts if one.channel == "aibot"]
    free = {line for line in lines if core.leases.take(f"listen:{line}", holder, core.now(), LEASE) is not None}
    try:
        yield free
    finally:
        for line in free:
            core.leases.give_back(f"listen:{line}", holder, core.now())


async def _all(accounts: list[Account], settings: BotSettings, free: set[str]) -> list[list[str]]:
    return await asyncio.gather(*(_one(account, settings, account.line in free) for account in accounts))


async def _one(account: Account, settings: BotSettings, free: bool) -> list[str]:
    package = PACKAGES[account.channel]
    if find_spec(f"{package}.live") is None:
        return []
    look: Look = importlib.import_module(f"{package}.live").look
    try:
        async with asyncio.timeout(SECONDS):
            return await look(account, settings, free)
    except TimeoutError:
        return ["the platform does not answer in a minute"]
