"""Cards about personal data: requests that need a second person, reasons to see a number, and consents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from bot.cards.base import DANGER, PRIMARY, Easel, button, joined, lines, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.privacy.messages import (
    ConsentLine,
    PrivacyRequestCard,
    PrivacyRequestView,
    Reason,
    Revealed,
)


@pushed("privacy_ask", "privacy_told", subject="privacy")
def privacy(easel: Easel, request_id: str, params: dict[str, Any]) -> Outbound:
    """A request as it stands, for whoever looks at it."""
    view: PrivacyRequestView = easel.ask(PrivacyRequestCard(request_id=request_id))
    return out(request_card(easel.voice, view))


def request_card(voice: Voice, view: PrivacyRequestView) -> Card:
    """Who asks for what, how much of each it is about, and what the viewer may do about it."""
    names = {"name": view.customer_name, "asker": view.asker_name, "n": view.count,
             "who": view.decider_name or view.confirmer_name}  # fmt: skip
    open_now = view.state == "pending"
    counts = tuple(Field(voice.label("field", kind), str(number)) for kind, number in view.counts.items())
    return Card(
        kind=f"privacy_{view.kind}",
        title=voice.say(f"privacy.{view.kind}.title_{view.state}", **names),
        fields=(
            *lines(voice, ("customers", str(view.count) if view.kind == "customer_list" else "")),
            *counts,
            *lines(voice, ("kept_by_law", voice.say("privacy.kept", n=view.kept) if view.kept else ""),
                   ("reason", view.reason), ("asked_by", view.asker_name if open_now else ""),
                   ("file", _file(voice, view))),
        ),
        buttons=_buttons(voice, view),
        status=voice.say(f"privacy.status_{view.state}", **names),
        tone={"done": "good", "rejected": "bad"}.get(view.state),
        note=voice.say(f"privacy.{view.kind}.note") if view.may_decide else None,
        subject=f"privacy:{view.id}",
    )  # fmt: skip


def _file(voice: Voice, view: PrivacyRequestView) -> str:
    if not view.file_id:
        return ""
    return voice.say("privacy.file", path=f"/media/{view.file_id}", until=voice.when(view.expires_at))


def _buttons(voice: Voice, view: PrivacyRequestView) -> tuple[Button, ...]:
    if view.may_decide:
        yes = "erase_now" if view.kind == "erase" else "agree"
        return (button(voice, yes, "privacy.approve", DANGER, request=view.id),
                button(voice, "disagree", "privacy.reject", PRIMARY, request=view.id))  # fmt: skip
    if view.may_withdraw:
        return (button(voice, "withdraw", "privacy.withdraw", request=view.id),)
    return ()


def reasons(voice: Voice, customer_id: str, field: str) -> tuple[Button, ...]:
    """Why somebody wants to see it; pressing one shows it."""
    return tuple(
        Button(voice.say(f"reveal.reason.{reason}"), "reveal.show",
               {"customer": customer_id, "field": field, "reason": reason})
        for reason in get_args(Reason)
    )  # fmt: skip


def revealed_card(voice: Voice, view: Revealed) -> Card:
    """What was masked, and how often more today."""
    label = {"phone": "phone", "vin": "vin", "plate": "plate"}[view.field]
    found = " / ".join(view.values) or voice.say("reveal.none")
    return Card("revealed", voice.say("reveal.title", name=view.customer_name), lines(voice, (label, found)),
                note=voice.say("reveal.left", n=view.left))  # fmt: skip


@pushed("reveal_limit")
def reveal_limit(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """For those responsible: somebody looked at as many numbers as a day allows."""
    return Outbound(text=easel.voice.say("push.reveal_limit.text", name=str(params["name"]), n=int(params["n"])))


@pushed("decoy_opened")
def decoy_opened(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """For those responsible: somebody opened a customer who does not exist."""
    how = easel.voice.say(f"push.decoy_opened.{params['what']}")
    return Outbound(text=easel.voice.say("push.decoy_opened.text", name=str(params["name"]), how=how))


def consents_card(voice: Voice, name: str, found: Sequence[ConsentLine]) -> Card:
    """What he agreed to and took back, newest first: when, where, to which wording, and who wrote it down."""
    fields = tuple(Field(voice.when(one.at), _consent(voice, one)) for one in found)
    return Card("consents", voice.say("privacy.consents", name=name), fields)


def _consent(voice: Voice, one: ConsentLine) -> str:
    said = voice.say("privacy.granted" if one.granted else "privacy.taken_back",
                     purpose=voice.maybe(f"privacy.purpose.{one.purpose}") or one.purpose)  # fmt: skip
    by = voice.say("privacy.himself") if one.by_customer else one.by_name
    version = voice.say("privacy.version", version=one.text_version) if one.text_version else ""
    return joined(said, by, voice.maybe(f"label.channel.{one.channel}"), version)
