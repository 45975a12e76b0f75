"""One turn as a skill sees it: who speaks, what is remembered, and ways to ask, do and answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.cards.base import button
from bot.conversation.brain import Brain
from bot.conversation.pending import Draft, Memory
from bot.ports import Button, Card, Outbound
from bot.texts import Voice
from crm_core.kernel.access import Actor
from crm_core.kernel.registry import Command, Question, Result
from crm_core.undo.messages import Correct, UndoLast

if TYPE_CHECKING:
    from bot.conversation.thinking import Thinking
    from crm_core.api import Core
    from crm_core.chat.service import LiveAction


# What has no button of its own for another value.
CHANGED_AT_ONCE = (
    "set_level", "set_stage", "set_expected_close", "log_contact", "tag_customer", "add_renewal", "record_mileage",
    "set_birthday", "record_service", "set_absence",
)  # fmt: skip
_ENDS = re.compile(r"(?<=[。！？\n])|(?<=[.!?] )")


def first_sentence(said: str) -> tuple[str, str | None]:
    """A text as the title of a small card and the rest of it."""
    first, *rest = _ENDS.split(said.strip(), maxsplit=1)
    return first.strip(), (rest[0].strip() or None) if rest else None


class HandsOff(Exception):
    """Something was to be carried out while only a draft was asked for."""


@dataclass
class Talk:
    """Collects the replies of one turn. `root` makes every command of the turn happen once."""

    core: Core
    brain: Brain
    actor: Actor
    voice: Voice
    memory: Memory
    root: str
    chat: str = ""
    text: str = ""
    replies: list[Outbound] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    layer: str = "reply"
    came_from: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, Any] = field(default_factory=dict)
    spoken: bool = False
    thinking: Thinking | None = None
    hands_off: bool = False
    # What is being carried out just now.
    writing: Draft | None = None
    # The button that was pressed, and what its card becomes.
    pressed: LiveAction | None = None
    changed: list[tuple[str, Card]] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.voice.now

    @property
    def is_staff(self) -> bool:
        return self.actor.is_staff

    def ask(self, question: Question) -> Any:
        """The core's answer, limited to what the actor may see."""
        return self.core.ask(question, self.actor)

    def do(self, command: Command, *, of: str = "") -> Result:
        """Carry a command out; the same turn again does not act twice.

        `of` names it among several of which some may fail. Raises HandsOff while a draft is being planned that
        nobody has confirmed.
        """
        if self.hands_off:
            raise HandsOff
        result = self.core.execute(command, self.actor, key=f"{self.root}:{of or len(self.commands)}")
        both = (UndoLast.__name__, command.name) if isinstance(command, Correct) else (type(command).__name__,)
        self.commands.extend(both)
        self.memory.undone = isinstance(command, UndoLast)
        return result

    def say(self, key: str, *buttons: Button, **params: Any) -> None:
        """Answer with a text; with buttons it becomes a small card."""
        said = self.voice.say(key, **params)
        self.tell(said, *buttons)

    def tell(self, said: str, *buttons: Button) -> None:
        """Answer with a finished sentence."""
        if buttons:
            title, note = first_sentence(said)
            self.show(Card("text", title, buttons=buttons, note=note))
        else:
            self.replies.append(Outbound(text=said))

    def show(self, card: Card, text: str | None = None) -> None:
        """Answer with a card."""
        self.replies.append(Outbound(text=text, card=card))

    def redraw(self, card: Card) -> None:
        """The card whose button was pressed becomes this one, in place."""
        if self.pressed is not None:
            self.changed.append((self.pressed.message_key, card))

    def take_back(self, undo_id: str | None, draft: Draft | None = None) -> tuple[Button, ...]:
        """[改] [撤销] for a write that can be taken back; [改] needs the draft it came from."""
        if not undo_id:
            return ()
        undo = button(self.voice, "undo", "undo", undo=undo_id)
        if draft is None and self.writing is not None and self.writing.intent in CHANGED_AT_ONCE:
            draft = self.writing
        if draft is None:
            return (undo,)
        keep = self.memory.wrote(draft, undo_id, draft.record, self.now)
        return (button(self.voice, "edit", "draft.edit", t=keep.token), undo)

    def about(self, what: str, record_id: str | None, name: str = "") -> None:
        """Remember whom or what the conversation is about."""
        if record_id:
            self.memory.look_at(what, record_id, name, self.now)

    def focused(self, what: str) -> str | None:
        return self.memory.looking_at(what, self.now)
