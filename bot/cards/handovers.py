"""Cards about hand-overs: the question to a second person, what came of it, and what the new owner does first."""

from __future__ import annotations

from typing import Any

from bot.cards.absences import work_fields
from bot.cards.base import DANGER, PRIMARY, Easel, button, lines, out, pushed
from bot.ports import Button, Card, Field, Outbound
from bot.texts import Voice
from crm_core.handovers.messages import HandoverCard, HandoverView
from crm_core.kernel.access import Actor


@pushed("handover_ask", "handover_told", "handover_in", subject="handover")
def handover(easel: Easel, handover_id: str, params: dict[str, Any]) -> Outbound:
    """A hand-over as it stands, for whoever looks at it."""
    view: HandoverView = easel.ask(HandoverCard(handover_id=handover_id))
    return out(handover_card(easel.voice, view, easel.actor))


def handover_card(voice: Voice, view: HandoverView, actor: Actor) -> Card:
    """Who hands over to whom, how much of each, and what the viewer may do about it."""
    heir = actor.id == view.to_id and view.state == "done"
    fields = (
        *lines(voice, ("from", view.from_name), ("to", view.to_name)),
        *counted(voice, view.counts),
        *lines(voice, ("account", voice.say("handover.leaves") if view.leaving else ""), ("reason", view.reason),
               ("asked_by", view.asker_name if view.state == "pending" else "")),
    )  # fmt: skip
    urgent, opens = work_fields(voice, view.urgent, voice.say("handover.first"))
    names = {"leaver": view.from_name, "heir": view.to_name, "who": view.decider_name or view.confirmer_name,
             "n": view.back}  # fmt: skip
    title = "handover.title_yours" if heir else f"handover.title_{view.state}"
    return Card(
        kind="handover_all",
        title=voice.say(title, **names),
        fields=fields + urgent,
        buttons=(*_buttons(voice, view), *_below(opens, len(fields))),
        status=voice.maybe(f"handover.status_{view.state}", **names) or None,
        tone={"done": "good", "rejected": "bad"}.get(view.state),
        note=voice.say("handover.asked_note") if view.may_decide else None,
        subject=f"handover:{view.id}",
    )


def counted(voice: Voice, counts: dict[str, int]) -> tuple[Field, ...]:
    """How much of each kind."""
    return tuple(Field(voice.label("field", kind), str(number)) for kind, number in counts.items())


def _below(opens: tuple[Button, ...], above: int) -> tuple[Button, ...]:
    """Buttons of lines that stand below so many others."""
    return tuple(Button(b.label, b.verb, b.params, b.style, line=None if b.line is None else b.line + above)
                 for b in opens)  # fmt: skip


def _buttons(voice: Voice, view: HandoverView) -> tuple[Button, ...]:
    if view.may_decide:
        return (button(voice, "hand_over", "handover.approve", PRIMARY, handover=view.id),
                button(voice, "not_now", "handover.reject", DANGER, handover=view.id))  # fmt: skip
    if view.may_withdraw:
        return (button(voice, "withdraw", "handover.withdraw", handover=view.id),)
    if view.may_return:
        return (button(voice, "undo", "handover.return", handover=view.id),)
    return ()
