"""What a call of the AI bot's connection means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bot.ports import Event, EventKind, Media, MediaKind

_MEDIA = {"image": MediaKind.IMAGE, "voice": MediaKind.VOICE, "file": MediaKind.FILE, "video": MediaKind.FILE}


def event_of(frame: dict[str, Any], line: str) -> Event | None:
    """A call in our words; None for what concerns nobody, and for what no platform would send."""
    try:
        if not isinstance(frame["headers"]["req_id"], str):
            return None
        if frame.get("cmd") == "aibot_msg_callback":
            return _message(frame["body"], line)
        if frame.get("cmd") == "aibot_event_callback":
            return _event(frame["body"], line)
    except (KeyError, TypeError, AttributeError, ValueError):
        return None
    return None


def _message(body: dict[str, Any], line: str) -> Event | None:
    who, group = _user(body), body.get("chattype") == "group"
    chat = f"{line}:{body['chatid'] if group else who}"
    texts, media = _parts(body)
    at = body.get("create_time")
    when = datetime.fromtimestamp(at, UTC) if isinstance(at, int) and 0 < at < 2**33 else None
    text = "\n".join(texts).strip()
    # Spoken words come as text already.
    kind = EventKind.TEXT if text or not media else EventKind.MEDIA
    return Event(kind, who, chat, text=text, media=tuple(media), group=group, at=when)


def _parts(body: dict[str, Any]) -> tuple[list[str], list[Media]]:
    """The words and files of a message, of all its parts where it has several."""
    kind = str(body["msgtype"])
    if kind == "mixed":
        items = body["mixed"]["msg_item"]
        found = [_parts(item) for item in items if item.get("msgtype") != "mixed"]
        return [t for texts, _ in found for t in texts], [m for _, media in found for m in media]
    inner = body[kind]
    if kind == "text":
        return [str(inner["content"])], []
    if kind == "voice" and inner.get("content"):
        return [str(inner["content"])], []
    if kind not in _MEDIA:
        return [], []
    ref = json.dumps({"url": str(inner["url"]), "aeskey": str(inner.get("aeskey", ""))})
    return [], [Media(_MEDIA[kind], ref, name=str(inner.get("name", "")))]


def _event(body: dict[str, Any], line: str) -> Event | None:
    who, event = _user(body), body["event"]
    chat = f"{line}:{who}"
    if event["eventtype"] == "enter_chat":
        return Event(EventKind.ENTER, who, chat)
    if event["eventtype"] != "template_card_event":
        return None
    # The documents nest it, one of the platform's own libraries does not.
    card = event.get("template_card_event") or event
    if body.get("chattype") == "group":
        chat = f"{line}:{body['chatid']}"
    return Event(EventKind.PRESS, who, chat, action_id=str(card["event_key"]), chosen=_chosen(card),
                 group=body.get("chattype") == "group", facts={"task": str(card["task_id"])})  # fmt: skip


def _chosen(card: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    items = (card.get("selected_items") or {}).get("selected_item") or []
    found = {}
    for item in [items] if isinstance(items, dict) else items:
        options = (item.get("option_ids") or {}).get("option_id") or []
        found[str(item["question_key"])] = tuple([options] if isinstance(options, str) else map(str, options))
    return found


def _user(body: dict[str, Any]) -> str:
    who = str(body["from"]["userid"]).lower()
    if not who:
        raise ValueError("nobody")
    return who
