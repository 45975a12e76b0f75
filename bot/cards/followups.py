"""Cards about follow-ups: nudges, birthdays, greetings, missed ones."""

from __future__ import annotations

from typing import Any

from bot.cards.base import PRIMARY, Easel, button, heading, instead_of, joined, lines, out, pushed
from bot.cards.deals import stage_line
from bot.cards.leads import lead_card
from bot.ports import Button, Card, Outbound
from bot.texts import Voice
from crm_core.deals.messages import DealCard, DealView
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
    lead = _lead_to_call(easel, view, concept, record_id)
    if lead is not None:
        title = _heading(easel.voice, view, kind, params)
        card = lead_card(easel.voice, lead, easel.actor, kind=kind, params={}, title=title)
        return out(_with_note(card, easel.voice, view, params))
    deal: DealView | None = easel.ask(DealCard(deal_id=record_id)) if concept == "deal" else None
    return out(followup_card(easel.voice, view, kind, params, deal))


def _lead_to_call(easel: Easel, view: FollowupView, concept: str, record_id: str) -> LeadView | None:
    """The lead whose own card says it best: what runs about it, or a first contact that was not made yet."""
    if concept == "lead":
        found: LeadView = easel.ask(LeadCard(lead_id=record_id))
        return found
    if view.sop != "first_contact" or view.lead_id is None:
        return None
    lead: LeadView = easel.ask(LeadCard(lead_id=view.lead_id))
    return lead if lead.state in ("new", "pool") else None


@pushed("greeting")
def greeting(easel: Easel, followup_id: str, params: dict[str, Any]) -> Outbound:
    """The greeting itself, in the customer's own chat, with a way to get no more of them."""
    voice = easel.voice
    stop = button(voice, "stop_messages", "consent.stop")
    return out(Card("greeting", str(params.get("text", "")), buttons=(stop,), note=voice.say("consent.hint")))


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


def followup_card(
    voice: Voice, view: FollowupView, kind: str, params: dict[str, Any], deal: DealView | None = None
) -> Card:
    """One follow-up, with where its deal stands."""
    open_now = view.state in OPEN
    greeted = voice.maybe(f"birthday.{params.get('greeting', '')}")
    return Card(
        kind=kind,
        title=_heading(voice, view, kind, params),
        fields=lines(
            voice,
            ("customer", view.customer_name),
            ("what", view.title if kind != "birthday" else ""),
            ("deal", deal.interest if deal else ""),
            ("stage", stage_line(voice, deal) if deal else ""),
            ("level", deal.level if deal else ""),
            ("due", voice.when(view.snoozed_until or view.due_at) if open_now and not view.muted else ""),
            ("owner", view.owner_name),
            ("for", instead_of(voice, view.for_name)),
            ("answer", view.answer),
        ),
        buttons=_buttons(voice, view, kind, params) if open_now else (),
        status=_status(voice, view, open_now),
        tone={"done": "good", "missed": "bad"}.get(view.state),
        note=joined(_said(voice, params), greeted, by="\n") or None,
        subject=f"followup:{view.id}",
    )


def _status(voice: Voice, view: FollowupView, open_now: bool) -> str | None:
    if not open_now or view.state == "missed":
        return voice.label("state", view.state)
    return voice.say("status.muted") if view.muted else None


def _buttons(voice: Voice, view: FollowupView, kind: str, params: dict[str, Any]) -> tuple[Button, ...]:
    if "birthday" in view.sop:
        may_greet = params.get("greeting", "ask") == "ask"
        greet = (button(voice, "greet", "followup.greet", PRIMARY, followup=view.id),) if may_greet else ()
        return (*greet, button(voice, "done", "followup.done", followup=view.id))
    if view.ask == "satisfaction":
        return tuple(button(voice, key, "followup.feeling", followup=view.id, score=score) for key, score in FEELINGS)
    done = button(voice, "done", "followup.done", PRIMARY, followup=view.id)
    if view.state == "missed":
        return (done,)
    return (
        done,
        button(voice, "hour_later", "followup.snooze", followup=view.id, to="hour"),
        button(voice, "tomorrow", "followup.snooze", followup=view.id, to="tomorrow"),
        *(() if view.muted else (button(voice, "mute", "followup.mute", followup=view.id),)),
    )
