"""Cards about rights: what a colleague holds, a change that waits for a second person, what is shared, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards.base import DANGER, PRIMARY, Easel, button, lines, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.rights.messages import (
    AccessView,
    GrantRequestCard,
    GrantRequestView,
    GrantsView,
    HeldRole,
    SharedWithMe,
    ShareView,
)
from crm_core.rights.rules import shown


@pushed("grants_ask", "grants_told", subject="grants_request")
def request(easel: Easel, request_id: str, params: dict[str, Any]) -> Outbound:
    """A request as it stands, for whoever looks at it."""
    return out(request_card(easel.voice, easel.ask(GrantRequestCard(request_id=request_id))))


@pushed("shared", subject="share")
def shared(easel: Easel, share_id: str, params: dict[str, Any]) -> Outbound:
    """What a colleague shared, with a button that opens it; once it is over, that it is."""
    found: list[ShareView] = easel.ask(SharedWithMe())
    view = next((one for one in found if one.id == share_id), None)
    if view is None:
        return out(Card("share", easel.voice.say("share.over"), subject=f"share:{share_id}", tone="done"))
    card = Card("share", easel.voice.say("share.told", by=view.by_name, name=view.title),
                fields=_terms(easel.voice, view), buttons=(_open(easel.voice, view),),
                subject=f"share:{share_id}")  # fmt: skip
    return out(card)


def _open(voice: Voice, view: ShareView) -> Button:
    return Button(voice.say("button.open", name=view.title)[:40], "open", {"subject": f"{view.kind}:{view.record_id}"})


def _terms(voice: Voice, view: ShareView) -> tuple[Field, ...]:
    until = voice.until(view.until) if view.until is not None else voice.say("share.no_end")
    return lines(voice, ("share_level", voice.label("share_level", view.level)), ("until", until))


def share_card(voice: Voice, view: ShareView, extra: tuple[Button, ...]) -> Card:
    """What was shared just now, with whom and how far."""
    title = voice.say("share.done", name=view.title, to=view.grantee_name)
    return Card("share", title, fields=_terms(voice, view), buttons=extra, tone="good", subject=f"share:{view.id}")


def shares_card(voice: Voice, found: Sequence[ShareView], title: str, *, mine: bool) -> Card:
    """With whom something is shared, or what is shared with the viewer; each can be ended or opened."""
    fields, buttons = [], []
    for view in found[:8]:
        until = voice.say("share.until", when=voice.until(view.until)) if view.until else ""
        said = " · ".join(filter(None, (voice.label("share_level", view.level), until, view.by_name if mine else "")))
        fields.append(Field(view.title if mine else view.grantee_name, said))
        label = voice.say("button.end_share", name=view.grantee_name)
        buttons.append(_open(voice, view) if mine else Button(label, "share.end", {"share": view.id}))
    return Card("shares", title, fields=tuple(fields), buttons=tuple(buttons[:6]))


def grants_card(voice: Voice, view: GrantsView, extra: tuple[Button, ...] = (), title: str = "") -> Card:
    """Roles with where and until when they hold."""
    fields = tuple(Field(voice.label("role", one.role), _held(voice, one)) for one in view.held)
    note = None if fields else voice.say("grants.none", name=view.name)
    return Card("grants", title or voice.say("grants.of", name=view.name), fields=fields, buttons=extra, note=note,
                status=voice.say("grants.waits") if view.request_id else None)  # fmt: skip


def _held(voice: Voice, one: HeldRole) -> str:
    since = voice.say("grants.since", when=voice.when(one.valid_from)) if one.valid_from else ""
    until = voice.say("grants.until", when=voice.until(one.until)) if one.until else ""
    return " · ".join(filter(None, (one.unit_name or one.unit, since, until)))


def request_card(voice: Voice, view: GrantRequestView) -> Card:
    """Before → after for a second person, and what came of it."""
    names = {"name": view.name, "who": view.decider_name}
    after, before = voice.value("roles", shown(view.after)), voice.value("roles", shown(view.before))
    waits = view.state == "pending"
    return Card(
        kind="grants_request",
        title=voice.say(f"grants.title_{view.state}", **names),
        fields=(Field(voice.label("field", "roles"), after, was=before if waits else None, emph=True),
                *lines(voice, ("asked_by", view.asker_name if waits else ""))),
        buttons=_buttons(voice, view),
        status=voice.maybe(f"grants.status_{view.state}", **names) or None,
        tone={"done": "good", "rejected": "bad"}.get(view.state),
        note=voice.say("grants.second") if view.may_decide else None,
        subject=f"grants_request:{view.id}",
    )  # fmt: skip


def _buttons(voice: Voice, view: GrantRequestView) -> tuple[Button, ...]:
    if view.may_decide:
        return (button(voice, "grants_yes", "grants.approve", PRIMARY, request=view.id),
                button(voice, "grants_no", "grants.reject", DANGER, request=view.id))  # fmt: skip
    return (button(voice, "withdraw", "grants.withdraw", request=view.id),) if view.may_withdraw else ()


def why_text(voice: Voice, view: AccessView) -> str:
    """One sentence: which rule, whose share or leave; or that there is none."""
    names = {"name": view.name, "what": view.title, "role": voice.label("role", view.role), "unit": view.unit_name,
             "by": view.by_name}  # fmt: skip
    if not view.allowed:
        roles = voice.say("done.joint").join(voice.label("role", one) for one in view.roles)
        return voice.say("access.no_rule", roles=roles or voice.say("common.none"), **names)
    if view.by_name and view.scope == "own":
        return voice.say("access.stands_in", **names)
    until = voice.say("share.until", when=voice.until(view.until)) if view.until else ""
    return voice.say(f"access.scope_{view.scope}", until=until, **names)
