"""Messages as the AI bot shows them: Markdown, and a card of buttons within its narrow limits."""

from __future__ import annotations

import hashlib
from typing import Any

from bot.ports import Capabilities, Card, Outbound, Style
from bot.reception.degrade import fit

TITLE, DESCRIPTION, SUBTITLE, LABEL, KEY, VALUE = 26, 30, 112, 10, 5, 26
MAX_FIELDS, MAX_BUTTONS = 6, 6
MAX_MARKDOWN = 20_480
_STYLES = {Style.PRIMARY: 1, Style.DEFAULT: 2, Style.DANGER: 3}
_GREYED = 4


def render(message: Outbound, can: Capabilities, ref: str, seed: str) -> dict[str, Any]:
    """The body of a message: `markdown`, `card`, or both. `ref` is shown, `seed` makes the card's id unique."""
    *before, last = fit(message, can)
    said = [markdown(part) for part in before]
    card = last.card
    if card is None or not card.buttons:
        return {"markdown": _within("\n".join([*said, markdown(last, ref)]), MAX_MARKDOWN), "card": None}
    if last.text is not None or not _fits(card):
        said.append(markdown(last))
    return {"markdown": _within("\n".join(said), MAX_MARKDOWN), "card": template(card, task_id(ref, seed), ref)}


def task_id(ref: str, seed: str) -> str:
    """Unique for the bot for ever, and the same for the same message."""
    return f"{ref.lstrip('#')}-{hashlib.sha256(seed.encode()).hexdigest()[:12]}"


def template(card: Card, task: str, ref: str = "") -> dict[str, Any]:
    """A card of buttons; what does not fit into it is in the Markdown that goes before."""
    found: dict[str, Any] = {
        "card_type": "button_interaction", "task_id": task,
        "source": {"desc": ref or "Chexin"},
        "main_title": {"title": _cut(card.title, TITLE), "desc": _cut(card.status or "", DESCRIPTION)},
        "button_list": [
            {"text": _cut(button.label, LABEL), "style": _STYLES[button.style], "key": button.id}
            for button in card.buttons[:MAX_BUTTONS]
        ],
    }  # fmt: skip
    if card.note:
        found["sub_title_text"] = _cut(card.note, SUBTITLE)
    if card.fields:
        found["horizontal_content_list"] = [
            {"keyname": _cut(one.k, KEY), "value": _cut(one.v, VALUE)} for one in card.fields[:MAX_FIELDS]
        ]
    return found


def done(card: Card, task: str) -> dict[str, Any]:
    """The card after its press: the platform knows no greyed button, so one stays that says what became of it."""
    if card.buttons:
        return template(card, task)
    said = card.status or card.title
    button = {"text": _cut(said, LABEL), "style": _GREYED, "key": "done"}
    return template(card, task) | {"button_list": [button]}


def markdown(message: Outbound, ref: str = "") -> str:
    """All a message says, within the platform's size."""
    lines = [message.text or ""]
    if message.card is not None:
        lines += _card_lines(message.card)
    if message.image is not None and message.image.get("alt"):
        lines.append(message.image["alt"])
    if ref:
        lines.append(f'<font color="comment">{ref}</font>')
    return _within("\n".join(line for line in lines if line), MAX_MARKDOWN)


def _card_lines(card: Card) -> list[str]:
    lines = [f"**{_plain(card.title)}**"]
    if card.status:
        lines.append(f"> {_plain(card.status)}")
    for one in card.fields:
        before = f"~~{_plain(one.was)}~~ → " if one.was else ""
        lines.append(f"{_plain(one.k)}：{before}{_plain(one.v)}")
    if card.note:
        lines.append(_plain(card.note))
    lines += [f"> {_plain(source.title)} {_plain(source.detail)}".rstrip() for source in card.sources]
    return lines


def _plain(text: str) -> str:
    """What people typed shows as they typed it: no marks of ours, and no tag, in it."""
    for mark in "\\`*_[]<>~#":
        text = text.replace(mark, f"\\{mark}")
    return text


def _fits(card: Card) -> bool:
    """Whether the card of buttons alone says everything."""
    short = all(len(one.k) <= KEY and len(one.v) <= VALUE and one.was is None for one in card.fields)
    return (short and len(card.fields) <= MAX_FIELDS and len(card.title) <= TITLE and not card.sources
            and len(card.note or "") <= SUBTITLE and len(card.status or "") <= DESCRIPTION
            and len(card.buttons) <= MAX_BUTTONS)  # fmt: skip


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _within(text: str, size: int) -> str:
    """At most `size` bytes, never half a character."""
    raw = text.encode()
    return text if len(raw) <= size else raw[: size - 3].decode(errors="ignore") + "…"
