"""Cards of the service desk: who waits for a person, and how a conversation was."""

from __future__ import annotations

from typing import Any

from bot.cards.base import PRIMARY, Easel, button, heading, lines, out, pushed
from bot.ports import Card, Outbound
from crm_core.servicedesk.messages import RatingAsked, ServiceCall, ServiceCallView, ServiceRatingOf

SCORES = ((3, "good"), (2, "fair"), (1, "bad"))


@pushed("desk_call", "desk_missed", "desk_held", "desk_bad_rating", subject="service")
def service_call(easel: Easel, session_id: str, params: dict[str, Any]) -> Outbound:
    """A customer at the desk, for the colleague who looks after him."""
    view: ServiceCallView = easel.ask(ServiceCall(session_id=session_id))
    voice, kind = easel.voice, str(params.get("kind", "desk_call"))
    who = view.customer_name or voice.say("desk.somebody")
    card = Card(
        kind=kind,
        title=heading(voice, kind, "push.desk_call.title", name=who),
        fields=lines(voice, ("state", voice.say(f"desk.state_{view.state}")), ("servicer", view.servicer_name)),
        note=voice.maybe(f"push.{kind}.text") or None,
        subject=f"service:{session_id}",
        buttons=(button(voice, "open_record", "open", PRIMARY, subject=f"customer:{view.customer_id}"),
                 button(voice, "suggest", "suggest.show", customer=view.customer_id),
                 button(voice, "related", "related.show", customer=view.customer_id)) if view.customer_id else (),
    )  # fmt: skip
    return out(card)


@pushed("desk_rating")
def rating(easel: Easel, record_id: str, params: dict[str, Any]) -> Outbound:
    """The question after a conversation with a person."""
    asked: RatingAsked = easel.ask(ServiceRatingOf(session_id=params["session"], turn=params["turn"]))
    voice = easel.voice
    buttons = tuple(
        button(voice, f"rate_{name}", "desk.rate", session=params["session"], turn=asked.turn, score=score)
        for score, name in SCORES
    )
    said = "desk.rate_named" if asked.colleague else "desk.rate"
    return out(Card("desk_rating", voice.say(said, name=asked.colleague), buttons=buttons))
