"""Rights in words: 把张伟共享给小李, 让小李当经理到周五, 小李为什么看不到张伟; share, give a role, why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.cards.rights import grants_card, request_card, share_card, shares_card, why_text
from bot.conversation.gate import Act, Need, Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.people import colleague, customer
from bot.conversation.presses import verb
from bot.conversation.slots import read_when
from bot.conversation.talk import Talk
from bot.ports import Button
from crm_core.kernel.errors import Invalid, NotFound, Refused
from crm_core.kernel.registry import Result
from crm_core.org.messages import PersonView
from crm_core.rights.messages import (
    AccessView,
    ChangeGrants,
    DecideGrants,
    EndShare,
    ExplainAccess,
    GrantRequestView,
    GrantsOf,
    GrantsView,
    Level,
    RestoreGrants,
    SharedWithMe,
    ShareRecord,
    SharesOf,
    ShareView,
    WithdrawGrants,
)

LONG = timedelta(hours=20)


@skill("share_record", tier=Tier.CONFIRM)
def share_record(talk: Talk, draft: Draft) -> Step:
    """Which customer, with whom, until when; to look at unless working together was said."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    person = colleague(talk, draft, role="")
    if isinstance(person, Need):
        return person
    level: Level = "write" if draft.text("choice") == "write" else "read"
    command = ShareRecord(kind="customer", record_id=who, grantee_id=person.id, level=level, until=_until(talk, draft))
    return Act(command, talk.voice.say("share.confirm", name=_named(talk, draft), to=person.name),
               words={"until": draft.words("period"), "shared_with": draft.words("person_to")})  # fmt: skip


def _named(talk: Talk, draft: Draft) -> str:
    return talk.memory.focus_name(talk.now) or draft.text("person")


def _until(talk: Talk, draft: Draft) -> datetime | None:
    """The end that was said: a day counts whole. Raises Invalid for words that are no time."""
    if not draft.text("period"):
        return None
    when = read_when(draft.value("period"), talk.actor.zone)
    if when is None:
        raise Invalid("until")
    zone = ZoneInfo(talk.actor.zone)
    end = when.end or when.start or talk.now
    local = end.astimezone(zone)
    if when.end is not None or (local.hour, local.minute) != (0, 0):
        return end
    return (datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), zone)).astimezone(UTC)


@after(ShareRecord)
def record_shared(talk: Talk, command: ShareRecord, result: Result, draft: Draft | None) -> None:
    """What is shared now, and a way back."""
    talk.show(share_card(talk.voice, result.view, talk.take_back(result.undo_id)))


@skill("unshare_record", tier=Tier.CONFIRM)
def unshare_record(talk: Talk, draft: Draft) -> Step:
    """The one share that is meant; several become a card with a button each."""
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    found: list[ShareView] = talk.ask(SharesOf(kind="customer", record_id=who))
    person = colleague(talk, draft, role="") if draft.text("person_to") else None
    if isinstance(person, Need):
        return person
    meant = [view for view in found if person is None or view.grantee_id == person.id]
    if len(meant) == 1:
        title = talk.voice.say("share.confirm_end", name=meant[0].title, to=meant[0].grantee_name)
        return Act(EndShare(share_id=meant[0].id, version=meant[0].version), title)
    if meant:
        talk.show(shares_card(talk.voice, meant, talk.voice.say("share.which", name=_named(talk, draft)), mine=False))
    else:
        talk.say("share.nobody", name=_named(talk, draft))
    return None


@verb("share.end")
def press_end(talk: Talk, params: dict[str, Any]) -> None:
    """Taken back with one press; it can be undone."""
    perform(talk, EndShare(share_id=str(params["share"])))


@after(EndShare)
def share_ended(talk: Talk, command: EndShare, result: Result, draft: Draft | None) -> None:
    """Nobody but those whose it is sees it from now on."""
    view: ShareView = result.view
    talk.say("share.ended", *talk.take_back(result.undo_id), to=view.grantee_name, name=view.title)


@skill("ask_shares")
def ask_shares(talk: Talk, draft: Draft) -> Step:
    """With whom a customer is shared; without a name, what is shared with oneself."""
    if not draft.text("person"):
        mine: list[ShareView] = talk.ask(SharedWithMe())
        if not mine:
            talk.say("share.none_mine")
        else:
            talk.show(shares_card(talk.voice, mine, talk.voice.say("share.mine", n=len(mine)), mine=True))
        return None
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        return who or Need("person")
    found: list[ShareView] = talk.ask(SharesOf(kind="customer", record_id=who))
    if not found:
        talk.say("share.nobody", name=_named(talk, draft))
    else:
        talk.show(shares_card(talk.voice, found, talk.voice.say("share.list", name=_named(talk, draft)), mine=False))
    return None


