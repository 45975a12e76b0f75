"""The command line's `export-person`, `erase-person` and `customer-list`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.line import Json, guarded

Who = Annotated[str, typer.Argument(help="The customer: name, phone number or id")]
Actor = Annotated[str, typer.Option("--as", help="Who does this: an id such as admin1; it stands in the audit")]
Why = Annotated[str, typer.Option(help="Why, in a few words; it stands in the audit, sealed")]


def export_person(
    who: Who, to: Annotated[Path, typer.Option(help="A new folder for index.html, data.json and files")],
    as_: Actor = "", reason: Why = "",
) -> None:  # fmt: skip
    """Write everything that is kept of a customer: a page to read, and all of it as JSON."""
    from bot.commands.privacy import export_person as run

    guarded(run, who, to, as_, reason)


def erase_person(
    who: Who, as_: Actor = "",
    agreed_by: Annotated[str, typer.Option(help="The second person, who agreed; without one he is asked in chat")] = "",
    reason: Why = "", yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure")] = False,
    json_: Json = False,
) -> None:  # fmt: skip
    """Say what would be erased of a customer, and ask for it; with a second person it is carried out."""
    from bot.commands.privacy import erase_person as run

    guarded(run, who, as_, agreed_by, reason, yes, json_)


def customer_list(
    request: Annotated[str, typer.Argument(help="The request's id")],
    to: Annotated[Path, typer.Option(help="Where to write the XLSX file")],
    as_: Actor = "",
) -> None:
    """Fetch a list of customers that a second person agreed to."""
    from bot.commands.privacy import customer_list as run

    guarded(run, request, to, as_)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (("export-person", export_person), ("erase-person", erase_person),
                          ("customer-list", customer_list)):  # fmt: skip
        app.command(name=name)(command)
