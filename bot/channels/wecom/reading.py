"""What a stored callback of an app means. Pure: the platform's XML in, our event out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.channels.wecom.cards import CARD, CHOICE, FORM, NOTHING
from bot.channels.wecom.menu import said_by
from bot.channels.wecom.xml import Fields, Malformed, many, parse, text
from bot.ports import Event, EventKind, Media, MediaKind

_MEDIA = {"image": MediaKind.IMAGE, "voice": MediaKind.VOICE, "video": MediaKind.FILE, "file": MediaKind.FILE}
_PRESSES = ("template_card_event", "template_card_menu_event")
_KINDS = {"subscribe": EventKind.ENTER, "enter_agent": EventKind.ENTER, "unsubscribe": EventKind.LEFT}
MAX_USER, MAX_ACTION, MAX_TASK = 64, 160, 120


def event_of(body: dict[str, Any], line: str) -> Event | None:
    """The event; None for what concerns nobody or cannot be read."""
    try:
        fields = parse(str(body.get("xml", "")).encode())
    except Malformed:
        return None
    user = text(fields, "FromUserName").lower()
    if not user or user == "sys" or len(user) > MAX_USER:
        return None
    known: dict[str, Any] = {
        "native_id": user,
        "chat": f"{line}:{user}",
        "at": _instant(text(fields, "CreateTime")),
    }
    kind = text(fields, "MsgType").lower()
    return _happened(fields, known) if kind == "event" else _said(kind, fields, known)


def _said(kind: str, fields: Fields, known: dict[str, Any]) -> Event:
    if kind == "text":
        return Event(EventKind.TEXT, text=text(fields, "Content"), **known)
    if kind in _MEDIA:
        media = Media(_MEDIA[kind], text(fields, "MediaId"), name=text(fields, "FileName"))
        return Event(EventKind.MEDIA, media=(media,), **known)
    if kind == "location":
        return Event(EventKind.TEXT, text=text(fields, "Label"), **known)
    if kind == "link":
        return Event(EventKind.TEXT, text=text(fields, "Url"), **known)
    return Event(EventKind.OTHER, **known)


def _happened(fields: Fields, known: dict[str, Any]) -> Event | None:
    name = text(fields, "Event").lower()
    if name in _PRESSES:
        key, chosen = text(fields, "EventKey"), chosen_of(fields)
        if key.startswith(FORM):
            # A form sent off with nothing chosen is a form all the same.
            key, chosen = key.removeprefix(FORM), {CHOICE: ()} | chosen
        task = text(fields, "TaskId")
        return Event(EventKind.PRESS, action_id=_action(key, chosen), chosen=chosen,
                     pressed_on=CARD + task if task and len(task) <= MAX_TASK else "", **known)  # fmt: skip
    if name == "click":
        said = said_by(text(fields, "EventKey"))
        return Event(EventKind.TEXT, text=said, **known) if said else None
    kind = _KINDS.get(name)
    return Event(kind, **known) if kind else None


def chosen_of(fields: Fields) -> dict[str, tuple[str, ...]]:
    """The options chosen, by question. One of something comes as it is, several as a list, none as nothing."""
    items = fields.get("SelectedItems")
    found = {}
    for item in many(items.get("SelectedItem") if isinstance(items, dict) else None):
        if isinstance(item, dict) and text(item, "QuestionKey"):
            ids = item.get("OptionIds")
            options = many(ids.get("OptionId") if isinstance(ids, dict) else ids)
            found[text(item, "QuestionKey")] = tuple(
                o.strip() for o in options if isinstance(o, str) and o.strip()
            )
    return found


def _action(key: str, chosen: dict[str, tuple[str, ...]]) -> str:
    """The button, or (where options stand for buttons) the first one chosen; empty when none was."""
    if key != CHOICE:
        return key[:MAX_ACTION]
    picked = (option for options in chosen.values() for option in options if option != NOTHING)
    return next(picked, "")[:MAX_ACTION]


def _instant(value: str) -> datetime | None:
    if not (value.isascii() and value.isdecimal()) or len(value) > 10:
        return None
    return datetime.fromtimestamp(int(value), UTC)
