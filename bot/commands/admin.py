"""`invite`, `learn` and `check`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bot.commands.learning import files_of, learn_paths
from bot.commands.opening import open_core
from bot.settings import BotSettings
from crm_core.chat.messages import InvitePerson, InviteView
from crm_core.kernel.errors import Invalid


def invite(person: str, channel: str) -> int:
    """A web link, or what to type in Telegram; the token is shown once."""
    if channel not in ("telegram", "wecom", "web"):
        raise Invalid("--channel", "error.unknown_channel", value=channel)
    core = open_core()
    try:
        actor = core.actor(person)
        command = InvitePerson(person=actor.id, channel=channel)  # type: ignore[arg-type]
        view: InviteView = core.execute(command, core.system(actor.tenant)).view
    finally:
        core.close()
    settings = BotSettings()
    print(f"{settings.origin}/sign-in?token={view.token}" if channel == "web" else f"/start {view.token}")
    return 0


def learn(paths: list[Path], audience: str) -> int:
    """Publish documents; a running server picks them up within moments."""
    core = open_core()
    console = Console(stderr=True)
    try:
        tenants = core.tenants()
        if not tenants:
            raise Invalid("tenant", "error.no_unit_yet")
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("learning", total=len(files_of(paths)))
            files, changed = learn_paths(core, core.system(tenants[0]), paths, audience, lambda _: bar.advance(task))
    finally:
        core.close()
    console.print(f"{files} files read, {changed} documents published or renewed")
    return 0


def check() -> int:
    """Every problem on a line of its own; 0 when there is none."""
    import intents
    from bot.texts import problems as text_problems
    from crm_core.api import check_settings
    from crm_core.concepts import load_all
    from crm_core.kernel.settings import Settings

    load_all()
    found = [*BotSettings().problems(), *check_settings(Settings()), *intents.validate(), *text_problems()]
    for problem in found:
        print(problem)
    print("all settings, policies, sentences and texts are in order" if not found else f"{len(found)} problems")
    return 1 if found else 0


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
