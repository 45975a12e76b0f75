"""The commands behind Telegram's menu button, and the words each stands for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from aiogram.methods import SetMyCommands

_FILE = Path(__file__).with_name("menu.yaml")


@cache
def _menus() -> dict[str, dict[str, Any]]:
    import yaml

    return cast("dict[str, dict[str, Any]]", yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def phrases() -> list[tuple[str, str, str]]:
    """(audience, language, words) of everything a command stands for."""
    return [
        (audience, language, words)
        for audience in ("staff", "customer") for one in _menus()[audience].values()
        for language, words in one["says"].items()
    ]  # fmt: skip


def words_of(command: str, language: str) -> str:
    """What a command says in plain words; empty for one that is in no menu."""
    for menu in (_menus()["staff"], _menus()["customer"]):
        if command in menu:
            return str(menu[command]["says"]["en" if language == "en" else "zh"])
    return ""


def menus(audience: str) -> list[SetMyCommands]:
    """The calls that set the menu: English for all, Chinese for those whose Telegram is Chinese."""
    from aiogram.methods import SetMyCommands
    from aiogram.types import BotCommand, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats

    def commands(menu: str, language: str) -> list[BotCommand]:
        return [BotCommand(command=name, description=one[language]) for name, one in _menus()[menu].items()]

    private, groups = BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats()
    wanted = [(audience, private)] + ([("group", groups)] if audience == "staff" else [])
    return [
        SetMyCommands(commands=commands(menu, language), scope=scope, language_code=code)
        for menu, scope in wanted for language, code in (("en", None), ("zh", "zh"))
    ]  # fmt: skip
