"""`channels`: the bots, apps and desks this deployment speaks through besides those the environment names."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from bot.commands.opening import open_core
from bot.reception.lines import PACKAGES, Platform, platform_of, serving_accounts
from bot.settings import BotSettings
from crm_core.api import Core
from crm_core.channels.accounts import COMMAND, CUSTOMER, STAFF, Account
from crm_core.kernel.errors import ConfigError, Invalid
from crm_core.org.messages import FindUnit

_out = Console(highlight=False, soft_wrap=True)
# What each needs, in the order it is asked for; those that are no secret are shown while they are typed.
NEEDS = {
    "telegram": ("token",),
    "wecom": ("corp", "agent", "secret", "token", "aes_key"),
    "kf": ("corp", "secret"),
    "contacts": ("corp", "secret"),
    "aibot": ("bot", "secret"),
}
OPEN = ("corp", "agent", "bot")
# Whom they are for by nature; a Telegram bot is for either.
AUDIENCE = {"wecom": STAFF, "aibot": STAFF, "kf": CUSTOMER, "contacts": CUSTOMER}
AT_START = "It is served from the next start of the servers."


def show() -> int:
    """Every account, without its secrets."""
    core = open_core()
    try:
        accounts = core.accounts.all(inactive=True)
        active = {account.line for account in core.accounts.all()}
    finally:
        core.close()
    table = Table("account", "name", "for", "unit", "set by", "", box=None)
    for one in accounts:
        table.add_row(one.line, one.name, one.audience, one.unit, one.source, "" if one.line in active else "removed")
    _out.print(table if accounts else "no channel but the web chat")
    return 0


def add(channel: str, audience: str, unit: str, name: str, from_stdin: bool) -> int:
    """Add an account, or change one that was added. Raises Invalid, ConfigError; nothing is kept then."""
    if channel not in NEEDS:
        raise Invalid("channel", "error.unknown_channel", value=channel)
    audience = _audience(channel, audience)
    core = open_core()
    try:
        path = _unit(core, unit)
        given = _piped(channel) if from_stdin else _typed(channel)
        account = Account(path.split(".")[0], channel, _account_id(channel, given), audience, path, name, COMMAND, given)
        _check(core, account)
        core.accounts.put(account, core.now())
    finally:
        core.close()
    _out.print(f"{account.line} added. {AT_START}")
    return 0


def remove(line: str) -> int:
    """Speak through it no more, and forget its secrets. Raises Invalid for an account nobody added."""
    channel, _, account = line.partition(":")
    core = open_core()
    try:
        known = core.accounts.find(channel, account)
        if known is None:
            raise Invalid("account", "error.unknown_account", value=line)
        if _of_environment(core, line):
            raise ConfigError(line, "the environment names it; unset its settings instead")
        core.accounts.end(channel, account, core.now())
    finally:
        core.close()
    _out.print(f"{line} removed. The servers stop using it at their next start.")
    return 0


def _audience(channel: str, said: str) -> str:
    fixed = AUDIENCE.get(channel)
    if said not in ("", STAFF, CUSTOMER) or (fixed and said not in ("", fixed)):
        raise Invalid("audience", "error.unknown_audience", value=said, known=fixed or f"{STAFF}, {CUSTOMER}")
    return fixed or said or STAFF


def _unit(core: Core, said: str) -> str:
    """The unit of the people who come by it; in a deployment of one group that is the default."""
    tenants = core.tenants()
    if not said and len(tenants) == 1:
        return f"{tenants[0]}."
    path = said.strip().lower().rstrip(".") + "."
    tenant = path.split(".")[0]
    if tenant not in tenants or core.ask(FindUnit(path=path), core.system(tenant)).path != path:
        raise Invalid("--unit", "error.unknown_unit", value=said)
    return path


def _piped(channel: str) -> dict[str, str]:
    """Lines of NAME=VALUE; of a Telegram bot the token alone will do."""
    text = sys.stdin.read()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and len(NEEDS[channel]) == 1 and not lines[0].startswith(f"{NEEDS[channel][0]}="):
        return {NEEDS[channel][0]: lines[0]}
    pairs = dict(line.partition("=")[::2] for line in lines)
    given = {name.strip().lower(): value.strip() for name, value in pairs.items()}
    if unknown := sorted(given.keys() - set(NEEDS[channel])):
        raise ConfigError("standard input", f"{', '.join(unknown)}: not a setting of {channel}")
    return given


def _typed(channel: str) -> dict[str, str]:
    return {name: (input if name in OPEN else getpass.getpass)(f"{name}: ").strip() for name in NEEDS[channel]}


def _account_id(channel: str, given: dict[str, str]) -> str:
    if missing := [name for name in NEEDS[channel] if not given.get(name)]:
        raise ConfigError(f"{channel}", f"{', '.join(missing)} missing")
    match channel:
        case "telegram":
            return given["token"].partition(":")[0][:64]
        case "wecom":
            return f"{given['corp']}-{given['agent']}"
        case "aibot":
            return given["bot"]
        case _:
            return given["corp"]


def _check(core: Core, account: Account) -> None:
    """The platform's own code reads the settings; an account of another group or of the environment stays theirs."""
    platform: Platform = platform_of(PACKAGES[account.channel])
    platform.open_line(replace(account), core, BotSettings())
    known = next((one for one in core.accounts.all(inactive=True) if one.line == account.line), None)
    if known is not None and known.tenant != account.tenant:
        raise ConfigError(account.line, "belongs to another group of this deployment")
    if _of_environment(core, account.line):
        raise ConfigError(account.line, "is named by the environment already")


def _of_environment(core: Core, line: str) -> bool:
    """Whether the environment names it now; what it named once is anybody's."""
    serving = serving_accounts(core, BotSettings()).get(line)
    return serving is not None and serving.source != COMMAND
