"""Taking the last write back."""

from __future__ import annotations

from typing import Any

from bot.conversation.gate import Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.kernel.registry import Result
from crm_core.undo.messages import UndoLast, UndoneView


@skill("undo", tier=Tier.OWN)
def undo(talk: Talk, draft: Draft) -> Step:
    """The actor's last write that can be taken back; a card that only waits is just dropped."""
    waiting = talk.memory.waiting
    if waiting is not None and waiting.token != draft.token:
        talk.memory.settle(waiting.token, talk.voice.say("done.cancelled"))
    perform(talk, UndoLast())
    return None


@verb("undo")
def press_undo(talk: Talk, params: dict[str, Any]) -> None:
    """The write this button came with."""
    perform(talk, UndoLast(undo_id=params["undo"]))


@after(UndoLast)
def undone(talk: Talk, command: UndoLast, result: Result, draft: Draft | None) -> None:
    written = next((d for d in talk.memory.written if d.undo_id == result.id), None)
    talk.memory.taken_back(result.id)
    label = result.view.label if isinstance(result.view, UndoneView) else ""
    what = talk.voice.label("undo", label)
    name = written.told_apart() if written is not None else ""
    what = talk.voice.say("correct.named", what=what, words=name) if name else what
    # Whoever presses the same button again hears the same.
    said = talk.memory.settled.get(result.id) or talk.voice.say("undo.done", what=what)
    talk.memory.settle(result.id, said)
    talk.tell(said)
