"""What a customer says of a conversation with a person."""

from __future__ import annotations

from typing import Any

from bot.conversation.gate import after, perform
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.kernel.registry import Result
from crm_core.servicedesk.messages import RateService


@verb("desk.rate")
def press_rating(talk: Talk, params: dict[str, Any]) -> None:
    """Pressed again with another word, that one counts."""
    perform(talk, RateService(session_id=str(params["session"]), turn=int(params["turn"]), score=params["score"]))


@after(RateService)
def rated(talk: Talk, command: RateService, result: Result, draft: Draft | None) -> None:
    """Thanks, and for a bad word that somebody looks into it."""
    talk.say("desk.sorry" if command.score == 1 else "desk.thanks")
