"""Which accounts this process speaks through, and how each is heard. The only file that knows every channel."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import structlog

from bot.ports import Account, Connected, Line, Listener
from bot.reception.post import Post
from bot.settings import BotSettings
from crm_core.api import Core
from crm_core.channels.accounts import ENVIRONMENT, STAFF
from crm_core.chat.messages import BindKnownStaff

# Channel -> the package that serves it; several channels of one platform share one.
PACKAGES = {
    "telegram": "bot.channels.telegram",
    "wecom": "bot.channels.wecom",
    "kf": "bot.channels.wecom",
    "contacts": "bot.channels.wecom",
    "aibot": "bot.channels.wecom",
}


@dataclass
class Hearing:
    """How lines are heard: web routes for those that are called, listeners for those that call."""

    routers: list[Any] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)


class Platform(Protocol):
    """What the package of a platform offers; loaded only when one of its accounts is set."""

    def named(self, settings: BotSettings, tenant: str) -> list[Account]:
        """The accounts the environment names, with their settings; none when the channel is not set."""
        ...

    def open_line(self, account: Account, core: Core, settings: BotSettings) -> Line:
        """The line of an account. Asks no network. Raises ConfigError for settings that cannot work."""
        ...

    def hear(self, lines: Sequence[Line], core: Core, post: Post, settings: BotSettings) -> Hearing:
        """Routes and listeners of this platform's lines."""
        ...


@dataclass
class Lines:
    """The lines of this process by their names (`telegram:7000000001`), and how they are heard."""

    lines: dict[str, Line] = field(default_factory=dict)
    hearing: Hearing = field(default_factory=Hearing)

    async def close(self) -> None:
        """End the connections of the calling event loop."""
        await close_all(self.lines.values())


async def close_all(channels: Iterable[object]) -> None:
    """End what these keep open in the calling event loop; one that fails keeps no other from it."""
    await asyncio.gather(*(one.close() for one in channels if isinstance(one, Connected)), return_exceptions=True)


def open_lines(core: Core, settings: BotSettings, post: Post) -> Lines:
    """Note what the environment names, and open a line for each account there is."""
    found = Lines()
    if not core.tenants():
        return found
    serving = serving_accounts(core, settings)
    known = {account.line: account for account in core.accounts.all()}
    for account in serving.values():
        if account.source == ENVIRONMENT and _differs(account, known.get(account.line)):
            core.accounts.put(account, core.now())
    for account in serving.values():
        if (account.channel, account.audience) == ("wecom", STAFF):
            core.execute(BindKnownStaff(account=account.account), core.system(account.tenant))
    for platform, accounts in _by_package(serving.values()):
        lines = [platform.open_line(account, core, settings) for account in accounts]
        found.lines |= {line.account.line: line for line in lines}
        hearing = platform.hear(lines, core, post, settings)
        found.hearing.routers += hearing.routers
        found.hearing.listeners += hearing.listeners
    for name in found.lines:
        structlog.get_logger().info("line_open", channel=name)
    return found


def serving_accounts(core: Core, settings: BotSettings) -> dict[str, Account]:
    """The accounts this deployment speaks through, by their lines: those added, and those the environment names."""
    known = {account.line: account for account in core.accounts.all()}
    # A name the environment does not give is kept: the platform told it once.
    given = {
        one.line: one if one.name or one.line not in known else replace(one, name=known[one.line].name)
        for one in _named(settings, core.tenants()[0])
    }
    # Of an account that the environment no longer names nothing is known but its row.
    return {name: one for name, one in known.items() if one.settings} | given


def _named(settings: BotSettings, tenant: str) -> Iterable[Account]:
    for package in settings.platforms():
        yield from platform_of(package).named(settings, tenant)


def platform_of(package: str) -> Platform:
    """What serves the accounts of a platform."""
    found: Any = importlib.import_module(package)
    return found  # type: ignore[no-any-return]


def _by_package(accounts: Iterable[Account]) -> list[tuple[Platform, list[Account]]]:
    groups: dict[str, list[Account]] = {}
    for account in accounts:
        groups.setdefault(PACKAGES[account.channel], []).append(account)
    return [(platform_of(package), members) for package, members in groups.items()]


def _differs(given: Account, known: Account | None) -> bool:
    return known is None or (known.tenant, known.unit, known.audience, known.name, known.source) != (
        given.tenant, given.unit, given.audience, given.name, given.source)  # fmt: skip
