"""Cards about follow-ups: nudges, birthdays, greetings, missed ones."""

from __future__ import annotations

from typing import Any

from bot.cards.base import PRIMARY, Easel, button, heading, joined, lines, out, pushed
from bot.cards.leads import lead_card
from bot.ports import Button, Card, Outbound
from bot.texts import Voice
from crm_core.followups.messages import FollowupCard, FollowupView
from crm_core.leads.messages import LeadCard, LeadView

OPEN = ("open", "running", "active", "pending", "missed")
FEELINGS = (("satisfied", 5), ("so_so", 3), ("dissatisfied", 1))


@pushed("followup_remind", "followup_escalated", "followup_missed", "birthday", "followup", subject="followup")
def followup(easel: Easel, followup_id: str, params: dict[str, Any]) -> Outbound:
    """The follow-up as it stands; the nudge for a first call is the lead's own card."""
    kind = params.get("kind", "followup")
    view: FollowupView = easel.ask(FollowupCard(followup_id=followup_id))
    concept, _, record_id = (params.get("record") or view.subject).partition(":")
    if concept == "lead":
        lead: LeadView = easel.ask(LeadCard(lead_id=record_id))
        title = _heading(easel.voice, view, kind, params)
        card = lead_card(easel.voice, lead, easel.actor, kind=kind, params={}, title=title)
        return out(_with_note(card, easel.voice, view, params))
    return out(followup_card(easel.voice, view, kind, params))


@pushed("greeting")
def greeting(easel: Easel, followup_id: str, params: dict[str, Any]) -> Outbound:
    """The greeting itself, in the customer's own chat."""
    return Outbound(text=str(params.get("text", "")))


def _heading(voice: Voice, view: FollowupView, kind: str, params: dict[str, Any]) -> str:
    plain = {"name": view.customer_name, "owner": params.get("owner_name") or view.owner_name, "title": view.title}
    sop = view.sop.split("@")[0]
    return (voice.maybe(f"push.{kind}.{sop}", **plain) or voice.maybe(f"push.{kind}.title", **plain)
            or heading(voice, f"sop_{sop}", "card.followup", **plain))  # fmt: skip


def _said(voice: Voice, params: dict[str, Any]) -> str:
    """The text of the cadence's step, in the viewer's language."""
    text = params.get("text")
    return str(text.get(voice.lang) or text.get("zh") or "") if isinstance(text, dict) else str(text or "")


def _with_note(card: Card, voice: Voice, view: FollowupView, params: dict[str, Any]) -> Card:
    note = joined(_said(voice, params), card.note, by="\n") or None
    return Card(card.kind, card.title, card.fields, card.buttons, card.status, card.tone, note,
                subject=f"followup:{view.id}")  # fmt: skip


def followup_card(voice: Voice, view: FollowupView, kind: str, params: dict[str, Any]) -> Card:
    """One follow-up."""
    open_now = view.state in OPEN
    greeted = voice.maybe(f"birthday.{params.get('greeting', '')}")
    return Card(
        kind=kind,
        title=_heading(voice, view, kind, params),
        fields=lines(
            voice,
            ("customer", view.customer_name),
            ("what", view.title if kind != "birthday" else ""),
            ("due", voice.when(view.due_at) if open_now else ""),
            ("owner", view.owner_name),
            ("greeting", view.text if kind == "birthday" else ""),
            ("answer", view.answer),
        ),
        buttons=_buttons(voice, view, kind, params) if open_now else (),
        status=None if open_now else voice.label("state", view.state),
        tone={"done": "good", "missed": "bad"}.get(view.state),
        note=joined(_said(voice, params), greeted, by="\n") or None,
        subject=f"followup:{view.id}",
    )


def _buttons(voice: Voice, view: FollowupView, kind: str, params: dict[str, Any]) -> tuple[Button, ...]:
    if "birthday" in view.sop:
        may_greet = params.get("greeting", "ask") == "ask"
        greet = (button(voice, "greet", "followup.greet", PRIMARY, followup=view.id),) if may_greet else ()
        return (*greet, button(voice, "done", "followup.done", followup=view.id))
    if "test_drive" in view.sop:
        return tuple(button(voice, key, "followup.feeling", followup=view.id, score=score) for key, score in FEELINGS)
    return (
        button(voice, "done", "followup.done", PRIMARY, followup=view.id),
        button(voice, "hour_later", "followup.snooze", followup=view.id, to="hour"),
        button(voice, "tomorrow", "followup.snooze", followup=view.id, to="tomorrow"),
    )
