"""`say` and `ask`: the conversation in a terminal."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.commands.opening import has_database, open_core
from crm_core.api import Core
from crm_core.kernel.errors import Invalid
from crm_core.kernel.settings import Settings


def _opened(now: str) -> Core:
    """The deployment; an empty directory gets the demo dealership first."""
    at = read_now(now)
    settings = Settings()
    return open_core(now=at, demo=not has_database(settings))


def read_now(text: str) -> datetime | None:
    """An ISO moment; without a zone, dealer time in China. None for empty."""
    if not text:
        return None
    from zoneinfo import ZoneInfo

    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("--now", "error.not_a_moment", value=text) from error
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def say(text: str, as_: str, now: str, press: str, inbox: bool, as_json: bool, file: Path | None = None) -> int:
    """One turn, a button, a file, what was pushed, or (`-`) a transcript from standard input, a line a turn."""
    from bot.conversation.brain import Rooms
    from bot.conversation.thinking import open_thinking
    from bot.settings import BotSettings
    from bot.terminal import Terminal

    if file is not None and not file.is_file():
        raise Invalid("file", "error.no_such_file", path=file.name)
    if not (text or press or inbox or file):
        raise Invalid("text", "error.nothing_said")
    core = _opened(now)
    try:
        settings = BotSettings()
        thinking = open_thinking(core, settings.model())
        terminal = Terminal(core, as_, Rooms(core, embeddings=settings.embeddings), thinking=thinking)
        if inbox:
            _print(terminal.inbox(), as_json)
        for line in _lines(text):
            _print(terminal.say(line), as_json)
        if file:
            _print(terminal.send(file.read_bytes(), file.name), as_json)
        if press:
            _print(terminal.press(press), as_json)
    finally:
        core.close()
    return 0


def _lines(text: str) -> list[str]:
    if text != "-":
        return [text] if text else []
    return [line.rstrip("\n") for line in sys.stdin if line.strip()]


def _print(turn: Any, as_json: bool) -> None:
    print(json.dumps(turn.to_json(), ensure_ascii=False) if as_json else turn.to_text(), flush=True)


def ask(question: str, as_: str, as_json: bool) -> int:
    """A cited answer from the knowledge base, or an honest no."""
    from bot.conversation.brain import Rooms
    from bot.settings import BotSettings

    core = _opened("")
    try:
        found = Rooms(core, embeddings=BotSettings().embeddings).knowledge(question, core.actor(as_))
        sources = [{"title": title, "detail": detail} for title, detail in found.sources]
        if as_json:
            print(json.dumps({"state": found.state, "text": found.text, "sources": sources,
                              "suggestions": list(found.suggestions)}, ensure_ascii=False))  # fmt: skip
        else:
            print(found.text or {"suggest": "Did you mean:", "unknown": "I don't know."}.get(found.state, ""))
            for line in [*(f"  - {s}" for s in found.suggestions), *(f"  [{s['title']}] {s['detail']}" for s in sources)]:
                print(line)
    finally:
        core.close()
    return 0
