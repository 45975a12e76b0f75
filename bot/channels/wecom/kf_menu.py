"""Messages as 微信客服 shows them: text, pictures, and menus whose lines can be pressed or typed as a number."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from bot.ports import Button, Capabilities, Delivery, Outbound
from bot.reception.degrade import fit, pieces, words

# The platform's, in bytes of UTF-8 and lines.
MAX_TEXT, MAX_HEAD, MAX_LINE, MAX_LINES = 2048, 1024, 128, 10
# Of the five messages a customer's word allows, one answer takes no more than these.
MAX_PARTS = 3

CAPABILITIES = Capabilities(
    max_buttons=MAX_LINES - 1, max_text_bytes=MAX_TEXT, edit=False, toast=False, images=True, push_first=False,
    idempotent=True, per_account=((10_000, 60.0),), max_label=30, numbered=True,
)  # fmt: skip


def parts_of(delivery: Delivery, message: Outbound) -> list[dict[str, Any]]:
    """The platform's messages for one of ours, in order, each with an id of its own that a repeat has, too.

    A picture is named by our own id until it is uploaded.
    """
    found: list[dict[str, Any]] = []
    for part in _few(fit(message, CAPABILITIES)):
        found += _drawn(part)
    stem = _stem(delivery)
    return [one | {"msgid": f"{stem}{n}"} for n, one in enumerate(found)]


def _few(parts: tuple[Outbound, ...]) -> tuple[Outbound, ...]:
    """Of a long answer the beginning, and its end where the buttons are."""
    if len(parts) <= MAX_PARTS:
        return parts
    return (*parts[: MAX_PARTS - 2], _marked(parts[MAX_PARTS - 2]), parts[-1])


def _marked(part: Outbound) -> Outbound:
    return replace(part, text=f"{part.text} …") if part.text else part


def _drawn(part: Outbound) -> list[dict[str, Any]]:
    if part.image is not None and not (part.card or part.text):
        return [_picture(part.image)]
    said = words(replace(part, image=None))
    buttons = part.card.buttons if part.card else ()
    pictures = [_picture(part.image)] if part.image else []
    if not buttons:
        return [*pictures, _text(said)]
    return [*pictures, *_menu(said, buttons)]


def _picture(image: dict[str, str]) -> dict[str, Any]:
    return {"msgtype": "image", "picture": image.get("url", "").rstrip("/").rpartition("/")[2][:26]}


def _text(said: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": pieces(said, MAX_TEXT)[0]}}


def _menu(said: str, buttons: tuple[Button, ...]) -> list[dict[str, Any]]:
    """Words that are too long for a menu's head go before it."""
    before: list[dict[str, Any]] = []
    head = said
    if len(said.encode()) > MAX_HEAD:
        *most, head = pieces(said, MAX_HEAD)
        before = [_text("\n".join(most))]
    lines = [
        {"type": "click", "click": {"id": button.id, "content": pieces(f"{n}. {button.label}", MAX_LINE)[0]}}
        for n, button in enumerate(buttons, start=1)
    ]
    return [*before, {"msgtype": "msgmenu", "msgmenu": {"head_content": head, "list": lines}}]


def _stem(delivery: Delivery) -> str:
    """Ours alone and the same for a repeat: another deployment of the corp never uses the same id."""
    text = f"{delivery.id}\n{delivery.dedupe_key}\n{delivery.person_id}\n{delivery.chat}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{delivery.ref.lstrip('#')[:13]}_{digest}_"
