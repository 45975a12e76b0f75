"""Words to meaning: reply words, then grammar on masked text, then the ranker's proposal."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

from . import replies
from .complete import commands as commands_of
from .complete import named, unknown_whom
from .ellipsis import split_reminders, with_repeats
from .match import MIN_LOOSE, MIN_WRITE, Reader
from .message import Message
from .normalize import MAX_CHARS
from .ranking import ranked
from .repairs import repaired
from .rest import with_goods, with_rest
from .review import reviewed, with_gaps
from .schema import load_schema
from .types import Command, Context, Lexicon, Understanding

_MIN_SHARE = 0.4  # of a message that its commands must explain when nothing is written unasked


def understand(
    text: str,
    *,
    role: str = "rep",
    now: datetime,
    context: Context | None = None,
    lexicon: Lexicon | None = None,
    rank: bool = True,
) -> Understanding:
    """What `text` means when said by `role` at `now` (aware, in the dealer's zone).

    `rank=False` leaves the statistical ranker out. Nothing is looked up: a person is the words used.
    """
    started = time.perf_counter()
    if role not in load_schema()["help"].who:
        raise ValueError(f"unknown role {role!r}; known are {', '.join(sorted(load_schema()['help'].who))}")
    said = repaired(text[:MAX_CHARS], now, lexicon)
    message = Message(said, role, now, context or Context(), lexicon)
    found = _reply(message)
    if found is None:
        reader, found = _grammar(message, rank)
        if rank and message.text.strip():
            found = ranked(message, found) if found.outcome == "unrecognised" else reviewed(message, reader, found)
    return replace(found, text=text, ms=(time.perf_counter() - started) * 1000)


def _reply(message: Message) -> Understanding | None:
    """Bare replies; a full sentence of another intent interrupts a pending question."""
    context = message.context
    if word := replies.word_reply(message.text, message.role):
        asked_text = context.asked_slot in ("text", "outcome", "reason") and word.intent not in (
            "cancel",
            "undo",
        )
        if not asked_text:
            return _recognised(message, (word,), "reply", 1.0)
    if context.asked_intent and message.role in load_schema()[context.asked_intent].who:
        answer = replies.asked_reply(message.text, context, message.now, message.lexicon)
        if answer and not (_is_free(answer) and _interrupts(message)):
            return _recognised(message, (answer,), "reply", 1.0)
    return None


def _is_free(command: Command) -> bool:
    return any(name in ("text", "reason", "outcome", "person") for name in command.slots)


def _interrupts(message: Message) -> bool:
    _, found = _grammar(message)
    return found.outcome == "recognised" and found.score >= 0.8


def _grammar(message: Message, rank: bool = False) -> tuple[Reader, Understanding]:
    """The better of two readings (bare names taken as people, or as ordinary words) and what it was read with."""
    tried = [(reader, *reader.best()) for reader in message.readers()]
    reader, readings, share = max(tried, key=lambda t: (sum(r.covered + r.rank - 0.6 for r in t[1]), t[2]))
    if not readings:
        reasons = list(dict.fromkeys(r for t in tried for r in t[0].reasons))
        why = "; ".join(reasons[:3]) or "no sentence fits"
        return reader, Understanding(message.text, "unrecognised", why=why)
    unasked = any(load_schema()[r.command.intent].risk == "own_write" for r in readings)
    loose = any(r.loose for r in readings)
    if share < (MIN_LOOSE if loose else MIN_WRITE if unasked else _MIN_SHARE):
        return reader, Understanding(message.text, "unrecognised", why="most of the message is not understood")
    readings = split_reminders(reader, with_repeats(reader, readings))
    whole = with_gaps(message, reader, readings) if rank else readings
    commands = commands_of(message, whole, named(reader))
    if len(commands) == 1:
        commands = (with_goods(commands[0], reader),)
        commands = commands if commands[0].intent == "create_lead" else (with_rest(commands[0], reader),)
    if any(unknown_whom(c) for c in commands):
        return reader, Understanding(message.text, "unrecognised", why="he or she is nobody spoken about")
    return reader, _recognised(message, commands, "grammar" if whole == readings else "ranker", min(share, 1.0))


def _recognised(message: Message, commands: tuple[Command, ...], layer: str, score: float) -> Understanding:
    return Understanding(message.text, "recognised", commands, layer, score)  # type: ignore[arg-type]
