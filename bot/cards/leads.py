"""Cards about leads: the new lead, nudges and escalations, offers, lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards.base import DANGER, PRIMARY, Easel, button, heading, instead_of, joined, lines, out, pushed
from bot.ports import Button, Card, Outbound, Style
from bot.texts import Voice
from crm_core.kernel.access import Actor
from crm_core.leads.messages import LeadCard, LeadView

UNWORKED = ("new",)
CLOSED = ("lost", "dropped", "won")
MANAGERS = ("manager", "admin")


@pushed("lead", "lead_touched", "lead_moved", "lead_pool", subject="lead")
def lead(easel: Easel, lead_id: str, params: dict[str, Any]) -> Outbound:
    """The lead as it is now; `params` may name the kind of nudge it came with."""
    view: LeadView = easel.ask(LeadCard(lead_id=lead_id))
    return out(lead_card(easel.voice, view, easel.actor, kind=params.get("kind", "lead"), params=params))


@pushed("lead_offer", "offer")
def offer(easel: Easel, lead_id: str, params: dict[str, Any]) -> Outbound:
    """A lead anybody on the team may take; only the first press gets it."""
    view: LeadView = easel.ask(LeadCard(lead_id=lead_id))
    voice = easel.voice
    takeable = view.offered or view.owner_id is None
    buttons = (button(voice, "take", "lead.take", PRIMARY, lead=view.id),) if takeable else ()
    status = None if takeable else voice.say("status.taken", owner=view.owner_name)
    return out(Card("offer", heading(voice, "lead_offer", "card.offer", name=view.name), _fields(voice, view),
                    buttons, status, subject=f"lead:{view.id}"))  # fmt: skip


def lead_card(
    voice: Voice, view: LeadView, actor: Actor, *, kind: str = "lead", params: dict[str, Any] | None = None,
    extra: tuple[Button, ...] = (), title: str = "",
) -> Card:  # fmt: skip
    """One lead. Buttons are those its owner can still use; a moved or closed lead says so instead."""
    plain = voice.plain({"name": view.name, **(params or {})})
    said = voice.maybe(f"push.{kind}.text", **plain)
    return Card(
        kind=kind,
        title=title or heading(voice, kind, "card.lead", **plain),
        fields=_fields(voice, view),
        buttons=_buttons(voice, view, actor) + extra,
        status=_status(voice, view, actor),
        tone=_tone(view, actor),
        note=joined(said, _why(voice, view), by="\n") or None,
        subject=f"lead:{view.id}",
    )


def _fields(voice: Voice, view: LeadView) -> tuple[Any, ...]:
    return lines(
        voice,
        ("customer", joined(view.name, view.ref)),
        ("phone", view.phone if view.phone_ok or not view.phone else voice.say("lead.odd_phone", phone=view.phone)),
        ("interest", view.vehicle),
        ("source", joined(voice.label("source", view.source), view.city)),
        ("message", _message(view)),
        ("level", view.level),
        ("touches", voice.say("lead.touches", n=view.touches) if view.touches > 1 else ""),
        ("first_call", voice.when(view.first_call_due) if view.state in UNWORKED else ""),
        ("outcome", voice.label("outcome", view.outcome)),
        ("for", instead_of(voice, view.for_name)),
    )


def _message(view: LeadView) -> str:
    """What was said: not a typed line that is in the other fields already, nor what a masked phone hides."""
    return "" if "*" in view.phone or (view.phone and view.phone in view.message) else view.message


def _why(voice: Voice, view: LeadView) -> str:
    """Why it has this owner: the reason, and the policy's rule that decided by its name."""
    if not view.rule:
        return ""
    said = voice.maybe(f"lead.why_{view.rule}") or view.reason
    source, _, name = view.rule.rpartition(": ")
    if not said:
        return voice.say("lead.why_rule", rule=name)
    return voice.say("lead.why", rule=name, reason=said) if source else voice.say("lead.why_own", reason=said)


def _buttons(voice: Voice, view: LeadView, actor: Actor) -> tuple[Button, ...]:
    if view.state in CLOSED:
        return ()
    if view.owner_id != actor.id:
        return _others_buttons(voice, view, actor)
    first = (button(voice, "contacted", "lead.contacted", PRIMARY, lead=view.id),) if view.state in UNWORKED else ()
    return (
        *first,
        button(voice, "reschedule", "lead.reschedule", lead=view.id),
        button(voice, "reassign", "lead.reassign", lead=view.id),
        button(voice, "lost", "lead.lost", DANGER, lead=view.id),
    )


def _others_buttons(voice: Voice, view: LeadView, actor: Actor) -> tuple[Button, ...]:
    """Somebody else's lead: anybody may take what is on offer, a manager may hand it on."""
    on_offer = view.owner_id is None or view.offered
    take = (button(voice, "take", "lead.take", PRIMARY, lead=view.id),) if on_offer else ()
    hand_on = (button(voice, "reassign", "lead.reassign", lead=view.id),) if actor.role in MANAGERS else ()
    return take + hand_on


def _status(voice: Voice, view: LeadView, actor: Actor) -> str | None:
    if view.state in CLOSED:
        return voice.label("state", view.state)
    if view.owner_id != actor.id and view.owner_name:
        return voice.say("status.owner", owner=view.owner_name)
    if view.state not in UNWORKED:
        return joined(voice.label("state", view.state), voice.label("outcome", view.outcome))
    return None


def _tone(view: LeadView, actor: Actor) -> str | None:
    if view.state in CLOSED:
        return "done"
    return "good" if view.state not in UNWORKED and view.owner_id == actor.id else None


def outcome_card(voice: Voice, view: LeadView, first: str, token: str) -> Card:
    """After 已联系: how did it go, in one more press or a sentence. `first` is the undo of that press.

    It is about the question, not the lead: answered, it keeps the answer as its status.
    """
    buttons = tuple(
        button(voice, f"outcome_{key}", "lead.outcome", PRIMARY if key == "interested" else Style.DEFAULT,
               lead=view.id, outcome=key, first=first, t=token)
        for key in ("interested", "later", "no_answer", "not_interested")
    )  # fmt: skip
    return Card("outcome", voice.say("card.outcome", name=view.name), buttons=buttons,
                note=voice.say("lead.outcome_hint"))  # fmt: skip


def lead_list(voice: Voice, views: Sequence[LeadView], title: str) -> Card:
    """The actor's leads, one line each."""
    fields = tuple(
        line
        for view in views
        for line in lines(voice, (f"{view.name or view.phone}", _line(voice, view)))
    )  # fmt: skip
    buttons = tuple(
        Button(voice.say("button.open", name=view.name or view.ref), "lead.open", {"lead": view.id})
        for view in views[:4]
    )
    return Card("leads", title, fields, buttons)


def _line(voice: Voice, view: LeadView) -> str:
    level = voice.say("lead.level", level=view.level) if view.level else ""
    return joined(view.vehicle, level, voice.label("stage", view.stage) or voice.label("state", view.state))

