"""What every card is drawn with: the viewer, his voice, and a way to ask the core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.ports import Button, Card, Field, Outbound, Style
from bot.texts import Voice
from crm_core.kernel.access import Actor
from crm_core.kernel.registry import Question

if TYPE_CHECKING:
    from crm_core.api import Core
    from crm_core.look import Look

PRIMARY, DANGER = Style.PRIMARY, Style.DANGER


@dataclass(frozen=True)
class Easel:
    """Draws for one person, as he may see things now; with a `look`, as things were at its beginning."""

    core: Core
    actor: Actor
    voice: Voice
    look: Look | None = None

    def ask(self, question: Question) -> Any:
        return (self.look or self.core).ask(question, self.actor)


Drawer = Callable[[Easel, str, dict[str, Any]], Outbound]
by_kind: dict[str, Drawer] = {}
by_subject: dict[str, Drawer] = {}


def pushed(*kinds: str, subject: str = "") -> Callable[[Drawer], Drawer]:
    """The decorated `(easel, record id, params) -> Outbound` draws pushes of these kinds.

    With `subject` it also draws pushes of any other kind about such a record.
    """

    def register(drawer: Drawer) -> Drawer:
        for kind in kinds:
            by_kind[kind] = drawer
        if subject:
            by_subject[subject] = drawer
        return drawer

    return register


def button(voice: Voice, key: str, verb: str, style: Style = Style.DEFAULT, /, **params: Any) -> Button:
    """A button labelled `button.<key>`."""
    return Button(voice.say(f"button.{key}"), verb, params, style)


def lines(voice: Voice, *pairs: tuple[str, str | None] | Field | None) -> tuple[Field, ...]:
    """Card lines labelled `field.<key>`; empty values are left out."""
    found = []
    for pair in pairs:
        if isinstance(pair, Field):
            found.append(pair)
        elif pair is not None and pair[1]:
            found.append(Field(voice.label("field", pair[0]), pair[1]))
    return tuple(found)


def out(card: Card, text: str | None = None) -> Outbound:
    return Outbound(text=text, card=card)


def joined(*parts: str | None, by: str = " · ") -> str:
    """The parts that are there, on one line."""
    return by.join(part for part in parts if part)


def heading(voice: Voice, kind: str, default: str, /, **params: Any) -> str:
    """`push.<kind>.title` when there is one, else the text of `default`."""
    return voice.maybe(f"push.{kind}.title", **params) or voice.say(default, **params)


def instead_of(voice: Voice, name: str) -> str:
    """`替小王（请假）` for work that is done in somebody's stead; empty otherwise."""
    return voice.say("common.instead_of", name=name) if name else ""
