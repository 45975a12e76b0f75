"""Each command of the menu stands for words that are understood."""

from __future__ import annotations

import pytest

from bot.channels.telegram.menu import menus, phrases, words_of
from bot.channels.telegram.pace import MOST, GroupPace
from bot.skills.language import wanted
from intents import understand
from tests.conftest import NOW


@pytest.mark.parametrize(("audience", "language", "words"), phrases())
def test_what_a_command_says_is_understood(audience: str, language: str, words: str) -> None:
    found = understand(words, role="rep" if audience == "staff" else "customer", now=NOW)
    assert wanted(words) or found.outcome == "recognised", words


def test_names_are_what_telegram_takes() -> None:
    for audience in ("staff", "customer"):
        for menu in menus(audience):
            assert all(one.command.islower() and len(one.command) <= 32 for one in menu.commands)
            assert all(1 <= len(one.description) <= 256 for one in menu.commands)


def test_a_command_is_said_in_the_language_of_the_phone() -> None:
    assert (words_of("today", "zh"), words_of("today", "en"), words_of("none", "zh")) == (
        "今天要干嘛", "what do I have to do today", "")  # fmt: skip


def test_groups_get_no_more_than_they_may() -> None:
    now = [0.0]
    pace = GroupPace(lambda: now[0])
    assert [pace.wait(-5) for _ in range(MOST)] == [0.0] * MOST
    assert pace.wait(-5) == 60.0
    assert (pace.wait(-6), pace.wait(7)) == (0.0, 0.0)
    now[0] = 60.0
    assert pace.wait(-5) == 0.0
