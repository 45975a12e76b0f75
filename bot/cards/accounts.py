"""Cards about where somebody is reached, and what he is told when that changes."""

from __future__ import annotations

from typing import Any

from bot.cards.base import DANGER, Easel, button, joined, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.chat.messages import AccountView


@pushed("account_new", "account_gone", "account_replaced", "account_ended")
def account_changed(easel: Easel, _: str, params: dict[str, Any]) -> Outbound:
    """An account was bound, given up or replaced; told elsewhere, so that nobody does it unnoticed."""
    platform = easel.voice.label("channel_account", str(params.get("channel", "")))
    return Outbound(text=easel.voice.say(f"accounts.{params['kind']}", platform=platform))


def accounts_card(voice: Voice, accounts: list[AccountView], here: str) -> Card:
    """Each account with its last use; what can be done about it belongs to its line."""
    fields = tuple(Field(named(voice, one), _how(voice, one, here)) for one in accounts)
    buttons = tuple(b for n, one in enumerate(accounts) for b in _buttons(voice, one, n, len(accounts)))
    return Card("accounts", voice.say("accounts.title"), fields, buttons, note=voice.say("accounts.note"))


def named(voice: Voice, one: AccountView) -> str:
    """`Telegram @ChexinBot`."""
    return joined(voice.label("channel_account", one.channel), one.named, by=" ")


def _how(voice: Voice, one: AccountView, here: str) -> str:
    said = (
        "accounts.here" if one.chat == here else "",
        "accounts.preferred" if one.preferred else "",
        "accounts.unreached" if not one.reached else "",
        "accounts.fixed" if one.fixed else "",
    )
    used = voice.say("accounts.used", when=voice.when(one.used_at)) if one.used_at else ""
    return joined(*(voice.say(key) for key in said if key), used) or voice.say("accounts.always")


def _buttons(voice: Voice, one: AccountView, line: int, of: int) -> tuple[Button, ...]:
    platform = voice.label("channel_account", one.channel)
    found, given = [], {"id": one.id}
    if of > 1 and not one.preferred and one.reached:
        found.append(Button(voice.say("accounts.prefer", platform=platform), "account.prefer", given, line=line))
    if one.id and one.channel != "web" and not one.fixed:
        unbind = voice.say("accounts.unbind", platform=platform)
        found.append(Button(unbind, "account.unbind", given, DANGER, line=line))
    return tuple(found)


def unbind_card(voice: Voice, one: AccountView) -> Card:
    """Asked once more: whoever is unbound here cannot say that it was a mistake."""
    yes = button(voice, "unbind_yes", "account.unbind_yes", DANGER, id=one.id)
    title, note = voice.say("accounts.sure", account=named(voice, one)), voice.say("accounts.sure_note")
    return Card("text", title, buttons=(yes,), note=note)
