"""The menu: within the platform's lengths, set once, and every entry is understood."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.channels.wecom.app import AppLine
from bot.channels.wecom.errors import Refused
from bot.channels.wecom.menu import menu, said_by
from bot.channels.wecom.menu_keeper import MenuKeeper
from bot.ports import Held
from bot.skills.language import wanted
from crm_core.api import Core
from intents import understand
from tests.support.fakes.wecom import FakeWecom

HELD = Held("menu", 1)
ENTRIES = [entry for top in menu()["button"] for entry in top.get("sub_button", [top])]


def test_lengths() -> None:
    tops = menu()["button"]
    assert len(tops) <= 3
    assert all(len(top.get("sub_button", ())) <= 5 for top in tops)
    for entry in [*tops, *ENTRIES]:
        assert len(entry["name"].encode()) <= 16
        assert len(entry.get("key", "").encode()) <= 128


@pytest.mark.parametrize("role", ["rep", "manager", "tech", "admin"])
@pytest.mark.parametrize("key", [entry["key"] for entry in ENTRIES])
def test_every_entry_is_understood(key: str, role: str) -> None:
    said = said_by(key)
    understood = understand(said, role=role, now=datetime.now(UTC)).outcome == "recognised"
    assert understood or wanted(said), said


def test_is_set_once_until_it_is_another(line: AppLine, wecom: FakeWecom, small: Core) -> None:
    keeper = MenuKeeper(line.account, line.api, small)
    asyncio.run(keeper.listen(HELD))
    asyncio.run(keeper.listen(HELD))
    assert wecom.menu == menu()
    assert len([call for call in wecom.calls if call.path == "menu/create"]) == 1


def test_is_tried_again_when_it_was_refused(line: AppLine, wecom: FakeWecom, small: Core) -> None:
    keeper = MenuKeeper(line.account, line.api, small)
    wecom.fail("menu/create", 60020)
    with pytest.raises(Refused):
        asyncio.run(keeper.listen(HELD))
    asyncio.run(keeper.listen(HELD))
    assert wecom.menu == menu()


def test_key_of_another_menu_says_nothing() -> None:
    assert said_by("https://example.com") == ""
