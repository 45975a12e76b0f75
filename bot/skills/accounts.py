"""Where somebody is reached: 绑定Telegram, 我的渠道, 邀请林佳用Telegram; connect Telegram, my channels."""

from __future__ import annotations

from typing import Any

from bot.cards.accounts import accounts_card, unbind_card
from bot.conversation.gate import Act, Need, Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import colleague
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.chat.messages import (
    AccountView,
    Connectable,
    ConnectableView,
    ConnectAccount,
    InvitePerson,
    InviteView,
    MyAccounts,
    PreferAccount,
    UnbindAccount,
)  # fmt: skip
from crm_core.kernel.errors import NotFound, Refused
from crm_core.kernel.registry import Result


@skill("my_accounts")
def my_accounts(talk: Talk, draft: Draft) -> Step:
    """All of them, with what can be done."""
    _show(talk)
    return None


@skill("connect_account", tier=Tier.OWN)
def connect_account(talk: Talk, draft: Draft) -> Step:
    """A link that lasts a few minutes, for himself."""
    platform = _platform(talk, draft)
    return platform if not isinstance(platform, str) else Act(ConnectAccount.model_validate({"channel": platform}))


@skill("invite_colleague", tier=Tier.OWN)
def invite_colleague(talk: Talk, draft: Draft) -> Step:
    """A link for a colleague, to be passed on to him."""
    if not talk.core.access.may(talk.actor, "person", "invite"):
        raise Refused("error.not_allowed")
    person = colleague(talk, draft, role="")
    if isinstance(person, Need):
        return person
    platform = _platform(talk, draft)
    if not isinstance(platform, str):
        return platform
    return Act(InvitePerson.model_validate({"person": person.id, "channel": platform}))


def _platform(talk: Talk, draft: Draft) -> str | Step:
    """The platform that was named or the only one there is; None after saying that there is none."""
    served: list[ConnectableView] = talk.ask(Connectable())
    known = tuple(dict.fromkeys(one.channel for one in served))
    wanted = draft.chosen.get("platform") or draft.text("platform")
    if wanted in known:
        return wanted
    if not known or wanted:
        label = talk.voice.label("channel_account", wanted)
        talk.say("accounts.none" if not wanted else "accounts.not_served", platform=label)
        return None
    if len(known) == 1:
        return known[0]
    chips = tuple(_chip(talk, draft, one) for one in known)
    return Need("platform", "platform", {}, chips)


def _chip(talk: Talk, draft: Draft, platform: str) -> Button:
    label = talk.voice.label("channel_account", platform)
    return Button(label, "draft.pick", {"t": draft.token, "slot": "platform", "id": platform})


@after(ConnectAccount)
def account_connectable(talk: Talk, command: ConnectAccount, result: Result, draft: Draft | None) -> None:
    """How to get there, in one press where the platform has links."""
    assert isinstance(result.view, InviteView)
    talk.say("accounts.own", way=_way(talk, result.view), platform=talk.voice.label("channel_account", command.channel))


@after(InvitePerson)
def colleague_invited(talk: Talk, command: InvitePerson, result: Result, draft: Draft | None) -> None:
    """To be passed on, in a message of its own."""
    assert isinstance(result.view, InviteView)
    talk.say("accounts.invited", name=result.view.person_name)
    talk.tell(_way(talk, result.view))


def _way(talk: Talk, view: InviteView) -> str:
    served: list[ConnectableView] = talk.ask(Connectable())
    names = [one.named for one in served if one.channel == view.channel and one.named]
    if view.channel == "telegram" and names:
        return f"https://t.me/{names[0]}?start={view.token}"
    return talk.voice.say(f"accounts.way_{view.channel}", token=view.token)


def _show(talk: Talk) -> None:
    talk.show(accounts_card(talk.voice, talk.ask(MyAccounts()), talk.chat))


@verb("account.list")
def press_list(talk: Talk, params: dict[str, Any]) -> None:
    """As they are now."""
    _show(talk)


@verb("account.prefer")
def press_prefer(talk: Talk, params: dict[str, Any]) -> None:
    """What he must know goes there."""
    perform(talk, PreferAccount(identity_id=str(params["id"])))


@after(PreferAccount)
def preferred(talk: Talk, command: PreferAccount, result: Result, draft: Draft | None) -> None:
    """The list as it is now says it best."""
    _show(talk)


@verb("account.unbind")
def press_unbind(talk: Talk, params: dict[str, Any]) -> None:
    """Asked once more."""
    mine: list[AccountView] = talk.ask(MyAccounts())
    one = next((account for account in mine if account.id and account.id == params["id"]), None)
    if one is None:
        raise NotFound(resource="person")
    talk.show(unbind_card(talk.voice, one))


@verb("account.unbind_yes")
def press_unbind_yes(talk: Talk, params: dict[str, Any]) -> None:
    """Done."""
    perform(talk, UnbindAccount(identity_id=str(params["id"]), chat=talk.chat))


@after(UnbindAccount)
def unbound(talk: Talk, command: UnbindAccount, result: Result, draft: Draft | None) -> None:
    """Said here once; the place that was given up and another one hear of it too."""
    talk.say("accounts.unbound")
