"""What a bare word is about: the newest thing shown in this chat."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.conversation.pending import Draft
from bot.conversation.slots import keep_day, read_when
from bot.conversation.talk import Talk

# Verbs of the cards a bare word may be about.
CARDS = ("task", "followup", "lead", "appointment", "approval", "renewal")
_BARE_HOUR = re.compile(r"(?:(?:at|to) )?(?P<hour>\d{1,2}|[一二两三四五六七八九十]{1,3})(?:点|:|时|$)")
HALF_DAY = timedelta(hours=12)


def shown(talk: Talk, concept: str) -> str | None:
    """The record of this kind on the card that came to this chat last, when no other card came after it."""
    newest = _newest(talk)
    return str(newest.params[concept]) if newest is not None and concept in newest.params else None


def _newest(talk: Talk) -> Any:
    recent = talk.core.chats.buttons.recent(talk.actor.id, talk.now, 20)
    return next((a for a in recent if a.chat == talk.chat and a.verb.partition(".")[0] in CARDS), None)


def pushed_since(talk: Talk, at: datetime) -> bool:
    """Whether a card about a record was pushed to this chat after that; an answer to this person's words is no push."""
    newest = _newest(talk)
    return newest is not None and not newest.message_key.startswith("re:") and newest.shown_at > at


def reminder_written(talk: Talk) -> Draft | None:
    """The reminder that was written down last, when no card came to this chat after it: 改到7点 is about that."""
    written = next((d for d in reversed(talk.memory.written) if d.undo_id and d.intent == "remind_me"), None)
    card = _newest(talk)
    if written is None or (card is not None and card.shown_at > datetime.fromisoformat(written.at)):
        return None
    return written


def another_time(talk: Talk, written: Draft, when: dict[str, Any]) -> dict[str, Any]:
    """The time of a reminder corrected by a clock alone: its day stays, and 7点 is the one nearer to what it was."""
    zone, today = talk.actor.zone, talk.voice.here.date()
    words = str(when["words"])
    value = keep_day(written.value("when"), when["value"], words, zone, today)
    before, after = read_when(written.value("when"), zone), read_when(value, zone)
    said = _BARE_HOUR.match(words)
    if before is None or before.start is None or after is None or after.start is None or said is None or after.vague:
        return when | {"value": value}
    near = [after.start, after.start - HALF_DAY, after.start + HALF_DAY]
    local = [at.astimezone(ZoneInfo(zone)) for at in near]
    same_day = [at for at in local if at.date() == after.day(zone) and at > talk.now] or [local[0]]
    start = before.start
    return when | {"value": min(same_day, key=lambda at: abs(at - start)).isoformat()}
