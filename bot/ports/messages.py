"""What is shown: a message, its card and its buttons, as plain values each channel draws in its own way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Style(StrEnum):
    PRIMARY = "primary"
    DEFAULT = "default"
    DANGER = "danger"


@dataclass(frozen=True)
class Button:
    """One press. `verb` and `params` stay on our side; only an opaque id goes out.

    `line`: it belongs to that field of its card; a channel that can lets the line itself be pressed.
    `ticked`: it is one of several that may be chosen together, chosen by now or not; its label begins with its box.
    The one button of such a card that has none sends the choice off. Where a channel has forms, the card is one.
    """

    label: str
    verb: str
    params: dict[str, Any] = field(default_factory=dict)
    style: Style = Style.DEFAULT
    id: str = ""
    line: int | None = None
    ticked: bool | None = None


@dataclass(frozen=True)
class Field:
    """A line of a card: what, its value, what it was before, and the person's own words for it."""

    k: str
    v: str
    was: str | None = None
    words: str | None = None
    emph: bool = False


@dataclass(frozen=True)
class Source:
    """Where an answer comes from."""

    title: str
    detail: str = ""


@dataclass(frozen=True)
class Card:
    """A card is data; each channel draws it. `subject` (`lead:ID`) lets it be drawn anew in place."""

    kind: str
    title: str
    fields: tuple[Field, ...] = ()
    buttons: tuple[Button, ...] = ()
    status: str | None = None
    tone: str | None = None
    note: str | None = None
    sources: tuple[Source, ...] = ()
    subject: str = ""


@dataclass(frozen=True)
class Outbound:
    """One message to one chat: text, a card, an image, or several of them.

    `image` has a `url` of ours, its words `alt`, and, when it is one to be shown around, the `link` it leads to.

    `contact` is the label of a button by which a person shares his own number, where a channel has such a thing.
    """

    text: str | None = None
    card: Card | None = None
    image: dict[str, str] | None = None
    quiet: bool = False
    contact: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data, as stored in the outbox and the chat log."""
        # By hand: `asdict` copies everything it meets, which costs as much as drawing the card.
        found = vars(self) | {"card": _plain(self.card) if self.card else None}
        if not self.contact:
            del found["contact"]
        return found

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Outbound:
        """The inverse of `to_dict`."""
        card = data.get("card")
        return Outbound(data.get("text"), card_from_dict(card) if card else None, data.get("image"),
                        bool(data.get("quiet")), str(data.get("contact") or ""))  # fmt: skip


def _plain(card: Card) -> dict[str, Any]:
    """The inverse of `card_from_dict`."""
    parts = {name: tuple(dict(vars(one)) for one in getattr(card, name)) for name in ("fields", "buttons", "sources")}
    return vars(card) | parts


def card_from_dict(data: dict[str, Any]) -> Card:
    """A card from its plain form."""
    return Card(
        kind=data["kind"],
        title=data["title"],
        fields=tuple(Field(**f) for f in data.get("fields", ())),
        buttons=tuple(Button(**(b | {"style": Style(b["style"])})) for b in data.get("buttons", ())),
        status=data.get("status"),
        tone=data.get("tone"),
        note=data.get("note"),
        sources=tuple(Source(**s) for s in data.get("sources", ())),
        subject=data.get("subject", ""),
    )
