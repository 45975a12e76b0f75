"""What 微信客服 tells, in our words. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.ports import Event, EventKind, Media, MediaKind

FROM_CUSTOMER, FROM_SYSTEM, FROM_COLLEAGUE = 3, 4, 5
_MEDIA = {"image": MediaKind.IMAGE, "voice": MediaKind.VOICE, "file": MediaKind.FILE, "video": MediaKind.FILE}


def chat_of(corp: str, desk: str, customer: str) -> str:
    """Our name of a customer's thread at a desk."""
    return f"kf:{corp}:{customer}@{desk}"


def customer_at(chat: str) -> tuple[str, str]:
    """(external_userid, open_kfid) of a chat."""
    customer, _, desk = chat.rpartition(":")[2].partition("@")
    return customer, desk


def whose(body: dict[str, Any]) -> tuple[str, str]:
    """(external_userid, open_kfid) of a message; those of an event are inside it."""
    event = body.get("event")
    inner = event if isinstance(event, dict) else {}
    customer = body.get("external_userid") or inner.get("external_userid") or ""
    return str(customer), str(body.get("open_kfid") or inner.get("open_kfid") or "")


def when(body: dict[str, Any]) -> datetime | None:
    """When it was said, as the platform tells it."""
    try:
        return datetime.fromtimestamp(int(body["send_time"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def said(body: dict[str, Any], who: str, chat: str, at: datetime | None) -> Event:
    kind = str(body.get("msgtype") or "")
    content = body.get(kind)
    content = content if isinstance(content, dict) else {}
    if kind == "text":
        action, words = str(content.get("menu_id") or ""), str(content.get("content") or "")
        if action:
            return Event(EventKind.PRESS, who, chat, text=words, action_id=action, at=at)
        return Event(EventKind.TEXT, who, chat, text=words, at=at)
    if kind in _MEDIA and content.get("media_id"):
        return Event(
            EventKind.MEDIA, who, chat, at=at, media=(Media(_MEDIA[kind], str(content["media_id"])),)
        )
    return Event(EventKind.OTHER, who, chat, at=at)
