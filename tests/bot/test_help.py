"""What help and the page suggest is really understood, for the role it is suggested to."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.gate import skills
from bot.texts import Texts
from intents import understand

TEXTS = Texts.load()
NOW = datetime(2026, 11, 21, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
SPEAKS_AS = {"rep": "rep", "manager": "manager", "tech": "rep", "admin": "manager", "customer": "customer",
             "visitor": "customer"}  # fmt: skip


def _examples() -> list[tuple[str, str]]:
    found = []
    for lang in ("zh", "en"):
        for role in SPEAKS_AS:
            names = {name: TEXTS.say(f"help_names.{name}", lang) for name in ("name", "colleague")}
            found += [(role, line.partition(" | ")[2].format(**names)) for line in TEXTS.under(f"help.{role}", lang)]
            found += [(role, line) for line in TEXTS.under(f"suggest.{role}", lang)]
    return found


@pytest.mark.parametrize(("role", "example"), _examples())
def test_example_is_understood(role: str, example: str) -> None:
    understood = understand(example, role=SPEAKS_AS[role], now=NOW)
    assert understood.outcome == "recognised", understood
    assert {command.intent for command in understood.commands} <= set(skills)
