"""Commands that come in groups: deliveries, channels, sop. Heavy imports happen inside the commands."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.line import Json, Now, guarded

deliveries = typer.Typer(help="How sending stands, and whether it goes on after a restore.", no_args_is_help=True)


@deliveries.command()
def status() -> None:
    """What waits, what did not arrive, and who works; 1 when something needs somebody."""
    from bot.commands.deliveries import status as run

    guarded(run)


@deliveries.command()
def resume(
    resend: Annotated[bool, typer.Option("--resend", help="Send what the backup knew as unsent")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Leave unsent what was due by now")] = False,
) -> None:
    """Go on after a restore."""
    from bot.commands.deliveries import resume as run

    guarded(run, resend, skip)


channels = typer.Typer(
    help="The bots, apps and desks besides those the environment names. Changes take effect at the servers' next start.",
    no_args_is_help=True,
)


@channels.command(name="list")
def channels_list() -> None:
    """Every account, without its secrets."""
    from bot.commands.channels import show as run

    guarded(run)


@channels.command(name="add")
def channels_add(
    channel: Annotated[str, typer.Argument(help="telegram, wecom, kf, contacts or aibot")],
    audience: Annotated[str, typer.Option(help="Of a Telegram bot: staff or customer")] = "",
    unit: Annotated[str, typer.Option(help="Where the people who come by it belong; needed with several groups")] = "",
    name: Annotated[str, typer.Option(help="What people call it")] = "",
    stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token, or NAME=VALUE lines, from standard input "
                                        "instead of asking; never on the command line")] = False,
) -> None:  # fmt: skip
    """Add an account, or change one that was added."""
    from bot.commands.channels import add as run

    guarded(run, channel, audience, unit, name, stdin)


@channels.command(name="remove")
def channels_remove(account: Annotated[str, typer.Argument(help="As listed, such as telegram:7000000001")]) -> None:
    """Speak through it no more, and forget its secrets."""
    from bot.commands.channels import remove as run

    guarded(run, account)


sop = typer.Typer(help="What the follow-up cadences do, when, and why.", no_args_is_help=True)
Seer = Annotated[str, typer.Option("--as", help="Whose view and language: an id such as rep1; default: all")]
Lang = Annotated[str, typer.Option("--lang", help="zh or en; default: the language of whoever asks")]


@sop.command(name="list")
def sop_list(as_: Seer = "", lang: Lang = "", json_: Json = False) -> None:
    """Every cadence: what starts it, its steps and its file."""
    from bot.commands.sop import list_cadences as run

    guarded(run, as_, lang, json_)


@sop.command(name="explain")
def sop_explain(
    name: Annotated[str, typer.Argument(help="A cadence, such as first_call; `sop list` names them")],
    for_: Annotated[str, typer.Option("--for", help="A lead, deal or appointment (L-8F3K or its id), or a customer")],
    now: Now = "",
    as_: Seer = "",
    lang: Lang = "",
    json_: Json = False,
) -> None:
    """Print what would happen when, to whom, and why."""
    from bot.commands.sop import explain as run

    guarded(run, name, for_, now, as_, lang, json_)
