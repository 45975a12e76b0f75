"""What the commands of the command line share: options, a moment, and how a failure is told. Light to import."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

As = Annotated[str, typer.Option("--as", help="Who speaks: an id such as rep1")]
Now = Annotated[str, typer.Option("--now", help="The present moment, ISO 8601 with zone; default: the clock")]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON")]


def instant(text: str) -> datetime:
    """A moment as typed, at Shanghai's time where no zone is told; now for nothing. Raises typer.BadParameter."""
    from datetime import UTC
    from zoneinfo import ZoneInfo

    if not text:
        return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"--now: {text!r} is no moment such as 2026-11-21T14:20:00+08:00") from error
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def guarded(function: Any, *args: Any) -> None:
    """Run a command; what is wrong on purpose is told in one line, not as a traceback."""
    from pydantic import ValidationError

    from crm_core.kernel.errors import ChexinError

    try:
        code = function(*args)
    except ValidationError as error:
        if error.title not in ("Settings", "BotSettings"):
            raise
        for problem in error.errors():
            prefix = "CHEXIN_" if error.title == "Settings" else ""
            typer.echo(f"error: {prefix}{str(problem['loc'][0]).upper()}: {problem['msg']}", err=True)
        raise typer.Exit(2) from None
    except ChexinError as error:
        typer.echo(f"error: {_said(error)}", err=True)
        raise typer.Exit(2) from error
    if isinstance(code, int) and code:
        raise typer.Exit(code)


def _said(error: Any) -> str:
    """An error as a sentence; a setting's own words are one already."""
    from bot.texts import Texts
    from crm_core.kernel.errors import ConfigError

    if isinstance(error, ConfigError):
        return str(error)
    return Texts.load().try_say(error.key, "en", error.params) or str(error)
