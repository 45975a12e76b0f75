"""Taking the last write back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.conversation.gate import Step, Tier, after, perform, skill
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from crm_core.kernel.errors import ChexinError, Conflict, Unavailable
from crm_core.kernel.registry import Result
from crm_core.undo.messages import UndoLast, UndoneView


@skill("undo", tier=Tier.OWN)
def undo(talk: Talk, draft: Draft) -> Step:
    """The actor's last write that can be taken back; a card that only waits is just dropped."""
    waiting = talk.memory.waiting
    if waiting is not None and waiting.token != draft.token:
        talk.memory.settle(waiting.token, talk.voice.say("done.cancelled"))
    try:
        # Whoever asks again may not know that it has worked.
        result = perform(talk, UndoLast())
    except Conflict:
        if not talk.memory.undone:
            raise
        talk.say("undo.no_further")
        return None
    undo_each(talk, talk.memory.along_with(result.id))
    return None


def undo_each(talk: Talk, undos: Sequence[str]) -> int:
    """Each by itself: what has changed or ended since is left as it is. Returns how many were taken back."""
    back = 0
    for undo_id in undos:
        try:
            talk.do(UndoLast(undo_id=undo_id), of=undo_id)
            back += 1
        except Unavailable:
            raise
        except ChexinError:
            continue
    return back


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
