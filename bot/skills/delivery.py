"""How sending stands, and what is done about messages that did not arrive."""

from __future__ import annotations

from typing import Any

from bot.cards.base import Easel
from bot.cards.delivery import drawn, late_card, letter_card, status_card
from bot.conversation.gate import Step, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.delivery.messages import (
    DeadLetters,
    DeliveryReport,
    FoldedMessages,
    LetterView,
    ResendDelivery,
    ResumeDeliveries,
    SettleDeadTimers,
    SettledTimersView,
    SkipDelivery,
)  # fmt: skip
from crm_core.kernel.registry import Result

AT_ONCE = 5


@skill("delivery_status")
def delivery_status(talk: Talk, draft: Draft) -> Step:
    """The figures, and below them what did not arrive."""
    _show_status(talk)
    return None


@verb("delivery.status")
def press_status(talk: Talk, params: dict[str, Any]) -> None:
    """The figures as they stand now."""
    _show_status(talk)


def _show_status(talk: Talk) -> None:
    talk.show(status_card(talk.voice, talk.ask(DeliveryReport())))


@verb("delivery.letters")
def press_letters(talk: Talk, params: dict[str, Any]) -> None:
    """The newest messages that did not arrive, each with what can be done."""
    letters: tuple[LetterView, ...] = talk.ask(DeadLetters(limit=AT_ONCE))
    if not letters:
        talk.say("deliveries.no_letters")
    for letter in letters:
        talk.show(letter_card(talk.voice, letter))


@verb("delivery.resend")
def press_resend(talk: Talk, params: dict[str, Any]) -> None:
    """Once more."""
    perform(talk, ResendDelivery(letter_id=int(params["letter"])))


@after(ResendDelivery)
def resent(talk: Talk, command: ResendDelivery, result: Result, draft: Draft | None) -> None:
    talk.say("deliveries.resent", who=result.view.person_name if isinstance(result.view, LetterView) else "")


@verb("delivery.skip")
def press_skip(talk: Talk, params: dict[str, Any]) -> None:
    """Leave it."""
    perform(talk, SkipDelivery(letter_id=int(params["letter"])))


@after(SkipDelivery)
def skipped(talk: Talk, command: SkipDelivery, result: Result, draft: Draft | None) -> None:
    talk.say("deliveries.skipped", *talk.take_back(result.undo_id))


@verb("delivery.resume")
def press_resume(talk: Talk, params: dict[str, Any]) -> None:
    """A restored backup goes on."""
    perform(talk, ResumeDeliveries(choice=params["choice"]))


@after(ResumeDeliveries)
def resumed(talk: Talk, command: ResumeDeliveries, result: Result, draft: Draft | None) -> None:
    talk.say(f"deliveries.resumed_{command.choice}")


@verb("delivery.timers")
def press_timers(talk: Talk, params: dict[str, Any]) -> None:
    """Reminders that had stopped are tried again, or given up."""
    perform(talk, SettleDeadTimers(choice=params["choice"]))


@after(SettleDeadTimers)
def timers_settled(talk: Talk, command: SettleDeadTimers, result: Result, draft: Draft | None) -> None:
    count = result.view.count if isinstance(result.view, SettledTimersView) else 0
    talk.say(f"deliveries.timers_{command.choice}", n=count)


@verb("late.open")
def press_late(talk: Talk, params: dict[str, Any]) -> None:
    """One of the reminders that came late, as it is now."""
    easel = Easel(talk.core, talk.actor, talk.voice)
    for row in talk.ask(FoldedMessages(ids=(int(params["row"]),))):
        talk.replies.append(drawn(easel, row))


@verb("late.rest")
def press_late_rest(talk: Talk, params: dict[str, Any]) -> None:
    """The lines that did not fit."""
    easel = Easel(talk.core, talk.actor, talk.voice)
    ids = [int(one) for one in params["rows"]]
    talk.show(late_card(easel, ids, int(params["from"]), why=params.get("why", "catch_up")))