@skill("change_grants", tier=Tier.CONFIRM)
def change_grants(talk: Talk, draft: Draft) -> Step:
    """Give a role (or a bundle of them), end one, or put one in the place of what he has."""
    if not talk.core.access.may(talk.actor, "grant", "ask"):
        raise Refused("error.not_allowed")
    person = colleague(talk, draft, "person", role="")
    if isinstance(person, Need):
        return person
    role = draft.text("role")
    if not role:
        return Need("role", "role", {"name": person.name}, _role_chips(talk, draft))
    command = _change(talk, draft, person, role)
    return Act(command, talk.voice.say("grants.confirm", name=person.name), words={"roles": draft.words("role")})


def _role_chips(talk: Talk, draft: Draft) -> tuple[Button, ...]:
    offered = ("rep", "manager", "service", "tech", "warehouse", "finance")
    return tuple(Button(talk.voice.label("role", one), "draft.pick", {"t": draft.token, "slot": "role", "value": one})
                 for one in offered)  # fmt: skip


def _change(talk: Talk, draft: Draft, person: PersonView, role: str) -> ChangeGrants:
    how = draft.text("choice")
    if how == "end":
        return ChangeGrants(person_id=person.id, end=(role,))
    given = talk.core.access.profiles.get(role, (role,))
    ended: tuple[str, ...] = ()
    if how == "replace":
        view: GrantsView = talk.ask(GrantsOf(person_id=person.id))
        ended = tuple(dict.fromkeys(one.role for one in view.held if one.role not in given))
    return ChangeGrants(person_id=person.id, give=given, end=ended, until=_until(talk, draft))


@after(ChangeGrants)
@after(RestoreGrants)
def grants_changed(talk: Talk, command: object, result: Result, draft: Draft | None) -> None:
    """What he holds now; or that a second person was asked."""
    if isinstance(result.view, GrantRequestView):
        talk.show(request_card(talk.voice, result.view))
        return
    view: GrantsView = result.view
    title = talk.voice.say("grants.changed", name=view.name)
    talk.show(grants_card(talk.voice, view, talk.take_back(result.undo_id), title))


@verb("grants.approve", "grants.reject")
def press_decision(talk: Talk, params: dict[str, Any]) -> None:
    """The second person's word."""
    decision: Literal["approve", "reject"] = "reject" if params["verb"].endswith("reject") else "approve"
    perform(talk, DecideGrants(request_id=str(params["request"]), decision=decision))


@verb("grants.withdraw")
def press_withdraw(talk: Talk, params: dict[str, Any]) -> None:
    """Not needed after all."""
    perform(talk, WithdrawGrants(request_id=str(params["request"])))


@after(DecideGrants)
@after(WithdrawGrants)
def grants_decided(talk: Talk, command: object, result: Result, draft: Draft | None) -> None:
    """One line; the card above changes in place."""
    view: GrantRequestView = result.view
    talk.say(f"grants.told_{view.state}", name=view.name)


@skill("ask_grants")
def ask_grants(talk: Talk, draft: Draft) -> Step:
    """One's own roles, or a colleague's for whoever may know them."""
    person_id = talk.actor.id
    if draft.text("person") and draft.text("person") not in ("我", "me", talk.actor.name):
        person = colleague(talk, draft, "person", role="")
        if isinstance(person, Need):
            return person
        person_id = person.id
    try:
        view: GrantsView = talk.ask(GrantsOf(person_id=person_id))
    except NotFound:
        talk.say("grants.not_yours")
        return None
    talk.show(grants_card(talk.voice, view))
    return None


@skill("ask_access")
def ask_access(talk: Talk, draft: Draft) -> Step:
    """Why somebody sees a customer or not. About what the asker may not see himself nothing is said but how it works."""
    person = colleague(talk, draft, role="") if draft.text("person_to") else None
    if isinstance(person, Need):
        return person
    who = customer(talk, draft)
    if isinstance(who, Need) or who is None:
        talk.say("access.not_seen")
        return None
    try:
        asked_about = person.id if person is not None else talk.actor.id
        view: AccessView = talk.ask(ExplainAccess(person_id=asked_about, kind="customer", record_id=who))
    except NotFound:
        talk.say("access.not_seen" if person is None else "grants.not_yours")
        return None
    talk.tell(why_text(talk.voice, view))
    return None
