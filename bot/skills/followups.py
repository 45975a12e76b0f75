"""Follow-ups: what the customer thought, done, put off, greetings."""

from __future__ import annotations

from typing import Any

from bot.conversation.gate import after, perform
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.skills.tasks import later
from crm_core.followups.messages import (
    CompleteFollowup,
    FollowupCard,
    FollowupView,
    MuteFollowup,
    SendGreeting,
    SnoozeFollowup,
)
from crm_core.kernel.registry import Result


@verb("followup.feeling")
def feeling(talk: Talk, params: dict[str, Any]) -> None:
    """How the customer liked it, by a press."""
    score = int(params["score"])
    perform(talk, CompleteFollowup(followup_id=params["followup"], satisfaction=score,
                                   answer=talk.voice.say(f"feeling.{score}")))  # fmt: skip


@verb("followup.done")
def done(talk: Talk, params: dict[str, Any]) -> None:
    """Done: no more steps."""
    perform(talk, CompleteFollowup(followup_id=params["followup"]))


@after(CompleteFollowup)
def completed(talk: Talk, command: CompleteFollowup, result: Result, draft: Draft | None) -> None:
    view: FollowupView = talk.ask(FollowupCard(followup_id=command.followup_id))
    talk.about("customer", view.customer_id, view.customer_name)
    said = {"name": view.customer_name, "answer": command.answer}
    if view.repeats and view.state == "open":
        key = "followup.noted_again" if command.answer else "followup.again"
        talk.say(key, *talk.take_back(result.undo_id), **said, when=talk.voice.when(view.due_at))
        return
    key = "followup.noted" if command.answer else "followup.done"
    talk.say(key, *talk.take_back(result.undo_id), **said)


@verb("followup.snooze")
def snooze(talk: Talk, params: dict[str, Any]) -> None:
    """Remind again."""
    perform(talk, SnoozeFollowup(followup_id=params["followup"], until=later(talk, params["to"])))


@after(SnoozeFollowup)
def snoozed(talk: Talk, command: SnoozeFollowup, result: Result, draft: Draft | None) -> None:
    if command.until <= talk.now:
        talk.say("followup.now", *talk.take_back(result.undo_id))
    else:
        talk.say("task.snoozed", *talk.take_back(result.undo_id), when=talk.voice.when(command.until))


@verb("followup.mute")
def mute(talk: Talk, params: dict[str, Any]) -> None:
    """Don't remind again."""
    perform(talk, MuteFollowup(followup_id=params["followup"]))


@after(MuteFollowup)
def muted(talk: Talk, command: MuteFollowup, result: Result, draft: Draft | None) -> None:
    view: FollowupView = result.view
    key = "followup.muted_but" if view.escalates else "followup.muted"
    talk.say(key, *talk.take_back(result.undo_id), name=view.customer_name, title=view.title)


@verb("followup.greet")
def greet(talk: Talk, params: dict[str, Any]) -> None:
    """Send the approved greeting."""
    perform(talk, SendGreeting(followup_id=params["followup"]))


@after(SendGreeting)
def greeted(talk: Talk, command: SendGreeting, result: Result, draft: Draft | None) -> None:
    talk.say("followup.greeted", *talk.take_back(result.undo_id))
