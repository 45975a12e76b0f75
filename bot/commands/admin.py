"""`admin`, `invite`, `check` and `explain`."""

from __future__ import annotations

import re
import sys

from bot.commands.opening import open_core
from bot.settings import BotSettings
from crm_core.api import Core
from crm_core.channels.accounts import CUSTOMER, STAFF
from crm_core.chat.messages import InvitePerson, InviteView
from crm_core.imports.messages import ImportBatch
from crm_core.kernel.errors import ChexinError, ConfigError, Invalid, NotFound
from crm_core.org.messages import AddUnit

_UNIT = re.compile(r"([a-z0-9][a-z0-9_-]{0,39}\.){1,4}")


def first_admin(name: str, unit: str, channel: str, code: str, language: str, unit_name: str, new_group: bool) -> int:
    """Make an administrator, with the units he needs, and print what lets him in.

    Raises Invalid when the id is somebody else's, or the group is not known and not said to be new.
    """
    path = unit.strip().lower().rstrip(".") + "."
    if not _UNIT.fullmatch(path):
        raise Invalid("--unit", "error.unit_path")
    tenant = path.split(".")[0]
    core = open_core()
    try:
        known = core.tenants()
        if known and tenant not in known and not new_group:
            raise Invalid("--unit", "error.unknown_group", value=tenant, known=", ".join(known))
        _add_admin(core, tenant, path, code, name, language, unit_name)
    finally:
        core.close()
    return invite(code, channel, tenant)


def _add_admin(core: Core, tenant: str, path: str, code: str, name: str, language: str, unit_name: str) -> None:
    """Units that are missing are made with him, all in one transaction."""
    role = "group_admin" if path.count(".") == 1 else "admin"
    system = core.system(tenant)
    try:
        if core.actor(code, tenant).name != name:
            raise Invalid("--id", "error.id_taken", value=code)
    except NotFound:
        pass
    row = {"code": code, "name": name, "role": role, "unit": path, "language": language}
    if path.count(".") == 1 and tenant not in core.tenants():
        core.execute(AddUnit(path=path, name=unit_name or tenant, language=language), system)
    outcome = core.execute(ImportBatch(kind="staff", rows=((1, row),)), system).view
    if outcome.rejected:
        raise ChexinError(outcome.rejected[0].key, **outcome.rejected[0].params)
    if unit_name:
        core.execute(AddUnit(path=path, name=unit_name, language=language), system)


def invite(person: str, channel: str, tenant: str | None = None) -> int:
    """A web link, or what to type in Telegram; the token is shown once."""
    if channel not in ("telegram", "wecom", "web"):
        raise Invalid("--channel", "error.unknown_channel", value=channel)
    core = open_core()
    try:
        actor = core.actor(person, tenant)
        command = InvitePerson(person=actor.id, channel=channel)  # type: ignore[arg-type]
        view: InviteView = core.execute(command, core.system(actor.tenant)).view
        bot = _bot(core, actor.tenant, actor.is_staff) if channel == "telegram" else ""
    finally:
        core.close()
    print(f"{BotSettings().origin}/sign-in?token={view.token}" if channel == "web" else f"/start {view.token}")
    if bot:
        print(f"https://t.me/{bot}?start={view.token}")
    elif channel == "telegram":
        print("Open the bot in Telegram and send it the line above, as it stands. It works once, within 72 hours.\n"
              "A link is printed as well after the server has run once with the bot's token.", file=sys.stderr)  # fmt: skip
    return 0


def _bot(core: Core, tenant: str, staff: bool) -> str:
    """The name of the bot somebody comes by, once Telegram has told it."""
    audience = STAFF if staff else CUSTOMER
    known = [one for one in core.accounts.all() if (one.tenant, one.channel) == (tenant, "telegram")]
    return next((one.name.lstrip("@") for one in known if one.name and one.audience == audience), "")


def check(live: bool = False) -> int:
    """Every problem on a line of its own; 0 when there is none. `live` asks the platforms too."""
    import intents
    from bot.commands.safety import schema_note
    from bot.texts import problems as text_problems
    from crm_core.api import check_settings
    from crm_core.concepts import load_all
    from crm_core.kernel.settings import Settings

    load_all()
    found, note = [], ""
    try:
        note = schema_note(Settings())
    except ConfigError as error:
        found.append(str(error))
    if note:
        print(f"note: {note}")
    settings = [*BotSettings().problems(), *check_settings(Settings())]
    found += [*settings, *intents.validate(), *text_problems()]
    for problem in found:
        print(problem)
    print("all settings, policies, sentences and texts are in order" if not found else f"{len(found)} problems")
    # Without settings that could work there is nobody to ask.
    unwell = _live() if live and not settings else 0
    return 1 if found or unwell else 0


def _live() -> int:
    from bot.commands.live import check_live

    return check_live()


def explain(policy: str, unit: str, line: str) -> int:
    """Each key as it holds there, with its source; the nearest scope wins."""
    import yaml

    from bot.commands.opening import policy_settings
    from crm_core.kernel.policies import Policies

    policies = Policies(policy_settings().policies)
    if policy not in policies.documents:
        raise Invalid("policy", "error.unknown_policy", value=policy, known=", ".join(policies.documents))
    found = policies.get(policy, unit=unit, line=line)
    for key, value in found.values.items():
        text = yaml.safe_dump({key: value}, allow_unicode=True, default_flow_style=None, sort_keys=False).rstrip()
        print(f"# {found.sources[key]}\n{text}")
    return 0
