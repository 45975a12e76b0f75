"""What a channel cannot show is said in a way it can. Pure: a message and capabilities in, messages out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.ports import Button, Capabilities, Card, Field, Outbound
from bot.reception.plainly import plain_card

# Before the id of the first button that is not shown: its press shows the rest.
MORE = "more:"
_MORE_LABELS = {True: "更多…", False: "More…"}
# Left free in each message for its reference and marks.
MARGIN = 64
# Where a long text may be parted, best first.
_BREAKS = ("\n\n", "\n", "。", "！", "？", "；", ". ", "! ", "? ", "; ", "，", ", ", " ")


def fit(message: Outbound, can: Capabilities) -> tuple[Outbound, ...]:
    """The message as this channel can show it, in the order to send; the last part carries the card's buttons."""
    room = can.max_text_bytes - MARGIN
    card = _pressable(plain_card(message.card), can) if message.card else None
    picture = message.image if can.images else None
    text = message.text or ""
    if message.image and picture is None:
        text = _joined(message.image.get("alt", ""), text)
    whole = replace(message, text=text or None, card=card, image=picture)
    if picture is not None and (card or text):
        if _bytes(words(replace(whole, image=None))) <= can.max_caption - MARGIN:
            return (whole,)
        return Outbound(image=picture, quiet=True), *_worded(replace(whole, image=None), room)
    return _worded(whole, room)


def _worded(message: Outbound, room: int) -> tuple[Outbound, ...]:
    """Parts that each fit: the text, what is long of the card, and the card."""
    if _bytes(words(message)) <= room:
        return (message,)
    card = message.card
    if card is None:
        return _texts(message, pieces(message.text or "", room))
    before = pieces(message.text, room) if message.text else []
    if _bytes(card_words(card)) > room:
        before += pieces(_joined(card.note or "", _sources(card)), room)
        card = replace(card, note=None, sources=())
    cards = _cards(card, room)
    return tuple(replace(message, text=piece, card=None, contact="") for piece in before) + tuple(
        replace(message, text=None, card=one) for one in cards
    )


def _texts(message: Outbound, found: list[str]) -> tuple[Outbound, ...]:
    parts = [replace(message, text=piece, contact="") for piece in found]
    return (*parts[:-1], replace(parts[-1], contact=message.contact))


def _cards(card: Card, room: int) -> list[Card]:
    """The card, or several that share its lines; only the last has the buttons and the status."""
    if _bytes(card_words(card)) <= room:
        return [card]
    head = replace(card, title=pieces(card.title, room // 2)[0], fields=(), buttons=(), status=None)
    found: list[Card] = []
    lines: list[Field] = []
    for line in card.fields:
        shown = replace(line, v=pieces(line.v, room // 4)[0] if line.v else "")
        if lines and _bytes(card_words(replace(head, fields=(*lines, shown)))) > room - MARGIN:
            found.append(replace(head, fields=tuple(lines)))
            lines = []
        lines.append(shown)
    return [*found, replace(head, fields=tuple(lines), buttons=card.buttons, status=card.status)]


def _pressable(card: Card, can: Capabilities) -> Card:
    """The card with as many buttons, and as much of their labels, as the channel shows."""
    buttons = card.buttons
    if len(buttons) > can.max_buttons > 0:
        kept, rest = buttons[: can.max_buttons - 1], buttons[can.max_buttons - 1 :]
        buttons = (*kept, Button(_MORE_LABELS[is_chinese(card.title + rest[0].label)], "", id=MORE + rest[0].id))
    if can.max_label:
        buttons = tuple(replace(one, label=cut(one.label, can.max_label)) for one in buttons)
    return replace(card, buttons=buttons)


def words(message: Outbound) -> str:
    """Everything a message says, as plain text."""
    shown = card_words(message.card) if message.card else ""
    if not (shown or message.text) and message.image:
        return message.image.get("alt", "")
    return _joined(message.text or "", shown)


def card_words(card: Card) -> str:
    """A card without its buttons, as lines of text."""
    lines = [card.title, *(field_words(one) for one in card.fields)]
    lines += [card.note or "", _sources(card), card.status or ""]
    return "\n".join(line for line in lines if line)


def field_words(field: Field) -> str:
    """A line of a card: `价格：9.80万 → 9.50万 「降三千」`."""
    value = f"{field.was} → {field.v}" if field.was is not None else field.v
    said = f" 「{field.words}」" if field.words and field.words != field.v else ""
    return f"{label_words(field.k)}{value}{said}"


def label_words(label: str) -> str:
    """A label with its colon, as its language writes it."""
    if not label:
        return ""
    return f"{label}：" if is_chinese(label) else f"{label}: "


def _sources(card: Card) -> str:
    return "\n".join(f"· {source.title} {source.detail}".rstrip() for source in card.sources)


def is_chinese(said: str) -> bool:
    """Whether there is a Chinese character in it."""
    return any("\u4e00" <= char <= "\u9fff" for char in said)


def cut(label: str, most: int) -> str:
    """At most so many characters, with an ellipsis where something is left out."""
    return label if len(label) <= most else label[: max(most - 1, 1)].rstrip() + "…"


def pieces(text: str, most: int) -> list[str]:
    """A text in pieces of at most `most` bytes of UTF-8, parted at paragraphs, else sentences, else anywhere."""
    return [piece for piece in _pieces(text.strip(), most) if piece] or [""]


def _pieces(text: str, most: int) -> Iterator[str]:
    while _bytes(text) > most:
        head = text.encode()[:most].decode("utf-8", "ignore") or text[:1]
        # A piece that is nearly empty is no better than one that ends within a sentence.
        at = max((found + len(mark) for mark in _BREAKS[:2] if (found := head.rfind(mark)) > len(head) // 3), default=0)
        at = at or max((found + len(mark) for mark in _BREAKS if (found := head.rfind(mark)) > len(head) // 2), default=0)
        at = at or len(head)
        yield text[:at].rstrip()
        text = text[at:].lstrip()
    yield text


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
