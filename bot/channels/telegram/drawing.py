"""From a message to Telegram's form of it: escaped HTML, rows of buttons, pictures with words below them."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import Any

from bot.ports import Button, Capabilities, Card, Field, Outbound, Source
from bot.reception.degrade import fit, label_words

CAN = Capabilities(
    # A hundred are possible; a phone shows about so many at once.
    max_buttons=12, max_text_bytes=4096, edit=True, toast=True, images=True, push_first=False, idempotent=False,
    per_account=((30, 1.0),), per_chat=((1, 1.0),), max_label=40, max_caption=1024,
)  # fmt: skip
# Before an action's id in callback_data, which holds 64 bytes.
PRESS = "a:"
DATA_BYTES = 64
# The mark of messages that are a picture with words below it.
PHOTO = "p"
# Widths as of a fixed font: what a row of a narrow phone holds, and what shares a row with others.
ROW_WIDTH, SHARED_WIDTH = 34, 16
# Telegram formats at most so many places of a message.
MOST_FORMATS = 90
_MARKS = {"good": "✅ ", "bad": "⚠️ ", "done": "☑️ "}


def name_of(chat: int, number: int | str, mark: str) -> str:
    """What a sent message is kept by, so that it can be changed: `77/1205`, `77/p1205` of a picture."""
    return f"{chat}/{mark}{number}"


def parts(message: Outbound, ref: str = "") -> list[dict[str, Any]]:
    """The calls that show a message, as JSON data; the last one carries the card, its buttons and the reference."""
    shown = fit(message, CAN)
    found = [_part(one, ref if place == len(shown) else "") for place, one in enumerate(shown, 1)]
    return [one for one in found if one.get("html") or one.get("image")]


def _part(message: Outbound, ref: str) -> dict[str, Any]:
    found: dict[str, Any] = {"html": html(message, ref)}
    if message.image is not None:
        found["image"] = image_id(message.image)
        found["alt"] = message.image.get("alt", "")
    if message.card is not None and message.card.buttons:
        found["keys"] = keys(message.card.buttons)
    elif message.contact:
        found["contact"] = message.contact
    if message.quiet:
        found["quiet"] = True
    return found


def image_id(image: dict[str, str]) -> str:
    """The picture's id in the core, from its address."""
    return image.get("url", "").rstrip("/").rpartition("/")[2][:26]


def html(message: Outbound, ref: str = "") -> str:
    """A message in Telegram's HTML. Whatever people wrote is escaped."""
    blocks = [escape(message.text, quote=False)] if message.text else []
    if message.card is not None:
        card = message.card
        formats = 2 + sum(1 + (f.was is not None) + f.emph for f in card.fields)
        blocks.append(_card(card, plain=formats > MOST_FORMATS))
    if ref:
        blocks.append(ref)
    return "\n\n".join(blocks)


def _card(card: Card, *, plain: bool) -> str:
    lines = [f"<b>{escape(card.title, quote=False)}</b>"] if card.title else []
    lines += [_field(field, plain=plain) for field in card.fields]
    if card.note:
        lines += ["", escape(card.note, quote=False)] if card.fields else [escape(card.note, quote=False)]
    lines += [_source(source) for source in card.sources]
    if card.status:
        lines += ["", f"{_MARKS.get(card.tone or '', '')}<b>{escape(card.status, quote=False)}</b>"]
    return "\n".join(lines).strip()


def _field(field: Field, *, plain: bool) -> str:
    value, was = escape(field.v, quote=False), field.was
    if field.emph and not plain:
        value = f"<b>{value}</b>"
    if was:
        before = escape(was, quote=False)
        value = f"{before} → {value}" if plain else f"<s>{before}</s> → {value}"
    said = f" 「{escape(field.words, quote=False)}」" if field.words and field.words != field.v else ""
    return f"{escape(label_words(field.k), quote=False)}{value}{said}"


def _source(source: Source) -> str:
    return f"📄 {escape(source.title, quote=False)} {escape(source.detail, quote=False)}".rstrip()


def keys(buttons: tuple[Button, ...]) -> list[list[dict[str, str]]]:
    """Buttons in rows: short ones share a row, long ones and those of a card's lines have their own."""
    rows: list[list[dict[str, str]]] = []
    room = 0
    for button in buttons:
        width = _width(button.label) + 2
        key = {"text": button.label, "data": _data(button.id)}
        alone = width > SHARED_WIDTH or button.line is not None
        if alone or width > room:
            rows.append([key])
            room = 0 if alone else ROW_WIDTH - width
        else:
            rows[-1].append(key)
            room -= width
    return rows


def _data(action_id: str) -> str:
    data = PRESS + action_id
    if len(data.encode()) > DATA_BYTES:
        raise ValueError("an action's id is too long for a button")
    return data


def _width(label: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in label)
